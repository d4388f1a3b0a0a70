//! Resilient backpropagation: steps from the signs of the gradient.

use serde::{Deserialize, Serialize};

use super::method::{Method, Parameter, parameters};
use super::step::{Intermediate, StepBound, StepContext, StepRule, StepRules, StepValues};
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::number::Vector;
use crate::rounding::ROUNDOFF;

/// iRprop+: each parameter has a step size Δ of its own, which grows while the gradient keeps its sign.
///
/// With p the gradient of the step before (0 at first) and s = g p:
///
/// - s > 0: Δ ← min(η⁺ Δ, Δ_max), w ← w − sign(g) Δ, p ← g
/// - s < 0: if the loss rose, take the last step back: w ← w + sign(p) Δ; then Δ ← max(η⁻ Δ, Δ_min), p ← 0
/// - s = 0: w ← w − sign(g) Δ, p ← g
///
/// On the way of a trace: `agreement` is sign(g) sign(p), `size_factor` what Δ is multiplied by, `unlimited_size` the
/// product before its limits, and `rprop_step` what is added to w.
///
/// # Units
/// For full batches: a sign that changes because the batch did says nothing.
///
/// # Source
/// Igel and Hüsken (2003), with the increase, decrease and limits of Riedmiller and Braun (1993) and their Δ₀ = 0.1.
/// PyTorch's `Rprop` is the variant without step back (Rprop−-like) and starts with Δ₀ = 0.01.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rprop {
    /// Δ₀
    pub initial_step: f64,
    /// η⁺, above 1
    pub increase: f64,
    /// η⁻, between 0 and 1
    pub decrease: f64,
    /// Δ_min
    pub min_step: f64,
    /// Δ_max
    pub max_step: f64,
}

impl Default for Rprop {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Rprop {
    pub(super) const DEFAULT: Self =
        Self { initial_step: 0.1, increase: 1.2, decrease: 0.5, min_step: 1e-6, max_step: 50.0 };
}

impl Method for Rprop {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        initial_step: f64, "Δ", "initial step", Choice, Interval::above(0.0);
        increase: f64, "η^+", "increase", Constant, Interval::above(1.0);
        decrease: f64, "η^−", "decrease", Constant, Interval::above(0.0).below(1.0);
        min_step: f64, "Δ_min", "smallest step", Constant, Interval::above(0.0);
        max_step: f64, "Δ_max", "largest step", Constant, Interval::above(0.0);
    };
    const RATE: Option<&'static str> = Some("initial_step");
    const NEEDS_FULL_BATCH: bool = true;
    const LOOKS_AT_OBJECTIVE: bool = true;

    type Rules = Self;

    fn name(&self) -> &'static str {
        "rprop"
    }

    fn check(&self) -> Result<()> {
        if self.max_step < self.min_step {
            return Err(Error::value("max_step", self.max_step, "at least min_step"));
        }
        Ok(())
    }

    fn state_names(&self) -> &'static [&'static str] {
        &["step_size", "previous_gradient"]
    }

    fn initial_state(&self, index: usize) -> f64 {
        if index == 0 { self.initial_step } else { 0.0 }
    }

    fn rules(&self) -> Option<Self> {
        Some(*self)
    }

    /// −sign(g) Δ, with the new Δ, and with g, which it remembers. Where the sign has turned it remembers 0, and moves by
    /// nothing, or back, as the state before the step has it.
    fn step_by_state(&self, _step: u64, _gradient: f64, state: &[f64]) -> f64 {
        let [size, gradient] = state else { return 0.0 };
        if *gradient == 0.0 { 0.0 } else { -gradient.signum() * size }
    }
}

impl<R: From<RpropStep>> StepRules<R> for Rprop {
    fn next(&mut self, at: StepContext<'_>) -> R {
        let rose = match (at.objective, *at.previous_loss) {
            (Some(now), Some(before)) => now > before,
            (None, _) | (_, None) => false,
        };
        *at.previous_loss = at.objective;
        RpropStep { options: *self, rose }.into()
    }
}

/// One step of iRprop+, its constants worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RpropStep {
    options: Rprop,
    /// Whether the objective is larger than in the step before.
    rose: bool,
}

impl StepRule for RpropStep {
    type OfBiases = Self;
    const STATES: usize = 2;

    fn for_biases(self) -> Self {
        self
    }

    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        let ([size, previous], [e_size, e_previous]) = (at.state, &mut *at.e_state) else {
            return 0.0;
        };
        **e_size = 2.0 * ROUNDOFF * at.step as f64 * size;
        **e_previous = if *previous == 0.0 { 0.0 } else { at.g.bound };
        **e_size
    }

    /// Whether the signs of g and p agree, what Δ is multiplied by and their product before its limits, and what is added
    /// to w.
    fn intermediates(&self, at: &StepValues) -> Vec<Intermediate> {
        let ([size, previous], new_size) = (at.before, at.after[0]);
        let (direction, before) = (sign(at.g.value), sign(previous.value));
        let agreement = direction * before;
        let factor = match agreement {
            turned if turned < 0.0 => self.options.decrease,
            same if same > 0.0 => self.options.increase,
            _ => 1.0,
        };
        // Where a sign has turned, the step before is taken back, or nothing is done.
        let (step, e_step) = match (agreement < 0.0, self.rose) {
            (false, _) => (-(direction * new_size.value), new_size.bound),
            (true, true) => (before * size.value, size.bound),
            (true, false) => (0.0, 0.0),
        };
        vec![
            Intermediate::new("agreement", agreement, 0.0),
            Intermediate::new("size_factor", factor, 0.0),
            Intermediate::new("unlimited_size", factor * size.value, new_size.bound),
            Intermediate::new("rprop_step", step, e_step),
        ]
    }

    #[inline(always)]
    fn apply<V: Vector>(&self, [size, previous]: &mut [V; 2], w: V, g: V) -> V {
        let o = &self.options;
        let c = V::constant;
        // Signs, not the product itself: g · p of two small numbers would round to 0.
        let (direction, before) = (sign(g), sign(*previous));
        let agreement = direction * before;
        let turned = agreement.lt(V::zero());
        let shrunk = (c(o.decrease) * *size).max(c(o.min_step));
        let grown = (c(o.increase) * *size).min(c(o.max_step));
        let ahead = V::select(V::zero().lt(agreement), grown, *size);
        let back = if self.rose { w + before * *size } else { w };
        *size = V::select(turned, shrunk, ahead);
        *previous = V::select(turned, V::zero(), g);
        V::select(turned, back, w - direction * ahead)
    }
}

/// −1, 0 or 1, and NaN for NaN.
#[inline(always)]
fn sign<V: Vector>(value: V) -> V {
    let (zero, one) = (V::zero(), V::one());
    let negative = V::select(value.lt(zero), -one, V::select(value.is_nan(), value, zero));
    V::select(zero.lt(value), one, negative)
}
