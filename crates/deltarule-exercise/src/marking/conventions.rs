//! Other ways of writing the same answer: δ as t − x, and rows for columns.

use ndarray::Array2;

use super::answers::{Given, Written};
use super::chain::PartAnswers;
use super::judge::Judgement;
use super::quantity::Quantity;
use super::rule::WrongRule;
use crate::exercise::Exercise;

use super::verdict::{QuantityMarking, Verdict};

/// A way of writing that is undone before the answer is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Convention {
    /// δ is t − x, and the gradients are as usual.
    NegatedDeltas,
    /// δ is t − x, the gradients go with it, and the update adds.
    NegatedGradients,
    /// Square weights and gradients have a column per unit.
    TransposedWeights,
    /// Square net inputs, outputs and deltas have a row per example.
    TransposedExamples,
    /// A threshold θ = −b in the place of each bias.
    Thresholds,
    /// Δw = −η ∂E/∂w in the place of the gradients; the learning rate is η.
    ChangeForGradient(f64),
    /// One bias for all units of a layer.
    SharedBiases,
}

impl Convention {
    /// Those that are tried when an answer does not agree as it was written.
    pub(super) fn others(learning_rate: Option<f64>) -> Vec<Self> {
        let mut all = vec![
            Self::NegatedDeltas,
            Self::NegatedGradients,
            Self::TransposedWeights,
            Self::TransposedExamples,
            Self::Thresholds,
        ];
        all.extend(learning_rate.filter(|rate| *rate > 0.0).map(Self::ChangeForGradient));
        all
    }

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
            Self::Thresholds => Some(
                "You write a threshold θ = −b for each bias, and were read so; the solution's biases have the other sign.",
            ),
            Self::ChangeForGradient(_) => Some(
                "You write the change Δw = −η ∂E/∂w in the place of the gradient ∂E/∂w, and were read so: asked for is the \
                 gradient.",
            ),
            Self::SharedBiases => Some(
                "You have one bias that the units of a layer share, and were read so: its gradient is the sum of theirs. In the \
                 solution each unit has its own.",
            ),
        }
    }

    /// The answer as the solution would write it; none if this way of writing changes nothing.
    pub(super) fn undo(self, answers: &PartAnswers) -> Option<PartAnswers> {
        let mut changed = false;
        let mut undone = PartAnswers::new();
        for (&key, written) in answers {
            let new = if self.concerns(key.1, written.is_square()) {
                match self {
                    Self::NegatedDeltas | Self::NegatedGradients | Self::Thresholds => {
                        negated(written)
                    }
                    Self::TransposedWeights | Self::TransposedExamples => written.t().to_owned(),
                    Self::ChangeForGradient(rate) => divided(written, -rate),
                    Self::SharedBiases => written.clone(),
                }
            } else {
                written.clone()
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
                Self::NegatedDeltas | Self::NegatedGradients | Self::Thresholds => {
                    for entry in &mut q.entries {
                        entry.right = -entry.right;
                        entry.expected = -entry.expected;
                        if let Some(written) = &mut entry.written {
                            written.value = -written.value;
                        }
                    }
                }
                Self::ChangeForGradient(rate) => {
                    for entry in &mut q.entries {
                        entry.right *= -rate;
                        entry.expected *= -rate;
                        if let Some(written) = &mut entry.written
                            && let Some(own) = Written::parse(&written.text)
                        {
                            *written = own;
                        }
                    }
                }
                Self::TransposedWeights | Self::TransposedExamples => {
                    q.entries = q.entries.t().to_owned();
                    q.transposed = !q.transposed;
                }
                Self::SharedBiases => {}
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
            Self::Thresholds => matches!(
                quantity,
                Quantity::Biases(_)
                    | Quantity::GradBiases(_)
                    | Quantity::StateBiases(..)
                    | Quantity::CorrectedBiases("m", _)
            ),
            Self::ChangeForGradient(_) => is_gradient,
            Self::SharedBiases => false,
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
            // What is as it would be with biases must not be all there is of them.
            Self::Thresholds => all_right(&|q| self.concerns(q, false)),
            Self::ChangeForGradient(_) => all_right(&|q| self.concerns(q, false)),
            Self::SharedBiases => all_right(&|q| Self::Thresholds.concerns(q, false)),
        }
    }
}

/// Whether an answer may be that of somebody whose units share a bias: what was written of the biases of some layer is the same
/// for all its units, and so are the biases that it began with.
pub(super) fn may_share_biases(exercise: &Exercise, answers: &PartAnswers) -> bool {
    let mut shared = false;
    for ((_, quantity), written) in answers {
        let (Quantity::Biases(layer) | Quantity::GradBiases(layer)) = *quantity else { continue };
        let numbers: Vec<f64> = written.iter().flatten().map(|written| written.value).collect();
        let same = |numbers: &[f64]| numbers.windows(2).all(|pair| pair[0] == pair[1]);
        let initial = exercise.network.biases(layer - 1).to_vec();
        if numbers.len() > 1 {
            if !same(&numbers) || !same(&initial) {
                return false;
            }
            shared |= numbers[0] != 0.0;
        }
    }
    shared
}

/// Numbers divided by a factor; their last digits are worth as much less, or up to ten times more.
fn divided(written: &Array2<Option<Written>>, factor: f64) -> Array2<Option<Written>> {
    let places = factor.abs().log10().floor() as i32;
    written.mapv(|entry| {
        entry.map(|w| Written {
            value: w.value / factor,
            decimals: w.decimals.saturating_add(places),
            ..w
        })
    })
}

fn negated(written: &Array2<Option<Written>>) -> Array2<Option<Written>> {
    written.mapv(|entry| entry.map(|w| Written { value: -w.value, ..w }))
}
