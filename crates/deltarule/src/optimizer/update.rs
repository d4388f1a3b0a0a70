//! What a rule does, whichever it is.

use super::step::{Intermediate, StepBound, StepRule, StepValues};
use super::{UpdateRule, each_rule};
use crate::layer::Layer;
use crate::number::{Number, Vector};

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

    /// The bound of one parameter's step.
    pub(crate) fn bound(&self, at: &mut StepBound<'_, '_>) -> f64 {
        each_rule!(self, step => step.bound(at))
    }

    /// The numbers on the way from a gradient to the step, in the order of computation.
    pub(crate) fn intermediates(&self, at: &StepValues) -> Vec<Intermediate> {
        each_rule!(self, step => step.intermediates(at))
    }

    /// The update of all parameters, in place, number by number.
    pub(crate) fn update<T: Number>(
        self,
        vectors: &mut [Vec<T>],
        layers: &[Layer],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        for layer in layers {
            for (range, is_weight) in [(layer.weight_range(), true), (layer.bias_range(), false)] {
                let rule = self.of(is_weight);
                for i in range {
                    let mut of = [T::ZERO; 2];
                    for (value, vector) in of.iter_mut().zip(vectors.iter()) {
                        *value = vector[i];
                    }
                    parameters[i] = rule.apply(&mut of, parameters[i], gradient[i]);
                    for (value, vector) in of.iter().zip(vectors.iter_mut()) {
                        vector[i] = *value;
                    }
                }
            }
        }
    }
}
