//! The elementary functions against values from mpmath, and every path against single numbers.

mod accuracy;
mod agreement;
mod paths;

use super::*;
use crate::number::Vector;

/// The functions of this module.
#[derive(Clone, Copy, Debug)]
enum Function {
    Exp,
    Expm1,
    Ln,
    Log1p,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
    Erfc,
    NormalCdf,
    NormalDensity,
}

/// A function, its name in the oracle, and how many units in the last place it may be off in single and double
/// precision: the table at the head of the module.
const FUNCTIONS: [(Function, &str, [u64; 2]); 11] = [
    (Function::Exp, "exp", [1, 1]),
    (Function::Expm1, "expm1", [2, 2]),
    (Function::Ln, "ln", [1, 1]),
    (Function::Log1p, "log1p", [1, 1]),
    (Function::Tanh, "tanh", [2, 2]),
    (Function::Sigmoid, "sigmoid", [2, 2]),
    (Function::Softplus, "softplus", [2, 2]),
    (Function::Erf, "erf", [1, 2]),
    (Function::Erfc, "erfc", [2, 3]),
    (Function::NormalCdf, "normal_cdf", [3, 3]),
    (Function::NormalDensity, "normal_density", [1, 2]),
];

impl Function {
    #[inline(always)]
    fn of<V: Vector>(self, x: V) -> V {
        match self {
            Self::Exp => exp(x),
            Self::Expm1 => expm1(x),
            Self::Ln => ln(x),
            Self::Log1p => log1p(x),
            Self::Tanh => tanh(x),
            Self::Sigmoid => sigmoid(x),
            Self::Softplus => softplus(x),
            Self::Erf => erf(x),
            Self::Erfc => erfc(x),
            Self::NormalCdf => normal(x).0,
            Self::NormalDensity => normal(x).1,
        }
    }
}
