//! Losses E and their output deltas ∂E/∂z^\[L\], beside each other.
//!
//! All of them are for one example with outputs x = f(z) and targets t, summed over the outputs.
//! How examples are added up or averaged is the business of the caller.

use serde::{Deserialize, Serialize};

use crate::activation::{Activation, log_sum_exp};
use crate::choice::choice;
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::number::{Number, Vector, elementary};

/// The losses that there are: a row has what is asked of one beside its formulas, as far as it is not as usual.
macro_rules! losses {
    ($($(#[doc = $member:literal])+ $name:ident, $spelt:literal, { $($field:ident: $value:expr),* };)+) => {
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
        pub enum Loss {
            $($(#[doc = $member])+ #[serde(rename = $spelt)] $name,)+
        }

        impl Loss {
            /// Every loss, in the order of the table above.
            pub const ALL: [Self; [$($spelt),+].len()] = [$(Self::$name),+];

            fn row(self) -> &'static LossRow {
                match self {
                    $(Self::$name => const {
                        &LossRow { name: $spelt, $($field: $value,)* ..LossRow::PLAIN }
                    },)+
                }
            }
        }
    };
}

losses! {
    /// ½ Σ (x − t)²
    SquaredError, "squared_error", { is_squared: true };
    /// Σ (x − t)²
    SumSquaredError, "sum_squared_error", { is_squared: true };
    /// Σ (x − t)² / n
    MeanSquaredError, "mean_squared_error", { is_squared: true };
    /// Σ |x − t|
    AbsoluteError, "absolute_error", {};
    /// Σ ½ d² for |d| ≤ 1, else |d| − ½, with d = x − t
    Huber, "huber", {};
    /// −Σ t ln x
    CrossEntropy, "cross_entropy", {
        outputs: Some(&[Activation::Softmax, Activation::Sigmoid]),
        reason: "because ln x needs outputs between 0 and 1",
        targets: Some(Interval::at_least(0.0)),
        is_of_classes: true
    };
    /// −Σ [t ln x + (1 − t) ln(1 − x)]
    BinaryCrossEntropy, "binary_cross_entropy", {
        outputs: Some(&[Activation::Sigmoid]),
        reason: "because ln x and ln(1 − x) need independent outputs between 0 and 1",
        targets: Some(Interval::at_least(0.0).up_to(1.0)),
        is_of_classes: true
    };
    /// Σ (x − t ln x)
    Poisson, "poisson", {
        outputs: Some(&[Activation::Exp, Activation::Softplus]),
        reason: "because ln x needs positive outputs without an upper limit",
        targets: Some(Interval::at_least(0.0))
    };
}

/// What is asked of a loss beside its formulas.
struct LossRow {
    name: &'static str,
    /// The outputs that it is defined for, the one first that it is made for; any where there are none.
    outputs: Option<&'static [Activation]>,
    /// Why no others.
    reason: &'static str,
    targets: Option<Interval>,
    is_squared: bool,
    is_of_classes: bool,
}

impl LossRow {
    const PLAIN: Self = Self {
        name: "",
        outputs: None,
        reason: "",
        targets: None,
        is_squared: false,
        is_of_classes: false,
    };
}

impl Loss {
    /// The name as files, options and documents spell it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The outputs that a loss with a logarithm is defined for, the one first that it is made for; `None` where any go.
    pub fn outputs(self) -> Option<&'static [Activation]> {
        self.row().outputs
    }

    /// Which targets a loss with a logarithm is defined for; `None` where any are.
    pub fn targets(self) -> Option<Interval> {
        self.row().targets
    }

    /// Whether it is a sum of squares, with whatever factor.
    pub fn is_squared(self) -> bool {
        self.row().is_squared
    }

    /// Whether it is a loss of classes, whose targets can be smoothed.
    pub fn is_of_classes(self) -> bool {
        self.row().is_of_classes
    }

    /// Whether the loss is defined for outputs of this activation.
    ///
    /// # Errors
    /// `ErrorKind::Value` with the reason when it is not: a logarithm of something that may be negative.
    pub fn admits(self, output: Activation) -> Result<()> {
        let LossRow { outputs: Some(allowed), reason, .. } = self.row() else { return Ok(()) };
        if allowed.contains(&output) {
            return Ok(());
        }
        let names: Vec<&str> = allowed.iter().map(|f| f.name()).collect();
        let allowed = format!("{}, {reason}", names.join(" or "));
        Err(Error::value(format!("output activation with {self}"), output, allowed))
    }

    /// E of one example.
    ///
    /// # Shapes
    /// z, x, t: (outputs)
    #[inline]
    pub fn value<T: Number>(self, output: Activation, z: &[T], x: &[T], t: &[T]) -> T {
        self.value_of(output, z, x, t, Clip::NONE)
    }

    /// E of an example in each lane.
    #[inline(always)]
    pub(crate) fn value_of<V: Vector>(
        self,
        output: Activation,
        z: &[V],
        x: &[V],
        t: &[V],
        clip: Clip,
    ) -> V {
        // Σ over the outputs of a term in z, x and t.
        macro_rules! sum {
            (|$z:pat_param, $x:pat_param, $t:ident| $term:expr) => {{
                let mut sum = V::zero();
                for ((&$z, &$x), &$t) in z.iter().zip(x).zip(t) {
                    sum = sum + $term;
                }
                sum
            }};
        }
        let half = V::constant(0.5);
        match (self, output) {
            (Self::SquaredError, _) => half * sum!(|_, x, t| (x - t) * (x - t)),
            (Self::SumSquaredError, _) => sum!(|_, x, t| (x - t) * (x - t)),
            (Self::MeanSquaredError, _) => {
                sum!(|_, x, t| (x - t) * (x - t)) / V::constant(x.len() as f64)
            }
            (Self::AbsoluteError, _) => sum!(|_, x, t| (x - t).abs()),
            (Self::Huber, _) => sum!(|_, x, t| {
                let d = (x - t).abs();
                V::select(V::one().lt(d), d - half, half * d * d)
            }),
            // −t ln x with ln x = (z − m) − ln Σ e^(z − m); the largest z and the logarithm are those of every output.
            (Self::CrossEntropy, Activation::Softmax) => {
                let (largest, log_total) = log_sum_exp(z);
                sum!(|z, _, t| unless_zero(t, z, t * clip.apply(log_total - (z - largest))))
            }
            // −t ln σ(z) = t ln(1 + e⁻ᶻ)
            (Self::CrossEntropy, _) => {
                sum!(|z, _, t| unless_zero(t, z, t * clip.apply(elementary::softplus(-z))))
            }
            // −t ln σ(z) − (1 − t) ln(1 − σ(z)) = max(z, 0) − t z + ln(1 + e^−|z|)
            (Self::BinaryCrossEntropy, _) => sum!(|z, _, t| {
                let positive = V::select(V::zero().lt(z), z - t * z, -(t * z));
                clip.apply(positive + elementary::log1p_of_fraction(elementary::decay(-z.abs())))
            }),
            (Self::Poisson, Activation::Exp) => sum!(|z, x, t| x - t * z),
            (Self::Poisson, _) => sum!(|z, x, t| x - t * log_softplus(z, x)),
        }
    }

    /// g = ∂E/∂x of one example, for the losses without a logarithm.
    #[inline(always)]
    fn gradient<V: Vector>(self, x: &[V], t: &[V], g: &mut [V]) {
        macro_rules! each {
            (|$d:ident| $slope:expr) => {
                for ((g, &x), &t) in g.iter_mut().zip(x).zip(t) {
                    let $d = x - t;
                    *g = $slope;
                }
            };
        }
        let (n, two) = (V::constant(x.len() as f64), V::constant(2.0));
        let (zero, one) = (V::zero(), V::one());
        match self {
            Self::SumSquaredError => each!(|d| two * d),
            Self::MeanSquaredError => each!(|d| two * d / n),
            Self::AbsoluteError => each!(|d| {
                V::select(zero.lt(d), one, V::select(d.lt(zero), -one, zero_or_nan(d)))
            }),
            Self::Huber => {
                each!(|d| V::select(one.lt(d), one, V::select(d.lt(-one), -one, d)));
            }
            Self::SquaredError | Self::CrossEntropy | Self::BinaryCrossEntropy | Self::Poisson => {
                each!(|d| d);
            }
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
    pub fn output_delta<T: Number>(
        self,
        output: Activation,
        z: &[T],
        x: &[T],
        t: &[T],
        delta: &mut [T],
    ) {
        self.output_delta_of(output, z, x, t, delta);
    }

    /// δ = ∂E/∂z at the outputs, of an example in each lane.
    #[inline(always)]
    pub(crate) fn output_delta_of<V: Vector>(
        self,
        output: Activation,
        z: &[V],
        x: &[V],
        t: &[V],
        delta: &mut [V],
    ) {
        let pairs = delta.iter_mut().zip(z.iter().zip(x).zip(t));
        match (self, output) {
            (Self::CrossEntropy, Activation::Softmax) => {
                let mut total = V::zero();
                for &t in t {
                    total = total + t;
                }
                for (delta, ((_, &x), &t)) in pairs {
                    *delta = x * total - t;
                }
            }
            (Self::CrossEntropy, _) => {
                for (delta, ((&z, _), &t)) in pairs {
                    // −t (1 − x), with 1 − σ(z) = σ(−z) to keep the digits.
                    *delta = -(t * elementary::sigmoid(-z));
                }
            }
            (Self::BinaryCrossEntropy, _) | (Self::Poisson, Activation::Exp) => {
                for (delta, ((_, &x), &t)) in pairs {
                    *delta = x - t;
                }
            }
            (Self::Poisson, _) => {
                for (delta, ((&z, &x), &t)) in pairs {
                    let slope = elementary::sigmoid(z);
                    // σ(z) / softplus(z) tends to 1 where both vanish.
                    let ratio = V::select(vanishing(z), V::one(), slope / x);
                    *delta = slope - t * ratio;
                }
            }
            (
                Self::SquaredError
                | Self::SumSquaredError
                | Self::MeanSquaredError
                | Self::AbsoluteError
                | Self::Huber,
                _,
            ) => {
                self.gradient(x, t, delta);
                output.backward_of(z, x, delta);
            }
        }
    }
}

/// The range of −ln p in a cross-entropy that is reported: that of probabilities p from ε to 1 − ε.
///
/// For a binary cross-entropy it is the range of a whole term, which for targets 0 and 1 is the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clip {
    low: f64,
    high: f64,
}

impl Clip {
    /// Every number.
    pub(crate) const NONE: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub(crate) fn new(epsilon: f64) -> Self {
        if epsilon == 0.0 {
            return Self::NONE;
        }
        Self { low: -libm::log1p(-epsilon), high: -libm::log(epsilon) }
    }

    #[inline(always)]
    fn apply<V: Vector>(self, term: V) -> V {
        let (low, high) = (V::constant(self.low), V::constant(self.high));
        // NaN is neither below nor above.
        let term = V::select(term.lt(low), low, term);
        V::select(high.lt(term), high, term)
    }
}

/// A term t · g(z). A target of 0 adds nothing, even where g is infinite; but a z that is NaN shows.
#[inline(always)]
fn unless_zero<V: Vector>(t: V, z: V, term: V) -> V {
    V::select(t.abs().le(V::zero()), zero_or_nan(z), term)
}

/// 0, and NaN for NaN.
#[inline(always)]
fn zero_or_nan<V: Vector>(value: V) -> V {
    V::select(value.is_nan(), value, V::zero())
}

/// Below this z, softplus(z) = eᶻ to the last bit of a double.
const VANISHING: f64 = -40.0;

/// Where softplus(z) = eᶻ (1 − eᶻ/2 + …) is eᶻ.
#[inline(always)]
fn vanishing<V: Vector>(z: V) -> V::Mask {
    z.lt(V::constant(VANISHING))
}

/// ln softplus(z), which is z where softplus(z) would round to 0.
#[inline(always)]
fn log_softplus<V: Vector>(z: V, x: V) -> V {
    V::select(vanishing(z), z, elementary::ln(x))
}

choice!(Loss, "loss");
