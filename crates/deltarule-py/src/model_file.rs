//! Networks in model files.

use deltarule::{AnyModelFile, ModelFile, Network};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::failure::{exception, value_error};
use crate::parameters::{ArrayNumber, PyParameters, activations};

/// The model file of a network and of `application`, which is JSON.
#[pyfunction]
pub(crate) fn network_bytes<'py>(
    py: Python<'py>,
    coefs_: &Bound<'_, PyAny>,
    intercepts_: &Bound<'_, PyAny>,
    activations: Vec<String>,
    application: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let application = serde_json::from_str(application).map_err(value_error)?;
    let activations = self::activations(&activations)?;
    let mut bytes = Vec::new();
    if let Ok(parameters) = PyParameters::<f64>::extract(coefs_, intercepts_) {
        let network = parameters.network(py, &activations)?;
        let file = ModelFile { application, ..ModelFile::new(network) };
        file.write(&mut bytes).map_err(exception)?;
    } else {
        let network =
            PyParameters::<f32>::extract(coefs_, intercepts_)?.network(py, &activations)?;
        let file = ModelFile { application, ..ModelFile::new(network) };
        file.write(&mut bytes).map_err(exception)?;
    }
    Ok(PyBytes::new(py, &bytes))
}

/// What a model file holds: `coefs_`, `intercepts_`, and the application's JSON.
type Contents<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, String);

/// Reads the bytes of a model file; no code in them is ever run, and damage is an error.
#[pyfunction]
pub(crate) fn read_network<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Contents<'py>> {
    match AnyModelFile::read(bytes).map_err(exception)? {
        AnyModelFile::F32(file) => contents(py, &file),
        AnyModelFile::F64(file) => contents(py, &file),
    }
}

fn contents<'py, T: ArrayNumber>(py: Python<'py>, file: &ModelFile<T>) -> PyResult<Contents<'py>> {
    let network: &Network<T> = &file.network;
    let (coefs_, intercepts_) = (PyList::empty(py), PyList::empty(py));
    for l in 0..network.layers().len() {
        let coef = network.weights(l).reversed_axes().as_standard_layout().into_owned();
        coefs_.append(PyArray2::from_owned_array(py, coef))?;
        intercepts_.append(PyArray1::from_owned_array(py, network.biases(l).to_owned()))?;
    }
    Ok((coefs_, intercepts_, file.application.to_string()))
}
