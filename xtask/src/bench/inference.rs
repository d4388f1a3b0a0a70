//! Forward passes: ours and the rivals', with the outputs compared before the times are believed.

use std::path::Path;

use serde_json::Value;

use super::agree;
use super::options::Options;
use super::program::{number, ours, records, text};
use super::results::{self, Table, digits, duration};
use super::rivals::{INFER, Installed, Rival};
use crate::context::Context;
use crate::folder::empty;

/// The networks, with their number of outputs.
const NETWORKS: [(&str, usize); 2] = [("64-100-10", 10), ("784-512-512-10", 10)];
const BATCHES: [usize; 2] = [1, 4_096];
const THREADS: [usize; 2] = [1, 2];

const HEADER: [&str; 8] = [
    "network",
    "batch",
    "threads",
    "program",
    "version",
    "a call",
    "examples a second",
    "deltarule is … times as fast",
];

/// The time of a call.
struct Call<'a> {
    network: &'a str,
    batch: usize,
    threads: usize,
    program: &'a str,
    version: &'a str,
    seconds: f64,
}

impl Call<'_> {
    fn print(&self) {
        let Self { network, batch, threads, program, seconds, .. } = self;
        let rate = self.rate();
        println!(
            "{network:<14} {program:<12} {batch:>4} {threads:>2} {seconds:>11.4e} {rate:>10.4e}"
        );
    }

    fn rate(&self) -> f64 {
        self.batch as f64 / self.seconds
    }

    fn row(&self, ours: f64) -> Vec<String> {
        let is_ours = self.program == "deltarule";
        vec![
            self.network.to_string(),
            self.batch.to_string(),
            self.threads.to_string(),
            self.program.to_string(),
            self.version.to_string(),
            duration(self.seconds),
            digits(self.rate()),
            if is_ours { String::new() } else { format!("{:.2}", self.seconds / ours) },
        ]
    }
}

/// Times every network, batch and number of threads; with rivals, theirs too, and writes a table.
pub(crate) fn run(context: &Context, options: &Options, machine: &str) -> Result<(), String> {
    let installed = Installed::new(context, INFER, &options.rivals)?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for (network, outputs) in NETWORKS {
        let folder = context.root.join("target/bench").join(network);
        if installed.is_some() {
            empty(&folder)?;
            ours(context, &["export-network", network, "--folder", &folder.to_string_lossy()])?;
        }
        for threads in THREADS {
            let mut our_seconds = Vec::new();
            for batch in BATCHES {
                let (batch_text, threads_text) = (batch.to_string(), threads.to_string());
                let settings =
                    ["infer", network, "--batch", &batch_text, "--threads", &threads_text];
                let seconds = number(&ours(context, &settings)?, "seconds")?;
                let version = env!("CARGO_PKG_VERSION");
                let call = Call { network, batch, threads, program: "deltarule", version, seconds };
                call.print();
                rows.push(call.row(seconds));
                our_seconds.push((batch, seconds));
            }
            let Some(installed) = &installed else { continue };
            for rival in &installed.rivals {
                match compared(installed, rival, &folder, outputs, threads) {
                    Ok((version, times)) => {
                        for (batch, seconds) in times {
                            let program = rival.name;
                            let version = version.as_str();
                            let call = Call { network, batch, threads, program, version, seconds };
                            let ours = our_seconds.iter().find(|(ours, _)| *ours == batch);
                            let ours = ours.map_or(f64::NAN, |(_, seconds)| *seconds);
                            call.print();
                            eprintln!("         we are {} times as fast", digits(seconds / ours));
                            rows.push(call.row(ours));
                        }
                    }
                    Err(error) => {
                        eprintln!("{}: no times for {network}: {error}", rival.name);
                        refused.push(format!("{} on {network}", rival.name));
                    }
                }
            }
        }
    }
    if installed.is_some() {
        // Of the same network and batch, the programs stand together.
        rows.sort_by_key(|row| (row[0].clone(), row[1].len(), row[2].clone()));
        let table = Table {
            key: "infer",
            heading: "Inference",
            machine,
            remark: "The rivals are called from Python, as their users call them; deltarule is called from Rust.",
            header: &HEADER,
            rows,
        };
        results::write(&context.root.join("bench/RESULTS.md"), &table, &[])?;
    }
    if refused.is_empty() { Ok(()) } else { Err(format!("no times of {}", refused.join(", "))) }
}

/// Runs a rival; its version and the seconds of each batch size, once its outputs were found to be ours.
fn compared(
    installed: &Installed,
    rival: &Rival,
    folder: &Path,
    outputs: usize,
    threads: usize,
) -> Result<(String, Vec<(usize, f64)>), String> {
    let (mut version, mut times) = (None, Vec::new());
    records(&mut installed.command(rival, folder, threads), |record: Value| {
        if version.is_none() {
            let theirs = folder.join(text(&record, "outputs")?);
            agree::outputs(&folder.join("outputs.f32"), &theirs, outputs)?;
            version = Some(text(&record, "version")?.to_string());
        } else {
            times.push((number(&record, "batch")? as usize, number(&record, "seconds")?));
        }
        Ok(())
    })?;
    let version = version.ok_or("it said nothing")?;
    Ok((version, times))
}
