//! Marking: a student's answer beside the solution, quantity by quantity, with the name of the mistake.
//!
//! [`Answers`] is what a student wrote. [`mark()`] compares it with the solution and with what a right method gives from the
//! student's own earlier values; what is still wrong is computed again under each [`WrongRule`] that is known to go wrong, alone
//! and then in pairs, until one explains it. The [`Marking`] says what came of it.
//!
//! - `chain/` computes a part as a student does, from the student's own numbers, under any of the wrong rules, which
//!   `deviation.rs` lists in their variants; `approx.rs` and `precision.rs` follow how far rounding can move a number, and
//!   `agreement.rs` says whether one that was written agrees with it.
//! - `judge/` gives the verdicts and searches for the rule; `graph.rs` knows what follows from what.
//! - `likeness.rs` says what it can of numbers without a reason; `scheme/` and `marks.rs` give marks.
//! - `effort.rs` bounds the size of what is marked, and the search.
//! - `conventions.rs` undoes other ways of writing the same; `sentences.rs` has what the student is told.
//! - `shapes.rs` marks what has another shape than it should, and `twins.rs` asks once for what has two names.

mod agreement;
mod answers;
mod approx;
mod by_hand;
mod chain;
mod confusion;
mod conventions;
mod deviation;
mod earned;
mod edit;
mod edit_words;
mod effort;
mod formula;
mod formulas;
mod graph;
mod judge;
mod likeness;
mod marks;
mod precision;
mod quantity;
mod reading;
mod report;
mod rule;
mod scheme;
mod sentences;
mod shapes;
mod template;
#[cfg(test)]
mod tests;
mod twins;
mod verdict;
mod written;

pub use agreement::MarkingOptions;
pub use answers::{Answers, Given, Misshapen, Renamed, Unread, Written};
pub use by_hand::SetByHand;
pub use confusion::{Alike, indistinguishable};
pub use effort::check_size;
pub use marks::{Grading, LostMarks, Marks, PartMarks, grade};
pub use quantity::{Quantity, Shape, optional_quantities, quantities};
pub use reading::AnswerFormat;
pub use report::{
    Class, ClassAnswer, ClassExercise, DecimalSign, LeftOut, ReportOptions, report, report_digits,
    report_json, report_json_with, report_with,
};
pub use rule::WrongRule;
pub use scheme::{MarkWeights, MarkingScheme, scheme_template};
pub use template::template;
pub use verdict::{EntryMarking, Finding, Marking, PartMarking, QuantityMarking, Verdict};

use std::collections::BTreeSet;

use crate::exercise::Exercise;
use crate::solve::{SolveError, SolvedPart, solve};

use chain::{ApproxParameters, PartAnswers};
use conventions::Convention;
use deviation::Deviation;
use edit::edits;
use effort::Effort;
use judge::{Judge, Judgement, Rightly, Work, WorkShown};

/// Marks an answer.
///
/// # Errors
/// When the exercise itself cannot be solved: a number overflows; and when it is too large ([`check_size`]).
///
/// # Example
///
/// ```
/// use deltarule_exercise::marking::{Answers, Given, MarkingOptions, Quantity, Verdict, Written, mark};
/// use deltarule_exercise::{Exercise, sheet};
/// use ndarray::array;
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let number = Written::parse;
/// let x = Given {
///     step: 0,
///     quantity: Quantity::X(1),
///     entries: array![[number("0.549834")], [number("0.5498")], [None]],
///     transposed: false,
///     one_for_layer: false,
/// };
/// let answers = Answers { parts: vec![vec![x], vec![]], ..Answers::default() };
/// let marking = mark(&exercise, &answers, &MarkingOptions::default())?;
/// assert_eq!(marking.parts[0].quantities[1].verdict, Verdict::Correct);
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn mark(
    exercise: &Exercise,
    answers: &Answers,
    options: &MarkingOptions,
) -> Result<Marking, SolveError> {
    mark_counting(exercise, answers, options).map(|(marking, _)| marking)
}

/// The same, with how many numbers were computed.
fn mark_counting(
    exercise: &Exercise,
    answers: &Answers,
    options: &MarkingOptions,
) -> Result<(Marking, usize), SolveError> {
    check_size(exercise)?;
    let solution = solve(exercise)?;
    let rightly = Rightly::default();
    let mut effort = 0;
    let mut ends: Vec<ApproxParameters> = Vec::new();
    let mut right_ends: Vec<ApproxParameters> = Vec::new();
    let mut known: Vec<Deviation> = Vec::new();
    let mut parts = Vec::new();
    let mut answered: Vec<bool> = Vec::new();
    let mut shown: Vec<WorkShown> = Vec::new();
    for (index, part) in exercise.parts.iter().enumerate() {
        let given = answers.parts.get(index).map_or(&[][..], Vec::as_slice);
        let named = named(answers, index, given);
        let edits = edits(exercise, index, &named);
        let judge = Judge {
            exercise,
            index,
            solved: &solution.parts[index],
            ends: &ends,
            right_ends: &right_ends,
            answered: &answered,
            options: *options,
            known: &known,
            edits: &edits,
            digits: part.digits,
            rightly: &rightly,
            effort: Effort::of(exercise),
            shared_biases: false,
            named: &named,
        };
        let (judgement, readings) = read(&judge, given);
        effort += judge.effort.total();
        let mut notes: Vec<String> =
            readings.iter().filter_map(|r| r.note()).map(String::from).collect();
        notes.extend(layouts(given));
        notes.extend(risen(&judgement, &solution.parts[index]));
        for deviation in &judgement.adopted {
            if !known.contains(deviation) {
                known.push(*deviation);
            }
        }
        if judgement.gave_up {
            notes.push(GAVE_UP.into());
        }
        answered.push(!given.is_empty());
        ends.push(judgement.end);
        right_ends.push(judgement.right_end);
        let mut of_part = judgement.shown;
        if earned::is_explained(&judgement.quantities, &of_part) {
            of_part.work = Work::Shown;
        }
        shown.push(of_part);
        parts.push(PartMarking {
            name: part.name.clone(),
            quantities: judgement.quantities,
            notes,
        });
    }
    // What shows no work itself is believed where the rest of the answer does, and otherwise not.
    let some_work = shown.iter().any(|shown| shown.work == Work::Shown);
    for (part, shown) in parts.iter_mut().zip(&shown) {
        if shown.work == Work::NotShown || shown.work == Work::NothingToShow && !some_work {
            earned::take_back(&mut part.quantities, shown);
        }
    }
    let mut marking = Marking { parts, unread: answers.unread.clone() };
    settle(&mut marking);
    shapes::mark(&mut marking, answers);
    twins::ask_once(&mut marking, exercise);
    likeness::fill(&mut marking);
    Ok((marking, effort))
}

/// The numbers on the way that an answer to a part names, each with its step.
fn named(answers: &Answers, index: usize, given: &[Given]) -> Vec<(usize, Quantity)> {
    let misshapen = answers.misshapen.iter().filter(|misshapen| misshapen.part == index);
    let misshapen = misshapen.map(|misshapen| (misshapen.step, misshapen.quantity));
    let all = given.iter().map(|given| (given.step, given.quantity)).chain(misshapen);
    all.filter(|(_, quantity)| quantity.is_on_the_way()).collect()
}

/// What is said where the search for mistakes was ended before it had tried everything.
const GAVE_UP: &str = "This part is large, and not every known mistake was tried on every number: what is wrong without a reason \
    may have one.";

/// Where several rules explain a quantity equally well, keeps the one that explains something else alone.
fn settle(marking: &mut Marking) {
    let quantities = || marking.parts.iter().flat_map(|part| &part.quantities);
    let alone: Vec<WrongRule> = quantities()
        .filter_map(|q| match q.findings.as_slice() {
            [only] => Some(only.rule),
            _ => None,
        })
        .collect();
    for q in marking.parts.iter_mut().flat_map(|part| &mut part.quantities) {
        let is_known = |finding: &Finding| alone.contains(&finding.rule);
        if q.findings.iter().all(|f| !f.together)
            && q.findings.iter().filter(|f| is_known(f)).count() == 1
        {
            q.findings.retain(is_known);
        }
    }
}

/// Judges a part as it was written, or in another way of writing if that makes more of it right.
fn read(judge: &Judge<'_>, given: &[Given]) -> (Judgement, Vec<Convention>) {
    let answers: PartAnswers =
        given.iter().map(|g| ((g.step, g.quantity), g.entries.clone())).collect();
    let (mut best, mut readings) = as_read(judge, given, &answers);
    if best.wrong() > 0 && conventions::may_share_biases(judge.exercise, &answers) {
        let rightly = Rightly::default();
        let shared = judge.with_shared_biases(&rightly);
        let (judgement, mut others) = as_read(&shared, given, &answers);
        let fewer = judgement.wrong() < best.wrong();
        if fewer && Convention::SharedBiases.is_borne_out(&judgement, given) {
            others.push(Convention::SharedBiases);
            (best, readings) = (judgement, others);
        }
    }
    for reading in readings.iter().rev() {
        reading.redo(&mut best.quantities);
    }
    (best, readings)
}

/// The same with the ways of writing that were found, which are not redone yet.
fn as_read(
    judge: &Judge<'_>,
    given: &[Given],
    answers: &PartAnswers,
) -> (Judgement, Vec<Convention>) {
    let mut answers = answers.clone();
    let mut best = judge.judge(&answers);
    let mut readings = Vec::new();
    let rate = judge.exercise.parts[judge.index].task.optimizer().map(|o| o.learning_rate());
    for reading in Convention::others(rate) {
        if best.wrong() == 0 {
            break;
        }
        let Some(undone) = reading.undo(&answers) else { continue };
        let Some(judgement) = judge.judge_if(&undone, best.wrong()) else { continue };
        if reading.is_borne_out(&judgement, given) {
            (best, answers) = (judgement, undone);
            readings.push(reading);
        }
    }
    (best, readings)
}

/// What is said about matrices that the file had the other way round.
fn layouts(given: &[Given]) -> Vec<String> {
    let mut notes = Vec::new();
    if given.iter().any(|g| g.transposed && g.quantity.is_like_weights()) {
        notes.extend(Convention::TransposedWeights.note().map(String::from));
    }
    if given.iter().any(|g| g.transposed && g.quantity.is_per_example()) {
        notes.extend(Convention::TransposedExamples.note().map(String::from));
    }
    notes
}

/// A loss that rises after a step, which exposes many mistakes at once.
fn risen(judgement: &Judgement, solved: &SolvedPart) -> Vec<String> {
    let is_updated = |q: &&QuantityMarking| {
        let of_update = matches!(
            q.quantity,
            Quantity::Weights(_) | Quantity::Biases(_) | Quantity::TotalLossAfter
        );
        of_update && q.verdict != Verdict::Missing
    };
    let answered: BTreeSet<usize> =
        judgement.quantities.iter().filter(is_updated).map(|q| q.step).collect();
    let mut notes = Vec::new();
    for (step, (before, after)) in judgement.losses.iter().enumerate() {
        let rises = before.is_finite() && after > before;
        if !rises || !answered.contains(&step) {
            continue;
        }
        let right = &solved.steps[step];
        let rises_rightly = right
            .trace
            .total_loss
            .zip(right.trace.update.as_ref())
            .is_some_and(|(before, update)| update.total_loss_after > before);
        let of = if judgement.losses.len() > 1 {
            format!(" of step {}", step + 1)
        } else {
            String::new()
        };
        let from = deltarule_document::format_number(*before, 6);
        let to = deltarule_document::format_number(*after, 6);
        notes.push(if rises_rightly {
            format!("The loss rises in the update{of}, from {from} to {to}. So it does in the solution: the step is too long.")
        } else {
            format!(
                "The loss rises in the update{of}, from {from} to {to}. A step down the gradient should lower it: look for a \
                 wrong sign or a wrong factor."
            )
        });
    }
    notes
}
