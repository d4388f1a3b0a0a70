//! Training: settings, checks, and the loop over epochs.

mod data;
mod history;
mod objective;
mod run;
mod settings;
mod state;

pub use history::{Callback, EpochRecord, History, StepRecord, StopReason};
pub use objective::Objective;
pub use settings::{EarlyStopping, NonFinite, Trainer};
pub use state::{TrainingProgress, TrainingState};
