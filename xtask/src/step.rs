//! What a step is, and what may come of it.

use crate::context::Context;

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well; a remark, which may be empty.
    Done(String),
    /// Not done, and why.
    Skipped(String),
    /// What is wrong.
    Failed(String),
}

impl Outcome {
    /// Under CI=true, missing a program is a failure.
    pub(crate) fn under(self, context: &Context) -> Self {
        match self {
            Self::Skipped(reason) if context.ci => {
                Self::Failed(format!("{reason} (CI=true: nothing is skipped)"))
            }
            other => other,
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "FAILED",
        }
    }

    pub(crate) fn remark(&self) -> &str {
        match self {
            Self::Done(text) | Self::Skipped(text) | Self::Failed(text) => text,
        }
    }
}

impl From<Result<String, String>> for Outcome {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Self::Failed, Self::Done)
    }
}

/// A step.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// The steps that must be done before; it is left out when one of them fails.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn(&Context) -> Outcome,
}

#[cfg(test)]
mod tests_of_step {
    use super::*;

    #[test]
    fn in_ci_a_missing_program_is_a_failure() {
        let context = |ci| Context::new(std::env::temp_dir(), ci);
        let skipped = Outcome::Skipped("no Python".into());
        assert_eq!(skipped.clone().under(&context(false)), skipped);
        assert!(matches!(skipped.under(&context(true)), Outcome::Failed(_)));
    }
}
