//! A training step worked out: formulas, derivations and numbers, as pieces of a document.
//!
//! The numbers come from the engine's [`deltarule::trace::Trace`]; here they get their formulas, the reasons and the
//! remarks. What is written for an exercise and for the rows of a trained model's table is the same.

mod catalogue;
mod check;
mod class;
mod delta;
mod derivation;
mod difference;
mod forward;
pub mod given;
mod gradient;
mod loss;
mod notation;
mod notice;
pub mod python;
mod said;
mod sheet;
mod step;
mod update;
mod writer;

pub use catalogue::{
    ActivationFormulas, LossFormulas, OptimizerFormulas, StepFormula, activation,
    loss as loss_formulas, optimizer,
};
pub use notation::Notation;
pub use sheet::{UnknownName, formula_sheet};
pub use step::{BatchLayout, StepNumbers, Style};
pub use update::capital;
pub use writer::StepWriter;
