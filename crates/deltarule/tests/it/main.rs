//! The engine through its public interface.

#![allow(clippy::disallowed_methods, reason = "tests read the values of the oracle")]

mod choices;
mod common;
mod data;
mod directed;
mod gradients;
mod lbfgs;
mod metrics;
mod model_file;
mod oracle;
mod predicting;
mod properties;
mod random_numbers;
mod regularisation;
mod schedule;
mod training;
mod training_step;
