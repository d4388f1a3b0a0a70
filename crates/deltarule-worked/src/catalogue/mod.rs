//! Every activation, loss and optimiser: what it is called, its formula and its derivative.
//!
//! This is the one place where a formula is written for people. Documents, the note sheet, the options' help and the
//! tables in the engine's documentation are made from it. The engine's code stands beside its own tests; that the formulas
//! here are those of the engine is tested by evaluating them; notebooks evaluate the Python beside them.

mod activation;
mod loss;
mod optimizer;

pub use activation::{ActivationFormulas, activation};
pub use loss::{LossFormulas, loss};
pub use optimizer::{OptimizerFormulas, StepFormula, optimizer};
