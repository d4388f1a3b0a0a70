//! What answers are marked with.

use deltarule_exercise::marking::{
    Answers, Grading, Marking, MarkingOptions, Verdict, grade, mark,
};

use super::answer_text;
use super::variants::{ClassVariant, Variants};
use crate::args::CheckArguments;
use crate::exercise;
use crate::failure::{Failure, usage};

/// The exercises and how exact answers to them must be.
pub(super) struct Checker {
    pub(super) variants: Variants,
    options: MarkingOptions,
}

impl Checker {
    pub(super) fn new(arguments: &CheckArguments, variants: Variants) -> Self {
        let options = MarkingOptions {
            absolute: arguments.absolute.unwrap_or(0.0),
            relative: arguments.relative.unwrap_or(0.0),
        };
        Self { variants, options }
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
        let grading = grade(&marking, &variant.weights);
        Ok((marking, grading))
    }
}

/// How many quantities are not as the solution has them, or have a mistake named.
pub(super) fn wrong(marking: &Marking) -> usize {
    let quantities = marking.parts.iter().flat_map(|part| &part.quantities);
    let is_wrong = |verdict| matches!(verdict, Verdict::Wrong | Verdict::FollowThrough);
    quantities.filter(|q| is_wrong(q.verdict) || !q.findings.is_empty()).count()
}
