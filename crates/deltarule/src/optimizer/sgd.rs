//! Stochastic gradient descent, with momentum and Nesterov's momentum.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::kernel::simd::Vector;

/// Gradient descent.
///
/// - plain: w ← w − η g
/// - momentum μ: v ← μ v − η g, w ← w + v
/// - Nesterov: v ← μ v − η g, w ← w + μ v − η g
///
/// # Units
/// The velocity v holds steps (η is inside it), as in scikit-learn. PyTorch keeps v ← μ v + g and takes η v: the same
/// steps while η is constant, other ones when a schedule changes it.
///
/// # Source
/// Sutskever et al. (2013). The default η = 0.01 without momentum is that of Keras; PyTorch's default is 0.001,
/// scikit-learn's 0.001 with Nesterov momentum 0.9.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// η
    pub learning_rate: f64,
    /// μ, from 0 (none) to 1 (the velocity never fades)
    pub momentum: f64,
    /// Whether the step looks ahead.
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}

impl Sgd {
    pub(super) fn validate(&self) -> Result<()> {
        check("learning_rate", self.learning_rate, "above 0", |v| v > 0.0)?;
        check("momentum", self.momentum, "from 0 to 1", |v| (0.0..=1.0).contains(&v))
    }
}

/// One step of gradient descent, its constants worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SgdStep {
    /// η of this step
    pub(crate) eta: f64,
    /// μ
    pub(crate) mu: f64,
    /// Whether the step looks ahead.
    pub(crate) nesterov: bool,
}

impl SgdStep {
    /// w − η g
    #[inline(always)]
    pub(crate) fn plain<V: Vector>(&self, w: V, g: V) -> V {
        w - V::constant(self.eta) * g
    }

    /// The next velocity, and the next w.
    #[inline(always)]
    pub(crate) fn with_velocity<V: Vector>(&self, v: V, w: V, g: V) -> (V, V) {
        let (mu, step) = (V::constant(self.mu), V::constant(self.eta) * g);
        let v = mu * v - step;
        (v, w + if self.nesterov { mu * v - step } else { v })
    }
}
