//! Arguments of the commands about tables and their models.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deltarule::{Activation, Adam, AdamW, Lbfgs, Optimizer, Rprop, Schedule, Sgd};
use deltarule_tabular::ReadOptions;

use super::exercises::NotationName;
use super::values::{above_zero, at_least_zero, count, digits, number, part};
use crate::render::DocumentFormat;

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A model file
    pub(crate) model: PathBuf,
    /// A table, an embedded data set, or - for standard input
    pub(crate) data: String,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Which rows, with commas, 1 being the first
    #[arg(long, value_name = "ROWS", value_delimiter = ',', default_value = "1", value_parser = count)]
    pub(crate) rows: Vec<usize>,
    /// Add the update that training on these rows would make next
    #[arg(long)]
    pub(crate) step: bool,
    /// How the explanation is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<DocumentFormat>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Significant digits of numbers [default: 6]
    #[arg(long, value_parser = digits)]
    pub(crate) digits: Option<usize>,
    /// The letters: x and t, or a and y [default: sheet]
    #[arg(long, value_enum)]
    pub(crate) notation: Option<NotationName>,
}

/// How a delimited file is read; with a model, what is not said is as in its training.
#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// The first line is data; columns are c1, c2, …
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub(crate) no_header: Option<bool>,
    /// What separates the cells: a character, or tab [default: that of the model, or what the file's ending stands for]
    #[arg(long, value_name = "C", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Numbers are written 1,5
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub(crate) decimal_comma: Option<bool>,
    /// The encoding of the text, for example latin1 [default: that of the model, or utf-8]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
}

impl ReadArguments {
    /// What was typed, over the options of a model's training or the defaults.
    pub(crate) fn over(&self, options: &ReadOptions) -> ReadOptions {
        ReadOptions {
            header: self.no_header.map_or(options.header, |no_header| !no_header),
            delimiter: self.delimiter.or(options.delimiter),
            decimal_comma: self.decimal_comma.unwrap_or(options.decimal_comma),
            encoding: self.encoding.clone().unwrap_or_else(|| options.encoding.clone()),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// A table (.csv, .tsv, .csv.gz, .parquet, or - for standard input) or an embedded data set (iris, digits)
    pub(crate) data: String,
    /// The column to predict, or several with commas; quotes keep a comma in a name: '"a,b",c' [default: the last]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Vec<String>,
    /// Test on this table and train on all of DATA
    #[arg(long, value_name = "FILE", conflicts_with = "holdout")]
    pub(crate) test: Option<String>,
    /// The part of the rows kept for testing [default: 0.2]
    #[arg(long, allow_negative_numbers = true, value_name = "PART", value_parser = part)]
    pub(crate) holdout: Option<f64>,
    /// Where the model goes [default: the data's name with .safetensors]
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: Option<PathBuf>,
    /// Units of the hidden layers, for example 100 or 64,32; or none [default: 100]
    #[arg(long, allow_negative_numbers = true, value_name = "UNITS", value_parser = hidden)]
    pub(crate) hidden: Option<Hidden>,
    /// The activation of the hidden layers [default: relu]
    #[arg(long, value_parser = crate::choices::hidden_activation())]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArguments,
    /// constant, inverse_scaling, adaptive, step, exponential or cosine [default: constant]
    #[arg(long, value_parser = named::<Schedule>)]
    pub(crate) schedule: Option<Schedule>,
    /// Passes over the training rows [default: as many as make about 4,000 updates, 10 to 200]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Rows per update [default: a fortieth of the rows, 16 to 256]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<usize>,
    /// λ of the penalty ½λΣw² on the weights; not with adamw, whose weight decay takes its place [default: 0.001]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) l2: Option<f64>,
    /// The probability that a hidden unit is silenced in a step [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "PART", value_parser = part)]
    pub(crate) dropout: Option<f64>,
    /// Whether every class counts the same [default: none]
    #[arg(long, value_enum)]
    pub(crate) class_weight: Option<ClassWeightArgument>,
    /// Stop when a tenth of the training rows, kept aside, no longer gets better
    #[arg(long)]
    pub(crate) early_stopping: bool,
    /// Epochs without improvement before early stopping [default: 10]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count, requires = "early_stopping")]
    pub(crate) patience: Option<usize>,
    /// Go on with the training of this model
    #[arg(long, value_name = "MODEL", conflicts_with_all = [
        "target", "hidden", "activation", "optimizer", "precision", "task", "drop", "categories",
    ])]
    pub(crate) resume: Option<PathBuf>,
    /// Draws the hold-out, the initial weights and the order of the rows [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Threads; the result does not depend on them [default: one per processor]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) threads: Option<usize>,
    /// The type of the network's numbers [default: f32]
    #[arg(long, value_enum)]
    pub(crate) precision: Option<PrecisionArgument>,
    /// Whether classes or numbers are predicted [default: auto]
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskArgument>,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// The most distinct values of a text column [default: 256]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) categories: Option<usize>,
    /// Leave a column out; may be given several times, or several with commas
    #[arg(long, value_name = "COLUMN")]
    pub(crate) drop: Vec<String>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
    /// Print nothing but errors
    #[arg(long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

/// The optimiser of a training and its parameters.
#[derive(Debug, Args)]
pub(crate) struct OptimizerArguments {
    /// sgd, momentum, nesterov, adam, adamw, rprop or lbfgs [default: adam]
    #[arg(id = "optimizer", long = "optimizer", value_name = "OPTIMIZER", value_parser = optimizer)]
    pub(crate) kind: Option<Optimizer>,
    /// The learning rate [default: that of the optimizer, 0.001 for adam]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = above_zero)]
    pub(crate) learning_rate: Option<f64>,
    /// The momentum of sgd, momentum and nesterov [default: 0.9, and 0 for sgd]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) momentum: Option<f64>,
    /// λ of the weight decay of adamw, w ← w − ηλw beside Adam's step; it takes the place of --l2 [default: 0.01]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) weight_decay: Option<f64>,
    /// β₁ of adam and adamw [default: 0.9]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) beta1: Option<f64>,
    /// β₂ of adam and adamw [default: 0.999]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) beta2: Option<f64>,
    /// ε of adam and adamw [default: 1e-8]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = above_zero)]
    pub(crate) epsilon: Option<f64>,
}

impl OptimizerArguments {
    /// What was typed, over the optimiser of an earlier training or the default one.
    ///
    /// # Errors
    /// When a parameter was typed that the optimiser does not have.
    pub(crate) fn over(&self, earlier: Optimizer) -> Result<Optimizer, String> {
        let mut optimizer = self.kind.unwrap_or(earlier);
        // What is typed and left over belongs to no parameter.
        let mut left = [
            ("learning rate", self.learning_rate),
            ("momentum", self.momentum),
            ("weight decay", self.weight_decay),
            ("beta1", self.beta1),
            ("beta2", self.beta2),
            ("epsilon", self.epsilon),
        ];
        let mut take = |name: &str, parameter: &mut f64| {
            for (_, value) in left.iter_mut().filter(|(known, _)| *known == name) {
                *parameter = value.take().unwrap_or(*parameter);
            }
        };
        match &mut optimizer {
            Optimizer::Sgd(Sgd { learning_rate, momentum, nesterov: _ }) => {
                take("learning rate", learning_rate);
                take("momentum", momentum);
            }
            Optimizer::Adam(Adam { learning_rate, beta1, beta2, epsilon, epsilon_hat: _ }) => {
                take("learning rate", learning_rate);
                take("beta1", beta1);
                take("beta2", beta2);
                take("epsilon", epsilon);
            }
            Optimizer::AdamW(AdamW { learning_rate, beta1, beta2, epsilon, weight_decay }) => {
                take("learning rate", learning_rate);
                take("beta1", beta1);
                take("beta2", beta2);
                take("epsilon", epsilon);
                take("weight decay", weight_decay);
            }
            Optimizer::Rprop(rprop) => take("learning rate", &mut rprop.initial_step),
            Optimizer::Lbfgs(_) => {}
        }
        match left.into_iter().find(|(_, value)| value.is_some()) {
            None => Ok(optimizer),
            Some((option, _)) => {
                let why = match &optimizer {
                    Optimizer::Lbfgs(_) if option == "learning rate" => {
                        ": its line search finds the step"
                    }
                    _ => "",
                };
                let owners = match option {
                    "momentum" => " (sgd, momentum and nesterov have one)",
                    "weight decay" => " (adamw has one; the others have --l2)",
                    "beta1" | "beta2" | "epsilon" => " (adam and adamw have one)",
                    _ => "",
                };
                // As it was typed: sgd with a momentum has another name.
                let name = self.kind.unwrap_or(earlier).name();
                Err(format!(
                    "the optimizer {name} has no {option}{why}{owners}; leave the option out"
                ))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeightArgument {
    /// Every row counts the same
    None,
    /// Every class counts the same
    Balanced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrecisionArgument {
    /// Single precision
    F32,
    /// Double precision
    F64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskArgument {
    /// Text, booleans and integers with at most 20 distinct values are classes
    Auto,
    /// Classes
    Classification,
    /// Numbers
    Regression,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// A model written by train
    pub(crate) model: PathBuf,
    /// A table with the columns of the training
    pub(crate) data: String,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "OUT.csv")]
    pub(crate) output: Option<PathBuf>,
    /// Add the probability of each class
    #[arg(long)]
    pub(crate) proba: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// A model written by train
    pub(crate) model: PathBuf,
    /// A table with the columns of the training and the target
    pub(crate) data: String,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Exit with 1 unless a metric is reached, for example accuracy=0.9 or rmse=3.5
    #[arg(long, value_name = "METRIC=VALUE", value_parser = requirement)]
    pub(crate) require: Vec<(deltarule::Metric, f64)>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A model written by train
    pub(crate) model: PathBuf,
}

/// Units of the hidden layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

fn hidden(text: &str) -> Result<Hidden, String> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    text.split(',').map(|part| count(part.trim())).collect::<Result<_, _>>().map(Hidden)
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Ok(*byte),
        _ => Err("must be a single character such as ';', or tab".into()),
    }
}

fn named<T: std::str::FromStr<Err = deltarule::Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: deltarule::Error| error.to_string())
}

/// An optimiser by the name that it has everywhere, with the parameters of its paper.
fn optimizer(text: &str) -> Result<Optimizer, String> {
    let all: [Optimizer; 7] = [
        Sgd::default().into(),
        Sgd { momentum: 0.9, ..Sgd::default() }.into(),
        Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() }.into(),
        Adam::default().into(),
        AdamW::default().into(),
        Rprop::default().into(),
        Lbfgs::default().into(),
    ];
    let names = all.map(|optimizer| optimizer.name());
    let place = names.iter().position(|name| *name == text);
    place.map(|place| all[place]).ok_or_else(|| format!("allowed: {}", names.join(", ")))
}

fn requirement(text: &str) -> Result<(deltarule::Metric, f64), String> {
    let (name, value) = text.split_once('=').ok_or("must look like accuracy=0.9")?;
    let metric: deltarule::Metric = named(name.trim())?;
    Ok((metric, number(value.trim())?))
}
