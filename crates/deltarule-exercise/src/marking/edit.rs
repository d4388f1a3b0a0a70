//! A formula with one change: which formula, where in it, in which layers and steps.

use deltarule::Optimizer;

use super::formula::{
    Change, Expression, Formula, FormulaContext, Function, Label, Multiplier, Operand,
    Surroundings, changed, changes, formula,
};
use super::quantity::{Quantity, step_count};
use super::rule::WrongRule;
use crate::exercise::{Exercise, Task};

/// A change of the formula of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edit {
    pub(super) formula: Formula,
    /// Whether the biases have it as the weights have.
    pub(super) twin: bool,
    /// The only layer; every layer where there is none.
    pub(super) layer: Option<usize>,
    /// The only step, from 0; every step where there is none.
    pub(super) step: Option<usize>,
    /// The only unit, from 0: the only row; every unit where there is none.
    pub(super) unit: Option<usize>,
    /// The place in the formula.
    pub(super) node: usize,
    pub(super) label: Label,
    pub(super) change: Change,
}

impl Formula {
    /// The same formula of the other kind of parameters.
    pub(super) fn twin(self) -> Self {
        match self {
            Self::WeightGradient => Self::BiasGradient,
            Self::BiasGradient => Self::WeightGradient,
            Self::WeightState(k) => Self::BiasState(k),
            Self::BiasState(k) => Self::WeightState(k),
            Self::WeightCorrection(k) => Self::BiasCorrection(k),
            Self::BiasCorrection(k) => Self::WeightCorrection(k),
            Self::NewWeights => Self::NewBiases,
            Self::NewBiases => Self::NewWeights,
            other => other,
        }
    }

    /// Whether it may be that of a quantity; of the vectors of an optimiser any.
    fn may_be_of(self, quantity: Quantity, depth: usize) -> bool {
        match (self, quantity) {
            (Self::WeightState(_), Quantity::StateWeights(..))
            | (Self::BiasState(_), Quantity::StateBiases(..))
            | (Self::WeightCorrection(_), Quantity::CorrectedWeights(..))
            | (Self::BiasCorrection(_), Quantity::CorrectedBiases(..)) => true,
            (Self::WeightState(_) | Self::BiasState(_), _) => false,
            _ => Self::of(quantity, depth, &[]) == Some(self),
        }
    }
}

impl Edit {
    /// Whether it changes the formula of a quantity.
    pub(super) fn touches(&self, quantity: Quantity, depth: usize) -> bool {
        let is_layer = self.layer.is_none_or(|only| quantity.layer().is_none_or(|l| l == only));
        let own = self.formula.may_be_of(quantity, depth)
            || self.twin && self.formula.twin().may_be_of(quantity, depth);
        // The loss after the update has a forward pass of its own.
        let again = quantity == Quantity::TotalLossAfter
            && matches!(
                self.formula,
                Formula::NetInput | Formula::Output | Formula::Loss | Formula::TotalLoss
            );
        own && is_layer || again
    }

    /// The formula of a quantity with the change in it; none where it changes nothing.
    pub(super) fn applied(
        &self,
        expression: &Expression,
        of: Formula,
        step: usize,
        around: &Surroundings,
    ) -> Option<Expression> {
        if self.step.is_some_and(|only| only != step)
            || self.layer.is_some_and(|only| only != around.layer)
        {
            return None;
        }
        let is_twin = self.twin && of == self.formula.twin() && of != self.formula;
        if of != self.formula && !is_twin {
            return None;
        }
        // As a whole a gradient is another formula for biases.
        let label =
            if is_twin && self.node == 0 { super::formula::label(expression) } else { self.label };
        changed(expression, self.node, label, self.change, around)
    }

    /// The name of the mistake.
    pub(super) fn rule(&self) -> WrongRule {
        use Change as C;
        use Formula as F;
        let of_parameters = matches!(self.formula, F::NewWeights | F::NewBiases);
        let of_state = matches!(self.formula, F::WeightState(_) | F::BiasState(_));
        let of_delta = matches!(self.formula, F::OutputDelta | F::HiddenDelta);
        match (self.formula, self.label, self.change) {
            (F::NetInput, Label::Operand(Operand::X(_)), C::Operand(Operand::Z(_))) => {
                WrongRule::NetInputForOutput
            }
            (F::NetInput, Label::Operand(Operand::X(_)), C::Operand(Operand::Inputs)) => {
                WrongRule::InputsForOutput
            }
            (F::NetInput, Label::Operand(Operand::Weights(0)), C::Transposed) => {
                WrongRule::WeightsTransposedForward
            }
            (F::NetInput, Label::Operand(Operand::Weights(0)), C::Absolute) => WrongRule::SignLost,
            (F::NetInput, Label::Sum, C::First) => WrongRule::BiasMissingInZ,
            (F::NetInput, Label::Sum, C::OtherSign) => WrongRule::BiasSubtracted,
            (F::NetInput, Label::Sum, C::SecondTwice)
            | (F::NetInput, Label::Sum, C::SecondTimes(Multiplier::UnitsBelow)) => {
                WrongRule::BiasAddedTwice
            }
            (F::Output, Label::Function(_), C::First) => WrongRule::ActivationMissing,
            (F::Output, Label::Function(_), C::Function(_))
            | (F::Output, Label::Over, C::First) => WrongRule::OtherFunction,
            (F::Loss, Label::Function(Function::Ln), C::Function(_))
            | (F::Loss, _, C::EachFunction(..)) => WrongRule::OtherFunction,
            (F::HiddenDelta, Label::Product, C::OnesFirst) => WrongRule::WeightsLeftOut,
            (F::HiddenDelta, Label::Operand(Operand::Delta(1)), C::Operand(Operand::Error)) => {
                WrongRule::ErrorForDelta
            }
            (F::HiddenDelta, Label::Product, C::SumOfGradients) => WrongRule::SumOfGradients,
            (
                F::HiddenDelta,
                Label::Operand(Operand::Weights(1)),
                C::Operand(Operand::NewWeights(_)),
            ) => WrongRule::OutputWeightsUpdatedFirst,
            (
                F::HiddenDelta,
                Label::Operand(Operand::Weights(1)),
                C::Operand(Operand::Weights(_)),
            ) => WrongRule::WrongLayerWeights,
            (F::HiddenDelta, Label::Transposed, C::First) => WrongRule::WeightsNotTransposed,
            (F::HiddenDelta, Label::Times, C::First) if self.node == 0 => {
                WrongRule::MissingHiddenDerivative
            }
            (F::OutputDelta, Label::Times, C::First) if self.node == 0 => {
                WrongRule::MissingOutputDerivative
            }
            (F::OutputDelta, Label::Difference, C::Absolute) | (F::OutputDelta, _, C::Absolute) => {
                WrongRule::SignLost
            }
            (
                F::OutputDelta | F::Loss,
                Label::Operand(Operand::Targets),
                C::Reversed | C::RowFrom(..) | C::ColumnFrom(..),
            ) => WrongRule::OtherTarget,
            (F::OutputDelta, Label::Difference, C::Opposite) | (F::OutputDelta, _, C::Opposite) => {
                WrongRule::DeltaSign
            }
            (_, Label::Operand(_), C::RowFrom(..) | C::ColumnFrom(..) | C::Reversed) => {
                WrongRule::OtherUnit
            }
            (F::HiddenDelta | F::OutputDelta, Label::Square, C::First) => {
                WrongRule::TanhDerivativeUnsquared
            }
            (F::Derivative, Label::Square, C::First) => WrongRule::TanhDerivativeUnsquared,
            (F::Derivative, _, _) if self.is_another_derivative() => WrongRule::DerivativeCutShort,
            (F::HiddenDelta, Label::Difference, C::First) if self.node > 1 => {
                WrongRule::MissingHiddenDerivative
            }
            (F::OutputDelta, Label::Difference, C::First) if self.node > 3 => {
                WrongRule::MissingOutputDerivative
            }
            _ if of_delta && self.is_in_slope() => WrongRule::DerivativeCutShort,
            (F::WeightGradient, Label::Product, C::Transposed) => WrongRule::GradientTransposed,
            (F::WeightGradient, Label::Product, C::OnesSecond) => WrongRule::WrongLayerOutput,
            (F::WeightGradient, Label::Operand(Operand::X(_)), C::Operand(_)) => {
                WrongRule::WrongLayerOutput
            }
            (F::BiasGradient, Label::Operand(Operand::Delta(0)), C::TimesOperand(_)) => {
                WrongRule::BiasGradientTimesInput
            }
            (_, Label::Constant("η"), C::Constant(_)) => WrongRule::LearningRateMissing,
            (_, Label::Times, C::Second) if of_state && self.twin => WrongRule::Edit,
            (_, Label::Operand(Operand::Gradient), C::Operand(Operand::Delta(_))) => {
                WrongRule::StepWithoutInput
            }
            // Below the first node the only difference is a correction, 1 − βᵗ.
            (_, Label::Difference, C::First | C::Second) if of_parameters && self.node > 0 => {
                WrongRule::CorrectionMissing
            }
            (_, Label::Difference | Label::Sum, C::Second) if of_parameters && self.node == 0 => {
                WrongRule::ChangeForNewValue
            }
            (_, Label::Difference | Label::Sum, C::Second) if of_state => {
                WrongRule::MomentumLeftOut
            }
            (_, Label::Difference | Label::Sum, C::First) if of_parameters && self.node == 0 => {
                WrongRule::NotUpdated
            }
            (_, Label::Difference | Label::Sum, C::OtherSign)
                if of_parameters && self.node == 0 =>
            {
                WrongRule::UpdateSign
            }
            (F::WeightCorrection(_) | F::BiasCorrection(_), Label::Over, C::First)
            | (_, Label::Operand(Operand::Corrected(_)), C::Operand(Operand::State(_)))
            | (
                _,
                _,
                C::Uncorrected
                | C::CorrectedAsFirst
                | C::CorrectedAsBefore
                | C::CorrectedAsAfter
                | C::CorrectedBy(_),
            ) => WrongRule::CorrectionMissing,
            _ => WrongRule::Edit,
        }
    }

    /// Whether weights are needed that are updated already.
    pub(super) fn uses_new_weights(&self) -> bool {
        matches!(self.change, Change::Operand(Operand::NewWeights(_)))
    }

    /// How far a change goes: what is left out was forgotten more likely than something else was put in its place.
    pub(super) fn distance(&self) -> usize {
        let narrowed = [self.layer.is_some(), self.step.is_some(), self.unit.is_some()];
        let narrowed = narrowed.into_iter().filter(|narrowed| *narrowed).count();
        let of_change = match self.change {
            Change::First
            | Change::Second
            | Change::OnesFirst
            | Change::OnesSecond
            | Change::OtherSign
            | Change::Opposite
            | Change::Transposed => 0,
            Change::Operand(_) | Change::Function(_) | Change::Constant(_) => 1,
            _ => 2,
        };
        4 * narrowed + of_change
    }

    /// Whether it is made in f′.
    fn is_in_slope(&self) -> bool {
        matches!(self.change, Change::FirstSquared | Change::SlopeOf(_) | Change::Each(..))
            || matches!(
                (self.label, self.change),
                (Label::Difference, Change::Second | Change::First | Change::OtherSign)
                    | (Label::Times, Change::First | Change::Second)
                    | (Label::Square, _)
                    | (Label::Operand(Operand::X(0)), Change::Operand(_))
                    | (Label::Operand(Operand::Z(0)), Change::Operand(_))
                    | (Label::Operand(Operand::Derivative), _)
                    | (Label::Function(Function::Derivative(_)), _)
            ) && self.node > 1
    }

    /// Whether it makes another function of f′, where that is a quantity of its own, and not f′ of something else.
    fn is_another_derivative(&self) -> bool {
        matches!(
            self.change,
            Change::First
                | Change::Second
                | Change::OtherSign
                | Change::TwiceForSquare
                | Change::FirstSquared
                | Change::SlopeOf(_)
                | Change::SlopeAbove
                | Change::Each(..)
                | Change::Operand(_)
                | Change::Function(_)
        )
    }

    /// The same in one layer only, and in one step only.
    pub(super) fn narrower(&self, layer: Option<usize>, step: Option<usize>) -> Self {
        Self { layer: self.layer.or(layer), step: self.step.or(step), ..*self }
    }
}

/// What surrounds the formulas of a layer.
pub(super) fn surroundings(
    exercise: &Exercise,
    layer: usize,
    examples: usize,
    step: usize,
    steps: usize,
) -> Surroundings {
    let sizes = exercise.network.layer_sizes();
    let depth = sizes.len() - 1;
    Surroundings {
        layer,
        depth,
        units: sizes[layer],
        units_below: sizes[layer - 1],
        units_above: sizes.get(layer + 1).copied().unwrap_or(0),
        examples,
        step,
        steps,
        activation_above: exercise.network.layers().get(layer).map(|above| above.activation()),
    }
}

/// Every change of every formula of a part in which some numbers on the way are named, each with its step.
pub(super) fn edits(exercise: &Exercise, index: usize, named: &[(usize, Quantity)]) -> Vec<Edit> {
    let mut all = edits_of(exercise, index, &[]);
    if !named.is_empty() {
        // Formulas are changed as they are in the last step.
        let last = step_count(&exercise.parts[index]) - 1;
        let named: Vec<(usize, Quantity)> = named.iter().map(|(_, q)| (last, *q)).collect();
        edits_of(exercise, index, &named).into_iter().for_each(|edit| put(&mut all, edit));
    }
    all
}

fn edits_of(exercise: &Exercise, index: usize, named: &[(usize, Quantity)]) -> Vec<Edit> {
    let part = &exercise.parts[index];
    let depth = exercise.network.layers().len();
    let optimizer = part.task.optimizer();
    let has_targets = part.examples.iter().all(|example| example.t.is_some());
    let mut formulas = vec![Formula::NetInput, Formula::Output];
    if has_targets {
        formulas.extend([Formula::Loss, Formula::TotalLoss]);
    }
    if matches!(part.task, Task::Gradient | Task::Update { .. }) {
        if named.iter().any(|(_, quantity)| matches!(quantity, Quantity::Derivative(_))) {
            formulas.push(Formula::Derivative);
        }
        formulas.push(Formula::OutputDelta);
        if depth > 1 {
            formulas.push(Formula::HiddenDelta);
        }
        formulas.extend([Formula::WeightGradient, Formula::BiasGradient]);
    }
    let states = optimizer.map_or(0, |optimizer: Optimizer| optimizer.state_names().len());
    for k in 0..states {
        formulas.extend([Formula::WeightState(k), Formula::BiasState(k)]);
    }
    let names_moment = |(_, quantity): &(usize, Quantity)| {
        matches!(quantity, Quantity::CorrectedWeights(..) | Quantity::CorrectedBiases(..))
    };
    if named.iter().any(names_moment) {
        for k in 0..states {
            formulas.extend([Formula::WeightCorrection(k), Formula::BiasCorrection(k)]);
        }
    }
    if optimizer.is_some() {
        formulas.extend([Formula::NewWeights, Formula::NewBiases]);
    }
    let steps = step_count(part);
    let given = FormulaContext { named, ..FormulaContext::of_part(exercise, part, steps - 1) };
    let mut all: Vec<Edit> = Vec::new();
    for of in formulas {
        let mut own: Vec<Edit> = Vec::new();
        let layers = of.layers(depth);
        let several = layers.clone().count() > 1;
        for layer in layers {
            let Some(expression) = formula(of, layer, &given) else { continue };
            let around = surroundings(exercise, layer, given.examples, steps - 1, steps);
            let mut changes = changes(&expression, &around);
            changes.extend(other_correction(of, optimizer));
            for (node, label, change) in changes {
                let edit = Edit {
                    formula: of,
                    twin: false,
                    layer: None,
                    step: None,
                    unit: None,
                    node,
                    label,
                    change,
                };
                let has_twin = of.twin() != of
                    && (node == 0
                        || !matches!(of, Formula::WeightGradient | Formula::BiasGradient));
                if has_twin
                    && !matches!(
                        of,
                        Formula::BiasState(_)
                            | Formula::BiasCorrection(_)
                            | Formula::NewBiases
                            | Formula::BiasGradient
                    )
                {
                    put(&mut own, Edit { twin: true, ..edit });
                }
                put(&mut own, edit);
                if several {
                    put(&mut own, Edit { layer: Some(layer), ..edit });
                }
            }
        }
        all.append(&mut own);
    }
    all
}

/// The correction of a moment of Adam by the β of the other.
fn other_correction(of: Formula, optimizer: Option<Optimizer>) -> Option<(usize, Label, Change)> {
    let other = match of {
        Formula::WeightCorrection(0) | Formula::BiasCorrection(0) => "beta2",
        Formula::WeightCorrection(_) | Formula::BiasCorrection(_) => "beta1",
        _ => return None,
    };
    Some((0, Label::Over, Change::CorrectedBy(optimizer?.get(other)?)))
}

fn put(all: &mut Vec<Edit>, edit: Edit) {
    if !all.contains(&edit) {
        all.push(edit);
    }
}
