//! The tests, program by program: as many at a time as there are processors, those that take longest first.
//!
//! They are started as `cargo test` starts them, in the folder of their package. Two of them write files by the way that
//! later steps look at: `DELTARULE_LATEX` and `DELTARULE_PDF` say where.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::context::Context;
use crate::context::TestProgram;
use crate::folder::empty;
use crate::step::Outcome;

/// Those that take longest, in this order; all others after them.
const LONGEST: [&str; 3] = ["deltarule-exercise", "deltarule-cli (it)", "deltarule-exercise (it)"];

/// Where the tests write LaTeX files that are hard to set.
pub(crate) fn latex_folder(context: &Context) -> PathBuf {
    context.root.join("target/latex-hard")
}

/// Where the tests write PDF files, each beside the numbers that should be on its pages.
pub(crate) fn pdf_folder(context: &Context) -> PathBuf {
    context.root.join("target/pdf")
}

pub(crate) fn step(context: &Context) -> Outcome {
    run_all(context).into()
}

fn run_all(context: &Context) -> Result<String, String> {
    empty(&latex_folder(context))?;
    empty(&pdf_folder(context))?;
    let mut programs: Vec<&TestProgram> = context.build()?.tests.iter().collect();
    let place = |name: &str| LONGEST.iter().position(|n| *n == name).unwrap_or(LONGEST.len());
    programs.sort_by_key(|program| place(&program.name));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (next, passed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match run(context, program) {
                        Ok(count) => {
                            passed.fetch_add(count, Ordering::Relaxed);
                        }
                        Err(error) => {
                            let mut failed = failed.lock().unwrap_or_else(|p| p.into_inner());
                            failed.push(error);
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    Ok(format!("{} tests in {} programs", passed.load(Ordering::Relaxed), programs.len()))
}

/// Runs a program; how many tests passed.
fn run(context: &Context, program: &TestProgram) -> Result<usize, String> {
    let start = Instant::now();
    let mut command = Command::new(&program.program);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("DELTARULE_LATEX", latex_folder(context))
        .env("DELTARULE_PDF", pdf_folder(context));
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{}: {error}", program.program.display()))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    context.keep("tests", &format!("== {}\n{text}", program.name))?;
    let name = &program.name;
    if !output.status.success() {
        return Err(format!("{name}: {}\n{}", output.status, text.trim_end()));
    }
    let count = passed(&text).ok_or_else(|| format!("{name} says not how many tests passed"))?;
    println!("  {name}: {count} tests, {:.1} s", start.elapsed().as_secs_f64());
    Ok(count)
}

/// How many tests passed; none if any was ignored, which is a way of passing by being absent.
fn passed(text: &str) -> Option<usize> {
    let line = text.lines().rfind(|line| line.starts_with("test result: ok."))?;
    let count = |what: &str| {
        let words: Vec<&str> = line.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
        let at = words.iter().position(|word| *word == what)?;
        words.get(at.checked_sub(1)?)?.parse::<usize>().ok()
    };
    if count("ignored")? > 0 { None } else { count("passed") }
}

#[cfg(test)]
mod tests_of_tests {
    use super::passed;

    #[test]
    fn tests_that_passed_are_counted_and_none_may_be_ignored() {
        let line = |counts: &str| format!("running 3 tests\n\ntest result: {counts}\n");
        let ok =
            "ok. 45 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.25s";
        assert_eq!(passed(&line(ok)), Some(45));
        assert_eq!(passed(&line(&ok.replace("0 ignored", "1 ignored"))), None);
        assert_eq!(passed(&line(&ok.replace("ok.", "FAILED."))), None);
        assert_eq!(passed("nothing"), None);
    }
}
