//! The steps of `cargo xtask test`: what each is called, what came of it, and the summary.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::{arrows, browser, cargo, house, latex, notebooks, oracle, package, pdf};

/// What a step knows about where it runs.
pub(crate) struct Context {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Whether CI=true.
    pub(crate) ci: bool,
}

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

    fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "FAILED",
        }
    }

    fn remark(&self) -> &str {
        match self {
            Self::Done(text) | Self::Skipped(text) | Self::Failed(text) => text,
        }
    }
}

/// A step.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn(&Context) -> Outcome,
}

/// The steps of `cargo xtask test`, in the order in which they run: what is quick and fails often comes first.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "format", what: "cargo fmt --check", run: cargo::format },
    Step { name: "arrows", what: "the arrows between crates point inward only", run: arrows::run },
    Step { name: "house", what: "rules that a source file can break", run: house::run },
    Step { name: "clippy", what: "clippy, warnings as errors", run: cargo::clippy },
    Step { name: "tests", what: "all tests and doctests, all features", run: cargo::tests },
    Step { name: "docs", what: "documentation without warnings", run: cargo::docs },
    Step { name: "latex", what: "LaTeX compiles without overfull boxes", run: latex::step },
    Step { name: "pdf", what: "numbers on the pages of PDF files", run: pdf::step },
    Step { name: "browser", what: "pages in a real browser", run: browser::step },
    Step { name: "notebooks", what: "notebooks run and their numbers hold", run: notebooks::step },
    Step { name: "python", what: "the Python package, typed and tested", run: package::step },
    Step { name: "oracle", what: "the oracle's scripts give what is committed", run: oracle::step },
];

/// The step that `cargo xtask test --exhaustive` adds.
pub(crate) const EXHAUSTIVE: Step = Step {
    name: "all f32",
    what: "the elementary functions of every single-precision number",
    run: cargo::exhaustive,
};

/// The steps of `cargo xtask extra`, each with a tool that many machines do not have.
pub(crate) const EXTRA: &[Step] = &[
    Step { name: "wasm", what: "the engine builds for WebAssembly", run: cargo::wasm },
    Step { name: "msrv", what: "the minimum Rust version builds it", run: cargo::msrv },
    Step {
        name: "sanitizer",
        what: "the kernels under the address sanitizer",
        run: cargo::sanitizer,
    },
    Step {
        name: "deny",
        what: "licences, advisories and sources of dependencies",
        run: cargo::deny,
    },
];

/// Runs the steps, prints the summary, and says whether none failed.
pub(crate) fn run<'a>(context: &Context, chosen: impl Iterator<Item = &'a Step>) -> bool {
    let mut results = Vec::new();
    for step in chosen {
        println!("\n=== {}: {}", step.name, step.what);
        let start = Instant::now();
        let outcome = (step.run)(context).under(context);
        if !outcome.remark().is_empty() {
            println!("{}: {}", outcome.word(), outcome.remark());
        }
        results.push((step.name, start.elapsed(), outcome));
    }
    print!("\n{}", summary(&results));
    !results.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
}

/// A line per step and a line of counts.
fn summary(results: &[(&str, Duration, Outcome)]) -> String {
    let mut text = String::new();
    for (name, duration, outcome) in results {
        let first_line = outcome.remark().lines().next().unwrap_or_default();
        let line = format!(
            "{name:<9} {:<7} {:>7.1} s  {first_line}",
            outcome.word(),
            duration.as_secs_f64()
        );
        text += line.trim_end();
        text.push('\n');
    }
    let count = |word| results.iter().filter(|(_, _, outcome)| outcome.word() == word).count();
    let seconds: f64 = results.iter().map(|(_, duration, _)| duration.as_secs_f64()).sum();
    text += &format!(
        "{} ok, {} skipped, {} failed in {seconds:.0} s\n",
        count("ok"),
        count("skipped"),
        count("FAILED")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(ci: bool) -> Context {
        Context { root: PathBuf::new(), ci }
    }

    #[test]
    fn in_ci_a_missing_program_is_a_failure() {
        let skipped = Outcome::Skipped("no Python".into());
        assert_eq!(skipped.clone().under(&context(false)), skipped);
        assert!(matches!(skipped.under(&context(true)), Outcome::Failed(_)));
    }

    #[test]
    fn the_summary_counts_what_was_skipped() {
        let second = Duration::from_secs(1);
        let results = [
            ("format", second, Outcome::Done(String::new())),
            ("oracle", second, Outcome::Skipped("no Python".into())),
            ("tests", second, Outcome::Failed("exit status: 101\nmore".into())),
        ];
        let text = summary(&results);
        assert!(text.ends_with("1 ok, 1 skipped, 1 failed in 3 s\n"), "{text}");
        assert!(
            text.contains("no Python") && text.contains("FAILED") && !text.contains("more"),
            "{text}"
        );
    }

    #[test]
    fn a_failed_step_fails_the_run_and_the_others_still_run() {
        let steps = [
            Step { name: "a", what: "fails", run: |_| Outcome::Failed("wrong".into()) },
            Step { name: "b", what: "passes", run: |_| Outcome::Done(String::new()) },
        ];
        assert!(!run(&context(false), steps.iter()));
        assert!(run(&context(false), steps[1..].iter()));
    }
}
