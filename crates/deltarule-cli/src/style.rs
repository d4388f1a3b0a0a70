//! How a document is written, where several commands ask for it.

use deltarule_worked::python::MOST_PARAMETERS;

use crate::failure::{Failure, usage};

/// Refuses a notebook of more parameters than it can hold.
pub(crate) fn notebook_holds(name: &str, parameters: usize) -> Result<(), Failure> {
    if parameters <= MOST_PARAMETERS {
        return Ok(());
    }
    Err(usage(format!(
        "{name}: a notebook holds at most 10,000 parameters, this network has {parameters}; --format json has all its numbers"
    )))
}
