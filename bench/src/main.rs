//! Our side of the benchmark: measures, and prints a JSON object a line. `cargo xtask bench` runs it and writes the tables.

mod arguments;
mod decayed;
mod export;
mod infer;
mod load;
mod memory;
mod peak;
mod scaling;
mod stopwatch;
mod train;
mod workload;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match Arguments::parse(&arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(record) => {
            println!("{record}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<Value, Box<dyn std::error::Error>> {
    let (optimizer, threads) = (arguments.optimizer, arguments.threads);
    match &arguments.command {
        Command::Train(workload) => train::run(workload, optimizer, threads),
        Command::Export(workload, folder) => export::run(workload, optimizer, folder),
        Command::Infer(network, batch) => infer::run(network, *batch, threads),
        Command::ExportNetwork(network, folder) => infer::export(network, folder),
        Command::Scaling => Ok(scaling::run(optimizer, threads)?),
        Command::Memory(workload) => memory::run(workload, optimizer, threads),
        Command::Load(workload) => load::run(workload, optimizer, threads),
        Command::Decayed(workload) => decayed::run(workload, optimizer, threads),
        Command::Peak => Ok(json!({ "threads": threads, "peak": peak::measure(threads) })),
        Command::Spin => Ok(load::spin()),
    }
}
