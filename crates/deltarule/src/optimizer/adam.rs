//! Adam and AdamW.

use serde::{Deserialize, Serialize};

use super::method::{Method, Parameter, parameters};
use super::powers::Powers;
use super::step::{Intermediate, StepBound, StepContext, StepRule, StepRules, StepValues};
use crate::interval::Interval;
use crate::number::Vector;
use crate::rounding::{BoundedNumber, ROUNDOFF};

/// Adam: steps scaled by running moments of the gradient.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
/// w ← w − η · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) and t the number of the step from 1.
///
/// On the way of a trace, for AdamW too: `m_corrected` is m̂, `v_corrected` v̂, and `adam_step` what η multiplies.
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
        Self::DEFAULT
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
        Self::DEFAULT
    }
}

impl Adam {
    pub(super) const DEFAULT: Self =
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilon_hat: false };

    /// Algorithm 1 with the ε that makes step t, the first being 1, the same as with `epsilon_hat`: ε / √(1 − β₂ᵗ).
    pub fn at_step(self, t: u64) -> Self {
        if !self.epsilon_hat {
            return self;
        }
        let epsilon = self.epsilon / (1.0 - libm::pow(self.beta2, t.max(1) as f64)).sqrt();
        Self { epsilon, epsilon_hat: false, ..self }
    }

    /// 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ)
    fn corrections(&self, step: u64) -> (f64, f64) {
        let t = step as f64;
        (1.0 / (1.0 - libm::pow(self.beta1, t)), 1.0 / (1.0 - libm::pow(self.beta2, t)))
    }
}

impl Method for Adam {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        learning_rate: f64, "η", "learning rate", Choice, Interval::above(0.0);
        beta1: f64, "β_1", "beta1", Choice, Interval::at_least(0.0).below(1.0);
        beta2: f64, "β_2", "beta2", Choice, Interval::at_least(0.0).below(1.0);
        epsilon: f64, "ε", "epsilon", Choice, Interval::above(0.0);
    };

    type Rules = AdamRules;

    fn name(&self) -> &'static str {
        "adam"
    }

    fn state_names(&self) -> &'static [&'static str] {
        &["m", "v"]
    }

    fn rules(&self) -> Option<AdamRules> {
        Some(AdamRules::new(*self, None))
    }

    fn step_by_state(&self, step: u64, _gradient: f64, state: &[f64]) -> f64 {
        let [m, v] = state else { return 0.0 };
        let (correct1, correct2) = self.corrections(step);
        -self.learning_rate * (m * correct1) / ((v * correct2).max(0.0).sqrt() + self.epsilon)
    }
}

impl AdamW {
    pub(super) const DEFAULT: Self = Self {
        learning_rate: Adam::DEFAULT.learning_rate,
        beta1: Adam::DEFAULT.beta1,
        beta2: Adam::DEFAULT.beta2,
        epsilon: Adam::DEFAULT.epsilon,
        weight_decay: 0.01,
    };

    fn adam(&self) -> Adam {
        Adam {
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            epsilon_hat: false,
        }
    }
}

impl Method for AdamW {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        learning_rate: f64, "η", "learning rate", Choice, Interval::above(0.0);
        beta1: f64, "β_1", "beta1", Choice, Interval::at_least(0.0).below(1.0);
        beta2: f64, "β_2", "beta2", Choice, Interval::at_least(0.0).below(1.0);
        epsilon: f64, "ε", "epsilon", Choice, Interval::above(0.0);
        weight_decay: f64, "ω", "weight decay", Choice, Interval::at_least(0.0);
    };
    const TELLS_WEIGHTS_APART: bool = true;

    type Rules = AdamRules;

    fn name(&self) -> &'static str {
        "adamw"
    }

    fn state_names(&self) -> &'static [&'static str] {
        self.adam().state_names()
    }

    fn rules(&self) -> Option<AdamRules> {
        Some(AdamRules::new(self.adam(), Some(self.weight_decay)))
    }

    fn step_by_state(&self, step: u64, gradient: f64, state: &[f64]) -> f64 {
        self.adam().step_by_state(step, gradient, state)
    }
}

/// The rules of Adam, and of AdamW where there is a decay.
#[derive(Clone, Debug)]
pub(crate) struct AdamRules {
    adam: Adam,
    decay: Option<f64>,
    /// Of β₁ and of β₂.
    powers: Box<[Powers; 2]>,
}

impl AdamRules {
    fn new(adam: Adam, decay: Option<f64>) -> Self {
        Self { adam, decay, powers: Box::new([adam.beta1, adam.beta2].map(Powers::new)) }
    }
}

impl<R: From<AdamStep> + From<AdamWStep>> StepRules<R> for AdamRules {
    fn next(&mut self, at: StepContext<'_>) -> R {
        let powers = [self.powers[0].at(at.step), self.powers[1].at(at.step)];
        let adam = AdamStep::new(&self.adam, at.learning_rate, powers);
        match self.decay {
            Some(decay) if at.learning_rate * decay != 0.0 => {
                AdamWStep { adam, decay: at.learning_rate * decay }.into()
            }
            Some(_) | None => adam.into(),
        }
    }
}

/// One step of Adam, its constants worked out.
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
}

impl AdamStep {
    /// The constants of a step of Adam, given β₁ᵗ and β₂ᵗ.
    fn new(adam: &Adam, eta: f64, [power1, power2]: [f64; 2]) -> Self {
        let correct2 = 1.0 / (1.0 - power2);
        Self {
            beta1: adam.beta1,
            beta2: adam.beta2,
            correct1: 1.0 / (1.0 - power1),
            correct2,
            eta,
            epsilon: adam.epsilon * if adam.epsilon_hat { correct2.sqrt() } else { 1.0 },
        }
    }

    /// m̂ and v̂
    #[inline(always)]
    fn corrected<V: Vector>(&self, m: V, v: V) -> (V, V) {
        (m * V::constant(self.correct1), v * V::constant(self.correct2))
    }

    /// m̂, v̂, and m̂ / (√v̂ + ε), which η multiplies: from the new m and v.
    fn numbers(&self, [m, v]: [BoundedNumber; 2]) -> [Intermediate; 3] {
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
}

impl StepRule for AdamStep {
    type OfBiases = Self;
    const STATES: usize = 2;

    fn for_biases(self) -> Self {
        self
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        let u = ROUNDOFF;
        let (g, e_g) = (at.g.value, at.g.bound);
        let ([m, v], [e_m, e_v]) = (at.state, &mut *at.e_state) else { return 0.0 };
        **e_m = self.beta1 * **e_m + (1.0 - self.beta1) * (e_g + u * g.abs()) + 2.0 * u * m.abs();
        **e_v = self.beta2 * **e_v
            + (1.0 - self.beta2) * (2.0 * g.abs() * e_g + e_g * e_g + 2.0 * u * g * g)
            + 2.0 * u * v;
        let m = BoundedNumber { value: *m, bound: **e_m };
        let [.., step] = self.numbers([m, BoundedNumber { value: *v, bound: **e_v }]);
        self.eta * step.number.bound
    }

    fn intermediates(&self, at: &StepValues) -> Vec<Intermediate> {
        self.numbers(at.after).to_vec()
    }

    #[inline(always)]
    fn apply<V: Vector>(&self, [m, v]: &mut [V; 2], w: V, g: V) -> V {
        let c = V::constant;
        *m = c(self.beta1) * *m + c(1.0 - self.beta1) * g;
        *v = c(self.beta2) * *v + c(1.0 - self.beta2) * (g * g);
        let (mean, spread) = self.corrected(*m, *v);
        w - c(self.eta) * mean / (spread.sqrt() + c(self.epsilon))
    }
}

/// One step of AdamW on weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AdamWStep {
    adam: AdamStep,
    /// ηλ
    decay: f64,
}

impl StepRule for AdamWStep {
    type OfBiases = AdamStep;
    const STATES: usize = AdamStep::STATES;

    fn for_biases(self) -> AdamStep {
        self.adam
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        self.adam.bound(at)
    }

    fn intermediates(&self, at: &StepValues) -> Vec<Intermediate> {
        self.adam.intermediates(at)
    }

    #[inline(always)]
    fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V) -> V {
        // Adam's step does not look at the parameters, so that the order of the two does not matter.
        self.adam.apply(state, w - V::constant(self.decay) * w, g)
    }
}
