//! Trainings: ours, and the rivals' on the same data from the same parameters.

use std::path::Path;

use serde_json::Value;

use super::agree;
use super::line::Line;
use super::options::{Options, WORKLOADS};
use super::program::{numbers, ours, records, text};
use super::results::{self, Table, digits, duration};
use super::rivals::{Installed, Rival, TRAIN};
use crate::context::Context;
use crate::folder::empty;

const HEADER: [&str; 9] = [
    "workload",
    "program",
    "version",
    "an epoch (`step`: a step)",
    "samples a second",
    "GFLOP/s",
    "% of peak",
    "final loss",
    "deltarule is … times as fast",
];

/// Times the workloads; with rivals, checks that they compute the same, times them too and writes a table.
pub(crate) fn run(
    context: &Context,
    options: &Options,
    workloads: &[&str],
    machine: &str,
) -> Result<(), String> {
    let installed = Installed::new(context, TRAIN, &options.rivals)?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut meetings = Vec::new();
    for workload in workloads {
        let threads = options.threads.to_string();
        let settings = [*workload, "--threads", &threads, "--optimizer", options.optimizer];
        let measured = ours(context, &[&["train"], &settings[..]].concat())?;
        let line = Line::new("deltarule", &measured, &measured)?;
        println!("{line}");
        if let Some(seconds) = measured["meeting"].as_f64() {
            meetings.push(format!("{workload} {:.0} ns", 1e9 * seconds));
            eprintln!(
                "         two threads hand a line to each other and back in {:.0} ns",
                1e9 * seconds
            );
        }
        let Some(installed) = &installed else { continue };
        rows.push(row(&line, env!("CARGO_PKG_VERSION"), None));
        let folder = context.root.join("target/bench").join(workload);
        empty(&folder)?;
        let files = folder.to_string_lossy();
        let exported =
            ours(context, &[&["export"], &settings[..], &["--folder", &files]].concat())?;
        let losses = numbers(&exported, "losses")?;
        for rival in installed.rivals.iter().filter(|rival| !rival.without.contains(workload)) {
            match compared(installed, rival, &folder, &losses, &measured) {
                Ok((theirs, version)) => {
                    println!("{theirs}");
                    eprintln!("         we are {} times as fast", digits(line.ratio(&theirs)));
                    rows.push(row(&theirs, &version, Some(line.ratio(&theirs))));
                }
                Err(error) => {
                    eprintln!("{}: no times for {workload}: {error}", rival.name);
                    refused.push(format!("{} on {workload}", rival.name));
                }
            }
        }
    }
    if installed.is_some() {
        let (threads, optimizer) = (options.threads, options.optimizer);
        let plural = if threads == 1 { "" } else { "s" };
        let remark = if meetings.is_empty() {
            String::new()
        } else {
            format!(
                "Two threads handed a cache line to each other and back in, before deltarule ran: {}. The times of small \
                 networks follow it.",
                meetings.join(", ")
            )
        };
        let table = Table {
            key: &format!("train {optimizer} {threads}"),
            heading: &format!("Training with {optimizer}, {threads} thread{plural}"),
            machine,
            remark: &remark,
            header: &HEADER,
            rows,
        };
        results::write(&context.root.join("bench/RESULTS.md"), &table, &WORKLOADS)?;
    }
    if refused.is_empty() { Ok(()) } else { Err(format!("no times of {}", refused.join(", "))) }
}

/// Runs a rival; its line and its version, once its first losses were found to be ours.
fn compared(
    installed: &Installed,
    rival: &Rival,
    folder: &Path,
    losses: &[f64],
    measured: &Value,
) -> Result<(Line, String), String> {
    let threads = measured["threads"].as_u64().unwrap_or(1) as usize;
    let (mut version, mut line) = (None, None);
    records(&mut installed.command(rival, folder, threads), |record| {
        if version.is_none() {
            agree::losses(losses, &numbers(&record, "losses")?)?;
            version = Some(text(&record, "version")?.to_string());
        } else {
            line = Some(Line::new(rival.name, &record, measured)?);
        }
        Ok(())
    })?;
    line.zip(version).ok_or_else(|| "it said nothing".to_string())
}

fn row(line: &Line, version: &str, ratio: Option<f64>) -> Vec<String> {
    vec![
        line.workload.clone(),
        line.program.clone(),
        version.to_string(),
        duration(line.seconds_per_epoch),
        digits(line.samples_per_second),
        digits(line.gflops),
        format!("{:.1}", line.percent_of_peak),
        digits(line.final_loss),
        ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
    ]
}
