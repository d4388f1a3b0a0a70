//! What is measured of ourselves alone, each a table: scaling, memory, load, decayed.

use serde_json::Value;

use super::options::Options;
use super::program::{number, ours, text};
use super::results::{self, Table, digits, duration};
use crate::steps::Context;

/// A table and where its rows come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// What it is called on the command line, ours and that of our program.
    pub(crate) name: &'static str,
    heading: &'static str,
    remark: &'static str,
    /// The workloads that our program is asked about; it is asked once if there are none.
    workloads: &'static [&'static str],
    header: &'static [&'static str],
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Scaling,
    Memory,
    Load,
    Decayed,
}

const REPORTS: [Report; 4] = [
    Report {
        name: "scaling",
        heading: "How time grows with the work",
        remark: "A 64-256-256-10 network, 8,192 examples, batches of 256, with one of them changed at a time (parameters: two \
                 hidden layers of the same width, 2,048 examples).",
        workloads: &[],
        header: &["series", "value", "an epoch", "examples a second", "GFLOP/s", "% of peak"],
        kind: Kind::Scaling,
    },
    Report {
        name: "memory",
        heading: "Memory of a training",
        remark: "The most that a process had resident in which one epoch was trained, against the sum of parameters (weights, \
                 gradient, two moments), outputs and deltas of one batch, and the data once.",
        workloads: &["mnist", "wide"],
        header: &[
            "workload",
            "parameters × 4",
            "a batch",
            "data",
            "sum",
            "measured",
            "measured / sum",
        ],
        kind: Kind::Memory,
    },
    Report {
        name: "load",
        heading: "Beside a busy process",
        remark: "The time of an epoch while another process keeps one processor busy.",
        workloads: &["digits", "tabular"],
        header: &[
            "workload",
            "one thread",
            "alone",
            "beside it",
            "alone again",
            "beside it / alone",
            "beside it / one thread",
        ],
        kind: Kind::Load,
    },
    Report {
        name: "decayed",
        heading: "Gradients that have decayed to subnormal numbers",
        remark: "The time of an epoch of the same network and data, with and without a bias that makes nearly all gradients \
                 subnormal; each is timed three times, in turn.",
        workloads: &["digits", "tabular"],
        header: &["workload", "subnormal", "ordinary", "decayed", "decayed / ordinary"],
        kind: Kind::Decayed,
    },
];

/// The report of this name.
pub(crate) fn find(name: &str) -> Option<&'static Report> {
    const ALL: &[Report] = &REPORTS;
    ALL.iter().find(|report| report.name == name)
}

/// Measures, prints the rows and writes the table.
pub(crate) fn run(
    context: &Context,
    options: &Options,
    report: &Report,
    machine: &str,
) -> Result<(), String> {
    let threads = options.threads.to_string();
    let settings = ["--threads", &threads, "--optimizer", options.optimizer];
    let mut rows = Vec::new();
    let mut take = |record: Value| {
        for row in rows_of(&report.kind, &record)? {
            println!("{}", row.join("  "));
            rows.push(row);
        }
        Ok::<(), String>(())
    };
    if report.workloads.is_empty() {
        take(ours(context, &[&[report.name], &settings[..]].concat())?)?;
    }
    for workload in report.workloads {
        take(ours(context, &[&[report.name, workload], &settings[..]].concat())?)?;
    }
    let (threads, optimizer) = (options.threads, options.optimizer);
    let plural = if threads == 1 { "" } else { "s" };
    let table = Table {
        key: &format!("{} {optimizer} {threads}", report.name),
        heading: &format!("{}: {optimizer}, {threads} thread{plural}", report.heading),
        machine,
        remark: report.remark,
        header: report.header,
        rows,
    };
    results::write(&context.root.join("bench/RESULTS.md"), &table, &[])
}

/// The rows of the table that a record of our program gives.
fn rows_of(kind: &Kind, record: &Value) -> Result<Vec<Vec<String>>, String> {
    let of = |name: &str| number(record, name);
    let workload = || text(record, "workload").map(String::from);
    Ok(match kind {
        Kind::Scaling => {
            let points = record["points"].as_array().ok_or("no points")?;
            points.iter().map(|p| point(p, of("peak")?)).collect::<Result<_, String>>()?
        }
        Kind::Memory => {
            let parts = [of("parameters")?, of("batch")?, of("data")?];
            let (sum, measured) = (parts.iter().sum::<f64>(), of("measured")?);
            let mut row = vec![workload()?];
            row.extend(parts.into_iter().chain([sum, measured]).map(mebibytes));
            row.push(format!("{:.1} %", 100.0 * measured / sum));
            vec![row]
        }
        Kind::Load => {
            let (alone, loaded, again) = (of("alone")?, of("loaded")?, of("alone_again")?);
            let one_thread = of("one_thread")?;
            let times = [one_thread, alone, loaded, again].map(duration);
            let ratios = [loaded / alone.min(again), loaded / one_thread].map(digits);
            vec![[&[workload()?], &times[..], &ratios].concat()]
        }
        Kind::Decayed => {
            let (ordinary, decayed) = (of("ordinary")?, of("decayed")?);
            let share = format!("{:.1} %", 100.0 * of("subnormal_share")?);
            let times = [duration(ordinary), duration(decayed), digits(decayed / ordinary)];
            vec![[&[workload()?, share], &times[..]].concat()]
        }
    })
}

fn point(point: &Value, peak: f64) -> Result<Vec<String>, String> {
    let (seconds, value) = (number(point, "seconds")?, number(point, "value")?);
    let flops = number(point, "operations")? / seconds;
    Ok(vec![
        text(point, "series")?.to_string(),
        value.to_string(),
        duration(seconds),
        digits(number(point, "samples")? / seconds),
        digits(flops * 1e-9),
        format!("{:.1}", 100.0 * flops / peak),
    ])
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_report_is_found_and_has_as_many_cells_as_columns() {
        let records = [
            json!({ "peak": 1e11, "points": [{ "series": "batch", "value": 16, "seconds": 0.5, "samples": 4, "operations": 1e10 }] }),
            json!({ "workload": "wide", "parameters": 1024.0, "batch": 1024, "data": 2048, "measured": 5120 }),
            json!({ "workload": "digits", "alone": 1.0, "loaded": 2.0, "alone_again": 0.5, "one_thread": 1.6 }),
            json!({ "workload": "digits", "ordinary": 1.0, "decayed": 1.5, "subnormal_share": 0.75 }),
        ];
        for (report, record) in REPORTS.iter().zip(&records) {
            assert_eq!(find(report.name), Some(report));
            let rows = rows_of(&report.kind, record).unwrap();
            assert_eq!(rows[0].len(), report.header.len(), "{}", report.name);
        }
        let last = |at: usize| rows_of(&REPORTS[at].kind, &records[at]).unwrap()[0].last().cloned();
        assert_eq!(last(0), Some("20.0".into()));
        assert_eq!(last(1), Some("125.0 %".into()));
        assert_eq!(last(2), Some("1.250".into()));
        assert_eq!(last(3), Some("1.500".into()));
        assert_eq!(find("mnist"), None);
    }
}
