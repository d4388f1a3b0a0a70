//! Stochastic gradient descent, with momentum and Nesterov's momentum.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::float::Float;

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
    /// μ, from 0 (none) to below 1
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
        check("momentum", self.momentum, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))
    }

    pub(super) fn update<T: Float>(
        &self,
        vectors: &mut [Vec<T>],
        learning_rate: f64,
        parameters: &mut [T],
        gradient: &[T],
    ) {
        let eta = T::from_f64(learning_rate);
        let mu = T::from_f64(self.momentum);
        let Some(velocity) = vectors.first_mut() else {
            for (w, &g) in parameters.iter_mut().zip(gradient) {
                *w -= eta * g;
            }
            return;
        };
        for ((w, &g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
            *v = mu * *v - eta * g;
            *w += if self.nesterov { mu * *v - eta * g } else { *v };
        }
    }
}
