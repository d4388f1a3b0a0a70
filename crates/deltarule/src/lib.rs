//! A multilayer perceptron that trains at the speed of the hardware and can show every step it takes.
//!
//! One engine, two ways through it. [`backprop`] is the textbook in plain loops, and [`trace`] records every number of
//! a step on that path, with a bound on its rounding error. The kernels behind [`Trainer`] compute the same functions
//! fast, with the same bits for any number of threads.
//!
//! Conventions: layers are numbered 1 … L in formulas and from 0 in code; weights have a row per unit and a column per
//! unit below; matrices of examples have a row per example; delta is always ∂E/∂z, with respect to the net input.
//!
//! # Example
//!
//! ```
//! use deltarule::{Activation, Adam, Init, Loss, Network, Trainer};
//! use ndarray::array;
//!
//! // Exclusive or.
//! let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
//! let t = array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
//! let mut network = Network::<f64>::builder(2)
//!     .layer(8, Activation::Tanh)
//!     .layer(2, Activation::Softmax)
//!     .init(Init::GlorotUniform { seed: 0 })
//!     .build()?;
//! let history = Trainer::new(Loss::CrossEntropy)
//!     .optimizer(Adam { learning_rate: 0.05, ..Adam::default() })
//!     .epochs(200)
//!     .fit(&mut network, x.view(), t.view())?;
//! assert!(history.epochs.last().unwrap().loss < 0.05);
//! assert_eq!(network.predictor(4).argmax(x.view())?, [0, 1, 1, 0]);
//! let trace = network.trace(Loss::CrossEntropy, x.view(), t.view())?;   // every z, x, delta and gradient
//! assert_eq!(trace.z.len(), 2);
//! # Ok::<(), deltarule::Error>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "the engine never prints")]

mod activation;
pub mod backprop;
mod choice;
mod error;
mod finite;
mod float;
mod init;
mod interval;
mod kernel;
mod layer;
mod loss;
pub mod metrics;
mod model_file;
mod network;
mod number;
mod optimizer;
mod predictor;
pub mod random;
mod rounding;
mod schedule;
pub mod trace;
mod train;

pub use activation::{Activation, Saturation};
pub use choice::Choice;
pub use error::{Error, ErrorKind, Result};
pub use float::Float;
pub use init::{BiasInit, Init};
pub use interval::Interval;
pub use kernel::InstructionSet;
pub use kernel::inference::Workspace;
pub use layer::Layer;
pub use loss::Loss;
pub use metrics::Metric;
pub use model_file::{AnyModelFile, FORMAT_VERSION, ModelFile};
pub use network::{Network, NetworkBuilder};
pub use number::Number;
pub use optimizer::*;
pub use predictor::Predictor;
pub use schedule::{LearningRate, Schedule, ScheduleState};
pub use trace::{Trace, TraceOptions};
pub use train::{
    Callback, EarlyStopping, EpochRecord, History, NonFinite, Objective, StepRecord, StopReason,
    Trainer, TrainingProgress, TrainingState,
};

/// The example of the crate's page is compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
