//! Notebooks: what the command writes runs from top to bottom, and every assertion in it holds. Some run in a plain Python
//! kernel, most in one process; that also writes and runs those of exercises made for it (`xtask/notebooks/exercises.py`).

use std::process::Command;

use crate::context::Context;
use crate::documents;
use crate::folder::{empty, files};
use crate::step::Outcome;

pub(crate) fn step(context: &Context) -> Outcome {
    let python = match context.tools().and_then(|tools| tools.python.clone()) {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let run = documents::written(context, "ipynb").and_then(|notebooks| {
        let build = context.build()?;
        let folder = context.root.join("target/notebooks-of-exercises");
        empty(&folder)?;
        let mut command = Command::new(python);
        let script = context.root.join("xtask/notebooks/run.py");
        command.arg("-B").arg(script).arg(&build.command).arg(&folder).args(&notebooks);
        context.run("notebooks", &mut command)?;
        Ok(notebooks.len() + files(&folder, "ipynb")?.len())
    });
    run.map(|count| format!("{count} notebooks run, and every assertion holds")).into()
}
