//! `deltarule evaluate`

use deltarule_tabular::{Source, TabularModel};
use serde_json::json;

use crate::args::EvaluateArguments;
use crate::failure::{Failure, Outcome, emit, usage};
use crate::table;

pub(crate) fn run(arguments: &EvaluateArguments) -> Outcome {
    let model = TabularModel::load(&arguments.model)?;
    let read = arguments.read.over(&model.record().read);
    let source = Source::open(&arguments.data, &read)?;
    let evaluation = model.evaluate(&source)?;
    if arguments.json {
        let object = json!({
            "task": model.target().task(),
            "n_rows": evaluation.rows,
            "metrics": evaluation.scores,
        });
        emit(&format!("{object:#}\n"))?;
    } else {
        let mut text = format!("{} rows of {}\n\n", evaluation.rows, source.name());
        text += &table::scores(&[("score", &evaluation.scores)]);
        if let Some(confusion) = &evaluation.confusion {
            text.push('\n');
            text += &table::confusion(confusion, model.target());
        }
        emit(&text)?;
    }
    let mut missed = Vec::new();
    for &(metric, demanded) in &arguments.require {
        let Some(&score) = evaluation.scores.get(metric.name()) else {
            let known: Vec<&str> = evaluation.scores.keys().map(String::as_str).collect();
            return Err(usage(format!("--require {metric}: this model has {}", known.join(", "))));
        };
        let reached = if metric.higher_is_better() { score >= demanded } else { score <= demanded };
        if !reached {
            missed.push(format!("{metric} is {}, demanded {demanded}", table::rounded(score)));
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(Failure::Check(missed.join("\n"))) }
}
