//! RMSProp.

use serde::{Deserialize, Serialize};

use super::method::{Method, Parameter, parameters};
use super::step::{Intermediate, StepBound, StepContext, StepRule, StepRules, StepValues};
use crate::interval::Interval;
use crate::number::Vector;
use crate::rounding::{BoundedNumber, ROUNDOFF};

/// RMSProp: each gradient divided by the root of a running mean of its squares.
///
/// v ← ρ v + (1 − ρ) g², w ← w − η g / (√v + ε)
///
/// On the way of a trace: `v_root` is √v, and `rmsprop_step` what η multiplies.
///
/// # Source
/// Hinton (2012), lecture 6e of Neural Networks for Machine Learning, whose ρ = 0.9 is Keras' too. PyTorch's `alpha` is
/// ρ = 0.99 by default and its η is 0.01; its ε = 1e-8 is added to √v, as here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rmsprop {
    /// η
    pub learning_rate: f64,
    /// ρ, from 0 to below 1
    pub rho: f64,
    /// ε, above 0
    pub epsilon: f64,
}

impl Default for Rmsprop {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Rmsprop {
    pub(super) const DEFAULT: Self = Self { learning_rate: 1e-3, rho: 0.9, epsilon: 1e-8 };
}

impl Method for Rmsprop {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        learning_rate: f64, "η", "learning rate", Choice, Interval::above(0.0);
        rho: f64, "ρ", "rho", Choice, Interval::at_least(0.0).below(1.0);
        epsilon: f64, "ε", "epsilon", Choice, Interval::above(0.0);
    };

    type Rules = Self;

    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn state_names(&self) -> &'static [&'static str] {
        &["v"]
    }

    fn rules(&self) -> Option<Self> {
        Some(*self)
    }

    fn step_by_state(&self, _step: u64, gradient: f64, state: &[f64]) -> f64 {
        let [v] = state else { return 0.0 };
        -self.learning_rate * gradient / (v.max(0.0).sqrt() + self.epsilon)
    }
}

impl<R: From<RmspropStep>> StepRules<R> for Rmsprop {
    fn next(&mut self, at: StepContext<'_>) -> R {
        RmspropStep { eta: at.learning_rate, rho: self.rho, epsilon: self.epsilon }.into()
    }
}

/// One step of RMSProp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RmspropStep {
    /// η of this step
    eta: f64,
    rho: f64,
    epsilon: f64,
}

impl RmspropStep {
    /// √v, and g / (√v + ε), which η multiplies: from the new v.
    fn numbers(&self, v: BoundedNumber, g: BoundedNumber) -> [Intermediate; 2] {
        let u = ROUNDOFF;
        let root = v.value.sqrt();
        // √v moves by e/(2√v), and by no more than √e where v is small.
        let e_root = match root {
            0.0 => v.bound.sqrt(),
            root => (v.bound / (2.0 * root)).min(v.bound.sqrt()),
        };
        let divisor = root + self.epsilon;
        let step = g.value / divisor;
        let e_step = g.bound / divisor + step.abs() * e_root / divisor + 4.0 * u * step.abs();
        [
            Intermediate::new("v_root", root, e_root + u * root),
            Intermediate::new("rmsprop_step", step, e_step),
        ]
    }
}

impl StepRule for RmspropStep {
    type OfBiases = Self;
    const STATES: usize = 1;

    fn for_biases(self) -> Self {
        self
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        let u = ROUNDOFF;
        let (g, e_g) = (at.g.value, at.g.bound);
        let ([v], [e_v]) = (at.state, &mut *at.e_state) else { return 0.0 };
        **e_v = self.rho * **e_v
            + (1.0 - self.rho) * (2.0 * g.abs() * e_g + e_g * e_g + 2.0 * u * g * g)
            + 2.0 * u * v;
        let [_, step] = self.numbers(BoundedNumber { value: *v, bound: **e_v }, at.g);
        self.eta * (step.number.bound + u * step.number.value.abs())
    }

    fn intermediates(&self, at: &StepValues) -> Vec<Intermediate> {
        self.numbers(at.after[0], at.g).to_vec()
    }

    #[inline(always)]
    fn apply<V: Vector>(&self, [v, _]: &mut [V; 2], w: V, g: V) -> V {
        let c = V::constant;
        *v = c(self.rho) * *v + c(1.0 - self.rho) * (g * g);
        w - c(self.eta) * g / (v.sqrt() + c(self.epsilon))
    }
}
