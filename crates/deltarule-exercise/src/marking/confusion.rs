//! What answers look like under a wrong rule, and which rules cannot be told apart.

use std::fmt;

use ndarray::Array2;

use super::agreement::MarkingOptions;
use super::answers::{Answers, Given, Written};
use super::approx::Approx;
use super::chain::{ApproxParameters, Conditions, run_part};
use super::deviation::{Deviation, candidates};
use super::precision::{Rounded, Rounding, WorkingPrecision};
use super::quantity::{quantities, step_count};
use super::rule::WrongRule;
use crate::exercise::Exercise;

/// The whole answer of somebody who works under some deviations and writes down this many significant digits; `noted` says
/// how intermediate results are rounded.
pub(super) fn answers_under(
    exercise: &Exercise,
    deviations: &[Deviation],
    digits: u32,
    noted: Option<(Rounding, Rounded)>,
) -> Answers {
    let precision = WorkingPrecision { rounding: noted, ..WorkingPrecision::of_digits(17, 17) };
    let mut ends: Vec<ApproxParameters> = Vec::new();
    let mut parts = Vec::new();
    for (index, part) in exercise.parts.iter().enumerate() {
        // A part has no example too many or too few for a deviation that it does not admit.
        let possible = candidates(exercise, index);
        let own: Vec<Deviation> =
            deviations.iter().filter(|d| possible.contains(d)).copied().collect();
        let conditions = Conditions {
            deviations: &own,
            answers: None,
            precision,
            options: MarkingOptions::default(),
            derivative_from_z: false,
            until: None,
            shared_biases: false,
            named: &[],
        };
        let run = run_part(exercise, index, &ends, &conditions);
        let mut given = Vec::new();
        for step in 0..step_count(part) {
            for shape in quantities(exercise, part) {
                let Some(node) = run.steps[step].get(&shape.quantity) else { continue };
                let entries: Array2<Option<Written>> = node.computed().mapv(|a| written(a, digits));
                given.push(Given {
                    step,
                    quantity: shape.quantity,
                    entries,
                    transposed: false,
                    one_for_layer: false,
                });
            }
        }
        parts.push(given);
        ends.push(run.end);
    }
    Answers { parts, ..Answers::default() }
}

/// Below this a number of ordinary size is nothing but rounding.
const NOISE: f64 = 1e-12;

/// A number as somebody writes it down with this many significant digits; what is 0 but for rounding is 0.
pub(super) fn written(number: Approx, digits: u32) -> Option<Written> {
    let value = if number.value.abs() <= number.drift.min(NOISE) { 0.0 } else { number.value };
    Written::parse(&deltarule_document::format_number(value, digits as usize))
}

/// Two rules that lead to the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alike(pub WrongRule, pub WrongRule);

impl fmt::Display for Alike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {}", self.0, self.1)
    }
}

/// The digits to which answers are compared.
const DIGITS: u32 = 6;

/// The pairs of rules that lead to the same answer in an exercise, to six digits in every number: an answer does not tell
/// which of the two it was. A rule that changes nothing in the exercise is in no pair.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::WrongRule, marking::indistinguishable, sheet};
///
/// // All weights are equal, so that a matrix and its transpose give the same.
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let alike = indistinguishable(&exercise);
/// let pair = (WrongRule::MissingOutputDerivative, WrongRule::DeltaOfOtherLoss);
/// assert!(alike.iter().any(|a| (a.0, a.1) == pair || (a.1, a.0) == pair));
/// ```
pub fn indistinguishable(exercise: &Exercise) -> Vec<Alike> {
    let right = answers_under(exercise, &[], DIGITS, None);
    let mut all: Vec<(WrongRule, Answers)> = Vec::new();
    for deviation in all_candidates(exercise) {
        let answers = answers_under(exercise, &[deviation], DIGITS, None);
        if !same(&answers, &right) {
            all.push((deviation.rule(), answers));
        }
    }
    let mut alike: Vec<Alike> = Vec::new();
    for (i, (first, answers)) in all.iter().enumerate() {
        for (second, others) in &all[i + 1..] {
            let pair = Alike(*first, *second);
            let known = alike.iter().any(|a| *a == pair || *a == Alike(*second, *first));
            if first != second && !known && same(answers, others) {
                alike.push(pair);
            }
        }
    }
    alike
}

/// Every deviation that some part admits.
pub(super) fn all_candidates(exercise: &Exercise) -> Vec<Deviation> {
    let mut all: Vec<Deviation> = Vec::new();
    for index in 0..exercise.parts.len() {
        for deviation in candidates(exercise, index) {
            if !all.contains(&deviation) {
                all.push(deviation);
            }
        }
    }
    all
}

/// All entries of an answer, in order.
pub(super) fn entries(answers: &Answers) -> Vec<Option<&Written>> {
    let givens = answers.parts.iter().flatten();
    givens.flat_map(|given| given.entries.iter().map(Option::as_ref)).collect()
}

/// Whether two answers have the same numbers, but for a unit of the last digit.
pub(super) fn same(a: &Answers, b: &Answers) -> bool {
    let (a, b) = (entries(a), entries(b));
    a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => {
                let unit = 10.0_f64.powi(-a.decimals.max(b.decimals));
                (a.value - b.value).abs() <= 1.5 * unit
            }
            (None, None) => true,
            _ => false,
        })
}
