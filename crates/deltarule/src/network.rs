//! A network: its layers and one flat buffer of parameters.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::float::Float;
use crate::init::{BiasInit, Init, Initializer};
use crate::layer::{Layer, lay_out};
use crate::number::cast;

/// A multilayer perceptron: x^\[l\] = f(w^\[l\] x^\[l−1\] + b^\[l\]) for l = 1 … L.
///
/// The parameters live in one flat buffer: for each layer its weights row by row, then its biases.
/// Layers are numbered from 0 in code: `weights(0)` is w^\[1\].
///
/// # Shapes
/// weights(l): (units, inputs), one row per unit of the layer, one column per unit below
/// (scikit-learn's `coefs_` are the transpose); biases(l): (units).
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Init, Network};
/// use ndarray::array;
///
/// // The first exercise of the sheet: 5-3-2 sigmoid units, weights 0.1, biases 0.
/// let network = Network::<f64>::builder(5)
///     .layer(3, Activation::Sigmoid)
///     .layer(2, Activation::Sigmoid)
///     .init(Init::Constant(0.1))
///     .build()?;
/// let x = network.predict(array![[1.0, 1.0, 0.0, 0.0, 0.0]].view())?;
/// assert_eq!(format!("{:.6}", x[[0, 0]]), "0.541144");
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network<T> {
    inputs: usize,
    layers: Vec<Layer>,
    parameters: Vec<T>,
}

/// Builds a [`Network`]; made by [`Network::builder`].
#[must_use = "there is no network before `build`"]
#[derive(Clone, Debug)]
pub struct NetworkBuilder<T> {
    inputs: usize,
    layers: Vec<(usize, Activation)>,
    init: Init,
    bias_init: BiasInit,
    weights: Option<Vec<Array2<T>>>,
    biases: Option<Vec<Array1<T>>>,
}

impl<T: Float> NetworkBuilder<T> {
    /// Adds a layer on top.
    pub fn layer(mut self, units: usize, activation: Activation) -> Self {
        self.layers.push((units, activation));
        self
    }

    /// How the weights begin; Glorot uniform with seed 0 if not said.
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// How the biases begin; 0 if not said.
    pub fn bias_init(mut self, init: BiasInit) -> Self {
        self.bias_init = init;
        self
    }

    /// Gives the weights, a matrix per layer: (units, inputs).
    pub fn weights(mut self, weights: Vec<Array2<T>>) -> Self {
        self.weights = Some(weights);
        self
    }

    /// Gives the biases, a vector per layer: (units).
    pub fn biases(mut self, biases: Vec<Array1<T>>) -> Self {
        self.biases = Some(biases);
        self
    }

    /// Checks everything and makes the network.
    ///
    /// # Errors
    /// `ErrorKind::Value` when there is no layer, a layer has no units, a softmax is not on the last layer, or the
    /// network is too large; `ErrorKind::Shape` when a given matrix or vector does not fit; `ErrorKind::NonFinite`
    /// when a given parameter is not a finite number.
    pub fn build(self) -> Result<Network<T>> {
        let mut network = Network::with_shape(self.inputs, &self.layers)?;
        let mut initializer = Initializer::new(self.init, self.bias_init);
        if let Init::Constant(value) = self.init {
            crate::error::check("initial weight", value, "a finite number", |_| true)?;
        }
        if let BiasInit::Constant(value) = self.bias_init {
            crate::error::check("initial bias", value, "a finite number", |_| true)?;
        }
        for layer in network.layers.clone() {
            let both = layer.weight_range().start..layer.bias_range().end;
            let (weights, biases) =
                network.parameters[both].split_at_mut(layer.units() * layer.inputs());
            initializer.fill(layer.inputs(), weights, biases);
        }
        if let Some(weights) = &self.weights {
            network.set_weights(weights)?;
        }
        if let Some(biases) = &self.biases {
            network.set_biases(biases)?;
        }
        Ok(network)
    }
}

impl<T: Float> Network<T> {
    /// Starts a network with this many inputs (features of an example).
    pub fn builder(inputs: usize) -> NetworkBuilder<T> {
        NetworkBuilder {
            inputs,
            layers: Vec::new(),
            init: Init::default(),
            bias_init: BiasInit::default(),
            weights: None,
            biases: None,
        }
    }

    /// A network of this shape with every parameter 0.
    pub(crate) fn with_shape(inputs: usize, shape: &[(usize, Activation)]) -> Result<Self> {
        let (layers, count) = lay_out(inputs, shape)?;
        Ok(Self { inputs, layers, parameters: vec![T::ZERO; count] })
    }

    fn set_weights(&mut self, weights: &[Array2<T>]) -> Result<()> {
        if weights.len() != self.layers.len() {
            return Err(Error::shape("weights", matrices(self.layers.len()), weights.len()));
        }
        for (l, given) in weights.iter().enumerate() {
            let layer = self.layers[l];
            if given.dim() != (layer.units(), layer.inputs()) {
                return Err(Error::shape(
                    format!("weights of layer {}", l + 1),
                    format!("{} × {} (units × inputs)", layer.units(), layer.inputs()),
                    format!("{} × {}", given.nrows(), given.ncols()),
                ));
            }
            if given.iter().any(|w| !w.is_finite()) {
                return Err(Error::non_finite("a weight", Some(l + 1), None));
            }
            self.weights_mut(l).assign(given);
        }
        Ok(())
    }

    fn set_biases(&mut self, biases: &[Array1<T>]) -> Result<()> {
        if biases.len() != self.layers.len() {
            return Err(Error::shape("biases", matrices(self.layers.len()), biases.len()));
        }
        for (l, given) in biases.iter().enumerate() {
            let units = self.layers[l].units();
            if given.len() != units {
                return Err(Error::shape(
                    format!("biases of layer {}", l + 1),
                    format!("{units} (one per unit)"),
                    given.len(),
                ));
            }
            if given.iter().any(|b| !b.is_finite()) {
                return Err(Error::non_finite("a bias", Some(l + 1), None));
            }
            self.biases_mut(l).assign(given);
        }
        Ok(())
    }

    /// Features of an example.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Units of the last layer.
    pub fn outputs(&self) -> usize {
        self.last().units()
    }

    /// The layers after the inputs, first to last; there is at least one.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The activation of the last layer.
    pub fn output_activation(&self) -> Activation {
        self.last().activation()
    }

    fn last(&self) -> &Layer {
        // `lay_out` refuses a network without layers.
        &self.layers[self.layers.len() - 1]
    }

    /// Units per layer, inputs first: `[5, 3, 2]`.
    pub fn layer_sizes(&self) -> Vec<usize> {
        std::iter::once(self.inputs).chain(self.layers.iter().map(Layer::units)).collect()
    }

    /// w^\[index+1\]: (units, inputs).
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn weights(&self, index: usize) -> ArrayView2<'_, T> {
        let layer = self.layers[index];
        matrix(&self.parameters[layer.weight_range()], layer.units(), layer.inputs())
    }

    /// w^\[index+1\], to write to.
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn weights_mut(&mut self, index: usize) -> ArrayViewMut2<'_, T> {
        let layer = self.layers[index];
        ArrayViewMut1::from(&mut self.parameters[layer.weight_range()])
            .into_shape_with_order((layer.units(), layer.inputs()))
            .expect("the range of a layer's weights has its shape")
    }

    /// b^\[index+1\]: (units).
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn biases(&self, index: usize) -> ArrayView1<'_, T> {
        ArrayView1::from(&self.parameters[self.layers[index].bias_range()])
    }

    /// b^\[index+1\], to write to.
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn biases_mut(&mut self, index: usize) -> ArrayViewMut1<'_, T> {
        let range = self.layers[index].bias_range();
        ArrayViewMut1::from(&mut self.parameters[range])
    }

    /// All parameters: for each layer its weights row by row, then its biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All parameters, to write to.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// How many weights and biases there are.
    pub fn parameter_count(&self) -> usize {
        self.last().bias_range().end
    }

    /// Frees the parameters, until [`Network::set_parameters`] gives others.
    pub(crate) fn take_parameters(&mut self) {
        self.parameters = Vec::new();
    }

    /// Lets `write` fill the buffer of parameters, which must have its length afterwards.
    pub(crate) fn set_parameters(&mut self, write: impl FnOnce(&mut Vec<T>)) {
        write(&mut self.parameters);
        debug_assert_eq!(self.parameters.len(), self.parameter_count());
    }

    /// The same network with its parameters rounded to another type (exact from f32 to f64).
    pub fn cast<U: Float>(&self) -> Network<U> {
        Network {
            inputs: self.inputs,
            layers: self.layers.clone(),
            parameters: cast(&self.parameters),
        }
    }

    /// Checks that a matrix of examples fits.
    pub(crate) fn check_examples(&self, x: ArrayView2<'_, T>) -> Result<()> {
        check_columns("examples", x.ncols(), self.inputs, "one per input")
    }

    /// Checks that targets fit the examples and the outputs.
    pub(crate) fn check_targets(&self, x: ArrayView2<'_, T>, t: ArrayView2<'_, T>) -> Result<()> {
        check_columns("targets", t.ncols(), self.outputs(), "one per output")?;
        if t.nrows() != x.nrows() {
            return Err(Error::shape(
                "targets",
                format!("{} rows (one per example)", x.nrows()),
                t.len_of(Axis(0)),
            ));
        }
        Ok(())
    }
}

fn check_columns(what: &str, got: usize, expected: usize, why: &str) -> Result<()> {
    if got == expected {
        Ok(())
    } else {
        Err(Error::shape(what, format!("{expected} columns ({why})"), got))
    }
}

fn matrices(layers: usize) -> String {
    format!("{layers} (one per layer)")
}

/// A row-major view; the caller's range has the right length.
fn matrix<T>(data: &[T], rows: usize, columns: usize) -> ArrayView2<'_, T> {
    ArrayView1::from(data)
        .into_shape_with_order((rows, columns))
        .expect("the range of a layer's weights has its shape")
}
