//! What a student is told of a formula with a change in it: what the change is, the formula that gives the numbers, and the
//! right one.

use super::edit::{Edit, surroundings};
use super::formula::{
    Change, Expression, Formula, FormulaContext, Function, Label, Operand, formula, printed,
};
use super::quantity::{Quantity, optional_quantities, step_count};
use super::rule::WrongRule;
use crate::exercise::Exercise;

/// The explanation of a change that shows in a quantity, with formulas between dollar signs.
pub(super) fn words(exercise: &Exercise, index: usize, edit: &Edit, quantity: Quantity) -> String {
    let lead = lead(edit).map(|lead| match edit.unit {
        Some(unit) => format!("For unit {}: {}", unit + 1, lowered(lead)),
        None => lead.to_string(),
    });
    let Some((left, wrong, right)) = formulas(exercise, index, edit, quantity) else {
        return lead.unwrap_or_else(|| "A formula was changed in one place.".into());
    };
    match lead {
        Some(lead) => {
            format!("{lead} What was computed is ${left} = {wrong}$; it is ${left} = {right}$.")
        }
        None => {
            format!("This comes out if ${left} = {wrong}$ is computed. It is ${left} = {right}$.")
        }
    }
}

/// Whether it is in a moment of the gradient that an optimiser remembers.
fn is_moment(edit: &Edit) -> bool {
    matches!(edit.formula, Formula::WeightState(_) | Formula::BiasState(_))
}

/// A sentence that goes on after a colon.
fn lowered(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What was done, where the change has a name.
fn lead(edit: &Edit) -> Option<&'static str> {
    Some(match edit.rule() {
        WrongRule::NetInputForOutput => {
            "The net input was computed from the net inputs of the layer below, in place of its outputs."
        }
        WrongRule::InputsForOutput => {
            "The layer was given the inputs of the network, in place of the outputs of the layer below."
        }
        WrongRule::WeightsTransposedForward => {
            "The weights were used transposed on the way forward: the sum of a unit runs along its row of the matrix."
        }
        WrongRule::BiasMissingInZ => "The bias is missing in the net input.",
        WrongRule::BiasSubtracted => "The bias was subtracted, and it is added.",
        WrongRule::BiasAddedTwice => "The bias was added more than once.",
        WrongRule::SignLost => "A minus sign got lost.",
        WrongRule::ActivationMissing => "The activation was left out.",
        WrongRule::OtherFunction => match edit.change {
            Change::Function(Function::Derivative(_)) => {
                "The derivative of the activation was computed in place of the activation."
            }
            Change::Function(Function::Log10) | Change::EachFunction(_, Function::Log10) => {
                "The logarithm to base 10 was taken in place of the natural one."
            }
            Change::First => "The outputs were not divided by their sum.",
            _ => "Another function was computed.",
        },
        WrongRule::WeightsLeftOut => {
            "The deltas above were added up without the weights that they come back through."
        }
        WrongRule::ErrorForDelta => {
            "The error $x − t$ of the outputs was sent back, in place of their delta."
        }
        WrongRule::SumOfGradients => {
            "The gradients of the weights above were added up, in place of the deltas times the weights."
        }
        WrongRule::DerivativeCutShort => match edit.change {
            Change::SlopeAbove => "The derivative of the layer above was used.",
            _ => "The derivative $f'$ is another one.",
        },
        WrongRule::OtherTarget => "The target of another output or example was used.",
        WrongRule::OtherUnit => "What belongs to another unit was used.",
        WrongRule::StepWithoutInput => {
            "The step was made with the delta alone: the gradient of a weight is the delta times the output below."
        }
        WrongRule::ChangeForNewValue => {
            "This is the change and not the new value: it has to be added to the old one."
        }
        WrongRule::NotUpdated => "This is still the old value: it was not updated.",
        WrongRule::UpdateSign => "The step goes up the gradient, and gradient descent goes down.",
        WrongRule::MomentumLeftOut => {
            "What the optimiser remembers of the steps before was left out."
        }
        WrongRule::CorrectionMissing => match edit.change {
            Change::CorrectedAsBefore | Change::CorrectedAsAfter => {
                "Adam's moment was corrected with the $t$ of another step: $t$ counts the steps from 1."
            }
            Change::CorrectedBy(_) => {
                "Adam's moment was corrected with the $β$ of the other: $m$ goes with $β_1$, $v$ with $β_2$."
            }
            Change::CorrectedAsFirst => {
                "Adam's moments were corrected as in the first step, with t = 1: t counts the steps."
            }
            Change::First | Change::Second => "One of Adam's moments was not corrected.",
            _ => {
                "Adam's moments were not corrected: $m$ is divided by $1 − β_1^t$, $v$ by $1 − β_2^t$."
            }
        },
        WrongRule::LearningRateMissing => "The learning rate is missing.",
        WrongRule::MissingHiddenDerivative | WrongRule::MissingOutputDerivative => {
            "The derivative of the activation is missing in the delta."
        }
        WrongRule::WeightsNotTransposed => {
            "The weights were not transposed on the way back: the sum runs over the units above, down the columns of the matrix."
        }
        WrongRule::OutputWeightsUpdatedFirst => {
            "The delta was computed with weights that were updated already."
        }
        WrongRule::DeltaSign => {
            "The delta has the opposite sign, and the update does not make up for it."
        }
        WrongRule::GradientTransposed => "The gradient of the weights stands the wrong way round.",
        WrongRule::WrongLayerOutput => {
            "The gradient of the weights was computed with something else than the output of the layer below."
        }
        WrongRule::BiasGradientTimesInput => {
            "The gradient of the biases was multiplied by something: a bias is added to the net input as it is."
        }
        _ => match edit.change {
            Change::OverTheOther => {
                "The sum was taken over the examples in place of the units, or the other way round."
            }
            Change::OnlyTerm(0) | Change::OnlyUnit(0) | Change::OnlyExample(0) => {
                match edit.formula {
                    Formula::WeightGradient | Formula::BiasGradient => {
                        "Only the first example was taken: the gradient adds up over all of them."
                    }
                    _ => "Of a sum only the first term was taken.",
                }
            }
            Change::OnlyTerm(_) | Change::OnlyUnit(_) | Change::OnlyExample(_) => {
                "Of a sum only one term was taken."
            }
            Change::First | Change::Second => match edit.label {
                Label::Square => "It was not squared: the square was left out.",
                // The first product is that of what was remembered.
                Label::Times if is_moment(edit) && edit.node == 1 => {
                    "What is remembered of the steps before was taken without its factor, or the factor without it."
                }
                Label::Times if is_moment(edit) => "The new part was taken without its factor.",
                Label::Times => "A factor was left out.",
                Label::Sum | Label::Difference => "A term was left out.",
                Label::Over => "It was not divided.",
                Label::Root => "The root was left out.",
                _ => return None,
            },
            Change::Plus(Operand::GradientBefore) => {
                "The gradient of the step before was added: each step has its own."
            }
            _ => return None,
        },
    })
}

/// The left-hand side, the changed formula and the right one.
fn formulas(
    exercise: &Exercise,
    index: usize,
    edit: &Edit,
    quantity: Quantity,
) -> Option<(String, String, String)> {
    let part = &exercise.parts[index];
    let depth = exercise.network.layers().len();
    let optimizer = part.task.optimizer();
    let states = optimizer.map_or(&[][..], |optimizer| optimizer.state_names());
    let steps = step_count(part);
    let own = Formula::of(quantity, depth, states);
    let is_of_biases = quantity.is_like_biases();
    let of = if edit.twin && is_of_biases { edit.formula.twin() } else { edit.formula };
    let layers: Vec<usize> = match (edit.layer, quantity.layer()) {
        (Some(layer), _) => vec![layer],
        (None, Some(layer)) if own == Some(of) => vec![layer],
        // What comes first on the way: from below forwards, from above backwards.
        (None, _) => match of {
            // Below the first layer there are the inputs, whatever was taken for its outputs.
            Formula::NetInput if of_layer_below(edit) => (2..=depth).collect(),
            Formula::NetInput | Formula::Output => of.layers(depth).collect(),
            _ => of.layers(depth).rev().collect(),
        },
    };
    let step = edit.step.unwrap_or(steps - 1);
    let given = FormulaContext::of_part(exercise, part, step);
    // The change may be in a formula that takes a number on the way as it was written.
    let optional = optional_quantities(exercise, part);
    let named: Vec<(usize, Quantity)> =
        optional.iter().map(|shape| (step, shape.quantity)).collect();
    let contexts = [given, FormulaContext { named: &named, ..given }];
    let mut places =
        contexts.iter().flat_map(|given| layers.iter().map(move |layer| (given, *layer)));
    places.find_map(|(given, layer)| {
        let right = formula(of, layer, given)?;
        let around = surroundings(exercise, layer, given.examples, step, steps);
        let wrong = edit.applied(&right, of, step, &around)?;
        let place = left(of, layer, states)?;
        let print = |expression: &Expression| printed(expression, place, layer, states);
        let (wrong, right) = (print(&wrong), print(&right));
        (wrong != right).then(|| (left_words(place, layer), wrong, right))
    })
}

/// Whether something else was taken for the outputs of the layer below.
fn of_layer_below(edit: &Edit) -> bool {
    matches!(edit.change, Change::Operand(Operand::Z(-1) | Operand::Inputs))
}

/// The quantity that a formula of a layer gives.
fn left(of: Formula, layer: usize, states: &[&'static str]) -> Option<Quantity> {
    Some(match of {
        Formula::NetInput => Quantity::Z(layer),
        Formula::Output => Quantity::X(layer),
        Formula::Loss => Quantity::Loss,
        Formula::TotalLoss => Quantity::TotalLoss,
        Formula::Derivative => Quantity::Derivative(layer),
        Formula::OutputDelta | Formula::HiddenDelta => Quantity::Delta(layer),
        Formula::WeightGradient => Quantity::GradWeights(layer),
        Formula::BiasGradient => Quantity::GradBiases(layer),
        Formula::WeightState(k) => Quantity::StateWeights(states.get(k)?, layer),
        Formula::BiasState(k) => Quantity::StateBiases(states.get(k)?, layer),
        Formula::WeightCorrection(k) => Quantity::CorrectedWeights(states.get(k)?, layer),
        Formula::BiasCorrection(k) => Quantity::CorrectedBiases(states.get(k)?, layer),
        Formula::NewWeights => Quantity::Weights(layer),
        Formula::NewBiases => Quantity::Biases(layer),
    })
}

fn left_words(quantity: Quantity, layer: usize) -> String {
    match quantity {
        Quantity::Z(_) => format!("z^[{layer}]"),
        Quantity::X(_) => format!("x^[{layer}]"),
        Quantity::Loss => "E".into(),
        Quantity::TotalLoss | Quantity::TotalLossAfter => "\"total loss\"".into(),
        Quantity::Derivative(_) => format!("f'(z^[{layer}])"),
        Quantity::Delta(_) => format!("δ^[{layer}]"),
        Quantity::GradWeights(_) => format!("∂E/∂w^[{layer}]"),
        Quantity::GradBiases(_) => format!("∂E/∂b^[{layer}]"),
        Quantity::Weights(_) => format!("\"new\" w^[{layer}]"),
        Quantity::Biases(_) => format!("\"new\" b^[{layer}]"),
        Quantity::StateWeights(name, _) | Quantity::StateBiases(name, _) => {
            if name.chars().count() == 1 { name.into() } else { "v".into() }
        }
        Quantity::CorrectedWeights(name, _) | Quantity::CorrectedBiases(name, _) => {
            format!("\"corrected\" {name}")
        }
        Quantity::Class => "\"class\"".into(),
    }
}
