//! Pages in a real browser: no console error, every formula laid out, readable on a phone and in the dark.

use std::process::Command;

use crate::debian;
use crate::documents::{self, Asked};
use crate::python;
use crate::steps::{Context, Outcome};

/// The programs that Chromium is called, and Debian's package of it.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const PACKAGE: &str = "chromium";
/// Pages beside those of the gallery.
const PAGES: &[Asked] = &[
    ("solve-1", &["solve", "1"]),
    ("solve-2", &["solve", "2"]),
    ("solve-3", &["solve", "3"]),
    ("solve-2-examples", &["solve", "2", "--batch", "examples", "--notation", "standard"]),
    ("solve-3-blank", &["solve", "3", "--blank"]),
    ("compare-3", &["compare", "3"]),
    ("formulas", &["formulas"]),
    documents::MARKING,
];

pub(crate) fn step(context: &Context) -> Outcome {
    let program = match debian::program(context, &PROGRAMS, PACKAGE) {
        Ok(program) => program,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let python = match python::environment(context, "browser", "xtask/browser/requirements.txt") {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let folder = context.root.join("target/browser");
    let result = documents::write(context, &folder, "html", PAGES).and_then(|pages| {
        let mut command = Command::new(python);
        let script = context.root.join("xtask/browser/check.py");
        command.arg("-B").arg(script).arg(program).args(&pages);
        documents::run(&mut command).map(|()| pages.len())
    });
    match result {
        Ok(count) => {
            Outcome::Done(format!("{count} pages, four times each; pictures in target/browser"))
        }
        Err(error) => Outcome::Failed(error),
    }
}
