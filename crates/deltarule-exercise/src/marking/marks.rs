//! Marks: what each quantity is worth, and how much of it was reached.

use super::quantity::{Quantity, quantities};
use super::twins::stands_for_both;
use super::verdict::{Marking, PartMarking, QuantityMarking, Verdict};
use crate::diagnostic::nearest;
use crate::exercise::Exercise;
use crate::meaning;

/// What the quantities of an exercise are worth: so many marks for all of a family together, or 1 for each quantity.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::MarkWeights, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// assert!(MarkWeights::parse("z=10, x=10, delta=30", &exercise).is_ok());
/// let error = MarkWeights::parse("dleta=30", &exercise).unwrap_err();
/// assert!(error.contains("did you mean delta?"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarkWeights(Option<Vec<(String, f64)>>);

impl MarkWeights {
    /// Reads `z=10,x=10,delta=30`: the marks for each family in the whole exercise; what is not named is worth none.
    ///
    /// # Errors
    /// When a family is not one of the exercise's, is named twice, or has no number from 0; or when all are worth nothing.
    pub fn parse(text: &str, exercise: &Exercise) -> Result<Self, String> {
        let mut given: Vec<(String, f64)> = Vec::new();
        for piece in text.split(',') {
            let Some((family, weight)) = piece.split_once('=') else {
                return Err(format!("{:?} does not look like z=10", piece.trim()));
            };
            // What is no number is refused with those that are too small.
            given.push((family.trim().to_string(), weight.trim().parse().unwrap_or(f64::NAN)));
        }
        Self::new(given, exercise)
    }

    /// The marks for each family in the whole exercise; what is not named is worth none.
    ///
    /// # Errors
    /// As [`MarkWeights::parse`].
    pub fn new(given: Vec<(String, f64)>, exercise: &Exercise) -> Result<Self, String> {
        let mut known: Vec<String> = Vec::new();
        for part in &exercise.parts {
            for shape in quantities(exercise, part) {
                let family = shape.quantity.family();
                if !known.contains(&family) {
                    known.push(family);
                }
            }
        }
        let mut weights: Vec<(String, f64)> = Vec::new();
        for (family, weight) in given {
            if !known.contains(&family) {
                let names: Vec<&str> = known.iter().map(String::as_str).collect();
                let near = meaning::key(&family, &names);
                let hint = match near.or_else(|| nearest(&family, names)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("it has {}", known.join(", ")),
                };
                return Err(format!("the exercise has no {family:?}; {hint}"));
            }
            if weights.iter().any(|(name, _)| *name == family) {
                return Err(format!("{family} is named twice"));
            }
            if !(0.0..=1e9).contains(&weight) {
                return Err(format!("the marks of {family} must be a number from 0"));
            }
            weights.push((family, weight));
        }
        if weights.iter().all(|(_, weight)| *weight == 0.0) {
            return Err("all marks are 0".into());
        }
        Ok(Self(Some(weights)))
    }

    /// What one of so many quantities of a family is worth.
    fn of_one(&self, family: &str, count: usize) -> f64 {
        match &self.0 {
            None => 1.0,
            Some(weights) => weights
                .iter()
                .find(|(name, _)| name == family)
                .map_or(0.0, |(_, weight)| weight / count as f64),
        }
    }
}

/// Marks reached out of marks possible.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// What was reached.
    pub reached: f64,
    /// What could be reached.
    pub possible: f64,
    /// What could be reached with the quantities that were answered.
    pub answered: f64,
}

impl Marks {
    fn add(&mut self, other: Self) {
        self.reached += other.reached;
        self.possible += other.possible;
        self.answered += other.answered;
    }

    /// A number of marks as people write it: at most two digits behind the point.
    pub fn shown(marks: f64) -> String {
        let text = format!("{marks:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    }
}

/// The marks of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Grading {
    /// Of the whole.
    pub total: Marks,
    /// Of each part.
    pub parts: Vec<PartMarks>,
}

/// The marks of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartMarks {
    /// Of the part.
    pub total: Marks,
    /// Of each quantity, in the order of the marking.
    pub quantities: Vec<Marks>,
}

/// The families that a quantity's marks are those of: with one example, `loss` and `total_loss` are one number, which earns what
/// either of them is worth.
fn families(quantity: &QuantityMarking, part: &PartMarking) -> Vec<String> {
    if stands_for_both(quantity, part) {
        vec![Quantity::Loss.family(), Quantity::TotalLoss.family()]
    } else {
        vec![quantity.quantity.family()]
    }
}

/// Gives marks. A quantity earns the share of its numbers that are right or follow from an earlier mistake; what is wrong
/// and what is missing earns nothing.
pub fn grade(marking: &Marking, weights: &MarkWeights) -> Grading {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for part in &marking.parts {
        for family in part.quantities.iter().flat_map(|quantity| families(quantity, part)) {
            match counts.iter_mut().find(|(name, _)| *name == family) {
                Some((_, count)) => *count += 1,
                None => counts.push((family, 1)),
            }
        }
    }
    let count = |family: &str| {
        counts.iter().find(|(name, _)| name == family).map_or(1, |(_, count)| *count)
    };
    let worth = |quantity: &QuantityMarking, part: &PartMarking| match &weights.0 {
        None => 1.0,
        Some(_) => {
            let families = families(quantity, part);
            families.iter().map(|family| weights.of_one(family, count(family))).sum()
        }
    };
    let mut grading = Grading { total: Marks::default(), parts: Vec::new() };
    for part in &marking.parts {
        let mut marks = PartMarks { total: Marks::default(), quantities: Vec::new() };
        for quantity in &part.quantities {
            let possible = worth(quantity, part);
            let answered = if quantity.verdict == Verdict::Missing { 0.0 } else { possible };
            let reached = possible * share(quantity);
            let of_quantity = Marks { reached, possible, answered };
            marks.total.add(of_quantity);
            marks.quantities.push(of_quantity);
        }
        grading.total.add(marks.total);
        grading.parts.push(marks);
    }
    grading
}

/// The share of the numbers that count.
fn share(quantity: &QuantityMarking) -> f64 {
    let counts = |verdict| matches!(verdict, Verdict::Correct | Verdict::FollowThrough);
    let good = quantity.entries.iter().filter(|entry| counts(entry.verdict)).count();
    match quantity.entries.len() {
        0 => 0.0,
        all => good as f64 / all as f64,
    }
}
