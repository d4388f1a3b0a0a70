//! The optimiser of a training: flags, their ranges and their help are made from the engine's tables.

use std::sync::OnceLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use deltarule::{Optimizer, OptimizerParameter, ParameterRole};
use deltarule_document::Math;
use deltarule_tabular::FitOptions;

use super::values::within;
use crate::choices;

/// The flag of the size of the steps, whatever an optimiser calls it.
const RATE: &str = "learning_rate";

/// The optimiser of a training and its parameters.
#[derive(Debug)]
pub(crate) struct OptimizerArguments {
    kind: Option<Optimizer>,
    /// What was typed, by key.
    given: Vec<(&'static OptimizerParameter, f64)>,
}

/// A parameter that has a flag.
struct Flag {
    about: &'static OptimizerParameter,
    /// Its name after `--`.
    long: String,
}

/// The parameters that have flags, each once.
fn flags() -> &'static [Flag] {
    static FLAGS: OnceLock<Vec<Flag>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        let mut flags: Vec<Flag> = Vec::new();
        for optimizer in Optimizer::ALL {
            for (about, _) in optimizer.parameters() {
                // What is the size of the steps goes by the flag of the learning rate.
                let is_rate = optimizer.rate_key() == Some(about.key) && about.key != RATE;
                let is_new = flags.iter().all(|known| known.about.key != about.key);
                if about.role == ParameterRole::Choice && !is_rate && is_new {
                    flags.push(Flag { about, long: about.key.replace('_', "-") });
                }
            }
        }
        flags
    })
}

/// Sets what a flag stands for; `false` where the optimiser has no such thing.
fn set(optimizer: &mut Optimizer, key: &str, value: f64) -> bool {
    match optimizer.rate_key() {
        Some(rate) if key == RATE => optimizer.set(rate, value),
        _ => optimizer.set(key, value),
    }
}

/// The optimisers that a flag is for.
fn owners(key: &str) -> Vec<Optimizer> {
    Optimizer::ALL.into_iter().filter(|optimizer| set(&mut optimizer.clone(), key, 0.5)).collect()
}

fn names<'a>(optimizers: impl IntoIterator<Item = &'a Optimizer>) -> String {
    let names: Vec<&str> = optimizers.into_iter().map(Optimizer::name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_string(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What a parameter is, whose it is, and what it is by default.
fn help(about: &OptimizerParameter) -> String {
    let owners = owners(about.key);
    // What is called by its letter is shown as that.
    let what = if about.words == deltarule_worked::python::letter(about.symbol) {
        Math::formula(about.symbol).to_string()
    } else {
        format!("The {}", about.words)
    };
    let whose = if about.key == RATE { String::new() } else { format!(" of {}", names(&owners)) };
    let value = |optimizer: &Optimizer| match about.key {
        RATE => Some(optimizer.learning_rate()),
        key => optimizer.get(key),
    };
    let mut defaults: Vec<(f64, Vec<&Optimizer>)> = Vec::new();
    for owner in &owners {
        let Some(value) = value(owner) else { continue };
        match defaults.iter_mut().find(|(known, _)| *known == value) {
            Some((_, same)) => same.push(owner),
            None => defaults.push((value, vec![owner])),
        }
    }
    let shown = |value: f64| if value < 1e-4 { format!("{value:e}") } else { value.to_string() };
    let text: Vec<String> = match defaults.as_slice() {
        [(value, of)] if of.len() == owners.len() => vec![shown(*value)],
        several => several
            .iter()
            .map(|(value, of)| format!("{} for {}", shown(*value), names(of.iter().copied())))
            .collect(),
    };
    format!("{what}{whose} [default: {}]", text.join(", "))
}

impl Args for OptimizerArguments {
    fn augment_args(command: Command) -> Command {
        let kind = Arg::new("optimizer")
            .long("optimizer")
            .value_name("OPTIMIZER")
            .value_parser(choices::named::<Optimizer>)
            .help(choices::listed(&FitOptions::default().optimizer));
        flags().iter().fold(command.arg(kind), |command, Flag { about, long }| {
            let usual = about.usual;
            let flag = Arg::new(about.key)
                .long(long.as_str())
                .value_name("F")
                .allow_negative_numbers(true)
                .value_parser(move |text: &str| within(text, &usual))
                .help(help(about));
            command.arg(flag)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OptimizerArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |Flag { about, .. }: &Flag| {
            matches.get_one::<f64>(about.key).map(|value| (*about, *value))
        };
        Ok(Self {
            kind: matches.get_one::<Optimizer>("optimizer").copied(),
            given: flags().iter().filter_map(typed).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl OptimizerArguments {
    /// What was typed, over the optimiser of an earlier training or the default one.
    ///
    /// # Errors
    /// When a parameter was typed that the optimiser does not have.
    pub(crate) fn over(&self, earlier: Optimizer) -> Result<Optimizer, String> {
        // As it was typed: sgd with a momentum has another name.
        let typed = self.kind.unwrap_or(earlier);
        let mut optimizer = typed;
        for (about, value) in &self.given {
            if !set(&mut optimizer, about.key, *value) {
                return Err(refusal(&typed, about));
            }
        }
        Ok(optimizer)
    }
}

/// That an optimiser has no such parameter, and which ones have.
fn refusal(optimizer: &Optimizer, about: &OptimizerParameter) -> String {
    let owners = owners(about.key);
    let whose = match (about.key, owners.len()) {
        (RATE, _) => ": its line search finds the step".to_string(),
        ("weight_decay", 1) => format!(" ({} has one; the others have --l2)", names(&owners)),
        (_, 1) => format!(" ({} has one)", names(&owners)),
        (_, _) => format!(" ({} have one)", names(&owners)),
    };
    let (name, option) = (optimizer.name(), about.words);
    format!("the optimizer {name} has no {option}{whose}; leave the option out")
}
