//! The Python package beside scikit-learn.

use std::process::Command;

use serde_json::Value;

use super::machine::{instructions, processor};
use super::program::{number, ours, records, text};
use super::results::{self, Table, digits, duration};
use crate::context::Context;
use crate::{package, tools};

const SCRIPT: &str = "bench/python/measure.py";

/// Losses and probabilities of the two sides may differ by so much; times of other results are not believed.
const TOLERANCE: f64 = 1e-3;

/// One side of a measurement.
#[derive(Debug)]
struct Side {
    amount: Amount,
    result: f64,
    /// Operations of the products, in the number of single-precision ones that take as long; not of every measurement.
    operations: Option<f64>,
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
    let python = tools::environment(context, "bench-python", tools::REQUIREMENTS)?;
    package::installed(context, &python)?;
    let mut command = Command::new(python);
    command.current_dir(&context.root).arg("-B").arg(SCRIPT);
    // Beside a measurement the limit would be wrong, and so would the measurement.
    let before = peak(context)?;
    let (mut pairs, mut waiting) = (Vec::new(), None);
    records(&mut command, |record| {
        let side = side(&record)?;
        match waiting.take() {
            None => waiting = Some(side),
            Some(ours) => {
                let measurement = text(&record, "measurement")?.to_string();
                same(&measurement, &ours, &side)?;
                println!("{measurement}  {}  {}", ours.amount.text(), side.amount.text());
                pairs.push((measurement, ours, side));
            }
        }
        Ok(())
    })?;
    // Processors of a virtual machine may share a core at times: the best counts.
    let peak = before.max(peak(context)?);
    let rows = pairs.iter().map(|(name, ours, theirs)| row(name, ours, theirs, peak)).collect();
    // How far apart the two sides are depends on the processor more than on anything else.
    let of = format!("{}, {}", processor(), instructions());
    let table = Table {
        key: &format!("python {of}"),
        heading: &format!("From Python, {of}"),
        machine,
        remark: "The same call of the same estimator, deltarule's and scikit-learn's, each in a process of its own, on every \
                 processor, the two in turns; medians. Memory is what a fit needs beyond its data, the import what comes on \
                 top of NumPy and scikit-learn. The peak is what all processors compute in registers alone (in double \
                 precision half of it); % of peak is the share of it that deltarule's products come to, and the last column \
                 how many times as fast as scikit-learn a program would be that took no time for anything but these \
                 products, at the peak.",
        header: &[
            "measurement",
            "deltarule",
            "scikit-learn",
            "scikit-learn / deltarule",
            "% of peak",
            "at the peak: times scikit-learn",
        ],
        rows,
    };
    results::write(&context.root.join("bench/RESULTS.md"), &table, &[])
}

fn side(record: &Value) -> Result<Side, String> {
    let amount = match number(record, "seconds") {
        Ok(seconds) => Amount::Seconds(seconds),
        Err(_) => Amount::Mebibytes(number(record, "mebibytes")?),
    };
    let operations = match number(record, "operations") {
        // A vector has half as many numbers in double precision.
        Ok(operations) => Some(operations * number(record, "bits")? / 32.0),
        Err(_) => None,
    };
    Ok(Side { amount, result: number(record, "result")?, operations })
}

/// Operations a second in single precision, on all processors.
fn peak(context: &Context) -> Result<f64, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    number(&ours(context, &["peak", "--threads", &threads])?, "peak")
}

/// Whether both sides came to the same.
fn same(measurement: &str, ours: &Side, theirs: &Side) -> Result<(), String> {
    let off = (ours.result - theirs.result).abs();
    // Numbers that are none are not the same.
    if off <= TOLERANCE * theirs.result.abs() {
        return Ok(());
    }
    Err(format!(
        "{measurement}: deltarule comes to {}, scikit-learn to {}",
        ours.result, theirs.result
    ))
}

/// The cells of a measurement; the peak is that of single precision, in operations a second.
fn row(measurement: &str, ours: &Side, theirs: &Side, peak: f64) -> Vec<String> {
    // The import of scikit-learn itself is there already.
    let ratio = match measurement {
        "import" => String::new(),
        _ => digits(theirs.amount.value() / ours.amount.value()),
    };
    let shown = if measurement == "import" { String::new() } else { theirs.amount.text() };
    // Each by its own operations: a fit may end an epoch earlier or later.
    let share = |of: &Side| of.operations.map(|operations| operations / peak / of.amount.value());
    let percent = share(ours).map(|share| format!("{:.1}", 100.0 * share));
    let possible = share(theirs).map(|share| digits(share.recip()));
    let [percent, possible] = [percent, possible].map(Option::unwrap_or_default);
    vec![measurement.to_string(), ours.amount.text(), shown, ratio, percent, possible]
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
        assert_eq!(row("fit", &of(0.5, 1.0), &of(2.0, 1.0001), 1e9)[3], "4.000");
        assert_eq!(same("fit", &of(0.5, 1.0), &of(2.0, 1.0001)), Ok(()));
        assert!(same("fit", &of(0.5, 1.0), &of(2.0, 1.1)).unwrap_err().contains("comes to"));
        let none = json!({ "seconds": 2.0, "result": Value::Null });
        assert!(side(&none).unwrap_err().contains("no number"));
        let memory = side(&json!({ "mebibytes": 12.4, "result": 1 })).unwrap();
        assert_eq!(memory.amount.text(), "12 MiB");
    }

    #[test]
    fn a_double_takes_twice_as_long_at_the_peak() {
        let of = |seconds: f64, bits: u32| {
            side(&json!({ "seconds": seconds, "result": 1, "operations": 1e9, "bits": bits }))
                .unwrap()
        };
        // 10⁹ operations take 0.1 s at the peak in single precision, 0.2 s in double.
        for (bits, percent, possible) in [(32, "20.0", "20.00"), (64, "40.0", "10.00")] {
            let row = row("fit", &of(0.5, bits), &of(2.0, bits), 1e10);
            assert_eq!(row[3..], ["4.000", percent, possible]);
        }
    }
}
