//! The command line of our side of the benchmark.

use std::path::PathBuf;

use deltarule::Optimizer;

use crate::infer::NETWORKS;
use crate::workload::{self, Workload};

/// What to measure.
#[derive(Debug)]
pub(crate) enum Command {
    /// The time of a training.
    Train(Workload),
    /// Writes what the rivals start from.
    Export(Workload, PathBuf),
    /// The time of a forward pass over this many examples.
    Infer(Workload, usize),
    /// Writes what the rivals of the forward pass start from, and our outputs.
    ExportNetwork(Workload, PathBuf),
    /// The time against the sizes of the work.
    Scaling,
    /// The memory of a training.
    Memory(Workload),
    /// The time of a training beside a busy process.
    Load(Workload),
    /// The time of a training whose gradients are subnormal.
    Decayed(Workload),
    /// The most that the processors can compute.
    Peak,
    /// Keeps a processor busy.
    Spin,
}

/// The checked command line.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) optimizer: Optimizer,
    pub(crate) threads: usize,
}

/// What stands on the command line, before it is checked.
struct Raw<'a> {
    positional: Vec<&'a str>,
    threads: &'a str,
    optimizer: &'a str,
    batch: &'a str,
    folder: Option<&'a str>,
}

impl Arguments {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let raw = Raw::read(arguments)?;
        let (Some(command), subject) = (raw.positional.first(), raw.positional.get(1)) else {
            return Err("what to measure is missing".to_string());
        };
        if let Some(extra) = raw.positional.get(2) {
            return Err(format!("{extra} is one argument too many"));
        }
        let subject = subject.copied();
        let command = match *command {
            "train" => Command::Train(trained(subject)?),
            "export" => Command::Export(trained(subject)?, raw.folder()?),
            "infer" => Command::Infer(asked(subject)?, count("batch", raw.batch)?),
            "scaling" => Command::Scaling,
            "memory" => Command::Memory(trained(subject)?),
            "load" => Command::Load(trained(subject)?),
            "decayed" => Command::Decayed(trained(subject)?),
            "peak" => Command::Peak,
            "spin" => Command::Spin,
            "export-network" => Command::ExportNetwork(asked(subject)?, raw.folder()?),
            other => return Err(format!("there is nothing called {other} to measure")),
        };
        Ok(Self {
            command,
            optimizer: workload::optimizer(raw.optimizer)?,
            threads: count("threads", raw.threads)?,
        })
    }
}

impl<'a> Raw<'a> {
    fn read(arguments: &'a [String]) -> Result<Self, String> {
        let mut raw = Self {
            positional: Vec::new(),
            threads: "2",
            optimizer: "adam",
            batch: "1",
            folder: None,
        };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument {
                "--threads" => raw.threads = value()?,
                "--optimizer" => raw.optimizer = value()?,
                "--batch" => raw.batch = value()?,
                "--folder" => raw.folder = Some(value()?),
                option if option.starts_with('-') => return Err(format!("no option {option}")),
                other => raw.positional.push(other),
            }
        }
        Ok(raw)
    }

    fn folder(&self) -> Result<PathBuf, String> {
        self.folder.map(PathBuf::from).ok_or_else(|| "--folder is missing".to_string())
    }
}

fn trained(name: Option<&str>) -> Result<Workload, String> {
    Workload::find(name.ok_or("the name of a workload is missing")?)
}

fn asked(name: Option<&str>) -> Result<Workload, String> {
    let name = name.ok_or("the name of a network is missing")?;
    NETWORKS.into_iter().find(|network| network.name == name).ok_or_else(|| {
        let names = NETWORKS.map(|network| network.name).join(", ");
        format!("there is no network {name}; there are {names}")
    })
}

fn count(what: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(value) if value > 0 => Ok(value),
        _ => Err(format!("--{what} is {text}, expected a whole number of at least 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        Arguments::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_line_is_understood() {
        let arguments = parsed("train mnist --threads 1 --optimizer sgd").unwrap();
        assert!(matches!(arguments.command, Command::Train(workload) if workload.name == "mnist"));
        assert_eq!((arguments.threads, arguments.optimizer.name()), (1, "sgd"));
        let arguments = parsed("infer 64-100-10 --batch 4096").unwrap();
        assert!(matches!(arguments.command, Command::Infer(_, 4096)));
        assert!(matches!(parsed("peak").unwrap().command, Command::Peak));
        assert_eq!((arguments.threads, arguments.optimizer.name()), (2, "adam"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("", "missing"),
            ("train", "missing"),
            ("train minst", "minst"),
            ("train mnist wide", "wide"),
            ("train mnist --threads 0", "--threads is 0"),
            ("train mnist --threads", "needs a value"),
            ("train mnist --optimizer lion", "lion"),
            ("train mnist --quick", "--quick"),
            ("export mnist", "--folder"),
            ("infer 64-100", "64-100"),
            ("run mnist", "run"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
