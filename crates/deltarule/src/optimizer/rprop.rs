//! Resilient backpropagation: steps from the signs of the gradient.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, check};
use crate::kernel::simd::Vector;
use crate::rounding::BoundedNumber;

use super::intermediate::Intermediate;

/// iRprop+: each parameter has a step size Δ of its own, which grows while the gradient keeps its sign.
///
/// With p the gradient of the step before (0 at first) and s = g p:
///
/// - s > 0: Δ ← min(η⁺ Δ, Δ_max), w ← w − sign(g) Δ, p ← g
/// - s < 0: if the loss rose, take the last step back: w ← w + sign(p) Δ; then Δ ← max(η⁻ Δ, Δ_min), p ← 0
/// - s = 0: w ← w − sign(g) Δ, p ← g
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
        Self { initial_step: 0.1, increase: 1.2, decrease: 0.5, min_step: 1e-6, max_step: 50.0 }
    }
}

impl Rprop {
    pub(super) fn validate(&self) -> Result<()> {
        check("initial step", self.initial_step, "above 0", |v| v > 0.0)?;
        check("increase", self.increase, "above 1", |v| v > 1.0)?;
        check("decrease", self.decrease, "between 0 and 1", |v| v > 0.0 && v < 1.0)?;
        check("min_step", self.min_step, "above 0", |v| v > 0.0)?;
        check("max_step", self.max_step, "above 0", |v| v > 0.0)?;
        if self.max_step < self.min_step {
            return Err(Error::value("max_step", self.max_step, "at least min_step"));
        }
        Ok(())
    }
}

/// One step of iRprop+, its constants worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RpropStep {
    options: Rprop,
    /// Whether the objective is larger than in the step before.
    rose: bool,
}

impl RpropStep {
    pub(super) fn new(options: &Rprop, rose: bool) -> Self {
        Self { options: *options, rose }
    }

    /// The next step size and the gradient to compare with, and the next w.
    #[inline(always)]
    pub(crate) fn apply<V: Vector>(&self, size: V, previous: V, w: V, g: V) -> (V, V, V) {
        let o = &self.options;
        let c = V::constant;
        // Signs, not the product itself: g · p of two small numbers would round to 0.
        let (direction, before) = (sign(g), sign(previous));
        let agreement = direction * before;
        let turned = agreement.lt(V::zero());
        let shrunk = (c(o.decrease) * size).max(c(o.min_step));
        let grown = (c(o.increase) * size).min(c(o.max_step));
        let ahead = V::select(V::zero().lt(agreement), grown, size);
        let back = if self.rose { w + before * size } else { w };
        (
            V::select(turned, shrunk, ahead),
            V::select(turned, V::zero(), g),
            V::select(turned, back, w - direction * ahead),
        )
    }

    /// Whether the signs of g and p agree, what Δ is multiplied by and their product before its limits, and what is added
    /// to w: from Δ and p before the step, and the new Δ.
    pub(super) fn intermediates(
        &self,
        [size, previous]: [BoundedNumber; 2],
        new_size: BoundedNumber,
        g: f64,
    ) -> [Intermediate; 4] {
        let (direction, before) = (sign(g), sign(previous.value));
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
        [
            Intermediate::new("agreement", agreement, 0.0),
            Intermediate::new("size_factor", factor, 0.0),
            Intermediate::new("unlimited_size", factor * size.value, new_size.bound),
            Intermediate::new("rprop_step", step, e_step),
        ]
    }
}

/// −1, 0 or 1, and NaN for NaN.
#[inline(always)]
fn sign<V: Vector>(value: V) -> V {
    let (zero, one) = (V::zero(), V::one());
    let negative = V::select(value.lt(zero), -one, V::select(value.is_nan(), value, zero));
    V::select(zero.lt(value), one, negative)
}
