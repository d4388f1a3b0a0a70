//! exp, ln, tanh and their kin for vectors of numbers, and for a single number as a vector with one lane.
//!
//! - [`exponential`]: exp, expm1, tanh, the logistic function
//! - [`logarithm`]: ln, log1p, softplus
//! - [`error_function`]: erf, erfc, the normal distribution
//! - `polynomial`, `bits`: what these are made of
//! - `single`, `double`: what differs between the precisions, polynomials above all
//!
//! Every function is a straight line of operations of [`Vector`](super::Vector), with selections where a formula has cases: no
//! branches, no tables, one order of evaluation. So all instruction sets agree to the bit, and with a single number.
//! How many units in the last place a result is off the correctly rounded one, at most: in single precision of all
//! numbers, in double precision of all that were tried.
//!
//! | | exp | expm1 | ln | log1p | tanh | sigmoid | softplus | erf | erfc | Φ | φ |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | single | 1 | 2 | 1 | 1 | 2 | 2 | 2 | 1 | 2 | 3 | 1 |
//! | double | 1 | 2 | 1 | 1 | 2 | 2 | 2 | 2 | 3 | 3 | 2 |
//!
//! The polynomials interpolate at Chebyshev points; `oracle/coefficients.py` computes them from the formulas, and a
//! test compares.

mod bits;
mod double;
mod error_function;
mod exponential;
mod logarithm;
mod polynomial;
mod single;
#[cfg(test)]
mod tests;

pub(crate) use error_function::{erf, erfc, normal};
pub(crate) use exponential::{decay, exp, expm1, sigmoid, sigmoid_from, tanh};
pub(crate) use logarithm::{ln, log1p, log1p_of_fraction, softplus, softplus_from};
