//! The rules that there are, and the one that a step goes by.

use super::adam::{AdamStep, AdamWStep};
use super::rprop::RpropStep;
use super::sgd::{DescentStep, VelocityStep};
use super::step::StepRule;
use crate::number::Vector;

/// The rules that there are, a loop of each in the kernels.
macro_rules! rules {
    ($d:tt $($(#[doc = $doc:literal])+ $name:ident($step:ident),)+) => {
        /// The rule of one step.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum UpdateRule {
            $($(#[doc = $doc])+ $name($step),)+
        }

        $(impl From<$step> for UpdateRule {
            fn from(step: $step) -> Self {
                Self::$name(step)
            }
        })+

        /// The same text for each rule, compiled without a choice inside.
        macro_rules! each_rule {
            ($d rule:expr, $d step:ident => $d code:expr) => {
                match $d rule {
                    $($crate::optimizer::UpdateRule::$name($d step) => $d code,)+
                }
            };
        }
        pub(crate) use each_rule;
    };
}

rules! { $
    /// Gradient descent without momentum.
    Descent(DescentStep),
    /// Gradient descent with momentum; the state is the velocity.
    Velocity(VelocityStep),
    /// Adam; the state is m and v.
    Adam(AdamStep),
    /// AdamW on weights; the state is m and v.
    AdamW(AdamWStep),
    /// iRprop+; the state is the step size and the gradient before.
    Rprop(RpropStep),
}

impl UpdateRule {
    /// This rule for weights, and the one beside it for biases.
    #[inline(always)]
    pub(crate) fn of(self, is_weight: bool) -> Self {
        if is_weight { self } else { each_rule!(self, step => step.for_biases().into()) }
    }

    /// The next w; the state is replaced by the next one.
    #[inline(always)]
    pub(crate) fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V) -> V {
        each_rule!(self, step => step.apply(state, w, g))
    }
}
