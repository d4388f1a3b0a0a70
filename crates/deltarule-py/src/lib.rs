//! The extension module `deltarule._core`: translates between Python and the crates. The package in `python/` is what
//! users see; nothing here checks what Python has checked already, but for what memory safety needs.

mod exercise;
mod explain;
mod explanation;
mod failure;
mod model_file;
mod objective;
mod parameters;
mod predictor;
mod tables;
mod tabular;
mod training;
mod watch;
mod worked;

use std::ffi::OsString;

use pyo3::prelude::*;

/// The command `deltarule` with these arguments, the program's name among them; its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| deltarule_cli::main_with(arguments))
}

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::exercise::PyExercise;
    #[pymodule_export]
    use super::explain::explain;
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::model_file::{network_bytes, read_network};
    #[pymodule_export]
    use super::objective::PyObjective;
    #[pymodule_export]
    use super::predictor::PyPredictor;
    #[pymodule_export]
    use super::tables::tables;
    #[pymodule_export]
    use super::tabular::Tabular;
    #[pymodule_export]
    use super::training::PyTraining;
    #[pymodule_export]
    use super::worked::{Worked, write};
}
