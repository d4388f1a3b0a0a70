//! Errors of the engine as exceptions of Python.

use deltarule::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

/// `OSError` where reading or writing failed, else `ValueError`; the engine's sentence as it is.
pub(crate) fn exception(error: Error) -> PyErr {
    match error.kind() {
        ErrorKind::Io(_) => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// A `ValueError`.
pub(crate) fn value_error(message: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(message.to_string())
}
