//! The update of one step with its constants worked out: the same text for a single number and for vectors.

use super::adam::AdamStep;
use super::intermediate::Intermediate;
use super::rprop::RpropStep;
use super::sgd::SgdStep;
use super::{Adam, Optimizer, Sgd};
use crate::kernel::simd::Vector;
use crate::rounding::BoundedNumber;

/// How one step turns a gradient into the next parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum UpdateRule {
    /// Gradient descent without momentum.
    Plain(SgdStep),
    /// Gradient descent with momentum; the state is the velocity.
    Velocity(SgdStep),
    /// Adam and AdamW; the state is m and v.
    Adam(AdamStep),
    /// iRprop+; the state is the step size and the gradient before.
    Rprop(RpropStep),
}

impl UpdateRule {
    /// The next w; the state is replaced by the next one.
    #[inline(always)]
    pub(crate) fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V, is_weight: bool) -> V {
        let next;
        match self {
            Self::Plain(step) => next = step.plain(w, g),
            Self::Velocity(step) => (state[0], next) = step.with_velocity(state[0], w, g),
            Self::Adam(step) if is_weight && step.decays() => {
                (state[0], state[1], next) = step.apply::<V, true>(state[0], state[1], w, g);
            }
            Self::Adam(step) => {
                (state[0], state[1], next) = step.apply::<V, false>(state[0], state[1], w, g);
            }
            Self::Rprop(step) => {
                (state[0], state[1], next) = step.apply(state[0], state[1], w, g);
            }
        }
        next
    }

    /// The numbers on the way from a gradient to this step, in the order of computation; the state is what was remembered
    /// before the step and after it.
    pub(crate) fn intermediates(
        &self,
        before: [BoundedNumber; 2],
        after: [BoundedNumber; 2],
        g: f64,
    ) -> Vec<Intermediate> {
        match self {
            Self::Plain(_) | Self::Velocity(_) => Vec::new(),
            Self::Adam(step) => step.intermediates(after).to_vec(),
            Self::Rprop(step) => step.intermediates(before, after[0], g).to_vec(),
        }
    }
}

/// The rules of one step after the other.
#[derive(Clone, Debug)]
pub(crate) struct UpdateRules {
    optimizer: Optimizer,
    powers: [Powers; 2],
}

impl UpdateRules {
    /// `None` for L-BFGS, whose steps are no function of one gradient.
    pub(crate) fn new(optimizer: &Optimizer) -> Option<Self> {
        let betas = match optimizer {
            Optimizer::Lbfgs(_) => return None,
            Optimizer::Adam(o) => [o.beta1, o.beta2],
            Optimizer::AdamW(o) => [o.beta1, o.beta2],
            Optimizer::Sgd(_) | Optimizer::Rprop(_) => [0.0; 2],
        };
        Some(Self { optimizer: *optimizer, powers: betas.map(Powers::new) })
    }

    /// Whether the rule of a step depends on its objective, which then has to be known before anything is updated.
    pub(crate) fn look_at_objective(&self) -> bool {
        matches!(self.optimizer, Optimizer::Rprop(_))
    }

    /// Whether weights are updated in another way than biases.
    pub(crate) fn tell_weights_apart(&self) -> bool {
        matches!(self.optimizer, Optimizer::AdamW(_))
    }

    /// The rule of the next step, which is counted.
    pub(crate) fn next(
        &mut self,
        step: &mut u64,
        previous_loss: &mut Option<f64>,
        learning_rate: f64,
        objective: f64,
    ) -> UpdateRule {
        *step += 1;
        let mut adam = |o: &Adam, decay: f64| {
            let powers = [self.powers[0].at(*step), self.powers[1].at(*step)];
            UpdateRule::Adam(AdamStep::new(o, learning_rate, decay, powers))
        };
        match &self.optimizer {
            Optimizer::Sgd(Sgd { momentum, nesterov, .. }) => {
                let step = SgdStep { eta: learning_rate, mu: *momentum, nesterov: *nesterov };
                if *momentum == 0.0 { UpdateRule::Plain(step) } else { UpdateRule::Velocity(step) }
            }
            Optimizer::Adam(o) => adam(o, 0.0),
            Optimizer::AdamW(o) => adam(&o.adam(), o.weight_decay),
            Optimizer::Rprop(o) => {
                let rose = previous_loss.is_some_and(|before| objective > before);
                *previous_loss = Some(objective);
                UpdateRule::Rprop(RpropStep::new(o, rose))
            }
            // `new` makes no rules of it.
            Optimizer::Lbfgs(_) => {
                UpdateRule::Plain(SgdStep { eta: 0.0, mu: 0.0, nesterov: false })
            }
        }
    }
}

/// How many powers are kept.
const KEPT: u64 = 64;

/// βᵗ for one t after the other, the same number for the same t wherever one begins: β^(64 ⌊t/64⌋) · β^(t mod 64).
///
/// A power in double precision takes as long as a step of a small network, so the factors are kept.
#[derive(Clone, Debug)]
struct Powers {
    beta: f64,
    low: [f64; KEPT as usize],
    high: f64,
    high_of: u64,
}

impl Powers {
    fn new(beta: f64) -> Self {
        let low = std::array::from_fn(|i| libm::pow(beta, i as f64));
        Self { beta, low, high: 1.0, high_of: 0 }
    }

    fn at(&mut self, t: u64) -> f64 {
        let block = t / KEPT;
        if block != self.high_of {
            self.high = libm::pow(self.beta, (block * KEPT) as f64);
            self.high_of = block;
        }
        self.high * self.low[(t % KEPT) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_library_wherever_one_begins() {
        for beta in [0.0, 0.9, 0.999] {
            let mut in_order = Powers::new(beta);
            for t in 0..1000 {
                let (got, alone) = (in_order.at(t), Powers::new(beta).at(t));
                let exact = libm::pow(beta, t as f64);
                assert_eq!(got, alone);
                assert!((got - exact).abs() <= 4.0 * f64::EPSILON * exact, "{beta} {t}");
            }
        }
    }
}
