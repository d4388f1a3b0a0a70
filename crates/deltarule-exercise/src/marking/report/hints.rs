//! Hints: a question that leads to a mistake and gives neither the number nor the formula away.

use deltarule_document::{Document, Prose};

use super::words::{listed, place, symbol_of};
use crate::exercise::Exercise;
use crate::marking::quantity::{Quantity, step_count};
use crate::marking::rule::WrongRule;
use crate::marking::verdict::{Marking, QuantityMarking, Verdict};

/// The question for each rule; a rule that is not here has that of the quantity.
const OF_RULES: &[(WrongRule, &str)] = &[
    (
        WrongRule::OutputWeightsUpdatedFirst,
        "Which weights did the network have when these deltas arose: those before the update, or those after it?",
    ),
    (WrongRule::UpdateSign, "Which way does a step lead that is to make the loss smaller?"),
    (
        WrongRule::DeltaSign,
        "If an output is larger than its target, which sign should its delta have?",
    ),
    (
        WrongRule::GradientTransposed,
        "Lay the gradient beside the weights that it changes: what do a row and a column of each stand for?",
    ),
    (WrongRule::WrongLayerOutput, "Which numbers went through these weights in the forward pass?"),
    (
        WrongRule::WrongLayerWeights,
        "Between which two layers does the delta travel here, and which weights lie there?",
    ),
    (
        WrongRule::WeightsNotTransposed,
        "Which weights carry δ back: read the matrix of the layer above down its columns or along its rows?",
    ),
    (
        WrongRule::MissingOutputDerivative,
        "With respect to what is this the derivative of the loss: the outputs of the layer, or its net inputs?",
    ),
    (
        WrongRule::MissingHiddenDerivative,
        "What lies between the net input of a unit and its output, and does your delta know of it?",
    ),
    (
        WrongRule::DerivativeAtOutput,
        "At which point of its curve does each unit stand, and where did you take the slope?",
    ),
    (
        WrongRule::SigmoidDerivativeForOther,
        "Which activation does this layer have, and is the slope that you used its own?",
    ),
    (
        WrongRule::TanhDerivativeUnsquared,
        "Sketch the curve of tanh: how does your slope behave far to the left and far to the right?",
    ),
    (
        WrongRule::SoftmaxJacobianDiagonal,
        "How many outputs of a softmax change when a single net input does?",
    ),
    (
        WrongRule::LossFactor,
        "Which factor stands in the loss of this exercise, and what becomes of it?",
    ),
    (WrongRule::MeanForSum, "Does this exercise add the examples up, or average them?"),
    (WrongRule::SumForMean, "Does this exercise add the examples up, or average them?"),
    (WrongRule::LearningRateMissing, "How long is a step, beside the gradient that it follows?"),
    (WrongRule::BiasMissingInZ, "What goes into a net input besides the weighted outputs below?"),
    (WrongRule::BiasNotUpdated, "Which parameters does the update change in this exercise?"),
    (WrongRule::BiasUpdatedWhenFrozen, "Which parameters does the update change in this exercise?"),
    (
        WrongRule::BiasGradientTimesInput,
        "If a bias grows a little, by how much does the net input grow?",
    ),
    (
        WrongRule::DeltaOfOtherLoss,
        "Which loss does this exercise name, and which loss does your delta belong to?",
    ),
    (
        WrongRule::OnlineForBatch,
        "When does this exercise update: after each example, or after all of them?",
    ),
    (
        WrongRule::BatchForOnline,
        "When does this exercise update: after each example, or after all of them?",
    ),
    (WrongRule::WrongStart, "With which parameters does this part begin?"),
    (
        WrongRule::LossBeforeForAfter,
        "Which parameters was this loss computed with, and which are meant?",
    ),
    (WrongRule::ActivationMissing, "What happens to a net input before it leaves the unit?"),
    (WrongRule::RoundedIntermediates, "How many digits did you keep on the way?"),
    (
        WrongRule::NetInputForOutput,
        "What leaves the units of the layer below, and is that what you took from them?",
    ),
    (
        WrongRule::InputsForOutput,
        "Which layer lies right below this one, and which numbers does it hand on?",
    ),
    (
        WrongRule::WeightsTransposedForward,
        "Which weights end in this unit: do they stand in a row of the matrix or in a column?",
    ),
    (WrongRule::BiasSubtracted, "With which sign does a bias go into the net input?"),
    (WrongRule::BiasAddedTwice, "How often does a bias go into the net input of its unit?"),
    (WrongRule::SignLost, "Follow the signs from line to line: is each minus sign still there?"),
    (
        WrongRule::OtherFunction,
        "Which function does the exercise name here, and which key of the calculator gives it?",
    ),
    (WrongRule::WeightsLeftOut, "What does a delta pass on its way back from one unit to another?"),
    (
        WrongRule::ErrorForDelta,
        "Which of your numbers travels back from the outputs: how far they are off, or their delta?",
    ),
    (
        WrongRule::SumOfGradients,
        "Which numbers of the layer above travel back to a unit, and which are about its weights only?",
    ),
    (
        WrongRule::DerivativeCutShort,
        "Sketch the curve of the activation: does your slope fit it on both sides and in the middle?",
    ),
    (WrongRule::OtherTarget, "Which target belongs to this output of this example?"),
    (
        WrongRule::OtherUnit,
        "Which unit is meant here, and do all the numbers that you used belong to it?",
    ),
    (
        WrongRule::StepWithoutInput,
        "On what does the step of a weight depend besides the delta at its upper end?",
    ),
    (
        WrongRule::ChangeForNewValue,
        "Is this how far a parameter moves, or where it stands afterwards?",
    ),
    (WrongRule::NotUpdated, "Did these parameters stay where they were, and should they?"),
    (
        WrongRule::MomentumLeftOut,
        "What does the optimiser remember of the steps before, and where does that go in?",
    ),
    (
        WrongRule::CorrectionMissing,
        "What does Adam do to its averages while it has seen few steps, and which step is this?",
    ),
    (WrongRule::OtherLearningRate, "Which learning rate does this exercise have?"),
    (
        WrongRule::CopiedWrongly,
        "Do all numbers that you began with stand in the exercise as you wrote them?",
    ),
    (WrongRule::TooFewDigits, "How many digits does a number need here before it says something?"),
    (
        WrongRule::WrongShape,
        "How many rows and columns does this have, and what do they stand for?",
    ),
    (
        WrongRule::ArithmeticSlip,
        "Your method seems to be right. What does the calculator say when you key this in once more?",
    ),
];

/// So many wrong numbers are named, or none.
const NAMED: usize = 3;

/// The first mistake of an answer, as a hint.
pub(super) struct FirstMistake<'a> {
    part: usize,
    pub(super) quantity: &'a QuantityMarking,
    /// Which numbers are wrong; none where that is most of them.
    pub(super) places: Vec<String>,
    pub(super) question: &'static str,
}

impl<'a> FirstMistake<'a> {
    /// Nothing where nothing is wrong.
    pub(super) fn first(exercise: &Exercise, marking: &'a Marking) -> Option<Self> {
        let parts = marking.parts.iter().enumerate();
        let mut all = parts.flat_map(|(i, part)| part.quantities.iter().map(move |q| (i, q)));
        let (part, quantity) = all.find(|(_, quantity)| quantity.is_wrong())?;
        let wrong = quantity.entries.indexed_iter();
        let wrong = wrong.filter(|(_, entry)| entry.verdict == Verdict::Wrong);
        let mut places: Vec<String> =
            wrong.map(|((row, column), _)| place(quantity, row, column)).collect();
        places.retain(|place| !place.is_empty());
        if places.len() > NAMED {
            places.clear();
        }
        Some(Self { part, quantity, places, question: question(exercise, quantity) })
    }

    /// The part, as the exercise calls it.
    pub(super) fn part<'e>(&self, exercise: &'e Exercise) -> &'e str {
        exercise.parts.get(self.part).map_or("", |part| &part.name)
    }

    /// "The first mistake is in δ^[1] (unit 2) of part a."
    pub(super) fn whereabouts(&self, exercise: &Exercise) -> Prose {
        let steps = exercise.parts.get(self.part).map_or(1, step_count);
        let mut words =
            Prose::from("The first mistake is in ").and_prose(symbol_of(self.quantity, steps));
        if !self.places.is_empty() {
            let places = self.places.iter().map(|place| Prose::text(place.clone())).collect();
            words = words.and(" (").and_prose(listed(places)).and(")");
        }
        if exercise.parts.len() > 1 {
            words = words.and_text(format!(", part {}", self.part(exercise)));
        }
        words.and(".")
    }
}

/// What is said where there is no mistake to hint at.
pub(super) fn none(marking: &Marking) -> &'static str {
    let quantities = || marking.parts.iter().flat_map(|part| &part.quantities);
    if quantities().all(|quantity| quantity.verdict == Verdict::Missing) {
        "Nothing is answered."
    } else {
        "Nothing that is answered is wrong."
    }
}

/// A hint and nothing else, as a document.
pub(super) fn document(exercise: &Exercise, marking: &Marking) -> Document {
    let mut document = Document::new(format!("Hint: {}", exercise.title));
    match FirstMistake::first(exercise, marking) {
        None => document.paragraph(none(marking)),
        Some(hint) => {
            document.paragraph(hint.whereabouts(exercise));
            document.paragraph(hint.question);
        }
    }
    super::unread::section(&mut document, &marking.unread);
    document
}

/// A question about what went wrong in a quantity.
fn question(exercise: &Exercise, marking: &QuantityMarking) -> &'static str {
    let mut findings = marking.findings.iter();
    match (findings.next(), findings.next()) {
        (Some(only), None) => of_rule(only.rule, exercise, marking.quantity),
        (Some(first), Some(_)) if first.together => of_rule(first.rule, exercise, marking.quantity),
        // Of several reasons that would each do, nobody knows which it was.
        _ => of_kind(exercise, marking.quantity),
    }
}

/// The question for a rule that shows in a quantity.
pub(super) fn of_rule(rule: WrongRule, exercise: &Exercise, quantity: Quantity) -> &'static str {
    let known = OF_RULES.iter().find(|(known, _)| *known == rule);
    known.map_or_else(|| of_kind(exercise, quantity), |(_, question)| question)
}

/// The question for a kind of quantity.
pub(super) fn of_kind(exercise: &Exercise, quantity: Quantity) -> &'static str {
    let is_last = quantity.layer() == Some(exercise.network.layers().len());
    match quantity {
        Quantity::Z(_) => {
            "What does each unit add up, from which outputs below, and with which row of the weights?"
        }
        Quantity::X(_) => "Which function makes the output of a unit, and from which number?",
        Quantity::Loss => "Which outputs and targets meet in this loss, and with which factor?",
        Quantity::TotalLoss => "Which losses go into the total, and are they added up or averaged?",
        Quantity::Derivative(_) => {
            "Which function is this the slope of, and at which number is it taken?"
        }
        Quantity::Delta(_) if is_last => {
            "On what does the loss of this example depend through this net input: which two slopes meet here?"
        }
        Quantity::Delta(_) => {
            "Which deltas come back to this unit, through which weights, and what does the unit itself do to them?"
        }
        Quantity::GradWeights(_) => {
            "Which delta stands at the upper end of a weight, and which output at its lower end?"
        }
        Quantity::GradBiases(_) => {
            "Through which net input does a bias act on the loss, and how strongly?"
        }
        Quantity::StateWeights(..) | Quantity::StateBiases(..) => {
            "What does the optimiser keep of what it remembered, and what does it add?"
        }
        Quantity::CorrectedWeights(..) | Quantity::CorrectedBiases(..) => {
            "What does the optimiser remember too little of in its first steps, and what makes up for it?"
        }
        Quantity::Weights(_) | Quantity::Biases(_) => {
            "Where did these parameters start, and which way and how far does the step go?"
        }
        Quantity::TotalLossAfter => {
            "Which parameters was this loss computed with, and which are meant?"
        }
        Quantity::Class => {
            "Which output is the largest, and from which number are classes counted?"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hint asks; a number, a formula or the way to it would be the answer.
    #[test]
    fn hints_are_questions_without_numbers_and_formulas() {
        let of_kinds = "exercise";
        let exercise = Exercise::parse(crate::exercise::sheet(1).unwrap_or_default(), of_kinds);
        let exercise = exercise.unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(100)));
        let of_kinds = crate::marking::quantities(&exercise, &exercise.parts[0]).into_iter();
        let of_kinds = of_kinds.map(|shape| of_kind(&exercise, shape.quantity));
        let mut all: Vec<&str> = OF_RULES.iter().map(|(_, question)| *question).collect();
        all.extend(of_kinds);
        for question in all {
            assert!(question.ends_with('?'), "{question}");
            let tells = |c: char| c.is_ascii_digit() || "=∘∂$^".contains(c);
            assert!(!question.contains(tells), "{question}");
        }
    }

    /// A change that has no name is asked for by where it shows; every other rule has a question of its own.
    #[test]
    fn every_named_mistake_has_a_hint() {
        let asked = |rule: WrongRule| OF_RULES.iter().filter(|(known, _)| *known == rule).count();
        for &rule in WrongRule::ALL {
            assert_eq!(asked(rule), usize::from(rule != WrongRule::Edit), "{rule}");
        }
    }
}
