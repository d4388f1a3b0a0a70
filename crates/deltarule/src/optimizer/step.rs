//! The update of one step with its constants worked out: the same text for a single number and for vectors.

use crate::number::Vector;

/// How one step turns a gradient into the next parameters.
pub(crate) trait StepRule: Copy {
    /// The rule of biases, where it is another than that of weights; else this one.
    type OfBiases: StepRule;
    /// How many vectors the optimiser remembers, at most two.
    const STATES: usize;

    /// The rule of biases beside this one.
    fn for_biases(self) -> Self::OfBiases;

    /// The next w; as much of the state as there is of it is replaced by the next one.
    fn apply<V: Vector>(&self, state: &mut [V; 2], w: V, g: V) -> V;
}

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

/// The rules of one step after the other, each a member of R.
pub(crate) trait StepRules<R> {
    /// The rule of the next step.
    fn next(&mut self, at: StepContext<'_>) -> R;
}

/// The rules of a method without any.
impl<R> StepRules<R> for std::convert::Infallible {
    fn next(&mut self, _at: StepContext<'_>) -> R {
        match *self {}
    }
}
