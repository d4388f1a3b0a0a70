//! Networks in model files.

use std::io::Write as _;
use std::path::PathBuf;

use deltarule::{AnyModelFile, ModelFile, Network};
use deltarule_tabular::AtomicFile;
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::{exception, value_error};
use crate::parameters::{Number, Parameters, activations};

/// Writes a network and `application`, which is JSON, to a file, which appears whole or not at all.
#[pyfunction]
pub(crate) fn write_network(
    py: Python<'_>,
    path: PathBuf,
    coefs_: &Bound<'_, PyAny>,
    intercepts_: &Bound<'_, PyAny>,
    activations: Vec<String>,
    application: &str,
) -> PyResult<()> {
    let application = serde_json::from_str(application).map_err(value_error)?;
    let activations = self::activations(&activations)?;
    let mut bytes = Vec::new();
    if let Ok(parameters) = Parameters::<f64>::extract(coefs_, intercepts_) {
        let file =
            ModelFile { application, ..ModelFile::new(parameters.network(py, &activations)?) };
        file.write(&mut bytes).map_err(exception)?;
    } else {
        let parameters = Parameters::<f32>::extract(coefs_, intercepts_)?;
        let file =
            ModelFile { application, ..ModelFile::new(parameters.network(py, &activations)?) };
        file.write(&mut bytes).map_err(exception)?;
    }
    let failed = |error: std::io::Error| PyOSError::new_err(format!("{}: {error}", path.display()));
    let mut file = AtomicFile::create(&path).map_err(|e| PyOSError::new_err(e.to_string()))?;
    file.write_all(&bytes).map_err(failed)?;
    file.commit().map_err(|e| PyOSError::new_err(e.to_string()))
}

/// What a model file holds: `coefs_`, `intercepts_`, the activation of each layer, and the application's JSON.
type Contents<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, Vec<&'static str>, String);

/// Reads a network; no code in the file is ever run, and a damaged file is an error.
#[pyfunction]
pub(crate) fn read_network<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Contents<'py>> {
    let failed = |error: std::io::Error| PyOSError::new_err(format!("{}: {error}", path.display()));
    let file = std::fs::File::open(&path).map_err(failed)?;
    let read = AnyModelFile::read(std::io::BufReader::new(file))
        .map_err(|error| value_error(format!("{}: {error}", path.display())))?;
    match read {
        AnyModelFile::F32(file) => contents(py, &file),
        AnyModelFile::F64(file) => contents(py, &file),
    }
}

fn contents<'py, T: Number>(py: Python<'py>, file: &ModelFile<T>) -> PyResult<Contents<'py>> {
    let network: &Network<T> = &file.network;
    let (coefs_, intercepts_) = (PyList::empty(py), PyList::empty(py));
    let mut names = Vec::new();
    for (l, layer) in network.layers().iter().enumerate() {
        let coef = network.weights(l).reversed_axes().as_standard_layout().into_owned();
        coefs_.append(PyArray2::from_owned_array(py, coef))?;
        intercepts_.append(PyArray1::from_owned_array(py, network.biases(l).to_owned()))?;
        names.push(layer.activation().name());
    }
    Ok((coefs_, intercepts_, names, file.application.to_string()))
}
