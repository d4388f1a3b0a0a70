//! From a table to a trained model and back: columns, preparation, network and record.
//!
//! [`Source`] opens CSV, TSV, gzipped CSV, Parquet, standard input, and columns or a matrix in memory. [`fit`] finds the type of
//! each column, makes one matrix of the table, prepares it and trains. A [`TabularModel`] predicts, evaluates, and is saved and
//! loaded as one file. A table of any size needs no more memory than its matrix and one chunk of rows; predictions need one
//! chunk.
//!
//! What [`fit`] does at once can be done step by step: a [`Dataset`] keeps a table in memory, a [`Preparation`] and a [`Target`] are
//! fitted on any of its rows, [`Preparation::transform`] makes [`Examples`] of any rows, and [`train`] and [`score`](score()) go on
//! with these.
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
mod byte_source;
mod chunk;
mod columns;
mod dataset;
mod delimited;
mod embedded;
mod encoding;
mod error;
mod examples;
mod explain;
mod fit;
mod kept;
mod label;
mod lines;
mod model;
mod options;
mod parquet_table;
mod preparation;
mod prepare;
mod progress;
mod scan;
mod score;
mod source;
mod split;
mod store;
mod target;
mod train;

pub use chunk::{CodedTexts, ColumnData, ColumnValues, TextValues};
pub use dataset::Dataset;
pub use delimited::ReadOptions;
pub use embedded::{DATASETS, EmbeddedTable};
pub use encoding::Encoding;
pub use error::{Error, ErrorKind, Hint, Result};
pub use examples::{Examples, ExamplesView};
pub use explain::{ExplainOptions, explain};
pub use fit::{Fitted, fit, fit_weighted, resume};
pub use model::{Prediction, Record, TabularModel};
pub use options::{ClassWeight, FitOptions, FloatType};
pub use preparation::{DropReason, DroppedColumn, InputColumn, Preparation};
pub use progress::{FitProgress, NoProgress, Understanding};
pub use scan::{ColumnSummary, ColumnType, TableSummary, scan};
pub use score::{Evaluation, Scores, baseline, score};
pub use source::Source;
pub use split::{RowSets, Split};
pub use target::{Distinct, NumberTarget, Target, TaskChoice, TaskKind, TaskReason};
pub use train::{Trained, train, train_on};
