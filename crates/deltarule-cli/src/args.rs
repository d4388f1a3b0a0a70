//! What can be typed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use deltarule::{Activation, Loss, Schedule};
use deltarule_tabular::{OptimizerName, ReadOptions};

use crate::render::Format;

/// A multilayer perceptron that trains fast and reproducibly, and shows every step it takes
#[derive(Debug, Parser)]
#[command(name = "deltarule", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the worked solution of a backpropagation exercise
    Solve(SolveArguments),
    /// Show what changes in an exercise when its loss and its outputs do
    Compare(CompareArguments),
    /// Make a new exercise, or variants of one for a class
    New(Box<NewArguments>),
    /// Mark answers to an exercise and name their mistakes
    Check(CheckArguments),
    /// Print the formulas of activations, losses and optimisers on one page
    Formulas(FormulasArguments),
    /// Train a classifier or regressor on a table
    Train(Box<TrainArguments>),
    /// Predict the rows of a table with a trained model
    Predict(PredictArguments),
    /// Say how good a trained model is on a table that holds the answers
    Evaluate(EvaluateArguments),
    /// Show what a trained model makes of rows of a table, step by step
    Explain(ExplainArguments),
    /// Show the network, the preparation and the training record of a model
    Inspect(InspectArguments),
    /// List the data sets inside the program
    Datasets,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SolveArguments {
    /// An exercise file, or 1, 2 or 3 for the sheet's exercises
    #[arg(value_name = "FILE|1|2|3")]
    pub(crate) exercise: String,
    /// How the solution is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Significant digits of numbers; JSON has all of them [default: 6]
    #[arg(long, value_parser = digits)]
    pub(crate) digits: Option<usize>,
    /// The letters: x and t, or a and y [default: sheet]
    #[arg(long, value_enum)]
    pub(crate) notation: Option<NotationName>,
    /// How the examples of a batch are shown [default: vectorised]
    #[arg(long, value_enum)]
    pub(crate) batch: Option<BatchName>,
    /// Leave the results out: a worksheet to fill in
    #[arg(long)]
    pub(crate) blank: bool,
    /// Print the exercise file itself, to start a new one from
    #[arg(long, conflicts_with_all = ["format", "digits", "notation", "batch", "blank"])]
    pub(crate) source: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// An exercise file, or 1, 2 or 3 for the sheet's exercises
    #[arg(value_name = "FILE|1|2|3")]
    pub(crate) exercise: String,
    /// The losses, with commas [default: squared_error,cross_entropy]
    #[arg(long, value_name = "LOSS", value_delimiter = ',', value_parser = crate::choices::loss())]
    pub(crate) losses: Vec<Loss>,
    /// The activations of the outputs, with commas [default: that of the exercise, or of its hidden layers, and softmax]
    #[arg(long, value_name = "ACTIVATION", value_delimiter = ',', value_parser = crate::choices::output_activation())]
    pub(crate) outputs: Vec<Activation>,
    /// How the comparison is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
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

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    #[command(flatten)]
    pub(crate) sheet: SheetArguments,
}

/// What the exercise is about.
#[derive(Debug, Args)]
#[command(next_help_heading = "The exercise")]
pub(crate) struct RecipeArguments {
    /// Units per layer, inputs first
    #[arg(long, allow_negative_numbers = true, value_name = "UNITS", default_value = "3,2,2", value_delimiter = ',', value_parser = count)]
    pub(crate) layers: Vec<usize>,
    /// The activation of the hidden layers, and of the outputs where nothing else is said
    #[arg(long, default_value = "sigmoid", hide_possible_values = true, value_parser = crate::choices::output_activation())]
    pub(crate) activation: Activation,
    /// The activation of the outputs [default: that of the hidden layers, or the one that the loss is made for]
    #[arg(long, value_parser = crate::choices::output_activation())]
    pub(crate) output_activation: Option<Activation>,
    /// The loss
    #[arg(long, default_value = "squared_error", value_parser = crate::choices::loss())]
    pub(crate) loss: Loss,
    /// What the parts ask for, with commas [default: update,classify; with one output: update]
    #[arg(long, value_enum, value_name = "TASK", value_delimiter = ',')]
    pub(crate) parts: Vec<TaskName>,
    /// Which parameters the later parts start from
    #[arg(long, value_enum, default_value = "trained")]
    pub(crate) start: StartName,
    /// Examples per part; a classification has one
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value = "2", value_parser = count)]
    pub(crate) examples: usize,
    /// The optimiser of the updates
    #[arg(long, default_value = "sgd", value_parser = PossibleValuesParser::new(EXERCISE_OPTIMIZERS))]
    pub(crate) optimizer: String,
    /// The learning rate [default: 0.5 for sgd, 0.2 for momentum and nesterov, else 0.1]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = above_zero)]
    pub(crate) learning_rate: Option<f64>,
    /// The momentum of momentum and nesterov [default: 0.9]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) momentum: Option<f64>,
    /// Whether losses and gradients of the examples are added up or averaged
    #[arg(long, value_enum, default_value = "sum")]
    pub(crate) reduction: ReductionName,
    /// One joint update of all examples, or one per example
    #[arg(long, value_enum, default_value = "batch")]
    pub(crate) mode: ModeName,
    /// How often an update goes through its examples [default: 1 for sgd, else 2, since a first step has no memory]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Whether updates change the biases
    #[arg(long, value_name = "BOOL", default_value = "true", action = clap::ArgAction::Set)]
    pub(crate) train_biases: bool,
    /// All biases are 0 at the beginning
    #[arg(long)]
    pub(crate) no_biases: bool,
    /// λ of the penalty ½λΣw² on the weights
    #[arg(long, allow_negative_numbers = true, value_name = "F", default_value = "0", value_parser = at_least_zero)]
    pub(crate) l2: f64,
    /// Show a saturated unit
    #[arg(long, conflicts_with = "dead_unit")]
    pub(crate) saturated: bool,
    /// Show a dead ReLU unit
    #[arg(long)]
    pub(crate) dead_unit: bool,
    /// Significant digits that answers should have [default: Moodle asks for 4, nothing else says]
    #[arg(long, value_parser = digits)]
    pub(crate) digits: Option<usize>,
    /// The title [default: what the exercise is about]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Draws the numbers: the same seed makes the same exercise
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value = "0")]
    pub(crate) seed: u64,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is written")]
pub(crate) struct SheetArguments {
    /// Write the exercise to a file instead of standard output; with --count NAME-01.toml, NAME-02.toml, … or, if PATH is a
    /// directory, exercise-01.toml, … in it
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Make this many variants, each with a seed of its own
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) count: Option<usize>,
    /// Write a sheet to fill in as Markdown, and its solution to FILE-solutions
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write a sheet to fill in as LaTeX, and its solution to FILE-solutions
    #[arg(long, value_name = "FILE")]
    pub(crate) latex: Option<PathBuf>,
    /// Write a sheet to fill in as PDF, and its solution to FILE-solutions
    #[arg(long, value_name = "FILE")]
    pub(crate) pdf: Option<PathBuf>,
    /// Write Cloze questions for Moodle, a question per variant with its solution as feedback
    #[arg(long, value_name = "FILE")]
    pub(crate) moodle: Option<PathBuf>,
    /// The letters of sheets and questions: x and t, or a and y [default: sheet]
    #[arg(long, value_enum)]
    pub(crate) notation: Option<NotationName>,
}

/// The optimisers that exercises have.
const EXERCISE_OPTIMIZERS: [&str; 6] = ["sgd", "momentum", "nesterov", "adam", "adamw", "rprop"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskName {
    /// The forward pass
    Forward,
    /// Forward and backward pass
    Gradient,
    /// Forward and backward pass, and the update
    Update,
    /// The class of a query
    Classify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartName {
    /// Those that the last update ended with
    Trained,
    /// Those that are given
    Initial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReductionName {
    /// Added up
    Sum,
    /// Averaged
    Mean,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeName {
    /// One joint update
    Batch,
    /// One update per example, in order
    Online,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// An exercise file, or 1, 2 or 3 for the sheet's exercises
    #[arg(value_name = "FILE|1|2|3")]
    pub(crate) exercise: String,
    /// The answers: a file (.toml, .csv, .json), a folder of such, or - for standard input
    #[arg(value_name = "ANSWERS", required_unless_present = "template")]
    pub(crate) answers: Option<String>,
    /// Write a file to fill in [default: what the ending of -o stands for, else toml]
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true, conflicts_with_all = [
        "answers", "format", "marks", "absolute", "relative",
    ])]
    pub(crate) template: Option<Option<TemplateName>>,
    /// How the marking is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write to a file instead of standard output; for a folder, .csv is where the marks go [default there: marks.csv]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// What all quantities of a kind are worth together, for example z=10,x=10,delta=30 [default: 1 for each quantity]
    #[arg(long, value_name = "KIND=MARKS,…")]
    pub(crate) marks: Option<String>,
    /// Beside what the written digits allow: an absolute difference [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) absolute: Option<f64>,
    /// Beside what the written digits allow: a difference relative to the right number [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) relative: Option<f64>,
}

/// The formats of a file to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplateName {
    /// A list or matrix per quantity
    Toml,
    /// A row per number, for a spreadsheet
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct FormulasArguments {
    /// Which activations, losses and optimisers [default: all]
    #[arg(value_name = "ACTIVATION|LOSS|OPTIMIZER")]
    pub(crate) names: Vec<String>,
    /// How the sheet is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

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
    pub(crate) format: Option<Format>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NotationName {
    /// x^[l] for the outputs of a layer, t for targets
    Sheet,
    /// a^[l] and y
    Standard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchName {
    /// Matrices with a column per example
    Vectorised,
    /// One example after the other, and the sum at the end
    Examples,
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
    /// sgd, nesterov, adam, adamw, rprop or lbfgs [default: adam]
    #[arg(long, value_parser = optimizer)]
    pub(crate) optimizer: Option<OptimizerName>,
    /// The learning rate [default: that of the optimizer, 0.001 for adam]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = above_zero)]
    pub(crate) learning_rate: Option<f64>,
    /// The momentum of sgd and nesterov
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) momentum: Option<f64>,
    /// constant, inverse_scaling, adaptive, step, exponential or cosine [default: constant]
    #[arg(long, value_parser = named::<Schedule>)]
    pub(crate) schedule: Option<Schedule>,
    /// Passes over the training rows [default: as many as make about 4,000 updates, 10 to 200]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Rows per update [default: a fortieth of the rows, 16 to 256]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<usize>,
    /// λ of the penalty ½λΣw² on the weights [default: 0.001]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) l2: Option<f64>,
    /// The probability that a hidden unit is silenced in a step [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "PART", value_parser = part)]
    pub(crate) dropout: Option<f64>,
    /// Whether every class counts the same [default: none]
    #[arg(long, value_enum)]
    pub(crate) class_weight: Option<ClassWeight>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeight {
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

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(value) => Ok(value),
        Err(_) => Err("must be a whole number from 1".into()),
    }
}

fn digits(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(value @ 1..=17) => Ok(value),
        _ => Err("must be a whole number from 1 to 17".into()),
    }
}

fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err("must be a number".into()),
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| if v > 0.0 { Ok(v) } else { Err("must be above 0".into()) })
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| if v >= 0.0 { Ok(v) } else { Err("must be at least 0".into()) })
}

fn part(text: &str) -> Result<f64, String> {
    number(text).and_then(|v| {
        if (0.0..1.0).contains(&v) { Ok(v) } else { Err("must be at least 0 and below 1".into()) }
    })
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

fn optimizer(text: &str) -> Result<OptimizerName, String> {
    OptimizerName::ALL.into_iter().find(|o| o.name() == text).ok_or_else(|| {
        format!("allowed: {}", OptimizerName::ALL.map(OptimizerName::name).join(", "))
    })
}

fn requirement(text: &str) -> Result<(deltarule::Metric, f64), String> {
    let (name, value) = text.split_once('=').ok_or("must look like accuracy=0.9")?;
    let metric: deltarule::Metric = named(name.trim())?;
    Ok((metric, number(value.trim())?))
}
