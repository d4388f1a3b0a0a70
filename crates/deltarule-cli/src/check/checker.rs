//! What answers are marked with.

use deltarule_exercise::marking::{
    Answers, Grading, Marking, MarkingOptions, ReportOptions, grade, mark,
};

use super::answer_text;
use super::variants::{ClassVariant, Variants};
use crate::args::CheckArguments;
use crate::exercise;
use crate::failure::{Failure, usage};

/// The exercises, how exact answers to them must be, and what of a marking is to be seen.
pub(super) struct Checker {
    pub(super) variants: Variants,
    options: MarkingOptions,
    pub(super) shown: ReportOptions,
}

impl Checker {
    pub(super) fn new(arguments: &CheckArguments, variants: Variants) -> Self {
        let options = MarkingOptions {
            absolute: arguments.absolute.unwrap_or(0.0),
            relative: arguments.relative.unwrap_or(0.0),
        };
        let shown = ReportOptions { hide_solution: arguments.hide_solution, hint: arguments.hint };
        Self { variants, options, shown }
    }

    /// Marks one answer to one of the exercises.
    pub(super) fn mark(
        &self,
        variant: &ClassVariant,
        bytes: Vec<u8>,
        name: &str,
    ) -> Result<(Marking, Grading), Failure> {
        let exercise = &variant.exercise;
        let (text, name, format) = answer_text::text(bytes, name)?;
        let answers = Answers::parse(exercise, &text, &name, format).map_err(exercise::located)?;
        let marking = mark(exercise, &answers, &self.options)
            .map_err(|error| usage(format!("{}: {error}", variant.shown)))?;
        let grading = grade(&marking, &variant.scheme);
        Ok((marking, grading))
    }
}

/// How many quantities are wrong, and what could not be read; none if all is well.
pub(super) fn faults(marking: &Marking) -> Option<String> {
    let wrong = match marking.wrong() {
        0 => None,
        1 => Some("1 quantity is wrong".to_string()),
        wrong => Some(format!("{wrong} quantities are wrong")),
    };
    let unread = match marking.unread.len() {
        0 => None,
        1 => Some("1 thing could not be read".to_string()),
        unread => Some(format!("{unread} things could not be read")),
    };
    let faults: Vec<String> = wrong.into_iter().chain(unread).collect();
    (!faults.is_empty()).then(|| faults.join(", "))
}
