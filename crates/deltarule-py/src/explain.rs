//! What a network of Python's arrays makes of some rows.

use deltarule::Loss;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

use crate::explanation::Explanation;
use crate::failure::{exception, value_error};
use crate::parameters::{PyParameters, activations};
use crate::worked::Worked;

/// The forward pass of the network of these arrays for the rows of x, all of double precision.
#[pyfunction]
pub(crate) fn explain(
    py: Python<'_>,
    x: PyReadonlyArray2<'_, f64>,
    coefs_: &Bound<'_, PyAny>,
    intercepts_: &Bound<'_, PyAny>,
    activations: Vec<String>,
    loss: &str,
    words: &str,
) -> PyResult<Worked> {
    let activations = self::activations(&activations)?;
    let network = PyParameters::<f64>::extract(coefs_, intercepts_)?.network(py, &activations)?;
    let loss: Loss = loss.parse().map_err(exception)?;
    let words = serde_json::from_str(words).map_err(value_error)?;
    Ok(Explanation::of_rows(network, loss, x.as_array(), words)?.into())
}
