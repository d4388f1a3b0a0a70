//! Stochastic gradient descent, with momentum and Nesterov's momentum.

use serde::{Deserialize, Serialize};

use super::UpdateRule;
use super::interval::Interval;
use super::method::{Method, Parameter, StepBound, parameters};
use super::rule::{StepContext, StepRule, StepRules};
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

    fn step_bound(&self, at: StepBound<'_, '_>) -> f64 {
        let StepBound { g, e_g, u, .. } = at;
        let own = self.learning_rate * (e_g + u * g.abs());
        let ([v], [e_v]) = (at.state, at.e_state) else { return own };
        **e_v = self.momentum * **e_v + own + 2.0 * u * v.abs();
        if self.nesterov { self.momentum * **e_v + own + 2.0 * u * v.abs() } else { **e_v }
    }

    fn step_by_state(&self, _step: u64, state: &[f64]) -> f64 {
        match (state, self.nesterov) {
            ([], _) => 0.0,
            ([v, ..], true) => self.momentum * v,
            ([v, ..], false) => *v,
        }
    }
}

impl StepRules for Sgd {
    fn next(&mut self, at: StepContext<'_>) -> UpdateRule {
        let eta = at.learning_rate;
        if self.momentum == 0.0 {
            return DescentStep { eta }.into();
        }
        VelocityStep { eta, mu: self.momentum, nesterov: self.nesterov }.into()
    }
}

/// One step of gradient descent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DescentStep {
    /// η of this step
    eta: f64,
}

impl StepRule for DescentStep {
    const STATES: usize = 0;

    /// w − η g
    #[inline(always)]
    fn apply<V: Vector>(&self, _state: &mut [V; 2], w: V, g: V) -> V {
        w - V::constant(self.eta) * g
    }
}

/// One step of gradient descent with momentum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VelocityStep {
    /// η of this step
    eta: f64,
    /// μ
    mu: f64,
    /// Whether the step looks ahead.
    nesterov: bool,
}

impl StepRule for VelocityStep {
    const STATES: usize = 1;

    #[inline(always)]
    fn apply<V: Vector>(&self, [v, _]: &mut [V; 2], w: V, g: V) -> V {
        let (mu, step) = (V::constant(self.mu), V::constant(self.eta) * g);
        *v = mu * *v - step;
        w + if self.nesterov { mu * *v - step } else { *v }
    }
}
