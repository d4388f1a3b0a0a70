//! Stochastic gradient descent, with momentum and Nesterov's momentum.

use serde::{Deserialize, Serialize};

use super::method::{Method, Parameter, parameters};
use super::step::{StepBound, StepContext, StepRule, StepRules};
use crate::interval::Interval;
use crate::number::Vector;
use crate::rounding::ROUNDOFF;

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
        Self::DEFAULT
    }
}

impl Sgd {
    pub(super) const DEFAULT: Self = Self { learning_rate: 0.01, momentum: 0.0, nesterov: false };
    pub(super) const MOMENTUM: Self = Self { momentum: 0.9, ..Self::DEFAULT };
    pub(super) const NESTEROV: Self = Self { nesterov: true, ..Self::MOMENTUM };
}

impl Method for Sgd {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        learning_rate: f64, "η", "learning rate", Choice, Interval::above(0.0);
        // A velocity that never fades is for scikit-learn, which allows it.
        momentum: f64, "μ", "momentum", Choice, Interval::at_least(0.0).up_to(1.0),
            people Interval::at_least(0.0).below(1.0);
    };

    type Rules = Self;

    fn name(&self) -> &'static str {
        match (self.momentum == 0.0, self.nesterov) {
            (true, _) => "sgd",
            (false, true) => "nesterov",
            (false, false) => "momentum",
        }
    }

    fn uses(&self, key: &str) -> bool {
        key != "momentum" || self.momentum != 0.0
    }

    fn state_names(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["velocity"] }
    }

    fn rules(&self) -> Option<Self> {
        Some(*self)
    }

    fn step_by_state(&self, _step: u64, _gradient: f64, state: &[f64]) -> f64 {
        match (state, self.nesterov) {
            ([], _) => 0.0,
            ([v, ..], true) => self.momentum * v,
            ([v, ..], false) => *v,
        }
    }
}

impl<R: From<DescentStep> + From<VelocityStep>> StepRules<R> for Sgd {
    fn next(&mut self, at: StepContext<'_>) -> R {
        let eta = at.learning_rate;
        if self.momentum == 0.0 {
            return DescentStep { eta }.into();
        }
        VelocityStep { eta, mu: self.momentum, nesterov: self.nesterov }.into()
    }
}

/// One step of gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DescentStep {
    /// η of this step
    eta: f64,
}

impl StepRule for DescentStep {
    type OfBiases = Self;
    const STATES: usize = 0;

    fn for_biases(self) -> Self {
        self
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        self.eta * (at.g.bound + ROUNDOFF * at.g.value.abs())
    }

    /// w − η g
    #[inline(always)]
    fn apply<V: Vector>(&self, _state: &mut [V; 2], w: V, g: V) -> V {
        w - V::constant(self.eta) * g
    }
}

/// One step of gradient descent with momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct VelocityStep {
    /// η of this step
    eta: f64,
    /// μ
    mu: f64,
    /// Whether the step looks ahead.
    nesterov: bool,
}

impl StepRule for VelocityStep {
    type OfBiases = Self;
    const STATES: usize = 1;

    fn for_biases(self) -> Self {
        self
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        let own = self.eta * (at.g.bound + ROUNDOFF * at.g.value.abs());
        let ([v], [e_v]) = (at.state, &mut *at.e_state) else { return own };
        let rounding = 2.0 * ROUNDOFF * v.abs();
        **e_v = self.mu * **e_v + own + rounding;
        if self.nesterov { self.mu * **e_v + own + rounding } else { **e_v }
    }

    #[inline(always)]
    fn apply<V: Vector>(&self, [v, _]: &mut [V; 2], w: V, g: V) -> V {
        let (mu, step) = (V::constant(self.mu), V::constant(self.eta) * g);
        *v = mu * *v - step;
        w + if self.nesterov { mu * *v - step } else { *v }
    }
}
