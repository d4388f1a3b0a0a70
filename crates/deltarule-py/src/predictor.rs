//! `Predictor`: a network compiled for inference, kept as long as its parameters stay what they are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deltarule::{ErrorKind, Loss};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::failure::{exception, value_error};
use crate::parameters::{ArrayNumber, PyParameters, activations};

/// Fewer multiply-adds than this are made at once, while everybody else waits: it takes less time than to let them go on.
const FEW: usize = 1 << 18;

/// Examples that go through a compiled network at a time: whole tiles, and few enough to stay in the second-level cache.
const BATCH: usize = 96;

/// The network of some arrays, compiled when it is first asked and whenever the arrays have changed since.
#[pyclass(name = "Predictor", module = "deltarule._core", frozen)]
pub(crate) struct PyPredictor {
    activations: Vec<String>,
    threads: usize,
    singles: Mutex<Cache<f32>>,
    doubles: Mutex<Cache<f64>>,
}

#[derive(Default)]
struct Cache<T: ArrayNumber> {
    /// The parameters of the compiled network, in the order of the arrays.
    kept: Vec<T>,
    compiled: Option<Arc<Compiled<T>>>,
}

struct Compiled<T: ArrayNumber> {
    predictor: deltarule::Predictor<'static, T>,
    /// Units per layer, inputs first.
    sizes: Vec<usize>,
    parameters: usize,
}

#[pymethods]
impl PyPredictor {
    #[new]
    fn new(activations: Vec<String>, threads: usize) -> PyResult<Self> {
        self::activations(&activations)?;
        Ok(Self { activations, threads, singles: Mutex::default(), doubles: Mutex::default() })
    }

    /// The outputs for each row of x, whose type is that of the arrays; None where a number in x is not finite and only
    /// finite ones are wanted.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        coefs_: &Bound<'py, PyAny>,
        intercepts_: &Bound<'py, PyAny>,
        finite_only: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Ok(x) = x.cast::<PyArray2<f64>>() {
            let compiled = self.compiled(&self.doubles, coefs_, intercepts_)?;
            compiled.predict(py, &x.readonly(), finite_only)
        } else {
            let x = x.cast::<PyArray2<f32>>()?;
            let compiled = self.compiled(&self.singles, coefs_, intercepts_)?;
            compiled.predict(py, &x.readonly(), finite_only)
        }
    }

    /// The loss of each row.
    fn losses<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        t: &Bound<'py, PyAny>,
        coefs_: &Bound<'py, PyAny>,
        intercepts_: &Bound<'py, PyAny>,
        loss: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let loss: Loss = loss.parse().map_err(exception)?;
        if let Ok(x) = x.cast::<PyArray2<f64>>() {
            let compiled = self.compiled(&self.doubles, coefs_, intercepts_)?;
            compiled.losses(py, loss, &x.readonly(), &t.extract()?)
        } else {
            let x = x.cast::<PyArray2<f32>>()?;
            let compiled = self.compiled(&self.singles, coefs_, intercepts_)?;
            compiled.losses(py, loss, &x.readonly(), &t.extract()?)
        }
    }
}

impl PyPredictor {
    /// The network of these arrays, compiled anew if they are not those of the last time.
    fn compiled<T: ArrayNumber>(
        &self,
        cache: &Mutex<Cache<T>>,
        coefs_: &Bound<'_, PyAny>,
        intercepts_: &Bound<'_, PyAny>,
    ) -> PyResult<Arc<Compiled<T>>> {
        let py = coefs_.py();
        let parameters = PyParameters::extract(coefs_, intercepts_)?;
        // The same numbers may be another network.
        let sizes = parameters.layers(py)?;
        let mut cache = locked(cache);
        let Cache { kept, compiled } = &mut *cache;
        if parameters.refresh(py, kept)
            && let Some(compiled) = compiled
            && compiled.sizes == sizes
        {
            return Ok(compiled.clone());
        }
        // Nothing is left of the old one, should the arrays be no network.
        *compiled = None;
        let network = parameters.network(py, &activations(&self.activations)?)?;
        let parameters = network.parameters().len();
        let predictor = network.into_predictor(BATCH).threads(self.threads);
        let new = Arc::new(Compiled { predictor, sizes, parameters });
        *compiled = Some(new.clone());
        Ok(new)
    }
}

impl<T: ArrayNumber> Compiled<T> {
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: &PyReadonlyArray2<'py, T>,
        finite_only: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let view = x.as_array();
        let (got, wanted) = (view.ncols(), self.sizes[0]);
        if got != wanted {
            return Err(value_error(format!("X has {got} features, the network {wanted} inputs")));
        }
        let predict = || match finite_only {
            true => self.predictor.predict_finite(view),
            false => self.predictor.predict(view),
        };
        let work = view.nrows().saturating_mul(self.parameters);
        match if work <= FEW { predict() } else { py.detach(predict) } {
            Ok(outputs) => Ok(Some(PyArray2::from_owned_array(py, outputs).into_any())),
            Err(error) if matches!(error.kind(), ErrorKind::NonFinite { .. }) => Ok(None),
            Err(error) => Err(exception(error)),
        }
    }

    fn losses<'py>(
        &self,
        py: Python<'py>,
        loss: Loss,
        x: &PyReadonlyArray2<'py, T>,
        t: &PyReadonlyArray2<'py, T>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (x, t) = (x.as_array(), t.as_array());
        let (_, losses) = py.detach(|| self.predictor.losses(loss, x, t)).map_err(exception)?;
        Ok(PyArray1::from_vec(py, losses).into_any())
    }
}

/// What a panic elsewhere left is rebuilt or overwritten before it is read.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
