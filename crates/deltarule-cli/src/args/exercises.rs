//! Arguments of the commands about exercises.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deltarule::trace::Reduction;
use deltarule::{Activation, Loss, Optimizer};
use deltarule_exercise::generate::StartFrom;
use deltarule_exercise::{BatchLayout, Mode, Notation, PartTask};

use super::values::{above_zero, at_least_zero, count, digits, part};
use crate::render::DocumentFormat;

#[derive(Debug, Args)]
pub(crate) struct SolveArguments {
    /// An exercise file, or 1, 2 or 3 for the sheet's exercises
    #[arg(value_name = "FILE|1|2|3")]
    pub(crate) exercise: String,
    /// How the solution is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<DocumentFormat>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Significant digits of numbers; JSON has all of them [default: 6]
    #[arg(long, value_parser = digits)]
    pub(crate) digits: Option<usize>,
    /// The letters: x and t, or a and y [default: sheet]
    #[arg(long, value_parser = notation())]
    pub(crate) notation: Option<Notation>,
    /// How the examples of a batch are shown [default: vectorised]
    #[arg(long, value_parser = crate::choices::explained(batch_help))]
    pub(crate) batch: Option<BatchLayout>,
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
    /// The losses, with commas [default: those that the targets ask for]
    #[arg(long, value_name = "LOSS", value_delimiter = ',', value_parser = crate::choices::loss())]
    pub(crate) losses: Vec<Loss>,
    /// The activations of the outputs, with commas [default: that of the exercise, and that which the targets ask for]
    #[arg(long, value_name = "ACTIVATION", value_delimiter = ',', value_parser = crate::choices::output_activation())]
    pub(crate) outputs: Vec<Activation>,
    /// On one page: the answer, and the numbers that show it
    #[arg(long)]
    pub(crate) short: bool,
    /// How the comparison is written [default: what the ending of -o stands for, else text]
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
    #[arg(long, value_name = "TASK", value_delimiter = ',', value_parser = crate::choices::explained(task_help))]
    pub(crate) parts: Vec<PartTask>,
    /// Which parameters the later parts start from
    #[arg(long, default_value = "trained", value_parser = crate::choices::explained(start_help))]
    pub(crate) start: StartFrom,
    /// Examples per part; a classification has one
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value = "2", value_parser = count)]
    pub(crate) examples: usize,
    /// The optimiser of the updates
    #[arg(long, default_value = "sgd", value_parser = crate::choices::exercise_optimizer())]
    pub(crate) optimizer: Optimizer,
    /// The learning rate [default: 0.5 for sgd, 0.2 for momentum and nesterov, else 0.1]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = above_zero)]
    pub(crate) learning_rate: Option<f64>,
    /// The momentum of momentum and nesterov [default: 0.9]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = part)]
    pub(crate) momentum: Option<f64>,
    /// Whether losses and gradients of the examples are added up or averaged
    #[arg(long, default_value = "sum", value_parser = crate::choices::explained(reduction_help))]
    pub(crate) reduction: Reduction,
    /// One joint update of all examples, or one per example
    #[arg(long, default_value = "batch", value_parser = crate::choices::explained(mode_help))]
    pub(crate) mode: Mode,
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
    #[arg(long, value_parser = notation())]
    pub(crate) notation: Option<Notation>,
}

fn task_help(task: PartTask) -> &'static str {
    match task {
        PartTask::Forward => "The forward pass",
        PartTask::Gradient => "Forward and backward pass",
        PartTask::Update => "Forward and backward pass, and the update",
        PartTask::Classify => "The class of a query",
    }
}

fn start_help(start: StartFrom) -> &'static str {
    match start {
        StartFrom::Trained => "Those that the last update ended with",
        StartFrom::Initial => "Those that are given",
    }
}

fn reduction_help(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "Added up",
        Reduction::Mean => "Averaged",
    }
}

fn mode_help(mode: Mode) -> &'static str {
    match mode {
        Mode::Batch => "One joint update",
        Mode::Online => "One update per example, in order",
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// An exercise file, a folder of variants, or 1, 2 or 3 for the sheet's exercises
    #[arg(value_name = "FILE|FOLDER|1|2|3")]
    pub(crate) exercise: String,
    /// The answers: a file (.toml, .csv, .json, .xlsx, .ods), a folder of such or of folders, a .zip, or - for standard input
    #[arg(value_name = "ANSWERS", required_unless_present_any = ["template", "scheme_template"])]
    pub(crate) answers: Option<String>,
    /// Write a file to fill in [default: what the ending of -o stands for, else toml]
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true, conflicts_with_all = [
        "answers", "format", "marks", "scheme", "scheme_template", "hide_solution", "hint", "absolute", "relative",
        "grading_sheet", "decimal_comma",
    ])]
    pub(crate) template: Option<Option<TemplateName>>,
    /// How the marking is written [default: what the ending of -o stands for, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<DocumentFormat>,
    /// Write to a file instead of standard output. For a class: a file .csv for the marks [default: marks.csv], another file
    /// for the overview, or a folder for both and a page per student
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// What all quantities of a kind are worth together, for example z=10,x=10,delta=30 [default: 1 for each quantity]
    #[arg(long, value_name = "KIND=MARKS,…")]
    pub(crate) marks: Option<String>,
    /// A marking scheme: marks by kind, quantity or part, digits that are asked for, what follow-through earns, rounding
    #[arg(long, value_name = "FILE", conflicts_with = "marks")]
    pub(crate) scheme: Option<PathBuf>,
    /// Write a marking scheme for the exercise to start from
    #[arg(long, conflicts_with_all = [
        "answers", "format", "marks", "scheme", "hide_solution", "hint", "absolute", "relative", "grading_sheet",
        "decimal_comma",
    ])]
    pub(crate) scheme_template: bool,
    /// Verdicts and reasons without the right numbers
    #[arg(long)]
    pub(crate) hide_solution: bool,
    /// Only where the first mistake is, with a question that leads to it
    #[arg(long)]
    pub(crate) hint: bool,
    /// Beside what the written digits allow: an absolute difference [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) absolute: Option<f64>,
    /// Beside what the written digits allow: a difference relative to the right number [default: 0]
    #[arg(long, allow_negative_numbers = true, value_name = "F", value_parser = at_least_zero)]
    pub(crate) relative: Option<f64>,
    /// Fill in a grading worksheet of Moodle: grades and feedback go to a copy of it, and the pages to a feedback .zip
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) grading_sheet: Option<PathBuf>,
    /// Write marks.csv with semicolons and decimal commas
    #[arg(long)]
    pub(crate) decimal_comma: bool,
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
    pub(crate) format: Option<DocumentFormat>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

fn notation_help(notation: Notation) -> &'static str {
    match notation {
        Notation::Sheet => "x^[l] for the outputs of a layer, t for targets",
        Notation::Standard => "a^[l] and y",
    }
}

/// A notation by its name.
pub(super) fn notation() -> impl clap::builder::TypedValueParser<Value = Notation> {
    crate::choices::explained(notation_help)
}

fn batch_help(batch: BatchLayout) -> &'static str {
    match batch {
        BatchLayout::Vectorised => "Matrices with a column per example",
        BatchLayout::Examples => "One example after the other, and the sum at the end",
    }
}
