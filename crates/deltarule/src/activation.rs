//! Activation functions f and their derivatives f′, beside each other.
//!
//! z is a unit's net input and x = f(z) its output. Every function here is finite for z = ±1e4
//! wherever its true value is (the exponential of 1e4 is not).
//!
//! A formula is written once, for vectors: the kernels call it with the numbers of several examples, the reference path
//! with a single number. Cases are selections lane by lane; a comparison with NaN is false.

use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::number::{Number, Vector, elementary};

/// What a unit does with its net input: x = f(z).
///
#[doc = include_str!("../docs/activations.md")]
///
/// # Units
/// f′(0) of `relu` and `leaky_relu` is that of the negative side. NaN goes in, NaN comes out.
///
/// # Source
/// SELU: Klambauer et al. (2017). GELU: Hendrycks and Gimpel (2016), the exact form with erf
/// (PyTorch's default; not the tanh approximation). Mish: Misra (2019). ELU with α = 1 and leaky ReLU
/// with slope 0.01, as in PyTorch.
///
/// # Example
///
/// ```
/// use deltarule::Activation;
///
/// let x = Activation::Tanh.value(0.3_f64);
/// assert_eq!(format!("{x:.6}"), "0.291313");
/// assert_eq!("leaky_relu".parse::<Activation>()?, Activation::LeakyRelu);
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// f(z) = z
    Identity,
    /// f(z) = 1 / (1 + e⁻ᶻ)
    Sigmoid,
    /// f(z) = tanh z
    Tanh,
    /// f(z) = max(z, 0)
    Relu,
    /// f(z) = z for z > 0, else 0.01 z
    LeakyRelu,
    /// f(z) = z for z > 0, else eᶻ − 1
    Elu,
    /// f(z) = λ z for z > 0, else λα (eᶻ − 1)
    Selu,
    /// f(z) = ln(1 + eᶻ)
    Softplus,
    /// f(z) = eᶻ
    Exp,
    /// f(z) = z σ(z)
    Silu,
    /// f(z) = z Φ(z)
    Gelu,
    /// f(z) = z tanh(ln(1 + eᶻ))
    Mish,
    /// f(z)ᵢ = eᶻⁱ / Σⱼ eᶻʲ; on the last layer only
    Softmax,
}

/// λ of SELU.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// λα of SELU.
const SELU_SCALE_ALPHA: f64 = 1.758_099_340_847_376_6;
/// The slope of leaky ReLU on the negative side.
const LEAKY_SLOPE: f64 = 0.01;

/// A loop for each activation, compiled without a choice inside.
macro_rules! each_activation {
    ($activation:expr, $f:ident => $loop:expr) => {
        each_activation!(@ $activation, $f, $loop,
            Identity Sigmoid Tanh Relu LeakyRelu Elu Selu Softplus Exp Silu Gelu Mish Softmax)
    };
    (@ $activation:expr, $f:ident, $loop:expr, $($name:ident)+) => {
        match $activation {
            $(Activation::$name => {
                let $f = Activation::$name;
                $loop
            })+
        }
    };
}

impl Activation {
    /// Every activation, in the order of the table above.
    pub const ALL: [Self; 13] = [
        Self::Identity,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LeakyRelu,
        Self::Elu,
        Self::Selu,
        Self::Softplus,
        Self::Exp,
        Self::Silu,
        Self::Gelu,
        Self::Mish,
        Self::Softmax,
    ];

    /// The name as files, options and documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Elu => "elu",
            Self::Selu => "selu",
            Self::Softplus => "softplus",
            Self::Exp => "exp",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::Mish => "mish",
            Self::Softmax => "softmax",
        }
    }

    /// x = f(z) of one unit on its own.
    ///
    /// A softmax of a single unit is 1 whatever z is; use [`Activation::apply`] for a layer.
    #[inline]
    pub fn value<T: Number>(self, z: T) -> T {
        self.value_of(z)
    }

    /// f′(z) of one unit, given z and x = f(z).
    ///
    /// A softmax couples the units of its layer, so that its derivative is a matrix:
    /// for it this is the diagonal x (1 − x), and [`Activation::backward`] does the whole.
    #[inline]
    pub fn derivative<T: Number>(self, z: T, x: T) -> T {
        self.derivative_of(z, x)
    }

    /// x = f(z) of one unit, lane by lane.
    #[inline(always)]
    pub(crate) fn value_of<V: Vector>(self, z: V) -> V {
        let negative = z.le(V::zero());
        match self {
            Self::Identity => z,
            Self::Sigmoid => elementary::sigmoid(z),
            Self::Tanh => elementary::tanh(z),
            // Written so that NaN stays NaN.
            Self::Relu => V::select(negative, V::zero(), z),
            Self::LeakyRelu => V::select(negative, V::constant(LEAKY_SLOPE) * z, z),
            Self::Elu => V::select(negative, elementary::expm1(z), z),
            Self::Selu => {
                let below = V::constant(SELU_SCALE_ALPHA) * elementary::expm1(z);
                V::select(negative, below, V::constant(SELU_SCALE) * z)
            }
            Self::Softplus => elementary::softplus(z),
            Self::Exp => elementary::exp(z),
            Self::Silu => silu(z).0,
            Self::Gelu => gelu(z).0,
            Self::Mish => mish(z).0,
            Self::Softmax => V::select(z.is_nan(), z, V::one()),
        }
    }

    /// f′(z) of one unit, given z and x = f(z), lane by lane.
    #[inline(always)]
    pub(crate) fn derivative_of<V: Vector>(self, z: V, x: V) -> V {
        let one = V::one();
        let positive = V::zero().lt(z);
        match self {
            Self::Identity => one,
            Self::Sigmoid | Self::Softmax => x * (one - x),
            Self::Tanh => one - x * x,
            Self::Relu => V::select(positive, one, V::zero()),
            Self::LeakyRelu => V::select(positive, one, V::constant(LEAKY_SLOPE)),
            // eᶻ = (eᶻ − 1) + 1
            Self::Elu => V::select(positive, one, x + one),
            Self::Selu => {
                V::select(positive, V::constant(SELU_SCALE), x + V::constant(SELU_SCALE_ALPHA))
            }
            Self::Softplus => elementary::sigmoid(z),
            Self::Exp => x,
            Self::Silu => silu(z).1,
            Self::Gelu => gelu(z).1,
            Self::Mish => mish(z).1,
        }
    }

    /// x = f(z) and f′(z) of one unit, lane by lane, from one exponential where they share it.
    #[inline(always)]
    pub(crate) fn value_and_derivative_of<V: Vector>(self, z: V) -> (V, V) {
        match self {
            Self::Softplus => {
                let e = elementary::decay(-z.abs());
                (elementary::softplus_from(z, e), elementary::sigmoid_from(z, e))
            }
            Self::Silu => silu(z),
            Self::Gelu => gelu(z),
            Self::Mish => mish(z),
            Self::Identity
            | Self::Sigmoid
            | Self::Tanh
            | Self::Relu
            | Self::LeakyRelu
            | Self::Elu
            | Self::Selu
            | Self::Exp
            | Self::Softmax => {
                let x = self.value_of(z);
                (x, self.derivative_of(z, x))
            }
        }
    }

    /// x = f(z) for the units of one layer and one example.
    ///
    /// # Shapes
    /// z, x: (units)
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::Activation;
    ///
    /// let mut x = [0.0; 3];
    /// Activation::Softmax.apply(&[1e4, 1e4, -1e4], &mut x);
    /// assert_eq!(x, [0.5, 0.5, 0.0]);
    /// ```
    #[inline]
    pub fn apply<T: Number>(self, z: &[T], x: &mut [T]) {
        self.apply_of(z, x);
    }

    /// [`Activation::apply`], lane by lane.
    #[inline(always)]
    pub(crate) fn apply_of<V: Vector>(self, z: &[V], x: &mut [V]) {
        if self == Self::Softmax {
            softmax(z, x);
        } else {
            each_activation!(self, f => for (x, &z) in x.iter_mut().zip(z) {
                *x = f.value_of(z);
            });
        }
    }

    /// From g = ∂E/∂x to δ = ∂E/∂z for the units of one layer and one example, in place.
    ///
    /// δ = g ∘ f′(z); for softmax δᵢ = xᵢ (gᵢ − Σⱼ xⱼ gⱼ), its Jacobian times g.
    ///
    /// # Shapes
    /// z, x, g: (units)
    #[inline]
    pub fn backward<T: Number>(self, z: &[T], x: &[T], g: &mut [T]) {
        self.backward_of(z, x, g);
    }

    /// [`Activation::backward`], lane by lane.
    #[inline(always)]
    pub(crate) fn backward_of<V: Vector>(self, z: &[V], x: &[V], g: &mut [V]) {
        if self == Self::Softmax {
            let mut dot = V::zero();
            for (&x, &g) in x.iter().zip(g.iter()) {
                dot = dot + x * g;
            }
            for (g, &x) in g.iter_mut().zip(x) {
                *g = x * (*g - dot);
            }
        } else {
            each_activation!(self, f => for ((g, &z), &x) in g.iter_mut().zip(z).zip(x) {
                *g = *g * f.derivative_of(z, x);
            });
        }
    }
}

choice!(Activation, "activation");

/// z σ(z) and its derivative.
#[inline(always)]
fn silu<V: Vector>(z: V) -> (V, V) {
    let e = elementary::decay(-z.abs());
    let s = elementary::sigmoid_from(z, e);
    // 1 − σ(z) = σ(−z), without cancellation for large z.
    (z * s, s * (V::one() + z * elementary::sigmoid_from(-z, e)))
}

/// z Φ(z) and its derivative.
#[inline(always)]
fn gelu<V: Vector>(z: V) -> (V, V) {
    let (cumulative, density) = elementary::normal(z);
    (z * cumulative, cumulative + z * density)
}

/// z tanh(ln(1 + eᶻ)) and its derivative.
///
/// With e = eᶻ: tanh(ln(1 + e)) = n / (n + 2) for n = e (e + 2), whose derivative in z is 4 e (1 + e) / (n + 2)². For
/// z > 0 all of it is divided by powers of e, so that only e^−|z| is needed and nothing overflows.
#[inline(always)]
fn mish<V: Vector>(z: V) -> (V, V) {
    let (one, two) = (V::one(), V::constant(2.0));
    let e = elementary::decay(-z.abs());
    let positive = V::zero().lt(z);
    let n = V::select(positive, one + two * e, e * (e + two));
    let sum = n + V::select(positive, two * (e * e), two);
    let rise = V::constant(4.0) * (e * (one + e));
    let rise = V::select(positive, rise * e, rise);
    let t = n / sum;
    (z * t, t + z * (rise / (sum * sum)))
}

/// The largest entry m, and ln Σᵢ e^(zᵢ − m); the logarithm of a softmax output is zᵢ − m less that.
#[inline(always)]
pub(crate) fn log_sum_exp<V: Vector>(z: &[V]) -> (V, V) {
    let largest = maximum(z);
    let mut sum = V::zero();
    for &z in z {
        sum = sum + elementary::decay(z - largest);
    }
    (largest, elementary::ln(sum))
}

/// x of a layer of softmax units, an entry per unit, lane by lane.
#[inline(always)]
pub(crate) fn softmax<V: Vector>(z: &[V], x: &mut [V]) {
    let largest = maximum(z);
    let mut sum = V::zero();
    for (x, &z) in x.iter_mut().zip(z) {
        *x = elementary::decay(z - largest);
        sum = sum + *x;
    }
    for x in x {
        *x = *x / sum;
    }
}

/// The largest entry that is not NaN. (If there is a NaN, it makes the sum of the exponentials NaN.)
#[inline(always)]
fn maximum<V: Vector>(z: &[V]) -> V {
    let mut largest = V::splat(-V::Scalar::INFINITY);
    for &z in z {
        largest = z.max(largest);
    }
    largest
}
