//! How parameters begin.

use serde::{Deserialize, Serialize};

use crate::number::Number;
use crate::random::{Purpose, Random};

/// How the weights of a network begin; n_in and n_out are the units below and the units of a layer.
///
/// | name | distribution |
/// |---|---|
/// | `Constant` | one value |
/// | `GlorotUniform` | U(−b, b), b = √(6 / (n_in + n_out)) |
/// | `GlorotNormal` | N(0, 2 / (n_in + n_out)) |
/// | `HeUniform` | U(−b, b), b = √(6 / n_in) |
/// | `HeNormal` | N(0, 2 / n_in) |
/// | `LecunUniform` | U(−b, b), b = √(3 / n_in) |
/// | `LecunNormal` | N(0, 1 / n_in) |
///
/// # Units
/// Drawn in f64 and then rounded to the network's type, layer by layer: the weights row by row, then the layer's
/// biases if they are drawn. See [`crate::random`] for the generator. The normal distributions are not truncated
/// (Keras truncates them).
///
/// # Source
/// Glorot and Bengio (2010); He et al. (2015); LeCun et al. (1998). scikit-learn draws Glorot uniform weights
/// and biases, PyTorch's `Linear` draws U(−1/√n_in, 1/√n_in).
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Init, Network};
///
/// let network = Network::<f64>::builder(4)
///     .layer(3, Activation::Tanh)
///     .init(Init::GlorotUniform { seed: 7 })
///     .build()?;
/// let bound = (6.0_f64 / 7.0).sqrt();
/// assert!(network.weights(0).iter().all(|w| w.abs() < bound));
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Init {
    /// Every weight is this value.
    Constant(f64),
    /// U(−b, b), b = √(6 / (n_in + n_out))
    GlorotUniform {
        /// The seed of the draw.
        seed: u64,
    },
    /// N(0, 2 / (n_in + n_out))
    GlorotNormal {
        /// The seed of the draw.
        seed: u64,
    },
    /// U(−b, b), b = √(6 / n_in)
    HeUniform {
        /// The seed of the draw.
        seed: u64,
    },
    /// N(0, 2 / n_in)
    HeNormal {
        /// The seed of the draw.
        seed: u64,
    },
    /// U(−b, b), b = √(3 / n_in)
    LecunUniform {
        /// The seed of the draw.
        seed: u64,
    },
    /// N(0, 1 / n_in)
    LecunNormal {
        /// The seed of the draw.
        seed: u64,
    },
}

impl Default for Init {
    /// Glorot uniform with seed 0.
    fn default() -> Self {
        Self::GlorotUniform { seed: 0 }
    }
}

/// How the biases of a network begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum BiasInit {
    /// Every bias is this value; 0 is the default.
    Constant(f64),
    /// Drawn like the weights of the layer, from the same distribution (scikit-learn's way).
    Drawn,
}

impl Default for BiasInit {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// One draw of a distribution that depends on the layer's size.
enum Distribution {
    Constant(f64),
    Uniform(f64),
    Normal(f64),
}

/// Draws the parameters of one network, layer by layer.
pub(crate) struct Initializer {
    init: Init,
    biases: BiasInit,
    random: Random,
}

impl Initializer {
    pub(crate) fn new(init: Init, biases: BiasInit) -> Self {
        let seed = match init {
            Init::Constant(_) => 0,
            Init::GlorotUniform { seed }
            | Init::GlorotNormal { seed }
            | Init::HeUniform { seed }
            | Init::HeNormal { seed }
            | Init::LecunUniform { seed }
            | Init::LecunNormal { seed } => seed,
        };
        Self { init, biases, random: Random::new(seed, Purpose::Parameters, 0) }
    }

    /// Fills one layer: its weights, then its biases.
    pub(crate) fn fill<T: Number>(&mut self, inputs: usize, weights: &mut [T], biases: &mut [T]) {
        let n_in = inputs as f64;
        let both = (inputs + biases.len()) as f64;
        let distribution = match self.init {
            Init::Constant(value) => Distribution::Constant(value),
            Init::GlorotUniform { .. } => Distribution::Uniform((6.0 / both).sqrt()),
            Init::GlorotNormal { .. } => Distribution::Normal((2.0 / both).sqrt()),
            Init::HeUniform { .. } => Distribution::Uniform((6.0 / n_in).sqrt()),
            Init::HeNormal { .. } => Distribution::Normal((2.0 / n_in).sqrt()),
            Init::LecunUniform { .. } => Distribution::Uniform((3.0 / n_in).sqrt()),
            Init::LecunNormal { .. } => Distribution::Normal((1.0 / n_in).sqrt()),
        };
        self.draw(&distribution, weights);
        match self.biases {
            BiasInit::Constant(value) => biases.fill(T::from_f64(value)),
            BiasInit::Drawn => self.draw(&distribution, biases),
        }
    }

    fn draw<T: Number>(&mut self, distribution: &Distribution, out: &mut [T]) {
        for out in out {
            *out = T::from_f64(match *distribution {
                Distribution::Constant(value) => value,
                Distribution::Uniform(bound) => (2.0 * self.random.uniform() - 1.0) * bound,
                Distribution::Normal(deviation) => self.random.normal() * deviation,
            });
        }
    }
}
