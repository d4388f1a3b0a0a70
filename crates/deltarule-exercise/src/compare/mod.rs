//! What changes when the loss does: the same exercise with other outputs and another loss, one change at a time.

mod advice;
mod answer;
mod case;
mod curves;
mod derivations;
mod distributions;
mod findings;
mod pages;
mod pairs;
mod saturated;
mod saturation;
mod table;
mod targets;

use deltarule::{Activation, Loss};
use deltarule_document::Document;
use deltarule_worked::Style;
use serde_json::{Value, json};

use crate::exercise::{Exercise, Part};
use crate::json::to_json;

use case::Case;
use pages::Pages;

pub use case::{CompareError, Comparison};

/// Solves the exercise under each of these losses and outputs, one change at a time: the first loss with every output
/// activation, then the other losses with the last. Where none are named, they are those that the targets ask for: for one
/// class of several squared error with the outputs of the exercise, or of its hidden layers where these are softmax, then
/// with softmax, then cross-entropy; for labels squared error and binary cross-entropy with sigmoid; for numbers squared
/// error, absolute error and Huber's with identity. Outputs of the exercise that are others come first.
///
/// The examples are those of the part that has the most with targets.
///
/// # Errors
/// When no example has targets, when outputs do not admit a loss, or when a number overflows.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::{Exercise, Style, compare, sheet};
///
/// let exercise = Exercise::parse(sheet(3).unwrap(), "exercise 3").unwrap();
/// let comparison = compare(&exercise, &[], &[])?;
/// let text = render_text(&comparison.to_document(&Style::default()), &TextOptions::default());
/// assert!(text.contains("cross-entropy with softmax"));
/// # Ok::<(), deltarule_exercise::CompareError>(())
/// ```
pub fn compare(
    exercise: &Exercise,
    losses: &[Loss],
    outputs: &[Activation],
) -> Result<Comparison, CompareError> {
    let with_targets = |part: &&Part| part.examples.iter().all(|example| example.t.is_some());
    // The first of the largest ones.
    let part = exercise
        .parts
        .iter()
        .filter(with_targets)
        .rev()
        .max_by_key(|part| part.examples.len())
        .ok_or_else(|| {
            CompareError("no part has examples with targets `t`: a loss needs them".into())
        })?;
    let pairs = pairs::pairs(exercise, part, losses, outputs);
    if pairs.len() < 2 {
        return Err(CompareError(
            "there is nothing to compare: name two losses or two outputs".into(),
        ));
    }
    let cases = pairs
        .into_iter()
        .map(|(loss, output)| Case::new(exercise, part, loss, output))
        .collect::<Result<_, _>>()?;
    Ok(Comparison { title: exercise.title.clone(), part: part.name.clone(), cases })
}

impl Comparison {
    /// Every case solved, as JSON.
    pub fn to_json(&self) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|case| {
                json!({
                    "loss": case.loss.name(),
                    "output_activation": case.output.name(),
                    "solution": to_json(&case.solution),
                    "total_loss_over_updates": case.curve,
                })
            })
            .collect();
        json!({ "format": "deltarule-comparison/1", "title": self.title, "cases": cases })
    }

    /// The comparison as a document: the answer, then what it comes from.
    pub fn to_document(&self, style: &Style) -> Document {
        let mut document = self.empty_document();
        Pages { comparison: self, style, document: &mut document }.write();
        document
    }

    /// The answer on one page: the differences, the numbers that show them, and which pair suits the targets.
    pub fn to_short_document(&self, style: &Style) -> Document {
        let mut document = self.empty_document();
        document.compact = true;
        Pages { comparison: self, style, document: &mut document }.write_short();
        document
    }

    fn empty_document(&self) -> Document {
        Document::new(format!("What changes when the loss does: {}", self.title))
    }
}
