//! Pages in a real browser: no console error, every formula laid out, readable on a phone and in the dark.

use std::process::Command;

use crate::documents::{self, Asked};
use crate::steps::{Context, Outcome};

/// Pages beside those of the gallery.
pub(crate) const PAGES: &[Asked] = &[
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
    let found =
        context.tools().and_then(|tools| Ok((tools.chromium.clone()?, tools.python.clone()?)));
    let (chromium, python) = match found {
        Ok(found) => found,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let looked = documents::written(context, "html").and_then(|pages| {
        let mut command = Command::new(python);
        let script = context.root.join("xtask/browser/check.py");
        command.arg("-B").arg(script).arg(chromium).args(&pages);
        context.run("browser", &mut command).map(|()| pages.len())
    });
    looked.map(|count| format!("{count} pages, four times each; pictures in target/browser")).into()
}
