//! The steps of `cargo xtask test`: what each is called, what it needs, what came of it, and the summary.
//!
//! Steps run beside each other as soon as what they need is done: fetching wants the network, the oracle one processor,
//! the compiler two. What a step prints goes into a file of its own under `target/xtask`, and is shown when it fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use crate::compile::Build;
use crate::tools::Tools;
use crate::{
    arrows, browser, cargo, compile, documents, house, latex, notebooks, oracle, package, pdf,
    tests, tools,
};

/// What the steps know about where they run, and what earlier ones leave for later ones.
pub(crate) struct Context {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Whether CI=true.
    pub(crate) ci: bool,
    /// What the step `build` has built.
    pub(crate) build: OnceLock<Build>,
    /// What the step `tools` has found or installed.
    pub(crate) tools: OnceLock<Tools>,
    /// How often the compiler ran in the step that builds, which is all that a test run compiles but for the examples of
    /// the documentation.
    pub(crate) compiler_runs: AtomicUsize,
}

impl Context {
    pub(crate) fn new(root: PathBuf, ci: bool) -> Self {
        Self {
            root,
            ci,
            build: OnceLock::new(),
            tools: OnceLock::new(),
            compiler_runs: AtomicUsize::new(0),
        }
    }

    /// What has been built; the steps that ask for it need the step that builds.
    pub(crate) fn build(&self) -> Result<&Build, String> {
        self.build.get().ok_or_else(|| "nothing was built".to_string())
    }

    /// What there is beside Rust; the steps that ask for it need the step that looks.
    pub(crate) fn tools(&self) -> Result<&Tools, String> {
        self.tools.get().ok_or_else(|| "the tools were not looked for".to_string())
    }

    /// Where a step's output goes.
    fn log(&self, step: &str) -> PathBuf {
        self.root.join("target/xtask").join(format!("{}.log", step.replace(' ', "-")))
    }

    /// Runs a command of a step; what it prints goes into the step's file, and into the error when it fails.
    pub(crate) fn run(&self, step: &str, command: &mut Command) -> Result<(), String> {
        self.ends(step, command, &[0])
    }

    /// As [`Context::run`], for a command that may end with these exit codes.
    pub(crate) fn ends(
        &self,
        step: &str,
        command: &mut Command,
        good: &[i32],
    ) -> Result<(), String> {
        let shown = shown(command);
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{shown}: {error}"))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        self.keep(step, &format!("$ {shown}\n{text}"))?;
        if output.status.code().is_some_and(|code| good.contains(&code)) {
            return Ok(());
        }
        Err(format!("{shown}: {}\n{}", output.status, text.trim_end()))
    }

    /// Adds to the file of a step.
    pub(crate) fn keep(&self, step: &str, text: &str) -> Result<(), String> {
        use std::io::Write as _;
        let path = self.log(step);
        let fail = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(&self.root)).map_err(fail)?;
        let mut file =
            std::fs::File::options().create(true).append(true).open(&path).map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)
    }
}

/// A command as it would be typed, without what its environment adds to it.
pub(crate) fn shown(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    format!("{} {}", command.get_program().display(), words.join(" "))
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

/// The steps of `cargo xtask test`.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "format", what: "cargo fmt --check", needs: &[], run: cargo::format },
    Step {
        name: "arrows",
        what: "the arrows between crates point inward only",
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

/// The steps named and those that they need, in the order of the list.
pub(crate) fn chosen<'a>(steps: &'a [Step], names: &[String]) -> Vec<&'a Step> {
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut at = 0;
    while at < wanted.len() {
        let needs = steps.iter().find(|s| s.name == wanted[at]).map_or(&[][..], |s| s.needs);
        for need in needs {
            if !wanted.contains(need) {
                wanted.push(need);
            }
        }
        at += 1;
    }
    steps.iter().filter(|s| names.is_empty() || wanted.contains(&s.name)).collect()
}

/// Runs the steps, each when those that it needs are done; prints the summary, and says whether none failed.
pub(crate) fn run(context: &Context, steps: &[&Step]) -> bool {
    for step in steps {
        // What an earlier run wrote; it is not there the first time.
        let _ = std::fs::remove_file(context.log(step.name));
    }
    let start = Instant::now();
    let mut results: BTreeMap<usize, (Duration, Outcome)> = BTreeMap::new();
    std::thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        let mut waiting: Vec<usize> = (0..steps.len()).collect();
        let mut running = 0;
        loop {
            let before = waiting.len();
            waiting.retain(|&index| {
                let step = steps[index];
                let position = |name: &&str| steps.iter().position(|s| s.name == *name);
                let needs: Vec<usize> = step.needs.iter().filter_map(position).collect();
                let failed =
                    |need: &&usize| matches!(results.get(*need), Some((_, Outcome::Failed(_))));
                if let Some(&need) = needs.iter().find(failed) {
                    let why = format!("not run: {} failed", steps[need].name);
                    say(step.name, &Outcome::Failed(why.clone()), Duration::ZERO);
                    results.insert(index, (Duration::ZERO, Outcome::Failed(why)));
                    return false;
                }
                if !needs.iter().all(|need| results.contains_key(need)) {
                    return true;
                }
                println!("{:<9} begins: {}", step.name, step.what);
                let done = done.clone();
                running += 1;
                scope.spawn(move || {
                    let start = Instant::now();
                    let panicked = |_| Outcome::Failed("the step panicked".to_string());
                    let run = std::panic::AssertUnwindSafe(|| (step.run)(context).under(context));
                    let outcome = std::panic::catch_unwind(run).unwrap_or_else(panicked);
                    // Nobody receives only when the loop is over.
                    let _ = done.send((index, start.elapsed(), outcome));
                });
                false
            });
            if running == 0 && waiting.is_empty() {
                break;
            }
            if running == 0 {
                // What failed may have made others fail that stand before it in the list; a circle makes nothing fail.
                if waiting.len() == before {
                    for &index in &waiting {
                        let why = "not run: it needs itself".to_string();
                        results.insert(index, (Duration::ZERO, Outcome::Failed(why)));
                    }
                    break;
                }
                continue;
            }
            let Ok((index, duration, outcome)) = finished.recv() else { break };
            running -= 1;
            say(steps[index].name, &outcome, duration);
            results.insert(index, (duration, outcome));
        }
    });
    let named: Vec<(&str, Duration, Outcome)> = results
        .into_iter()
        .map(|(index, (duration, outcome))| (steps[index].name, duration, outcome))
        .collect();
    let runs = context.compiler_runs.load(Ordering::Relaxed);
    print!("\n{}", summary(&named, start.elapsed(), runs));
    !named.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
}

/// What came of a step, as soon as it is known.
fn say(name: &str, outcome: &Outcome, duration: Duration) {
    let gap = if outcome.remark().is_empty() { "" } else { ": " };
    let (word, seconds) = (outcome.word(), duration.as_secs_f64());
    println!("{name:<9} {word} after {seconds:.1} s{gap}{}", outcome.remark());
}

/// A line per step, the longest first, and a line of counts.
fn summary(results: &[(&str, Duration, Outcome)], whole: Duration, compiler_runs: usize) -> String {
    let mut sorted: Vec<_> = results.iter().collect();
    sorted.sort_by_key(|(_, duration, _)| std::cmp::Reverse(*duration));
    let mut text = String::new();
    for (name, duration, outcome) in sorted {
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
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} ok, {} skipped, {} failed in {:.0} s; the build ran the compiler {compiler_runs} times",
        count("ok"),
        count("skipped"),
        count("FAILED"),
        whole.as_secs_f64()
    );
    text
}

#[cfg(test)]
mod tests_of_steps {
    use super::*;

    fn context(ci: bool) -> Context {
        Context::new(std::env::temp_dir().join(format!("xtask-steps-{}", std::process::id())), ci)
    }

    #[test]
    fn in_ci_a_missing_program_is_a_failure() {
        let skipped = Outcome::Skipped("no Python".into());
        assert_eq!(skipped.clone().under(&context(false)), skipped);
        assert!(matches!(skipped.under(&context(true)), Outcome::Failed(_)));
    }

    #[test]
    fn the_summary_is_sorted_and_counts_what_was_skipped_and_compiled() {
        let seconds = Duration::from_secs;
        let results = [
            ("format", seconds(1), Outcome::Done(String::new())),
            ("oracle", seconds(2), Outcome::Skipped("no Python".into())),
            ("tests", seconds(3), Outcome::Failed("exit status: 101\nmore".into())),
        ];
        let text = summary(&results, seconds(4), 17);
        let last = "1 ok, 1 skipped, 1 failed in 4 s; the build ran the compiler 17 times\n";
        assert!(text.ends_with(last), "{text}");
        assert!(
            text.contains("no Python") && text.contains("FAILED") && !text.contains("more"),
            "{text}"
        );
        let place = |name: &str| text.find(name).unwrap();
        assert!(place("tests") < place("oracle") && place("oracle") < place("format"), "{text}");
    }

    #[test]
    fn a_failed_step_fails_the_run_and_the_others_still_run() {
        let steps = [
            Step { name: "a", what: "fails", needs: &[], run: |_| Outcome::Failed("wrong".into()) },
            Step { name: "b", what: "passes", needs: &[], run: |_| Outcome::Done(String::new()) },
        ];
        assert!(!run(&context(false), &[&steps[0], &steps[1]]));
        assert!(run(&context(false), &[&steps[1]]));
    }

    #[test]
    fn a_step_runs_after_those_that_it_needs_and_not_when_one_fails() {
        let reached = |context: &Context| {
            context.compiler_runs.fetch_add(1, Ordering::Relaxed);
            Outcome::Done(String::new())
        };
        let late = |context: &Context| match context.compiler_runs.load(Ordering::Relaxed) {
            0 => Outcome::Failed("too early".into()),
            _ => Outcome::Done(String::new()),
        };
        let first = Step {
            name: "first",
            what: "",
            needs: &[],
            run: |_| {
                std::thread::sleep(Duration::from_millis(20));
                Outcome::Done(String::new())
            },
        };
        let second = Step { name: "second", what: "", needs: &["first"], run: reached };
        let third = Step { name: "third", what: "", needs: &["second"], run: late };
        assert!(run(&context(false), &[&third, &second, &first]));

        let fails =
            Step { name: "first", what: "", needs: &[], run: |_| Outcome::Failed("no".into()) };
        let context = context(false);
        assert!(!run(&context, &[&third, &second, &fails]));
        assert_eq!(context.compiler_runs.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_circle_fails_and_every_need_is_a_step() {
        let done = |_: &Context| Outcome::Done(String::new());
        let circle = [
            Step { name: "a", what: "", needs: &["b"], run: done },
            Step { name: "b", what: "", needs: &["a"], run: done },
        ];
        assert!(!run(&context(false), &[&circle[0], &circle[1]]));
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

    #[test]
    fn what_a_command_prints_is_in_the_error() {
        let context = context(false);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let error = context.run("a", Command::new(cargo).arg("no-such-command")).unwrap_err();
        assert!(error.contains("no-such-command"), "{error}");
        let kept = std::fs::read_to_string(context.log("a")).unwrap();
        assert!(kept.contains("no-such-command"), "{kept}");
        std::fs::remove_dir_all(&context.root).unwrap();
    }
}
