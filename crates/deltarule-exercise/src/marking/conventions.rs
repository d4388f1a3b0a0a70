//! Other ways of writing the same answer: δ as t − x, and rows for columns.

use ndarray::Array2;

use super::answers::{Given, Written};
use super::chain::PartAnswers;
use super::judge::Judgement;
use super::quantity::Quantity;
use super::rule::WrongRule;
use super::verdict::{QuantityMarking, Verdict};

/// A way of writing that is undone before the answer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Convention {
    /// δ is t − x, and the gradients are as usual.
    NegatedDeltas,
    /// δ is t − x, the gradients go with it, and the update adds.
    NegatedGradients,
    /// Square weights and gradients have a column per unit.
    TransposedWeights,
    /// Square net inputs, outputs and deltas have a row per example.
    TransposedExamples,
}

impl Convention {
    /// Those that are tried when an answer does not agree as it was written.
    pub(super) const OTHERS: [Self; 4] = [
        Self::NegatedDeltas,
        Self::NegatedGradients,
        Self::TransposedWeights,
        Self::TransposedExamples,
    ];

    /// What the student is told.
    pub(super) fn note(self) -> Option<&'static str> {
        match self {
            Self::NegatedDeltas | Self::NegatedGradients => Some(
                "You write δ as t − x and add the step. That is the same as δ = x − t with a minus in the update, and was \
                 read so; the solution's deltas have the other sign.",
            ),
            Self::TransposedWeights => Some(
                "You write weights with a row per unit below. That is the transpose of the layout in the solution, and was \
                 read so.",
            ),
            Self::TransposedExamples => Some(
                "You write a row per example where the solution has a column, and were read so.",
            ),
        }
    }

    /// The answer as the solution would write it; none if this way of writing changes nothing.
    pub(super) fn undo(self, answers: &PartAnswers) -> Option<PartAnswers> {
        let mut changed = false;
        let mut undone = PartAnswers::new();
        for (&key, written) in answers {
            let new = if !self.concerns(key.1, written.is_square()) {
                written.clone()
            } else if matches!(self, Self::NegatedDeltas | Self::NegatedGradients) {
                negated(written)
            } else {
                written.t().to_owned()
            };
            changed |= new != *written;
            undone.insert(key, new);
        }
        changed.then_some(undone)
    }

    /// The marking in the student's own way of writing.
    pub(super) fn redo(self, quantities: &mut [QuantityMarking]) {
        for q in quantities.iter_mut().filter(|q| self.concerns(q.quantity, q.entries.is_square()))
        {
            match self {
                Self::NegatedDeltas | Self::NegatedGradients => {
                    for entry in &mut q.entries {
                        entry.right = -entry.right;
                        entry.expected = -entry.expected;
                        if let Some(written) = &mut entry.written {
                            written.value = -written.value;
                        }
                    }
                }
                Self::TransposedWeights | Self::TransposedExamples => {
                    q.entries = q.entries.t().to_owned();
                    q.transposed = !q.transposed;
                }
            }
        }
    }

    /// Whether a quantity is written otherwise.
    fn concerns(self, quantity: Quantity, is_square: bool) -> bool {
        let is_delta = matches!(quantity, Quantity::Delta(_));
        let is_gradient = matches!(quantity, Quantity::GradWeights(_) | Quantity::GradBiases(_));
        match self {
            Self::NegatedDeltas => is_delta,
            Self::NegatedGradients => is_delta || is_gradient,
            Self::TransposedWeights => quantity.is_like_weights() && is_square,
            Self::TransposedExamples => quantity.is_per_example() && is_square,
        }
    }

    /// Whether an answer shows that it was written so, and not just got wrong: something that does not depend on this way of
    /// writing must bear it out.
    pub(super) fn is_borne_out(self, judgement: &Judgement, given: &[Given]) -> bool {
        let verdicts = |wanted: &dyn Fn(Quantity) -> bool| -> Vec<Verdict> {
            let answered = judgement.quantities.iter().filter(|q| q.verdict != Verdict::Missing);
            answered.filter(|q| wanted(q.quantity)).map(|q| q.verdict).collect()
        };
        let all_right = |wanted: &dyn Fn(Quantity) -> bool| {
            let verdicts = verdicts(wanted);
            !verdicts.is_empty() && verdicts.iter().all(|v| *v != Verdict::Wrong)
        };
        let some_right = |wanted: &dyn Fn(Quantity) -> bool| {
            verdicts(wanted).iter().any(|v| *v != Verdict::Wrong)
        };
        let of_sign = [WrongRule::DeltaSign, WrongRule::UpdateSign];
        let sign_is_wrong = judgement
            .quantities
            .iter()
            .flat_map(|q| &q.findings)
            .any(|finding| of_sign.contains(&finding.rule));
        let updated = |q: Quantity| matches!(q, Quantity::Weights(_) | Quantity::Biases(_));
        match self {
            Self::NegatedDeltas => {
                let gradient =
                    |q: Quantity| matches!(q, Quantity::GradWeights(_) | Quantity::GradBiases(_));
                !sign_is_wrong && some_right(&|q| updated(q) || gradient(q))
            }
            // Frozen biases are right whatever the sign.
            Self::NegatedGradients => {
                !sign_is_wrong && all_right(&|q| matches!(q, Quantity::Weights(_)))
            }
            Self::TransposedWeights => {
                let flagged = given.iter().any(|g| g.transposed && g.quantity.is_like_weights());
                let square = |q: Quantity| {
                    matches!(q, Quantity::Weights(_))
                        && given.iter().any(|g| g.quantity == q && g.entries.is_square())
                };
                flagged || all_right(&square)
            }
            Self::TransposedExamples => true,
        }
    }
}

fn negated(written: &Array2<Option<Written>>) -> Array2<Option<Written>> {
    written.mapv(|entry| entry.map(|w| Written { value: -w.value, ..w }))
}
