//! What follows from what, and which formulas a deviation touches.

use super::deviation::{Deviation, Divided, Factor};
use super::quantity::Quantity;

/// The quantities of a step, or of the step before, that a quantity is computed from; the step counts from 0. A number on the way
/// stands beside what it is computed from itself: many write down only the one or the other.
pub(super) fn parents(
    step: usize,
    quantity: Quantity,
    depth: usize,
    states: &[&'static str],
) -> Vec<(usize, Quantity)> {
    let mut all = Vec::new();
    let here = |q: Quantity| (step, q);
    let before = |all: &mut Vec<(usize, Quantity)>, q: Quantity| {
        if let Some(earlier) = step.checked_sub(1) {
            all.push((earlier, q));
        }
    };
    match quantity {
        Quantity::Z(l) => {
            if l > 1 {
                all.push(here(Quantity::X(l - 1)));
            }
            before(&mut all, Quantity::Weights(l));
            before(&mut all, Quantity::Biases(l));
        }
        Quantity::X(l) => all.push(here(Quantity::Z(l))),
        Quantity::Loss => all.extend([here(Quantity::X(depth)), here(Quantity::Z(depth))]),
        Quantity::TotalLoss => all.push(here(Quantity::Loss)),
        Quantity::Derivative(l) => all.extend([here(Quantity::X(l)), here(Quantity::Z(l))]),
        Quantity::Delta(l) => {
            all.extend([here(Quantity::X(l)), here(Quantity::Z(l)), here(Quantity::Derivative(l))]);
            if l < depth {
                all.push(here(Quantity::Delta(l + 1)));
                before(&mut all, Quantity::Weights(l + 1));
            }
        }
        Quantity::GradWeights(l) => {
            all.push(here(Quantity::Delta(l)));
            if l > 1 {
                all.push(here(Quantity::X(l - 1)));
            }
        }
        Quantity::GradBiases(l) => all.push(here(Quantity::Delta(l))),
        Quantity::StateWeights(name, l) => {
            all.push(here(Quantity::GradWeights(l)));
            before(&mut all, Quantity::StateWeights(name, l));
        }
        Quantity::StateBiases(name, l) => {
            all.push(here(Quantity::GradBiases(l)));
            before(&mut all, Quantity::StateBiases(name, l));
        }
        Quantity::CorrectedWeights(name, l) => all.push(here(Quantity::StateWeights(name, l))),
        Quantity::CorrectedBiases(name, l) => all.push(here(Quantity::StateBiases(name, l))),
        Quantity::Weights(l) => {
            all.push(here(Quantity::GradWeights(l)));
            all.extend(states.iter().map(|name| here(Quantity::StateWeights(name, l))));
            all.extend(states.iter().map(|name| here(Quantity::CorrectedWeights(name, l))));
            before(&mut all, Quantity::Weights(l));
        }
        Quantity::Biases(l) => {
            all.push(here(Quantity::GradBiases(l)));
            all.extend(states.iter().map(|name| here(Quantity::StateBiases(name, l))));
            all.extend(states.iter().map(|name| here(Quantity::CorrectedBiases(name, l))));
            before(&mut all, Quantity::Biases(l));
        }
        Quantity::TotalLossAfter => {
            for l in 1..=depth {
                all.extend([here(Quantity::Weights(l)), here(Quantity::Biases(l))]);
            }
        }
        Quantity::Class => all.push(here(Quantity::X(depth))),
    }
    all
}

/// Whether a deviation changes the formula of a quantity.
pub(super) fn touches(deviation: &Deviation, quantity: Quantity, depth: usize) -> bool {
    use Quantity as Q;
    let output = Q::Delta(depth);
    let hidden = matches!(quantity, Q::Delta(l) if l < depth);
    match *deviation {
        Deviation::OutputWeightsUpdatedFirst
        | Deviation::WrongLayerWeights { .. }
        | Deviation::WeightsNotTransposed
        | Deviation::MissingHiddenDerivative => hidden,
        Deviation::DeltaSign
        | Deviation::MissingOutputDerivative
        | Deviation::SoftmaxJacobianDiagonal
        | Deviation::DeltaOfOtherLoss(_) => quantity == output,
        Deviation::DerivativeAtOutput(scope)
        | Deviation::SigmoidDerivativeForOther(scope, _)
        | Deviation::TanhDerivativeUnsquared(scope) => {
            matches!(quantity, Q::Derivative(l) | Q::Delta(l) if scope.holds(l, depth))
        }
        Deviation::GradientTransposed | Deviation::WrongLayerOutput(_) => {
            matches!(quantity, Q::GradWeights(_))
        }
        Deviation::BiasGradientTimesInput(_) => matches!(quantity, Q::GradBiases(_)),
        Deviation::LossFactor { of, .. } => match quantity {
            Q::Loss | Q::TotalLossAfter => of != Factor::Delta,
            Q::Delta(l) => l == depth && of != Factor::Loss,
            _ => false,
        },
        Deviation::MeanForSum(divided) => match quantity {
            Q::TotalLoss | Q::TotalLossAfter => {
                !matches!(divided, Divided::Gradients | Divided::Step)
            }
            Q::GradWeights(_) | Q::GradBiases(_) => {
                matches!(divided, Divided::LossAndGradients | Divided::Gradients)
            }
            Q::Delta(l) => l == depth && divided == Divided::Deltas,
            Q::StateWeights(..) | Q::StateBiases(..) | Q::Weights(_) | Q::Biases(_) => {
                divided == Divided::Step
            }
            _ => false,
        },
        Deviation::SumForMean(added) => match quantity {
            Q::TotalLoss | Q::TotalLossAfter => added != Divided::Gradients,
            Q::GradWeights(_) | Q::GradBiases(_) => added != Divided::Loss,
            _ => false,
        },
        Deviation::LearningRateMissing => matches!(
            quantity,
            Q::StateWeights(..) | Q::StateBiases(..) | Q::Weights(_) | Q::Biases(_)
        ),
        Deviation::UpdateSign => matches!(quantity, Q::Weights(_) | Q::Biases(_)),
        Deviation::BiasNotUpdated(scope) => {
            matches!(quantity, Q::Biases(l) if scope.holds(l, depth))
        }
        Deviation::BiasUpdatedWhenFrozen => {
            matches!(quantity, Q::Biases(_) | Q::StateBiases(..))
        }
        // The loss after the update has a forward pass of its own.
        Deviation::BiasMissingInZ(scope) => {
            matches!(quantity, Q::Z(l) if scope.holds(l, depth)) || quantity == Q::TotalLossAfter
        }
        Deviation::ActivationMissing(scope) => {
            matches!(quantity, Q::X(l) if scope.holds(l, depth)) || quantity == Q::TotalLossAfter
        }
        Deviation::LossBeforeForAfter => quantity == Q::TotalLossAfter,
        Deviation::Edit(edit) => edit.touches(quantity, depth),
        Deviation::OnlineForBatch(_)
        | Deviation::BatchForOnline
        | Deviation::WrongStart(_)
        | Deviation::Given(..)
        | Deviation::RoundedIntermediates(..) => false,
    }
}

/// Whether a quantity is computed from the parameters that a step starts from.
pub(super) fn uses_parameters(quantity: Quantity) -> bool {
    matches!(
        quantity,
        Quantity::Z(_) | Quantity::Delta(_) | Quantity::Weights(_) | Quantity::Biases(_)
    )
}
