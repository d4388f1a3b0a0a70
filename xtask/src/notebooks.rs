//! Notebooks: what the command writes runs from top to bottom in a plain Python kernel, and every assertion in it holds.

use std::process::Command;

use crate::context::Context;
use crate::documents;
use crate::step::Outcome;

pub(crate) fn step(context: &Context) -> Outcome {
    let python = match context.tools().and_then(|tools| tools.python.clone()) {
        Ok(python) => python,
        Err(reason) => return Outcome::Skipped(reason),
    };
    let run = documents::written(context, "ipynb").and_then(|notebooks| {
        let mut command = Command::new(python);
        let script = context.root.join("xtask/notebooks/run.py");
        command.arg("-B").arg(script).args(&notebooks);
        context.run("notebooks", &mut command).map(|()| notebooks.len())
    });
    run.map(|count| format!("{count} notebooks run, and every assertion holds")).into()
}
