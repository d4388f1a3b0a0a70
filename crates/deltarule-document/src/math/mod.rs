//! Formulas: a small tree, and the notation it is written in.
//!
//! Formulas are written as one reads them, `z^[l] = w^[l] x^[l−1] + b^[l]`, and become a tree by [`Math::parse`]; every
//! renderer writes the tree in its own language. Numbers are not written into formulas but put there as [`Math::Number`],
//! so that each knows which quantity it is.

mod formula;
mod parse;

pub use formula::Math;
pub use parse::ParseError;
