//! `Objective`: loss and gradient of a whole table, for SciPy's L-BFGS-B.

use deltarule::{Init, Loss, Network, Trainer};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::failure::{exception, value_error};
use crate::parameters::activations;

/// The objective of some examples. The parameters come in scikit-learn's order: all `coefs_`, then all `intercepts_`.
#[pyclass(name = "Objective", module = "deltarule._core")]
pub(crate) struct PyObjective {
    objective: deltarule::Objective<f64>,
    network: Network<f64>,
    x: Py<PyArray2<f64>>,
    t: Py<PyArray2<f64>>,
    weights: Option<Py<PyArray1<f64>>>,
    gradient: Vec<f64>,
    scale: f64,
    offset: f64,
}

#[pymethods]
impl PyObjective {
    /// `scale` is what loss and gradient of the examples are multiplied by, `offset` is added to the loss.
    #[new]
    #[pyo3(signature = (x, t, weights, layers, activations, loss, alpha, clip, label_smoothing, scale, offset, threads))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one private call")]
    fn new(
        py: Python<'_>,
        x: Py<PyArray2<f64>>,
        t: Py<PyArray2<f64>>,
        weights: Option<Py<PyArray1<f64>>>,
        layers: Vec<usize>,
        activations: Vec<String>,
        loss: &str,
        alpha: f64,
        clip: f64,
        label_smoothing: f64,
        scale: f64,
        offset: f64,
        threads: usize,
    ) -> PyResult<Self> {
        let Some((&inputs, rest)) = layers.split_first() else {
            return Err(value_error("there are no layers"));
        };
        let mut builder = Network::builder(inputs).init(Init::Constant(0.0));
        for (&units, activation) in rest.iter().zip(self::activations(&activations)?) {
            builder = builder.layer(units, activation);
        }
        let network = builder.build().map_err(exception)?;
        let loss: Loss = loss.parse().map_err(exception)?;
        let examples = x.bind(py).readonly().as_array().nrows();
        let objective = Trainer::new(loss)
            // What is scaled is the sum of loss and penalty.
            .l2_alpha(alpha / scale)
            .clip_probabilities(clip)
            .label_smoothing(label_smoothing)
            .threads(threads)
            .objective(&network, examples)
            .map_err(exception)?;
        let gradient = vec![0.0; network.parameter_count()];
        Ok(Self { objective, network, x, t, weights, gradient, scale, offset })
    }

    /// Loss and gradient at these parameters.
    fn evaluate<'py>(
        &mut self,
        py: Python<'py>,
        packed: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<(f64, Bound<'py, PyArray1<f64>>)> {
        let packed = packed.as_slice().map_err(value_error)?;
        if packed.len() != self.gradient.len() {
            return Err(value_error(format!(
                "{} parameters instead of {}",
                packed.len(),
                self.gradient.len()
            )));
        }
        unpack(&mut self.network, packed);
        let (x, t) = (self.x.bind(py).readonly(), self.t.bind(py).readonly());
        let weights = self.weights.as_ref().map(|weights| weights.bind(py).readonly());
        let (x, t) = (x.as_array(), t.as_array());
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let (objective, network) = (&mut self.objective, &self.network);
        let gradient = &mut self.gradient;
        let loss = py
            .detach(|| objective.evaluate(x, t, weights, network.parameters(), gradient))
            .map_err(exception)?;
        let mut packed = pack(&self.network, &self.gradient);
        if self.scale != 1.0 {
            packed.iter_mut().for_each(|g| *g *= self.scale);
        }
        Ok((loss * self.scale + self.offset, packed.into_pyarray(py)))
    }
}

/// scikit-learn's order of parameters into the engine's.
fn unpack(network: &mut Network<f64>, packed: &[f64]) {
    let mut at = 0;
    for l in 0..network.layers().len() {
        let (units, inputs) = network.weights(l).dim();
        let mut weights = network.weights_mut(l);
        for (input, row) in packed[at..at + inputs * units].chunks_exact(units).enumerate() {
            weights.column_mut(input).iter_mut().zip(row).for_each(|(w, &p)| *w = p);
        }
        at += inputs * units;
    }
    for l in 0..network.layers().len() {
        let mut biases = network.biases_mut(l);
        let units = biases.len();
        biases.iter_mut().zip(&packed[at..]).for_each(|(b, &p)| *b = p);
        at += units;
    }
}

/// The engine's order into scikit-learn's.
fn pack(network: &Network<f64>, flat: &[f64]) -> Vec<f64> {
    let mut packed = Vec::with_capacity(flat.len());
    for layer in network.layers() {
        let weights = &flat[layer.weight_range()];
        for input in 0..layer.inputs() {
            packed.extend(weights[input..].iter().step_by(layer.inputs()));
        }
    }
    for layer in network.layers() {
        packed.extend_from_slice(&flat[layer.bias_range()]);
    }
    packed
}
