//! Losses E and their output deltas ∂E/∂z^\[L\], beside each other.
//!
//! All of them are for one example with outputs x = f(z) and targets t, summed over the outputs.
//! How examples are added up or averaged is the business of the caller.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::activation::{Activation, log_sum_exp, sigmoid, softplus};
use crate::error::{Error, Result};
use crate::float::Float;

/// What training minimises: E of one example with n outputs x and targets t.
///
#[doc = include_str!("../docs/losses.md")]
///
/// The last three are computed from the net input z, so that they stay finite where x rounds to 0 or 1.
/// Their output deltas simplify: δ = x Σt − t (softmax; x − t when the targets sum to 1),
/// −t (1 − x) (cross-entropy of sigmoids), x − t (binary cross-entropy; Poisson with exp).
///
/// # Units
/// A sum over the outputs, never over examples. `squared_error` has the ½ that the sheet, Bishop (2006, 5.2)
/// and scikit-learn's MLP have; PyTorch's `MSELoss` is `mean_squared_error` averaged over the batch as well.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Loss};
///
/// let (z, t) = ([1e4, -1e4], [0.0, 1.0]);
/// let mut x = [0.0; 2];
/// Activation::Softmax.apply(&z, &mut x);
/// assert_eq!(Loss::CrossEntropy.value(Activation::Softmax, &z, &x, &t), 2e4);
/// assert!(Loss::CrossEntropy.admits(Activation::Tanh).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// ½ Σ (x − t)²
    SquaredError,
    /// Σ (x − t)²
    SumSquaredError,
    /// Σ (x − t)² / n
    MeanSquaredError,
    /// Σ |x − t|
    AbsoluteError,
    /// Σ ½ d² for |d| ≤ 1, else |d| − ½, with d = x − t
    Huber,
    /// −Σ t ln x
    CrossEntropy,
    /// −Σ [t ln x + (1 − t) ln(1 − x)]
    BinaryCrossEntropy,
    /// Σ (x − t ln x)
    Poisson,
}

impl Loss {
    /// Every loss, in the order of the table above.
    pub const ALL: [Self; 8] = [
        Self::SquaredError,
        Self::SumSquaredError,
        Self::MeanSquaredError,
        Self::AbsoluteError,
        Self::Huber,
        Self::CrossEntropy,
        Self::BinaryCrossEntropy,
        Self::Poisson,
    ];

    /// The name as files, options and documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "squared_error",
            Self::SumSquaredError => "sum_squared_error",
            Self::MeanSquaredError => "mean_squared_error",
            Self::AbsoluteError => "absolute_error",
            Self::Huber => "huber",
            Self::CrossEntropy => "cross_entropy",
            Self::BinaryCrossEntropy => "binary_cross_entropy",
            Self::Poisson => "poisson",
        }
    }

    /// Whether the loss is defined for outputs of this activation.
    ///
    /// # Errors
    /// `ErrorKind::Value` with the reason when it is not: a logarithm of something that may be negative.
    pub fn admits(self, output: Activation) -> Result<()> {
        let (allowed, reason) = match self {
            Self::CrossEntropy => (
                &[Activation::Softmax, Activation::Sigmoid][..],
                "softmax or sigmoid, because ln x needs outputs between 0 and 1",
            ),
            Self::BinaryCrossEntropy => (
                &[Activation::Sigmoid][..],
                "sigmoid, because ln x and ln(1 − x) need independent outputs between 0 and 1",
            ),
            Self::Poisson => (
                &[Activation::Exp, Activation::Softplus][..],
                "exp or softplus, because ln x needs positive outputs without an upper limit",
            ),
            Self::SquaredError
            | Self::SumSquaredError
            | Self::MeanSquaredError
            | Self::AbsoluteError
            | Self::Huber => return Ok(()),
        };
        if allowed.contains(&output) {
            Ok(())
        } else {
            Err(Error::value(format!("output activation with {self}"), output, reason))
        }
    }

    /// E of one example.
    ///
    /// # Shapes
    /// z, x, t: (outputs)
    #[inline]
    pub fn value<T: Float>(self, output: Activation, z: &[T], x: &[T], t: &[T]) -> T {
        let mut sum = T::ZERO;
        // The largest z and ln Σ e^(z − largest) of a softmax are the same for every output.
        let log_total = match (self, output) {
            (Self::CrossEntropy, Activation::Softmax) => log_sum_exp(z),
            _ => (T::ZERO, T::ZERO),
        };
        for ((&z, &x), &t) in z.iter().zip(x).zip(t) {
            sum += self.term(output, log_total, z, x, t);
        }
        match self {
            Self::SquaredError => T::from_f64(0.5) * sum,
            Self::MeanSquaredError => sum / T::from_f64(x.len() as f64),
            _ => sum,
        }
    }

    /// What one output adds to the sum, before the factor in front of it.
    #[inline]
    fn term<T: Float>(self, output: Activation, log_total: (T, T), z: T, x: T, t: T) -> T {
        match self {
            Self::SquaredError | Self::SumSquaredError | Self::MeanSquaredError => {
                (x - t) * (x - t)
            }
            Self::AbsoluteError => (x - t).abs(),
            Self::Huber => {
                let d = (x - t).abs();
                let half = T::from_f64(0.5);
                if d > T::ONE { d - half } else { half * d * d }
            }
            // A target of 0 adds nothing, even where ln x is −∞.
            Self::CrossEntropy if t == T::ZERO => zero_or_nan(z),
            // −t ln x with ln x = (z − m) − ln Σ e^(z − m), or −ln(1 + e⁻ᶻ) for a sigmoid.
            Self::CrossEntropy => match output {
                Activation::Softmax => t * (log_total.1 - (z - log_total.0)),
                _ => t * softplus(-z),
            },
            // −t ln σ(z) − (1 − t) ln(1 − σ(z)) = max(z, 0) − t z + ln(1 + e^−|z|)
            Self::BinaryCrossEntropy => {
                let positive = if z > T::ZERO { z - t * z } else { -(t * z) };
                positive + (-z.abs()).exp().log1p()
            }
            Self::Poisson => match output {
                Activation::Exp => x - t * z,
                _ => x - t * log_softplus(z, x),
            },
        }
    }

    /// g = ∂E/∂x of one example, for the losses without a logarithm.
    #[inline]
    fn gradient<T: Float>(self, x: &[T], t: &[T], g: &mut [T]) {
        let n = T::from_f64(x.len() as f64);
        let two = T::from_f64(2.0);
        for ((g, &x), &t) in g.iter_mut().zip(x).zip(t) {
            let d = x - t;
            *g = match self {
                Self::SumSquaredError => two * d,
                Self::MeanSquaredError => two * d / n,
                Self::AbsoluteError => {
                    if d > T::ZERO {
                        T::ONE
                    } else if d < T::ZERO {
                        -T::ONE
                    } else {
                        zero_or_nan(d)
                    }
                }
                Self::Huber => {
                    if d > T::ONE {
                        T::ONE
                    } else if d < -T::ONE {
                        -T::ONE
                    } else {
                        d
                    }
                }
                Self::SquaredError
                | Self::CrossEntropy
                | Self::BinaryCrossEntropy
                | Self::Poisson => d,
            };
        }
    }

    /// δ = ∂E/∂z of one example at the outputs.
    ///
    /// # Shapes
    /// z, x, t, delta: (outputs)
    ///
    /// # Source
    /// Bishop (2006), 5.2 and 5.3: the natural pairs give x − t.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Loss};
    ///
    /// let (z, t) = ([0.0, 0.0], [1.0, 0.0]);
    /// let mut x = [0.0; 2];
    /// Activation::Softmax.apply(&z, &mut x);
    /// let mut delta = [0.0; 2];
    /// Loss::CrossEntropy.output_delta(Activation::Softmax, &z, &x, &t, &mut delta);
    /// assert_eq!(delta, [-0.5, 0.5]);
    /// // The squared error takes the whole Jacobian of the softmax.
    /// Loss::SquaredError.output_delta(Activation::Softmax, &z, &x, &t, &mut delta);
    /// assert_eq!(delta, [-0.25, 0.25]);
    /// ```
    #[inline]
    pub fn output_delta<T: Float>(
        self,
        output: Activation,
        z: &[T],
        x: &[T],
        t: &[T],
        delta: &mut [T],
    ) {
        let pairs = delta.iter_mut().zip(z.iter().zip(x).zip(t));
        match (self, output) {
            (Self::CrossEntropy, Activation::Softmax) => {
                let mut total = T::ZERO;
                for &t in t {
                    total += t;
                }
                for (delta, ((_, &x), &t)) in pairs {
                    *delta = x * total - t;
                }
            }
            (Self::CrossEntropy, _) => {
                for (delta, ((&z, _), &t)) in pairs {
                    // −t (1 − x), with 1 − σ(z) = σ(−z) to keep the digits.
                    *delta = -(t * sigmoid(-z));
                }
            }
            (Self::BinaryCrossEntropy, _) | (Self::Poisson, Activation::Exp) => {
                for (delta, ((_, &x), &t)) in pairs {
                    *delta = x - t;
                }
            }
            (Self::Poisson, _) => {
                for (delta, ((&z, &x), &t)) in pairs {
                    let slope = sigmoid(z);
                    // σ(z) / softplus(z) tends to 1 where both vanish.
                    let ratio = if z < T::from_f64(VANISHING) { T::ONE } else { slope / x };
                    *delta = slope - t * ratio;
                }
            }
            _ => {
                self.gradient(x, t, delta);
                output.backward(z, x, delta);
            }
        }
    }
}

/// 0, and NaN for NaN.
fn zero_or_nan<T: Float>(value: T) -> T {
    if value.is_nan() { value } else { T::ZERO }
}

/// Below this z, softplus(z) = eᶻ to the last bit of a double.
const VANISHING: f64 = -40.0;

/// ln softplus(z), which is z where softplus(z) = eᶻ (1 − eᶻ/2 + …) would round to 0.
fn log_softplus<T: Float>(z: T, x: T) -> T {
    if z < T::from_f64(VANISHING) { z } else { x.ln() }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Loss {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|l| l.name() == name).ok_or_else(|| {
            Error::value("loss", format!("{name:?}"), Self::ALL.map(Self::name).join(", "))
        })
    }
}
