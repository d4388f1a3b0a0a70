//! Arguments of the commands about tables and their models.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deltarule::{Activation, Choice, Metric, Schedule};
use deltarule_exercise::Notation;
use deltarule_tabular::{FloatType, ReadOptions, TaskChoice};

use super::exercises::notation;
use super::optimizer::OptimizerArguments;
use super::values::{at_least_zero, count, digits, number, part};
use crate::choices;
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
    #[arg(long, value_parser = notation())]
    pub(crate) notation: Option<Notation>,
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
    #[arg(long, value_parser = choices::named::<Schedule>, help = choices::listed(&Schedule::default()))]
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
    #[arg(long, value_parser = crate::choices::explained(precision_help))]
    pub(crate) precision: Option<FloatType>,
    /// Whether classes or numbers are predicted [default: auto]
    #[arg(long, value_parser = crate::choices::explained(task_help))]
    pub(crate) task: Option<TaskChoice>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeightArgument {
    /// Every row counts the same
    None,
    /// Every class counts the same
    Balanced,
}

fn precision_help(precision: FloatType) -> &'static str {
    match precision {
        FloatType::F32 => "Single precision",
        FloatType::F64 => "Double precision",
    }
}

fn task_help(task: TaskChoice) -> &'static str {
    match task {
        TaskChoice::Auto => {
            "Text, booleans and integers with at most 20 distinct values are classes"
        }
        TaskChoice::Classification => "Classes",
        TaskChoice::Regression => "Numbers",
    }
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
    pub(crate) require: Vec<(Metric, f64)>,
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

fn requirement(text: &str) -> Result<(Metric, f64), String> {
    let (name, value) = text.split_once('=').ok_or("must look like accuracy=0.9")?;
    let metric = Metric::of_name(name.trim()).map_err(|error| error.to_string())?;
    Ok((metric, number(value.trim())?))
}
