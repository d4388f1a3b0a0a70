//! The update of one step with its constants worked out: the same text for a single number and for vectors.

use super::UpdateRule;
use crate::kernel::simd::Vector;

/// How one step turns a gradient into the next parameters.
pub(crate) trait StepRule: Copy + Into<UpdateRule> {
    /// How many vectors the optimiser remembers, at most two.
    const STATES: usize;

    /// The rule of biases, where it is another than that of weights.
    fn for_biases(self) -> UpdateRule {
        self.into()
    }

    /// The next w; as much of the state as there is of it is replaced by the next one.
    fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V) -> V;
}

/// Makes one type of the rules that there are, and a loop of each in the kernels.
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

        impl UpdateRule {
            /// This rule for weights, and the one beside it for biases.
            #[inline(always)]
            pub(crate) fn of(self, is_weight: bool) -> Self {
                if is_weight { self } else { each_rule!(self, step => step.for_biases()) }
            }

            /// The next w; the state is replaced by the next one.
            #[inline(always)]
            pub(crate) fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V) -> V {
                each_rule!(self, step => step.apply(state, w, g))
            }
        }
    };
}
pub(super) use rules;

/// A step before it is made.
pub(crate) struct StepContext<'a> {
    /// Its number, the first being 1.
    pub(crate) step: u64,
    pub(crate) learning_rate: f64,
    /// The objective that the gradient belongs to, where it is known already.
    pub(crate) objective: Option<f64>,
    /// The objective of the step before.
    pub(crate) previous_loss: &'a mut Option<f64>,
}

/// The rules of one step after the other.
pub(crate) trait StepRules: Clone + std::fmt::Debug {
    /// The rule of the next step.
    fn next(&mut self, at: StepContext<'_>) -> UpdateRule;
}

/// The rules of a method without any.
impl StepRules for std::convert::Infallible {
    fn next(&mut self, _at: StepContext<'_>) -> UpdateRule {
        match *self {}
    }
}
