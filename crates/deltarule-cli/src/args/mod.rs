//! What can be typed.

mod exercises;
#[cfg(feature = "tables")]
mod optimizer;
#[cfg(feature = "tables")]
mod tables;
mod values;

use clap::{Parser, Subcommand};

pub(crate) use exercises::*;
#[cfg(feature = "tables")]
pub(crate) use tables::*;

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
    #[cfg(feature = "tables")]
    Train(Box<TrainArguments>),
    /// Predict the rows of a table with a trained model
    #[cfg(feature = "tables")]
    Predict(PredictArguments),
    /// Say how good a trained model is on a table that holds the answers
    #[cfg(feature = "tables")]
    Evaluate(EvaluateArguments),
    /// Show what a trained model makes of rows of a table, step by step
    #[cfg(feature = "tables")]
    Explain(ExplainArguments),
    /// Show the network, the preparation and the training record of a model
    #[cfg(feature = "tables")]
    Inspect(InspectArguments),
    /// List the data sets inside the program
    #[cfg(feature = "tables")]
    Datasets,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}
