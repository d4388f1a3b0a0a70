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

/// The activations that there are: a row has what is asked of one beside its formulas, as far as it is not as usual.
macro_rules! activations {
    ($d:tt $($(#[doc = $member:literal])+ $name:ident, $spelt:literal, { $($field:ident: $value:expr),* };)+) => {
        /// What a unit does with its net input: x = f(z).
        ///
        #[doc = include_str!("../docs/activations.md")]
        ///
        /// # Units
        /// f′(0) of `relu` and `leaky_relu` is that of the negative side, and f′(±3) of `hard_sigmoid` is 0. NaN goes in, NaN comes out.
        ///
        /// # Source
        /// SELU: Klambauer et al. (2017). GELU: Hendrycks and Gimpel (2016), the exact form with erf
        /// (PyTorch's default; not the tanh approximation). Mish: Misra (2019). ELU with α = 1 and leaky ReLU
        /// with slope 0.01, and the hard sigmoid with slope 1/6, as in PyTorch.
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
        pub enum Activation {
            $($(#[doc = $member])+ #[serde(rename = $spelt)] $name,)+
        }

        impl Activation {
            /// Every activation, in the order of the table above.
            pub const ALL: [Self; [$($spelt),+].len()] = [$(Self::$name),+];

            fn row(self) -> &'static ActivationRow {
                match self {
                    $(Self::$name => const {
                        &ActivationRow { name: $spelt, $($field: $value,)* ..ActivationRow::PLAIN }
                    },)+
                }
            }
        }

        /// The same text for each activation, compiled without a choice inside.
        macro_rules! each_activation {
            ($d activation:expr, $d f:ident => $d text:expr) => {
                match $d activation {
                    $($crate::activation::Activation::$name => {
                        let $d f = $crate::activation::Activation::$name;
                        $d text
                    })+
                }
            };
        }
        pub(crate) use each_activation;
    };
}

activations! { $
    /// f(z) = z
    Identity, "identity", { is_exact: true };
    /// f(z) = 1 / (1 + e⁻ᶻ)
    Sigmoid, "sigmoid", { low: Lowest::At(0.0), high: Some(1.0), saturation: Some(Saturation { deep: 5.0, ..BOTH_ENDS }) };
    /// f(z) = tanh z
    Tanh, "tanh", {
        low: Lowest::At(-1.0), high: Some(1.0), saturation: Some(Saturation { steepest: 1.0, deep: 3.0, ..BOTH_ENDS })
    };
    /// f(z) = max(z, 0)
    Relu, "relu", { low: Lowest::At(0.0), kinks: &[0.0], is_exact: true };
    /// f(z) = z for z > 0, else 0.01 z
    LeakyRelu, "leaky_relu", { kinks: &[0.0] };
    /// f(z) = z for z > 0, else eᶻ − 1
    Elu, "elu", { low: Lowest::At(-1.0), kinks: &[0.0], saturation: Some(LOWER_END) };
    /// f(z) = λ z for z > 0, else λα (eᶻ − 1)
    Selu, "selu", {
        low: Lowest::At(-SELU_SCALE_ALPHA), kinks: &[0.0], saturation: Some(Saturation { steepest: 1.758, ..LOWER_END })
    };
    /// f(z) = ln(1 + eᶻ)
    Softplus, "softplus", { low: Lowest::At(0.0), saturation: Some(LOWER_END) };
    /// f(z) = eᶻ
    Exp, "exp", { low: Lowest::At(0.0), saturation: Some(LOWER_END) };
    /// f(z) = z σ(z)
    Silu, "silu", { low: Lowest::Valley, saturation: Some(Saturation { deep: -7.0, ..BEYOND_VALLEY }) };
    /// f(z) = z Φ(z)
    Gelu, "gelu", { low: Lowest::Valley, saturation: Some(Saturation { deep: -4.0, ..BEYOND_VALLEY }) };
    /// f(z) = z tanh(ln(1 + eᶻ))
    Mish, "mish", { low: Lowest::Valley, saturation: Some(Saturation { deep: -7.0, ..BEYOND_VALLEY }) };
    /// f(z) = z/6 + ½, at least 0 and at most 1
    HardSigmoid, "hard_sigmoid", {
        low: Lowest::At(0.0), high: Some(1.0), kinks: &[-HARD_REACH, HARD_REACH],
        saturation: Some(Saturation { steepest: HARD_SLOPE, ..BOTH_ENDS })
    };
    /// f(z)ᵢ = eᶻⁱ / Σⱼ eᶻʲ; on the last layer only
    Softmax, "softmax", { low: Lowest::At(0.0), high: Some(1.0), saturation: Some(Saturation { deep: 5.0, ..BOTH_ENDS }) };
}

/// The lowest value of an activation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lowest {
    /// There is none.
    None,
    /// It is never below this.
    At(f64),
    /// It falls before it rises, for a z between −4 and 0.
    Valley,
}

/// What is asked of an activation beside its formulas.
struct ActivationRow {
    name: &'static str,
    low: Lowest,
    high: Option<f64>,
    kinks: &'static [f64],
    saturation: Option<Saturation>,
    /// Whether f(z) is z or a constant, which needs no rounding.
    is_exact: bool,
}

impl ActivationRow {
    const PLAIN: Self = Self {
        name: "",
        low: Lowest::None,
        high: None,
        kinks: &[],
        saturation: None,
        is_exact: false,
    };
}

/// Where an activation is flat, so that its units get caught there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saturation {
    /// Whether it is flat at both ends, and not at the lower one alone.
    pub both_ends: bool,
    /// The largest slope.
    pub steepest: f64,
    /// A small slope is that of the lower end for z below this only: f′ is 0 in a valley too, where nothing is flat.
    pub below: f64,
    /// A net input far out on a flat end.
    pub deep: f64,
}

const BOTH_ENDS: Saturation =
    Saturation { both_ends: true, steepest: 0.25, below: f64::INFINITY, deep: 5.0 };
const LOWER_END: Saturation =
    Saturation { both_ends: false, steepest: 1.0, below: f64::INFINITY, deep: -5.0 };
const BEYOND_VALLEY: Saturation = Saturation { below: -2.0, ..LOWER_END };

/// λ of SELU.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// λα of SELU.
const SELU_SCALE_ALPHA: f64 = 1.758_099_340_847_376_6;
/// The slope of leaky ReLU on the negative side.
const LEAKY_SLOPE: f64 = 0.01;
/// The slope of the hard sigmoid between its flat ends.
const HARD_SLOPE: f64 = 1.0 / 6.0;
/// Where the flat ends of the hard sigmoid begin, on either side of 0.
const HARD_REACH: f64 = 3.0;

impl Activation {
    /// The name as files, options and documents spell it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Between which values outputs are; `None` where there is no limit.
    pub fn range(self) -> (Option<f64>, Option<f64>) {
        let low = match self.row().low {
            Lowest::None => None,
            Lowest::At(low) => Some(low),
            Lowest::Valley => {
                let values = (0..=400).map(|i| self.value(-f64::from(i) / 100.0));
                Some(values.fold(f64::INFINITY, f64::min))
            }
        };
        (low, self.row().high)
    }

    /// Where f′ jumps or, for ELU, has a corner.
    pub fn kinks(self) -> &'static [f64] {
        self.row().kinks
    }

    /// Where it is flat. The flat side of ReLU is none of this: its units are dead there.
    pub fn saturation(self) -> Option<Saturation> {
        self.row().saturation
    }

    /// Whether each output depends on its own net input alone; softmax couples the units of its layer, which has to be the
    /// last one.
    pub fn is_elementwise(self) -> bool {
        self != Self::Softmax
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
            // (z + 3) / 6, because z/6 + ½ loses digits just above −3.
            Self::HardSigmoid => {
                let reach = V::constant(HARD_REACH);
                let between = (z + reach) * V::constant(HARD_SLOPE);
                let below = V::select(z.le(-reach), V::zero(), between);
                V::select(reach.le(z), V::one(), below)
            }
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
            Self::HardSigmoid => {
                let between = z.abs().lt(V::constant(HARD_REACH));
                V::select(between, V::constant(HARD_SLOPE), V::zero())
            }
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
            | Self::HardSigmoid
            | Self::Softmax => {
                let x = self.value_of(z);
                (x, self.derivative_of(z, x))
            }
        }
    }

    /// How far rounding moves x, relative to x, in units in the last place.
    pub(crate) fn value_error(self) -> f64 {
        // The elementary functions are within 3 units in the last place, and a product may follow.
        if self.row().is_exact { 0.0 } else { 4.0 }
    }

    /// The bound of f′(z), given that of x, and what a shift of z by its own bound changes.
    pub(crate) fn derivative_error(self, z: f64, (x, e_x): (f64, f64), shift: f64, u: f64) -> f64 {
        let slope = self.derivative(z, x);
        let (sigma, size) = (elementary::sigmoid(z), z.abs());
        match self {
            Self::Identity | Self::Relu | Self::LeakyRelu => 0.0,
            Self::HardSigmoid => u * slope,
            // x (1 − x): 1 − x carries the absolute error of x.
            Self::Sigmoid | Self::Softmax => (1.0 - 2.0 * x).abs() * e_x + 2.0 * u * x.abs(),
            Self::Tanh => 2.0 * x.abs() * e_x + 2.0 * u * (x * x + slope.abs()),
            // x + 1 and x + λα below 0: the absolute error of x, and that of the constant.
            Self::Elu | Self::Selu => {
                if z > 0.0 {
                    u * slope
                } else {
                    e_x + u * (1.0 + slope)
                }
            }
            Self::Softplus | Self::Exp => shift + 4.0 * u * slope.abs(),
            Self::Silu => shift + 6.0 * u * sigma * (1.0 + size * (1.0 - sigma)),
            // The terms Φ and |z| φ, whose exponents of −z²/2 lose digits as z grows.
            Self::Gelu => {
                let phi = libm::exp(-0.5 * z * z) * 0.4;
                shift + 8.0 * u * (1.0 + z * z) * (x.abs() / size.max(1e-300) + size * phi)
            }
            Self::Mish => shift + 8.0 * u * (slope.abs() + size * sigma),
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
