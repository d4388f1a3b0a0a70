//! A number and how far rounding may have moved it.

use deltarule::Activation;
use ndarray::{Array2, ArrayView2};

use super::precision::{Rounding, WorkingPrecision};
use super::quantity::Quantity;

/// The rounding of an operation in double precision, with room to spare.
const ROUNDOFF: f64 = 4.0 * f64::EPSILON;

/// A relative error that is none.
const EXACT: f64 = 1e-13;

/// So near to the middle between two numbers of fewer digits, relatively, a number is rounded to either.
const TIE: f64 = 1e-12;

/// A number that a student may have computed, and how far off it may be because he rounded what went into it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Approx {
    pub(super) value: f64,
    /// The largest error, to first order.
    pub(super) drift: f64,
}

/// A matrix of them: a row per unit and a column per example, or a row per unit and a column per unit below.
pub(super) type ApproxMatrix = Array2<Approx>;

/// A number without error.
pub(super) fn exact(value: f64) -> Approx {
    Approx { value, drift: 0.0 }
}

/// A matrix without error.
pub(super) fn exact_matrix(values: ArrayView2<'_, f64>) -> ApproxMatrix {
    values.mapv(exact)
}

impl Approx {
    pub(super) fn plus(self, other: Self) -> Self {
        let value = self.value + other.value;
        let noise = ROUNDOFF * (self.value.abs() + other.value.abs());
        Self { value, drift: self.drift + other.drift + noise }
    }

    pub(super) fn times(self, other: Self) -> Self {
        let value = self.value * other.value;
        let drift = self.value.abs() * other.drift
            + other.value.abs() * self.drift
            + self.drift * other.drift
            + ROUNDOFF * value.abs();
        Self { value, drift }
    }

    pub(super) fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, drift: self.drift * factor.abs() }
    }

    /// What is left after a student wrote it down as an intermediate result.
    pub(super) fn noted(self, precision: &WorkingPrecision) -> Self {
        self.noted_as(None, precision)
    }

    /// The same for a quantity.
    pub(super) fn noted_as(self, quantity: Option<Quantity>, precision: &WorkingPrecision) -> Self {
        let precision = precision.of(quantity);
        match precision.rounding {
            Some((rounding, which)) if which.holds(quantity) => self.rounded(rounding),
            Some(_) => self,
            None if !precision.errors => Self { value: self.value, drift: 0.0 },
            None => {
                let lost = precision.loss(self.value, self.drift);
                Self { value: self.value, drift: self.drift + lost }
            }
        }
    }

    /// Rounded to fewer digits. 0.06825 may have been 0.0682499 before it was written, and then is 0.0682 and not 0.0683; so
    /// may a 0.06825 that is computed as 0.06824999999999999.
    fn rounded(self, rounding: Rounding) -> Self {
        let value = rounding.apply(self.value);
        let room = self.drift.max(TIE * self.value.abs());
        let either = [self.value - room, self.value + room];
        let other = largest(either.map(|end| (rounding.apply(end) - value).abs()));
        Self { value, drift: self.drift.max(other) }
    }

    /// Whether it is off by no more than the rounding of double precision.
    pub(super) fn is_exact(self) -> bool {
        self.drift <= EXACT * self.value.abs() + f64::MIN_POSITIVE
    }

    /// A function of one number.
    pub(super) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let value = f(self.value);
        if self.is_exact() {
            return Self { value, drift: self.drift + ROUNDOFF * value.abs() };
        }
        let (above, below) = (f(self.value + self.drift), f(self.value - self.drift));
        let drift = largest([(above - value).abs(), (below - value).abs()]);
        Self { value, drift: drift + ROUNDOFF * value.abs() }
    }

    /// A function of two numbers.
    pub(super) fn map2(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let value = f(self.value, other.value);
        if self.is_exact() && other.is_exact() {
            return Self { value, drift: self.drift + other.drift + ROUNDOFF * value.abs() };
        }
        let mut drift = 0.0_f64;
        for (sign, other_sign) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
            let moved = f(self.value + sign * self.drift, other.value + other_sign * other.drift);
            drift = largest([drift, (moved - value).abs()]);
        }
        Self { value, drift: drift + ROUNDOFF * value.abs() }
    }
}

/// The largest of some differences; what is not a number says nothing.
fn largest<const N: usize>(differences: [f64; N]) -> f64 {
    differences.into_iter().filter(|d| d.is_finite()).fold(0.0, f64::max)
}

/// a b
pub(super) fn product(a: &ApproxMatrix, b: &ApproxMatrix) -> ApproxMatrix {
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        let mut sum = Approx::default();
        for k in 0..a.ncols() {
            sum = sum.plus(a[[i, k]].times(b[[k, j]]));
        }
        sum
    })
}

/// f of every column: a column holds the net inputs of an example.
pub(super) fn activate(activation: Activation, z: &ApproxMatrix) -> ApproxMatrix {
    if activation != Activation::Softmax {
        return z.mapv(|z| z.map(|z| activation.value(z)));
    }
    let mut x = z.clone();
    for (z, mut x) in z.columns().into_iter().zip(x.columns_mut()) {
        let values: Vec<f64> = z.iter().map(|z| z.value).collect();
        let mut outputs = vec![0.0; values.len()];
        activation.apply(&values, &mut outputs);
        // ∂xᵢ/∂zⱼ = xᵢ (δᵢⱼ − xⱼ)
        let mean_drift: f64 = z.iter().zip(&outputs).map(|(z, x)| z.drift * x).sum();
        for ((x, z), &output) in x.iter_mut().zip(z).zip(&outputs) {
            let drift = output * (z.drift * (1.0 - 2.0 * output).max(0.0) + mean_drift);
            *x = Approx { value: output, drift: drift + ROUNDOFF * output };
        }
    }
    x
}

/// A vector function of the columns of z and x, such as the output delta: `f(z, x, example)` has an entry per row.
///
/// The error of each result is the sum of what each argument on its own can move it by.
pub(super) fn by_example(
    z: &ApproxMatrix,
    x: &ApproxMatrix,
    rows: usize,
    f: impl Fn(&[f64], &[f64], usize) -> Vec<f64>,
) -> ApproxMatrix {
    let mut result = Array2::from_elem((rows, z.ncols()), Approx::default());
    for (example, mut column) in result.columns_mut().into_iter().enumerate() {
        let (z, x) = (z.column(example), x.column(example));
        let values = |m: &ndarray::ArrayView1<'_, Approx>| -> Vec<f64> {
            m.iter().map(|a| a.value).collect()
        };
        let (mut z_values, mut x_values) = (values(&z), values(&x));
        let plain = f(&z_values, &x_values, example);
        let mut drift: Vec<f64> = plain.iter().map(|v| ROUNDOFF * v.abs()).collect();
        // More outputs than anybody computes by hand are taken one by one only where they can be.
        let exact = z.iter().zip(&x).all(|(z, x)| z.is_exact() && x.is_exact());
        if !exact && z.len() <= LARGEST_COUPLED {
            for j in 0..z.len() {
                let mut moved = vec![0.0_f64; rows];
                // Who wrote both down rounded each of them on its own: one may be too large and the other too small.
                for (of_z, of_x) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                    z_values[j] = z[j].value + of_z * z[j].drift;
                    x_values[j] = x[j].value + of_x * x[j].drift;
                    for (moved, (new, old)) in
                        moved.iter_mut().zip(f(&z_values, &x_values, example).iter().zip(&plain))
                    {
                        *moved = largest([*moved, (new - old).abs()]);
                    }
                }
                (z_values[j], x_values[j]) = (z[j].value, x[j].value);
                drift.iter_mut().zip(moved).for_each(|(d, m)| *d += m);
            }
        }
        for (out, (value, drift)) in column.iter_mut().zip(plain.into_iter().zip(drift)) {
            *out = Approx { value, drift };
        }
    }
    result
}

/// The most outputs whose couplings are followed when the error of a loss or delta is bounded.
const LARGEST_COUPLED: usize = 64;
