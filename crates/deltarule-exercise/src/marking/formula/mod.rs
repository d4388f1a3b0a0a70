//! The formulas of a step as data: what each quantity is computed from, so that a formula can be computed, changed in one
//! place, and printed.
//!
//! `expression.rs` has the tree, `evaluate.rs` computes it with its errors, `print.rs` writes it in the letters of the sheet,
//! `step.rs` has the formula of every quantity of a step, and `change.rs` what can be changed in one place of a tree.

mod change;
mod evaluate;
mod expression;
mod print;
mod step;

pub(super) use change::{Change, Label, Multiplier, Surroundings, changed, changes, label};
pub(super) use evaluate::Operands;
pub(super) use expression::{Expression, Function, Operand};
pub(super) use print::printed;
pub(super) use step::{Formula, FormulaContext, bias_correction, formula};
