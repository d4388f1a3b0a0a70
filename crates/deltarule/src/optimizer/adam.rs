//! Adam and AdamW.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::kernel::simd::Vector;
use crate::rounding::{BoundedNumber, ROUNDOFF};

use super::intermediate::Intermediate;

/// Adam: steps scaled by running moments of the gradient.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// w ← w − η · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) and t the number of the step from 1.
///
/// # Source
/// Kingma and Ba (2015), algorithm 1, with the paper's defaults, which are PyTorch's and scikit-learn's too.
/// scikit-learn and the paper's section 2 add ε to √v before the correction of v, so that their ε is larger in the first
/// steps: see `epsilon_hat`.
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
    /// Whether ε is added to √v instead of √v̂, which makes it ε / √(1 − β₂ᵗ) in the formula.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub epsilon_hat: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilon_hat: false }
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
        let Adam { learning_rate, beta1, beta2, epsilon, .. } = Adam::default();
        Self { learning_rate, beta1, beta2, epsilon, weight_decay: 0.01 }
    }
}

impl Adam {
    /// Algorithm 1 with the ε that makes step t, the first being 1, the same as with `epsilon_hat`: ε / √(1 − β₂ᵗ).
    pub fn at_step(self, t: u64) -> Self {
        if !self.epsilon_hat {
            return self;
        }
        let epsilon = self.epsilon / (1.0 - libm::pow(self.beta2, t.max(1) as f64)).sqrt();
        Self { epsilon, epsilon_hat: false, ..self }
    }

    pub(super) fn validate(&self) -> Result<()> {
        check("learning_rate", self.learning_rate, "above 0", |v| v > 0.0)?;
        check("beta1", self.beta1, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
        check("beta2", self.beta2, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
        check("epsilon", self.epsilon, "above 0", |v| v > 0.0)
    }
}

/// One step of Adam or AdamW, its constants worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AdamStep {
    beta1: f64,
    beta2: f64,
    /// 1 / (1 − β₁ᵗ)
    correct1: f64,
    /// 1 / (1 − β₂ᵗ)
    correct2: f64,
    eta: f64,
    epsilon: f64,
    /// ηλ of AdamW; 0 for Adam
    decay: f64,
}

impl AdamStep {
    /// The constants of a step of Adam, given β₁ᵗ and β₂ᵗ.
    pub(super) fn new(adam: &Adam, eta: f64, decay: f64, [power1, power2]: [f64; 2]) -> Self {
        let correct2 = 1.0 / (1.0 - power2);
        Self {
            beta1: adam.beta1,
            beta2: adam.beta2,
            correct1: 1.0 / (1.0 - power1),
            correct2,
            eta,
            epsilon: adam.epsilon * if adam.epsilon_hat { correct2.sqrt() } else { 1.0 },
            decay: eta * decay,
        }
    }

    /// The next m and v, and the next w; `DECAY` says whether w is a weight under AdamW.
    #[inline(always)]
    pub(crate) fn apply<V: Vector, const DECAY: bool>(&self, m: V, v: V, w: V, g: V) -> (V, V, V) {
        let c = V::constant;
        let m = c(self.beta1) * m + c(1.0 - self.beta1) * g;
        let v = c(self.beta2) * v + c(1.0 - self.beta2) * (g * g);
        // Adam's step does not look at the parameters, so that the order of the two does not matter.
        let w = if DECAY { w - c(self.decay) * w } else { w };
        let (mean, spread) = self.corrected(m, v);
        let step = c(self.eta) * mean / (spread.sqrt() + c(self.epsilon));
        (m, v, w - step)
    }

    /// m̂ and v̂
    #[inline(always)]
    fn corrected<V: Vector>(&self, m: V, v: V) -> (V, V) {
        (m * V::constant(self.correct1), v * V::constant(self.correct2))
    }

    /// m̂, v̂, and m̂ / (√v̂ + ε), which η multiplies: from the new m and v.
    pub(super) fn intermediates(&self, [m, v]: [BoundedNumber; 2]) -> [Intermediate; 3] {
        let u = ROUNDOFF;
        let (mean, spread) = self.corrected(m.value, v.value);
        let (e_mean, e_spread) = (m.bound * self.correct1, v.bound * self.correct2);
        let root = spread.sqrt();
        let divisor = root + self.epsilon;
        let step = mean / divisor;
        // √v̂ moves by e/(2√v̂), and by no more than √e where v̂ is small.
        let e_root = match root {
            0.0 => e_spread.sqrt(),
            root => (e_spread / (2.0 * root)).min(e_spread.sqrt()),
        };
        let e_step = e_mean / divisor + step.abs() * e_root / divisor + 6.0 * u * step.abs();
        [
            Intermediate::new("m_corrected", mean, e_mean + u * mean.abs()),
            Intermediate::new("v_corrected", spread, e_spread + u * spread),
            Intermediate::new("adam_step", step, e_step),
        ]
    }

    /// Whether weights decay.
    pub(crate) fn decays(&self) -> bool {
        self.decay != 0.0
    }
}

impl AdamW {
    pub(crate) fn adam(&self) -> Adam {
        Adam {
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            epsilon_hat: false,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        self.adam().validate()?;
        check("weight_decay", self.weight_decay, "at least 0", |v| v >= 0.0)
    }
}
