//! Measures ourselves alone and writes a table of it.

use serde_json::Value;

use super::options::Options;
use super::program::{number, ours, text};
use super::reports::{Kind, Report};
use super::results::{self, Table, digits, duration};
use crate::context::Context;

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
    use crate::bench::reports::{REPORTS, find};

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
