//! The update of one step with its constants worked out: the same text for a single number and for vectors.

use crate::number::Vector;
use crate::rounding::BoundedNumber;

/// How one step turns a gradient into the next parameters.
pub(crate) trait StepRule: Copy {
    /// The rule of biases, where it is another than that of weights; else this one.
    type OfBiases: StepRule;
    /// How many vectors the optimiser remembers, at most two.
    const STATES: usize;

    /// The rule of biases beside this one.
    fn for_biases(self) -> Self::OfBiases;

    /// The bound of one parameter's step.
    fn bound(&self, at: &mut StepBound<'_, '_>) -> f64;

    /// The numbers on the way from a gradient to the step, in the order of computation: what solutions show.
    fn intermediates(&self, _at: &StepValues) -> Vec<Intermediate> {
        Vec::new()
    }

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

/// One parameter's step, as [`StepRule::bound`] looks at it.
pub(crate) struct StepBound<'a, 'b> {
    /// The number of the step, the first being 1.
    pub(crate) step: u64,
    pub(crate) g: BoundedNumber,
    /// The state after the step.
    pub(crate) state: &'a [f64],
    /// The bounds of the state before the step, which become those after it.
    pub(crate) e_state: &'a mut [&'b mut f64],
}

/// The numbers of one parameter's step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepValues {
    /// What was remembered before the step; 0 where nothing is.
    pub(crate) before: [BoundedNumber; 2],
    /// What is remembered after it.
    pub(crate) after: [BoundedNumber; 2],
    pub(crate) g: BoundedNumber,
}

/// A number on the way from a gradient to a step, for one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intermediate {
    /// What it is called: `m_corrected`.
    pub(crate) name: &'static str,
    pub(crate) number: BoundedNumber,
}

impl Intermediate {
    pub(super) fn new(name: &'static str, value: f64, bound: f64) -> Self {
        Self { name, number: BoundedNumber { value, bound } }
    }
}
