//! Computing a formula, with how far rounding may have moved its numbers.

use ndarray::{Array2, Axis};

use super::expression::{Expression, Function, Operand};
use crate::marking::approx::{Approx, ApproxMatrix, activate, exact, product};

/// Where the operands of a formula come from.
pub(in crate::marking) trait Operands {
    /// The numbers of an operand; none where there is no such thing.
    fn operand(&self, operand: Operand) -> Option<ApproxMatrix>;

    /// What is used on of numbers that are written down on the way.
    fn noted(&self, numbers: &ApproxMatrix) -> ApproxMatrix;
}

impl Expression {
    /// The numbers of a formula; none where an operand is missing or shapes do not fit.
    pub(in crate::marking) fn evaluate(&self, operands: &dyn Operands) -> Option<ApproxMatrix> {
        let of = |expression: &Self| expression.evaluate(operands);
        Some(match self {
            Self::Operand(operand) => operands.operand(*operand)?,
            Self::Constant(_, value) => Array2::from_elem((1, 1), exact(*value)),
            Self::Negative(a) => of(a)?.mapv(|a| a.scaled(-1.0)),
            Self::Sum(a, b) => each(&of(a)?, &of(b)?, Approx::plus)?,
            Self::Difference(a, b) => each(&of(a)?, &of(b)?, |a, b| a.plus(b.scaled(-1.0)))?,
            Self::Times(a, b) => each(&of(a)?, &of(b)?, Approx::times)?,
            Self::Over(a, b) => each(&of(a)?, &of(b)?, |a, b| a.map2(b, |a, b| a / b))?,
            Self::Product(a, b) => {
                let (a, b) = (of(a)?, of(b)?);
                (a.ncols() == b.nrows()).then(|| product(&a, &b))?
            }
            Self::Transposed(a) => of(a)?.t().to_owned(),
            Self::Square(a) => of(a)?.mapv(|a| a.map(|a| a * a)),
            Self::Root(a) => of(a)?.mapv(|a| a.map(|a| a.max(0.0).sqrt())),
            Self::Function(function, a) => function.of(&of(a)?),
            Self::OverUnits(a) => sum(&of(a)?, Axis(0)),
            Self::OverExamples(a) => sum(&of(a)?, Axis(1)),
            Self::Noted(a) => operands.noted(&of(a)?),
            Self::Ones(a) => of(a)?.mapv(|_| exact(1.0)),
            Self::OnlyUnit(unit, a) => only(&of(a)?, *unit, Axis(0))?,
            Self::OnlyExample(example, a) => only(&of(a)?, *example, Axis(1))?,
            Self::Reversed(a) => {
                let mut reversed = of(a)?;
                reversed.invert_axis(Axis(0));
                reversed
            }
            Self::RowFrom(to, from, a) => {
                let a = of(a)?;
                let inside = (*to).max(*from) < a.nrows();
                inside.then(|| {
                    Array2::from_shape_fn(a.dim(), |(i, j)| {
                        a[[if i == *to { *from } else { i }, j]]
                    })
                })?
            }
            Self::ColumnFrom(to, from, a) => {
                let a = of(a)?;
                let inside = (*to).max(*from) < a.ncols();
                inside.then(|| {
                    Array2::from_shape_fn(a.dim(), |(i, j)| {
                        a[[i, if j == *to { *from } else { j }]]
                    })
                })?
            }
        })
    }
}

impl Function {
    fn of(self, a: &ApproxMatrix) -> ApproxMatrix {
        let each = |f: fn(f64) -> f64| a.mapv(|a| a.map(f));
        match self {
            Self::Activation(activation) => activate(activation, a),
            Self::Mirrored(activation) => activate(activation, &a.mapv(|a| a.scaled(-1.0))),
            Self::Derivative(activation) => {
                a.mapv(|a| a.map(|z| activation.derivative(z, activation.value(z))))
            }
            Self::Ln => each(f64::ln),
            Self::Log10 => each(f64::log10),
            Self::Log2 => each(f64::log2),
            Self::Absolute => each(f64::abs),
            Self::Sign => each(|a| if a == 0.0 { 0.0 } else { a.signum() }),
            Self::NegativePart => each(|a| a.min(0.0)),
            Self::Clipped => each(|a| a.clamp(-1.0, 1.0)),
        }
    }
}

/// A function number by number; a matrix of one row, one column or one number is used for all.
fn each(
    a: &ApproxMatrix,
    b: &ApproxMatrix,
    f: impl Fn(Approx, Approx) -> Approx,
) -> Option<ApproxMatrix> {
    let rows = together(a.nrows(), b.nrows())?;
    let columns = together(a.ncols(), b.ncols())?;
    // A column and a row would make a matrix out of nothing.
    let crosses = |a: &ApproxMatrix, b: &ApproxMatrix| {
        a.ncols() == 1 && b.nrows() == 1 && a.nrows() > 1 && b.ncols() > 1
    };
    if crosses(a, b) || crosses(b, a) {
        return None;
    }
    let at = |m: &ApproxMatrix, i: usize, j: usize| {
        m[[if m.nrows() == 1 { 0 } else { i }, if m.ncols() == 1 { 0 } else { j }]]
    };
    Some(Array2::from_shape_fn((rows, columns), |(i, j)| f(at(a, i, j), at(b, i, j))))
}

fn together(a: usize, b: usize) -> Option<usize> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    }
}

fn sum(a: &ApproxMatrix, axis: Axis) -> ApproxMatrix {
    let sums = a.fold_axis(axis, Approx::default(), |sum, a| sum.plus(*a));
    sums.insert_axis(axis)
}

fn only(a: &ApproxMatrix, index: usize, axis: Axis) -> Option<ApproxMatrix> {
    (index < a.len_of(axis)).then(|| a.index_axis(axis, index).insert_axis(axis).to_owned())
}
