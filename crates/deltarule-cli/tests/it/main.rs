//! The command, as its users meet it.

mod bad_input;
mod check;
mod command;
mod documents;
mod new;
mod reading;
mod training;
