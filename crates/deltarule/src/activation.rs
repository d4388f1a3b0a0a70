//! Activation functions f and their derivatives f′, beside each other.
//!
//! z is a unit's net input and x = f(z) its output. Every function here is finite for z = ±1e4
//! wherever its true value is (the exponential of 1e4 is not).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::float::Float;

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
    pub fn value<T: Float>(self, z: T) -> T {
        let c = T::from_f64;
        match self {
            Self::Identity => z,
            Self::Sigmoid => sigmoid(z),
            Self::Tanh => z.tanh(),
            // Written so that NaN stays NaN: a comparison with NaN is false.
            Self::Relu => {
                if z <= T::ZERO {
                    T::ZERO
                } else {
                    z
                }
            }
            Self::LeakyRelu => {
                if z <= T::ZERO {
                    c(LEAKY_SLOPE) * z
                } else {
                    z
                }
            }
            Self::Elu => {
                if z <= T::ZERO {
                    z.expm1()
                } else {
                    z
                }
            }
            Self::Selu => {
                if z <= T::ZERO {
                    c(SELU_SCALE_ALPHA) * z.expm1()
                } else {
                    c(SELU_SCALE) * z
                }
            }
            Self::Softplus => softplus(z),
            Self::Exp => z.exp(),
            Self::Silu => z * sigmoid(z),
            Self::Gelu => z * normal_cdf(z),
            Self::Mish => z * softplus(z).tanh(),
            Self::Softmax => {
                if z.is_nan() {
                    z
                } else {
                    T::ONE
                }
            }
        }
    }

    /// f′(z) of one unit, given z and x = f(z).
    ///
    /// A softmax couples the units of its layer, so that its derivative is a matrix:
    /// for it this is the diagonal x (1 − x), and [`Activation::backward`] does the whole.
    #[inline]
    pub fn derivative<T: Float>(self, z: T, x: T) -> T {
        let c = T::from_f64;
        match self {
            Self::Identity => T::ONE,
            Self::Sigmoid | Self::Softmax => x * (T::ONE - x),
            Self::Tanh => T::ONE - x * x,
            Self::Relu => {
                if z > T::ZERO {
                    T::ONE
                } else {
                    T::ZERO
                }
            }
            Self::LeakyRelu => {
                if z > T::ZERO {
                    T::ONE
                } else {
                    c(LEAKY_SLOPE)
                }
            }
            Self::Elu => {
                if z > T::ZERO {
                    T::ONE
                } else {
                    z.exp()
                }
            }
            Self::Selu => {
                if z > T::ZERO {
                    c(SELU_SCALE)
                } else {
                    c(SELU_SCALE_ALPHA) * z.exp()
                }
            }
            Self::Softplus => sigmoid(z),
            Self::Exp => x,
            Self::Silu => {
                let s = sigmoid(z);
                // 1 − σ(z) = σ(−z), without cancellation for large z.
                s * (T::ONE + z * sigmoid(-z))
            }
            Self::Gelu => normal_cdf(z) + z * normal_pdf(z),
            Self::Mish => {
                let t = softplus(z).tanh();
                t + z * sigmoid(z) * (T::ONE - t * t)
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
    pub fn apply<T: Float>(self, z: &[T], x: &mut [T]) {
        // The cheap ones are named, so that their loops are compiled without a choice inside.
        match self {
            Self::Softmax => softmax(z, x),
            Self::Identity => x.copy_from_slice(z),
            Self::Relu => map(z, x, |z| Self::Relu.value(z)),
            Self::LeakyRelu => map(z, x, |z| Self::LeakyRelu.value(z)),
            _ => map(z, x, |z| self.value(z)),
        }
    }

    /// Replaces z by f′(z) for the units of one hidden layer and one example.
    ///
    /// # Shapes
    /// z, x: (units)
    #[inline]
    pub(crate) fn slopes<T: Float>(self, z: &mut [T], x: &[T]) {
        match self {
            Self::Identity => z.fill(T::ONE),
            Self::Relu => map2(z, x, |z, x| Self::Relu.derivative(z, x)),
            Self::LeakyRelu => map2(z, x, |z, x| Self::LeakyRelu.derivative(z, x)),
            Self::Tanh => map2(z, x, |z, x| Self::Tanh.derivative(z, x)),
            Self::Sigmoid => map2(z, x, |z, x| Self::Sigmoid.derivative(z, x)),
            _ => map2(z, x, |z, x| self.derivative(z, x)),
        }
    }

    /// From g = ∂E/∂x to δ = ∂E/∂z for the units of one layer and one example, in place.
    ///
    /// δ = g ∘ f′(z); for softmax δᵢ = xᵢ (gᵢ − Σⱼ xⱼ gⱼ), its Jacobian times g.
    ///
    /// # Shapes
    /// z, x, g: (units)
    #[inline]
    pub fn backward<T: Float>(self, z: &[T], x: &[T], g: &mut [T]) {
        if self == Self::Softmax {
            let mut dot = T::ZERO;
            for (&x, &g) in x.iter().zip(g.iter()) {
                dot += x * g;
            }
            for (g, &x) in g.iter_mut().zip(x) {
                *g = x * (*g - dot);
            }
        } else {
            for ((g, &z), &x) in g.iter_mut().zip(z).zip(x) {
                *g *= self.derivative(z, x);
            }
        }
    }
}

#[inline(always)]
fn map<T: Float>(z: &[T], x: &mut [T], f: impl Fn(T) -> T) {
    for (x, &z) in x.iter_mut().zip(z) {
        *x = f(z);
    }
}

#[inline(always)]
fn map2<T: Float>(z: &mut [T], x: &[T], f: impl Fn(T, T) -> T) {
    for (z, &x) in z.iter_mut().zip(x) {
        *z = f(*z, x);
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name).ok_or_else(|| {
            Error::value("activation", format!("{name:?}"), Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// σ(z) = 1 / (1 + e⁻ᶻ); only exponentials of numbers that are not positive, so nothing overflows.
#[inline]
pub(crate) fn sigmoid<T: Float>(z: T) -> T {
    if z >= T::ZERO {
        T::ONE / (T::ONE + (-z).exp())
    } else {
        let e = z.exp();
        e / (T::ONE + e)
    }
}

/// ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|)
#[inline]
pub(crate) fn softplus<T: Float>(z: T) -> T {
    let tail = (-z.abs()).exp().log1p();
    if z > T::ZERO { z + tail } else { tail }
}

/// The largest entry m, and ln Σᵢ e^(zᵢ − m); the logarithm of a softmax output is zᵢ − m less that.
pub(crate) fn log_sum_exp<T: Float>(z: &[T]) -> (T, T) {
    let largest = maximum(z);
    let mut sum = T::ZERO;
    for &z in z {
        sum += (z - largest).exp();
    }
    (largest, sum.ln())
}

/// The largest entry; NaN if any entry is.
fn maximum<T: Float>(z: &[T]) -> T {
    let mut largest = -T::INFINITY;
    for &z in z {
        if z.is_nan() {
            return z;
        }
        largest = largest.max(z);
    }
    largest
}

fn softmax<T: Float>(z: &[T], x: &mut [T]) {
    let largest = maximum(z);
    let mut sum = T::ZERO;
    for (x, &z) in x.iter_mut().zip(z) {
        *x = (z - largest).exp();
        sum += *x;
    }
    for x in x {
        *x = *x / sum;
    }
}

/// Φ(z) = ½ erfc(−z/√2), which keeps its digits for negative z where ½ (1 + erf) loses them.
fn normal_cdf<T: Float>(z: T) -> T {
    T::from_f64(0.5) * (-z * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)).erfc()
}

/// φ(z) = e^(−z²/2) / √(2π)
fn normal_pdf<T: Float>(z: T) -> T {
    T::from_f64(0.398_942_280_401_432_7) * (T::from_f64(-0.5) * z * z).exp()
}
