//! Pages in a real browser: no console error, every formula laid out, readable on a phone and in the dark.

use std::process::Command;

use crate::context::Context;
use crate::documents;
use crate::step::Outcome;

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
