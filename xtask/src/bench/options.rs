//! The arguments of `cargo xtask bench`.

use super::reports::{self, Report};
use super::rivals::{INFER, TRAIN};

pub(crate) const HELP: &str = "\
cargo xtask bench [WORKLOAD…] [--threads 2] [--optimizer adam] [--rivals | --rival NAME…]
                                           times trainings; workloads: step digits tabular mnist wide (all)
cargo xtask bench infer [--rivals | --rival NAME…]
                                           times forward passes
cargo xtask bench python                   times the Python package beside scikit-learn
cargo xtask bench scaling                  the time of an epoch against examples, parameters and size of a batch
cargo xtask bench memory                   the memory of a training against what it cannot do without
cargo xtask bench load                     trainings while another process keeps one processor busy
cargo xtask bench decayed                  trainings whose gradients are subnormal
    --rivals times the other libraries too, --rival one of them; they need Python and, once, a network. With it, and
    from the last five, the tables go into bench/RESULTS.md. --threads and --optimizer go with all but infer and python";

/// The workloads, in the order in which they run and stand in tables.
pub(crate) const WORKLOADS: [&str; 5] = ["step", "digits", "tabular", "mnist", "wide"];

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Trainings of these workloads.
    Training(Vec<&'static str>),
    /// Forward passes.
    Inference,
    /// The Python package.
    Python,
    /// Something about ourselves alone.
    Report(&'static Report),
}

/// The checked arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) what: What,
    pub(crate) threads: usize,
    pub(crate) optimizer: &'static str,
    /// The names of the rivals.
    pub(crate) rivals: Vec<&'static str>,
}

impl Options {
    pub(crate) fn parse<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut threads, mut optimizer, mut rivals) = (None, None, false);
        let (mut names, mut only) = (Vec::new(), Vec::new());
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument {
                "--threads" => threads = Some(whole_number(argument, value()?)?),
                "--optimizer" => optimizer = Some(known_optimizer(value()?)?),
                "--rivals" => rivals = true,
                "--rival" => only.push(value()?),
                option if option.starts_with('-') => {
                    return Err(format!("`bench` has no option {option}"));
                }
                name => names.push(name),
            }
        }
        let what = match names.as_slice() {
            ["infer"] => What::Inference,
            ["python"] => What::Python,
            [name] => match reports::find(name) {
                Some(report) => What::Report(report),
                None => What::Training(workloads(&names)?),
            },
            names => What::Training(workloads(names)?),
        };
        if matches!(what, What::Inference | What::Python)
            && (threads.is_some() || optimizer.is_some())
        {
            return Err(format!("`bench {}` takes neither --threads nor --optimizer", names[0]));
        }
        let known = match what {
            What::Training(_) => TRAIN,
            What::Inference => INFER,
            What::Report(_) | What::Python => &[],
        };
        if (rivals || !only.is_empty()) && known.is_empty() {
            return Err(format!("`bench {}` has no rivals", names[0]));
        }
        let known: Vec<&str> = known.iter().map(|rival| rival.name).collect();
        if let Some(unknown) = only.iter().find(|name| !known.contains(name)) {
            return Err(format!("there is no rival {unknown}; there are {}", known.join(", ")));
        }
        let rivals = known.into_iter().filter(|name| rivals || only.contains(name)).collect();
        let (threads, optimizer) = (threads.unwrap_or(2), optimizer.unwrap_or("adam"));
        Ok(Self { what, threads, optimizer, rivals })
    }
}

/// The named workloads in their order; all of them if none is named.
fn workloads(names: &[&str]) -> Result<Vec<&'static str>, String> {
    if let Some(unknown) = names.iter().find(|name| !WORKLOADS.contains(name)) {
        return Err(format!(
            "there is no workload {unknown}; there are {}; and on their own infer, python, scaling, memory, load, decayed",
            WORKLOADS.join(", ")
        ));
    }
    let chosen = WORKLOADS.into_iter().filter(|name| names.is_empty() || names.contains(name));
    Ok(chosen.collect())
}

fn whole_number(option: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{option} is {text}, expected a whole number of at least 1")),
    }
}

fn known_optimizer(name: &str) -> Result<&'static str, String> {
    let names = ["sgd", "adam"];
    let known = names.into_iter().find(|known| *known == name);
    known.ok_or_else(|| format!("--optimizer is {name}, expected sgd or adam"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace())
    }

    #[test]
    fn the_arguments_are_understood() {
        let all = parsed("").unwrap();
        assert_eq!(all.what, What::Training(WORKLOADS.to_vec()));
        assert_eq!((all.threads, all.optimizer, all.rivals.len()), (2, "adam", 0));
        let some = parsed("wide --threads 1 --rivals digits --optimizer sgd").unwrap();
        assert_eq!(some.what, What::Training(vec!["digits", "wide"]));
        assert_eq!((some.threads, some.optimizer, some.rivals.len()), (1, "sgd", TRAIN.len()));
        assert_eq!(parsed("mnist --rival jax").unwrap().rivals, ["jax"]);
        assert_eq!(parsed("infer --rivals").unwrap().what, What::Inference);
        let load = parsed("load --threads 3").unwrap();
        assert!(matches!(load.what, What::Report(report) if report.name == "load"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("minst", "minst"),
            ("infer mnist", "infer"),
            ("--threads", "needs a value"),
            ("--threads two", "--threads is two"),
            ("--threads 0", "--threads is 0"),
            ("--optimizer lion", "lion"),
            ("--quick", "--quick"),
            ("infer --threads 1", "--threads"),
            ("memory --rivals", "memory"),
            ("memory load", "memory"),
            ("--rival caffe", "caffe"),
            ("infer --rival jax", "onnxruntime"),
            ("python --threads 2", "python"),
            ("python --rivals", "no rivals"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
