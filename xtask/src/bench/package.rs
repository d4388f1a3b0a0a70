//! The Python package beside scikit-learn.

use std::process::Command;

use serde_json::Value;

use super::machine::instructions;
use super::program::{number, records, text};
use super::results::{self, Table, digits, duration};
use crate::package;
use crate::steps::Context;

const SCRIPT: &str = "bench/python/measure.py";

/// Losses and probabilities of the two sides may differ by so much; times of other results are not believed.
const TOLERANCE: f64 = 1e-3;

/// One side of a measurement.
#[derive(Debug)]
struct Side {
    amount: Amount,
    result: f64,
}

#[derive(Clone, Copy, Debug)]
enum Amount {
    Seconds(f64),
    Mebibytes(f64),
}

impl Amount {
    fn value(self) -> f64 {
        match self {
            Self::Seconds(value) | Self::Mebibytes(value) => value,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Seconds(seconds) => duration(seconds),
            Self::Mebibytes(size) => format!("{size:.0} MiB"),
        }
    }
}

/// Measures and writes the table.
pub(crate) fn run(context: &Context, machine: &str) -> Result<(), String> {
    let python = package::installed(context)?;
    package::built(context, &python)?;
    let mut command = Command::new(python);
    command.current_dir(&context.root).arg("-B").arg(SCRIPT);
    let (mut rows, mut ours) = (Vec::new(), None);
    records(&mut command, |record| {
        let side = side(&record)?;
        match ours.take() {
            None => ours = Some(side),
            Some(ours) => {
                let row = row(text(&record, "measurement")?, &ours, &side)?;
                println!("{}", row.join("  "));
                rows.push(row);
            }
        }
        Ok(())
    })?;
    // How far apart the two sides are depends on the instructions more than on anything else.
    let instructions = instructions();
    let table = Table {
        key: &format!("python {instructions}"),
        heading: &format!("From Python, {instructions}"),
        machine,
        remark: "The same call of the same estimator, deltarule's and scikit-learn's, each in a process of its own, on every \
                 processor; medians. Memory is what a fit needs beyond its data, the import what comes on top of NumPy and \
                 scikit-learn.",
        header: &["measurement", "deltarule", "scikit-learn", "scikit-learn / deltarule"],
        rows,
    };
    results::write(&context.root.join("bench/RESULTS.md"), &table, &[])
}

fn side(record: &Value) -> Result<Side, String> {
    let amount = match number(record, "seconds") {
        Ok(seconds) => Amount::Seconds(seconds),
        Err(_) => Amount::Mebibytes(number(record, "mebibytes")?),
    };
    Ok(Side { amount, result: number(record, "result")? })
}

fn row(measurement: &str, ours: &Side, theirs: &Side) -> Result<Vec<String>, String> {
    let off = (ours.result - theirs.result).abs();
    let same = off <= TOLERANCE * theirs.result.abs();
    // Numbers that are none are not the same.
    if !same {
        return Err(format!(
            "{measurement}: deltarule comes to {}, scikit-learn to {}",
            ours.result, theirs.result
        ));
    }
    // The import of scikit-learn itself is there already.
    let ratio = match measurement {
        "import" => String::new(),
        _ => digits(theirs.amount.value() / ours.amount.value()),
    };
    let theirs = if measurement == "import" { String::new() } else { theirs.amount.text() };
    Ok(vec![measurement.to_string(), ours.amount.text(), theirs, ratio])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_compares_two_sides_that_computed_the_same() {
        let of = |seconds: f64, result: f64| {
            side(&json!({ "seconds": seconds, "result": result })).unwrap()
        };
        let row_of = |theirs: Side| row("fit", &of(0.5, 1.0), &theirs);
        assert_eq!(row_of(of(2.0, 1.0001)).unwrap()[3], "4.000");
        assert!(row_of(of(2.0, 1.1)).unwrap_err().contains("comes to"));
        let none = json!({ "seconds": 2.0, "result": Value::Null });
        assert!(side(&none).unwrap_err().contains("no number"));
        let memory = side(&json!({ "mebibytes": 12.4, "result": 1 })).unwrap();
        assert_eq!(memory.amount.text(), "12 MiB");
    }
}
