//! Marks by kind, in a line: `z=10,x=10,delta=30`.

use super::line::known_families;
use crate::diagnostic::nearest;
use crate::exercise::Exercise;
use crate::meaning;

/// More marks than this are a slip of the pen.
pub(super) const MOST: f64 = 1e9;

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
pub struct MarkWeights(pub(super) Option<Vec<(String, f64)>>);

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
        let known = known_families(exercise);
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
            if !(0.0..=MOST).contains(&weight) {
                return Err(format!("the marks of {family} must be a number from 0"));
            }
            weights.push((family, weight));
        }
        if weights.iter().all(|(_, weight)| *weight == 0.0) {
            return Err("all marks are 0".into());
        }
        Ok(Self(Some(weights)))
    }
}
