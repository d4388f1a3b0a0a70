//! Adam and AdamW.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::float::Float;
use crate::network::Layer;

/// Adam: steps scaled by running moments of the gradient.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// w ← w − η · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) and t the number of the step from 1.
///
/// # Source
/// Kingma and Ba (2015), algorithm 1, with the paper's defaults, which are PyTorch's and scikit-learn's too.
/// scikit-learn adds ε to √v before the correction of v, so that its ε is smaller in the first steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// η
    pub learning_rate: f64,
    /// β₁, from 0 to below 1
    pub beta1: f64,
    /// β₂, from 0 to below 1
    pub beta2: f64,
    /// ε, above 0
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// Adam with decoupled weight decay: Adam's step, and w ← w − η λ w with the w before the step.
///
/// # Units
/// The decay acts on weights, never on biases (PyTorch decays whatever parameters it is given).
///
/// # Source
/// Loshchilov and Hutter (2019). The default λ = 0.01 is PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamW {
    /// η
    pub learning_rate: f64,
    /// β₁, from 0 to below 1
    pub beta1: f64,
    /// β₂, from 0 to below 1
    pub beta2: f64,
    /// ε, above 0
    pub epsilon: f64,
    /// λ, at least 0
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { learning_rate, beta1, beta2, epsilon } = Adam::default();
        Self { learning_rate, beta1, beta2, epsilon, weight_decay: 0.01 }
    }
}

impl Adam {
    pub(super) fn validate(&self) -> Result<()> {
        check("learning_rate", self.learning_rate, "above 0", |v| v > 0.0)?;
        check("beta1", self.beta1, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
        check("beta2", self.beta2, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
        check("epsilon", self.epsilon, "above 0", |v| v > 0.0)
    }

    pub(super) fn update<T: Float>(
        &self,
        vectors: &mut [Vec<T>],
        step: u64,
        learning_rate: f64,
        parameters: &mut [T],
        gradient: &[T],
    ) {
        let [m, v] = vectors else { return };
        // 1 − βᵗ in double precision, by the pure-Rust power: the same on every machine.
        let t = step as f64;
        let correct1 = T::from_f64(1.0 / (1.0 - libm::pow(self.beta1, t)));
        let correct2 = T::from_f64(1.0 / (1.0 - libm::pow(self.beta2, t)));
        let (beta1, beta2) = (T::from_f64(self.beta1), T::from_f64(self.beta2));
        let (rest1, rest2) = (T::from_f64(1.0 - self.beta1), T::from_f64(1.0 - self.beta2));
        let (eta, epsilon) = (T::from_f64(learning_rate), T::from_f64(self.epsilon));
        let state = m.iter_mut().zip(v);
        for ((w, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(state) {
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * (g * g);
            *w -= eta * (*m * correct1) / ((*v * correct2).sqrt() + epsilon);
        }
    }
}

impl AdamW {
    fn adam(&self) -> Adam {
        Adam {
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        self.adam().validate()?;
        check("weight_decay", self.weight_decay, "at least 0", |v| v >= 0.0)
    }

    pub(super) fn update<T: Float>(
        &self,
        vectors: &mut [Vec<T>],
        step: u64,
        learning_rate: f64,
        layers: &[Layer],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        let decay = T::from_f64(learning_rate * self.weight_decay);
        for layer in layers {
            for w in &mut parameters[layer.weight_range()] {
                *w -= decay * *w;
            }
        }
        // Adam's step does not look at the parameters, so that the order of the two does not matter.
        self.adam().update(vectors, step, learning_rate, parameters, gradient);
    }
}
