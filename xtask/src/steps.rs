//! The steps of `cargo xtask test` and of `cargo xtask extra`.

use crate::step::Step;
use crate::{
    arrows, browser, cargo, compile, documents, house, latex, notebooks, oracle, package, pdf,
    tests, tools,
};

/// The steps of `cargo xtask test`.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "format", what: "cargo fmt --check", needs: &[], run: cargo::format },
    Step {
        name: "arrows",
        what: "the arrows between crates point inward, those between files in no circle",
        needs: &[],
        run: arrows::run,
    },
    Step { name: "house", what: "rules that a source file can break", needs: &[], run: house::run },
    Step {
        name: "tools",
        what: "Debian's packages and Python's, installed where they are missing",
        needs: &[],
        run: tools::step,
    },
    Step {
        name: "build",
        what: "everything, once, with clippy's warnings as errors",
        needs: &[],
        run: compile::step,
    },
    Step { name: "tests", what: "all tests, all features", needs: &["build"], run: tests::step },
    Step {
        name: "docs",
        what: "the documentation without warnings, and the examples in it",
        needs: &["build"],
        run: cargo::docs,
    },
    Step {
        name: "documents",
        what: "what the command writes, for the steps that look at it",
        needs: &["build"],
        run: documents::step,
    },
    Step {
        name: "latex",
        what: "LaTeX compiles without overfull boxes",
        needs: &["documents", "tests", "tools"],
        run: latex::step,
    },
    Step {
        name: "pdf",
        what: "numbers on the pages of PDF files",
        needs: &["tests", "tools"],
        run: pdf::step,
    },
    Step {
        name: "browser",
        what: "pages in a real browser",
        needs: &["documents", "tools"],
        run: browser::step,
    },
    Step {
        name: "notebooks",
        what: "notebooks run and their numbers hold",
        needs: &["documents", "tools"],
        run: notebooks::step,
    },
    Step {
        name: "python",
        what: "the Python package, typed and tested",
        needs: &["build", "tools"],
        run: package::step,
    },
    Step {
        name: "oracle",
        what: "the oracle's scripts give what is committed",
        needs: &["tools"],
        run: oracle::step,
    },
];

/// The step that `cargo xtask test --exhaustive` and `cargo xtask extra` add.
pub(crate) const EXHAUSTIVE: Step = Step {
    name: "all f32",
    what: "the elementary functions of every single-precision number",
    needs: &[],
    run: cargo::exhaustive,
};

/// The steps of `cargo xtask extra`: what is exhaustive by nature, and what needs a tool that many machines do not have.
pub(crate) const EXTRA: &[Step] = &[
    Step {
        name: "build",
        what: "everything, once, with clippy's warnings as errors",
        needs: &[],
        run: compile::step,
    },
    Step {
        name: "sklearn",
        what: "the estimators with older versions of scikit-learn",
        needs: &["build"],
        run: package::older_scikit_learn,
    },
    Step {
        name: "grid",
        what: "every cell of the grid of mistakes, which `test` samples",
        needs: &[],
        run: cargo::grid,
    },
    Step {
        name: "pages",
        what: "the documentation of every crate without warnings",
        needs: &[],
        run: cargo::pages,
    },
    Step {
        name: "minimal",
        what: "the command without tables: exercises only",
        needs: &[],
        run: cargo::minimal,
    },
    Step { name: "wasm", what: "the engine builds for WebAssembly", needs: &[], run: cargo::wasm },
    Step { name: "msrv", what: "the minimum Rust version builds it", needs: &[], run: cargo::msrv },
    Step {
        name: "sanitizer",
        what: "the kernels under the address sanitizer",
        needs: &[],
        run: cargo::sanitizer,
    },
    Step {
        name: "deny",
        what: "licences, advisories and sources of dependencies",
        needs: &[],
        run: cargo::deny,
    },
];

#[cfg(test)]
mod tests_of_steps {
    use super::*;
    use crate::runner::chosen;

    #[test]
    fn every_need_is_a_step() {
        for steps in [STEPS, EXTRA] {
            let named = |need: &&str| steps.iter().any(|step| step.name == *need);
            assert!(steps.iter().all(|step| step.needs.iter().all(named)));
        }
    }

    #[test]
    fn a_step_that_is_named_brings_what_it_needs() {
        let names = |only: &[&str]| -> Vec<&str> {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            chosen(STEPS, &only).iter().map(|step| step.name).collect()
        };
        assert_eq!(names(&["arrows"]), ["arrows"]);
        assert_eq!(names(&["browser"]), ["tools", "build", "documents", "browser"]);
        assert_eq!(names(&[]).len(), STEPS.len());
    }
}
