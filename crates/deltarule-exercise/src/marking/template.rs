//! Files to fill in: every quantity of an exercise, with a question mark for each number.

use std::fmt::Write as _;

use super::effort::all_numbers;
use super::quantity::{Quantity, Shape, quantities, step_count};
use super::reading::AnswerFormat;
use super::twins::asked;
use crate::exercise::Exercise;

/// A file of more numbers than this is refused: nobody fills it in, and a spreadsheet has no more rows.
const MOST: usize = 1_000_000;

/// The answer file to an exercise with a question mark in each place, as TOML or CSV; JSON is for programs, and there is
/// none.
///
/// # Errors
/// When the exercise has more than a million numbers, or for [`AnswerFormat::Json`].
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::{AnswerFormat, Answers, template}, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let text = template(&exercise, AnswerFormat::Toml).unwrap();
/// assert!(text.contains("\"x[1]\" = [\"?\", \"?\", \"?\"]"));
/// let answers = Answers::parse(&exercise, &text, "template", AnswerFormat::Toml).unwrap();
/// assert!(answers.parts.iter().all(Vec::is_empty));
/// ```
pub fn template(exercise: &Exercise, format: AnswerFormat) -> Result<String, String> {
    let count = all_numbers(exercise);
    if count > MOST {
        return Err(format!("the exercise has {count} numbers, too many for a file to fill in"));
    }
    match format {
        AnswerFormat::Toml => Ok(toml(exercise)),
        AnswerFormat::Csv => csv(exercise).map_err(|error| error.to_string()),
        AnswerFormat::Json => Err("a file to fill in is TOML or CSV".into()),
    }
}

fn toml(exercise: &Exercise) -> String {
    let title: String =
        exercise.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = format!(
        "# Answers to: {title}\n#\n\
         # Put your numbers in the places of the question marks. The digits that you write are what counts.\n\
         # What stays \"?\" is not marked, and what you do not need may be left out.\n"
    );
    if exercise.parts.iter().any(|part| part.examples.len() > 1) {
        out.push_str(
            "# Net inputs, outputs and deltas have a row per unit and a column per example.\n",
        );
    }
    out.push_str("# Weights have a row per unit and a column per unit of the layer below.\n");
    for part in &exercise.parts {
        let name = toml::Value::String(part.name.clone());
        let _ = writeln!(out, "\n[[part]]\nname = {name}\n[part.answers]");
        let steps = step_count(part);
        for step in 1..=steps {
            if steps > 1 && step > 1 {
                out.push('\n');
            }
            for shape in asked(part, quantities(exercise, part)) {
                let key = key(shape.quantity, step, steps);
                let _ = writeln!(out, "\"{key}\" = {}", gaps(&shape));
            }
        }
    }
    out
}

/// `x[1]`, or `x[1] step 2` where there are several.
fn key(quantity: Quantity, step: usize, steps: usize) -> String {
    if steps == 1 { quantity.to_string() } else { format!("{quantity} step {step}") }
}

fn gaps(shape: &Shape) -> String {
    let row = |count: usize| format!("[{}]", vec!["\"?\""; count].join(", "));
    match (shape.rows, shape.columns) {
        (1, 1) if matches!(shape.quantity, Quantity::TotalLoss | Quantity::TotalLossAfter) => {
            "\"?\"".into()
        }
        (rows, 1) if !shape.quantity.is_like_weights() => row(rows),
        (1, columns) if matches!(shape.quantity, Quantity::Loss | Quantity::Class) => row(columns),
        (1, columns) => format!("[{}]", row(columns)),
        (rows, columns) => {
            let lines = vec![format!("  {},\n", row(columns)); rows];
            format!("[\n{}]", lines.concat())
        }
    }
}

fn csv(exercise: &Exercise) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["part", "quantity", "row", "column", "value"])?;
    for part in &exercise.parts {
        let shapes = asked(part, quantities(exercise, part));
        let steps = step_count(part);
        for step in 1..=steps {
            for shape in &shapes {
                let key = key(shape.quantity, step, steps);
                for row in 1..=shape.rows {
                    for column in 1..=shape.columns {
                        let (row, column) = (row.to_string(), column.to_string());
                        writer.write_record([&part.name, &key, &row, &column, "?"])?;
                    }
                }
            }
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
