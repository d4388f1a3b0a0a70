//! From a table to a trained model and back: columns, preparation, network and record.
//!
//! [`Source`] opens CSV, TSV, gzipped CSV, Parquet and standard input. [`scan`] reads a table once and finds the type of each
//! column. [`fit`] reads it again into one matrix, prepares that in place and trains. A [`TabularModel`] predicts,
//! evaluates, and is saved and loaded as one file.
//!
//! A file of any size needs no more memory than its matrix and one chunk of rows; predictions need one chunk.
//!
//! # Example
//!
//! ```
//! use deltarule_tabular::{FitOptions, NoProgress, ReadOptions, Source, fit};
//!
//! let source = Source::open("iris", &ReadOptions::default())?;
//! let options = FitOptions { epochs: Some(30), ..FitOptions::default() };
//! let fitted = fit(&source, None, &options, 1, &mut NoProgress)?;
//! assert!(fitted.evaluation.scores["accuracy"] > 0.8);
//! # Ok::<(), deltarule_tabular::Error>(())
//! ```

mod arrow_schema;
mod chunk;
mod columns;
mod datasets;
mod error;
mod explain;
mod fit;
mod label;
mod lines;
mod matrix;
mod model;
mod options;
mod parquet_table;
mod preparation;
mod scan;
mod source;
mod split;
mod store;
mod target;

pub use chunk::{ColumnData, ColumnValues, TextValues};
pub use datasets::{DATASETS, Dataset};
pub use error::{Error, ErrorKind, Hint, Result};
pub use explain::{ExplainOptions, explain};
pub use fit::{FitProgress, Fitted, NoProgress, Understanding, fit, fit_weighted, resume};
pub use model::{Evaluation, Prediction, Record, Scores, TabularModel};
pub use options::{ClassWeight, FitOptions, FloatType};
pub use preparation::{DropReason, DroppedColumn, Encoding, InputColumn, Preparation};
pub use scan::{ColumnSummary, ColumnType, TableSummary, scan};
pub use source::{ReadOptions, Source};
pub use split::Split;
pub use target::{Distinct, NumberTarget, Target, TaskChoice, TaskKind, TaskReason};
