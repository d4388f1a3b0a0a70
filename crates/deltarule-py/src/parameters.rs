//! A network's parameters as scikit-learn keeps them: `coefs_`, (inputs, units) each, and `intercepts_`, (units) each.

use deltarule::{Activation, Float, Init, Network};
use numpy::{Element, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;

use crate::failure::{exception, value_error};

/// A number type of both sides.
pub(crate) trait ArrayNumber: Float + Element {}
impl ArrayNumber for f32 {}
impl ArrayNumber for f64 {}

/// `coefs_` and `intercepts_` of one network.
pub(crate) struct PyParameters<T: ArrayNumber> {
    coefs_: Vec<Py<PyArray2<T>>>,
    intercepts_: Vec<Py<PyArray1<T>>>,
}

impl<T: ArrayNumber> PyParameters<T> {
    /// Both lists, if their arrays are of this type.
    pub(crate) fn extract(
        coefs_: &Bound<'_, PyAny>,
        intercepts_: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let mut parameters = Self { coefs_: Vec::new(), intercepts_: Vec::new() };
        for coef in coefs_.try_iter()? {
            parameters.coefs_.push(coef?.cast_into::<PyArray2<T>>()?.unbind());
        }
        for intercept in intercepts_.try_iter()? {
            parameters.intercepts_.push(intercept?.cast_into::<PyArray1<T>>()?.unbind());
        }
        Ok(parameters)
    }

    /// Units per layer, inputs first.
    pub(crate) fn layers(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        let Some(first) = self.coefs_.first() else {
            return Err(value_error("coefs_ is empty"));
        };
        let mut sizes = vec![first.bind(py).readonly().as_array().nrows()];
        for (l, coef) in self.coefs_.iter().enumerate() {
            let coef = coef.bind(py).readonly();
            let (inputs, units) = coef.as_array().dim();
            if inputs != sizes[l] {
                return Err(value_error(format!(
                    "coefs_[{l}] has {inputs} rows, the layer below {} units",
                    sizes[l]
                )));
            }
            sizes.push(units);
        }
        Ok(sizes)
    }

    /// The network with these activations, one per layer.
    pub(crate) fn network(
        &self,
        py: Python<'_>,
        activations: &[Activation],
    ) -> PyResult<Network<T>> {
        let sizes = self.layers(py)?;
        if activations.len() + 1 != sizes.len() || self.intercepts_.len() + 1 != sizes.len() {
            let (all, given) = (sizes.len() - 1, activations.len());
            return Err(value_error(format!(
                "{all} layers of coefs_, {} of intercepts_ and {given} activations",
                self.intercepts_.len()
            )));
        }
        let mut builder = Network::builder(sizes[0]).init(Init::Constant(0.0));
        for (&units, &activation) in sizes[1..].iter().zip(activations) {
            builder = builder.layer(units, activation);
        }
        let mut network = builder.build().map_err(exception)?;
        self.read(py, &mut network)?;
        Ok(network)
    }

    /// The numbers of the arrays into the network.
    pub(crate) fn read(&self, py: Python<'_>, network: &mut Network<T>) -> PyResult<()> {
        for l in 0..self.coefs_.len() {
            let (coef, intercept) = (self.coefs_[l].bind(py), self.intercepts_[l].bind(py));
            let (coef, intercept) = (coef.readonly(), intercept.readonly());
            let (coef, intercept) = (coef.as_array().reversed_axes(), intercept.as_array());
            if coef.dim() != network.weights(l).dim() || intercept.dim() != network.biases(l).dim()
            {
                return Err(value_error(format!(
                    "coefs_[{l}] is {:?} and intercepts_[{l}] {:?}; this does not fit the network",
                    (coef.ncols(), coef.nrows()),
                    intercept.len()
                )));
            }
            network.weights_mut(l).assign(&coef);
            network.biases_mut(l).assign(&intercept);
        }
        Ok(())
    }

    /// The numbers of the network into the arrays, in place.
    pub(crate) fn write(&self, py: Python<'_>, network: &Network<T>) -> PyResult<()> {
        for l in 0..self.coefs_.len() {
            let mut coef = self.coefs_[l].bind(py).try_readwrite().map_err(value_error)?;
            coef.as_array_mut().assign(&network.weights(l).reversed_axes());
            let mut intercept =
                self.intercepts_[l].bind(py).try_readwrite().map_err(value_error)?;
            intercept.as_array_mut().assign(&network.biases(l));
        }
        Ok(())
    }

    /// Whether the arrays hold what `kept` has; it is replaced by what they hold if not.
    ///
    /// The arrays are the user's, who may write to them at any time.
    pub(crate) fn refresh(&self, py: Python<'_>, kept: &mut Vec<T>) -> bool {
        let mut at = 0;
        for l in 0..self.coefs_.len() {
            let (coef, intercept) =
                (self.coefs_[l].bind(py).readonly(), self.intercepts_[l].bind(py).readonly());
            // In the order of rows only: a transposed matrix has the same memory.
            for numbers in [coef.as_array().to_slice(), intercept.as_array().to_slice()] {
                let same = numbers.is_some_and(|numbers| {
                    let end = at + numbers.len();
                    let same = kept.get(at..end) == Some(numbers);
                    at = end;
                    same
                });
                if !same {
                    self.keep(py, kept);
                    return false;
                }
            }
        }
        if at != kept.len() {
            self.keep(py, kept);
            return false;
        }
        true
    }

    fn keep(&self, py: Python<'_>, kept: &mut Vec<T>) {
        kept.clear();
        for l in 0..self.coefs_.len() {
            kept.extend(self.coefs_[l].bind(py).readonly().as_array());
            kept.extend(self.intercepts_[l].bind(py).readonly().as_array());
        }
    }
}

/// The engine's activations of these names.
pub(crate) fn activations(names: &[String]) -> PyResult<Vec<Activation>> {
    names.iter().map(|name| name.parse::<Activation>().map_err(exception)).collect()
}
