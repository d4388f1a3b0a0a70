//! A trained model of a table: preparation, network and record.

use deltarule::metrics::class_of;
use deltarule::{AnyModelFile, Float, ModelFile, Network, StopReason};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::chunk::Chunk;
use crate::delimited::ReadOptions;
use crate::error::{Error, Result};
use crate::options::FitOptions;
use crate::preparation::Preparation;
use crate::score::{Evaluation, Scores, evaluate, one_hot, restore};
use crate::source::Source;
use crate::split::Split;
use crate::target::Target;

/// What was trained, on what, and how well it went: no time, no thread count and no path, so that the same training
/// writes the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Training rows, those that early stopping watched included.
    pub training_rows: usize,
    /// Test rows.
    pub test_rows: usize,
    /// How the rows for training and for testing were chosen.
    pub split: Split,
    /// Whether each row had a weight of its own; the weights are not kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weighted: bool,
    /// Columns of the table.
    pub table_columns: usize,
    /// The options, for a continuation.
    pub options: FitOptions,
    /// How the table was read.
    pub read: ReadOptions,
    /// Rows per update.
    pub batch_size: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch that was kept, with early stopping.
    pub best_epoch: Option<usize>,
    /// Why it ended.
    pub stopped: StopReason,
    /// Scores on the training rows.
    pub train: Scores,
    /// Scores on the test rows.
    pub test: Option<Scores>,
    /// Scores of always predicting the majority class or the mean, on the test rows or else the training rows.
    pub baseline: Scores,
}

/// The part of a model file that is not the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) preparation: Preparation,
    pub(crate) target: Target,
    pub(crate) record: Record,
}

/// A trained model: what comes in as a table goes out as predictions.
///
/// # Example
///
/// ```
/// use deltarule_tabular::{FitOptions, NoProgress, ReadOptions, Source, TabularModel, fit};
///
/// let iris = Source::open("iris", &ReadOptions::default())?;
/// let options = FitOptions { epochs: Some(20), ..FitOptions::default() };
/// let model = fit(&iris, None, &options, 1, &mut NoProgress)?.model;
/// let mut labels = Vec::new();
/// model.predict(&iris, |row| {
///     labels.push(row.label.unwrap_or_default().to_string());
///     Ok(())
/// })?;
/// assert_eq!(labels.len(), 150);
/// # Ok::<(), deltarule_tabular::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TabularModel {
    pub(crate) application: Application,
    pub(crate) network: AnyNetwork,
}

/// A network of either number type, with the state of its training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AnyNetwork {
    F32(Box<ModelFile<f32>>),
    F64(Box<ModelFile<f64>>),
}

impl From<ModelFile<f32>> for AnyNetwork {
    fn from(file: ModelFile<f32>) -> Self {
        Self::F32(file.into())
    }
}

impl From<ModelFile<f64>> for AnyNetwork {
    fn from(file: ModelFile<f64>) -> Self {
        Self::F64(file.into())
    }
}

/// The prediction for one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction<'a> {
    /// The number of the class among the target's, in classification.
    pub class: Option<usize>,
    /// What the class is called.
    pub label: Option<&'a str>,
    /// The probability of each class, or the predicted numbers in their own units.
    pub values: &'a [f64],
}

/// Rows that go through the network at a time.
const BATCH: usize = 256;

impl TabularModel {
    /// How columns become inputs.
    pub fn preparation(&self) -> &Preparation {
        &self.application.preparation
    }

    /// What is predicted.
    pub fn target(&self) -> &Target {
        &self.application.target
    }

    /// What was trained, and how well it went.
    pub fn record(&self) -> &Record {
        &self.application.record
    }

    /// The network, in double precision (exact).
    pub fn network(&self) -> Network<f64> {
        match &self.network {
            AnyNetwork::F32(file) => file.network.cast(),
            AnyNetwork::F64(file) => file.network.clone(),
        }
    }

    /// `f32` or `f64`.
    pub fn precision(&self) -> &'static str {
        match &self.network {
            AnyNetwork::F32(_) => "f32",
            AnyNetwork::F64(_) => "f64",
        }
    }

    /// Opens a table that is to be read as the training table was.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open(&self, data: &str) -> Result<Source> {
        let options = &self.record().read;
        // The ending of this file decides about its delimiter, unless the training was told one.
        Source::open(data, options)
    }

    /// Predicts every row of a table, in its order, a chunk at a time.
    ///
    /// # Errors
    /// When a column of the training is missing, or a cell is not what it was in training.
    pub fn predict(
        &self,
        source: &Source,
        mut take: impl FnMut(Prediction<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut values = Vec::with_capacity(self.target().width());
        self.for_each_output(source, false, |outputs, _| {
            for row in outputs.rows() {
                values.clear();
                values.extend(row);
                let (class, label) = match self.target() {
                    Target::Classes { classes, .. } => {
                        let class = class_of(row);
                        (Some(class), Some(classes[class].as_str()))
                    }
                    Target::Numbers(_) => (None, None),
                };
                take(Prediction { class, label, values: &values })?;
            }
            Ok(())
        })
    }

    /// The inputs that the network sees for the rows of a table, in their order, a chunk at a time.
    ///
    /// # Shapes
    /// (rows, [`Preparation::width`])
    ///
    /// # Errors
    /// As [`TabularModel::predict`].
    pub fn inputs(
        &self,
        source: &Source,
        mut take: impl FnMut(ArrayView2<'_, f64>) -> Result<()>,
    ) -> Result<()> {
        let names = source.columns()?;
        let places = self.preparation().places(source, &names)?;
        source.for_each_chunk(&names, &places, |chunk| {
            let mut x = Vec::new();
            self.prepare(source, chunk, &places, &mut x)?;
            let shape = (chunk.rows, self.preparation().width());
            let view = ArrayView2::from_shape(shape, &x)
                .map_err(|e| Error::data(format!("inputs of a wrong shape: {e}")))?;
            take(view)
        })
    }

    /// The inputs as the network gets them, in its own precision.
    pub(crate) fn prepare(
        &self,
        source: &Source,
        chunk: &Chunk,
        places: &[usize],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        match &self.network {
            AnyNetwork::F64(_) => self.preparation().append(source, chunk, places, out),
            AnyNetwork::F32(_) => {
                let mut single: Vec<f32> = Vec::new();
                self.preparation().append(source, chunk, places, &mut single)?;
                out.extend(single.into_iter().map(f64::from));
                Ok(())
            }
        }
    }

    /// Compares the predictions with the targets that the table holds.
    ///
    /// # Errors
    /// As [`TabularModel::predict`]; when a target column is missing, a target is, or its class was not seen in training.
    pub fn evaluate(&self, source: &Source) -> Result<Evaluation> {
        let width = self.target().width();
        let (mut outputs, mut targets) = (Vec::new(), Vec::new());
        self.for_each_output(source, true, |x, t| {
            outputs.extend(x.iter().copied());
            targets.extend(t.iter().copied());
            Ok(())
        })?;
        let rows = outputs.len() / width.max(1);
        let matrix = |values: Vec<f64>| {
            Array2::from_shape_vec((rows, width), values)
                .map_err(|e| Error::data(format!("outputs of a wrong shape: {e}")))
        };
        evaluate(self.target(), matrix(outputs)?.view(), matrix(targets)?.view())
    }

    /// Hands the outputs (and, if asked, the targets) of every chunk to `take`, in the units of the table.
    fn for_each_output(
        &self,
        source: &Source,
        with_targets: bool,
        take: impl FnMut(Array2<f64>, Array2<f64>) -> Result<()>,
    ) -> Result<()> {
        match &self.network {
            AnyNetwork::F32(file) => self.outputs(&file.network, source, with_targets, take),
            AnyNetwork::F64(file) => self.outputs(&file.network, source, with_targets, take),
        }
    }

    fn outputs<T: Float>(
        &self,
        network: &Network<T>,
        source: &Source,
        with_targets: bool,
        mut take: impl FnMut(Array2<f64>, Array2<f64>) -> Result<()>,
    ) -> Result<()> {
        let names = source.columns()?;
        let places = self.preparation().places(source, &names)?;
        let target_places =
            if with_targets { self.target().places(source, &names)? } else { Vec::new() };
        let wanted = [&places[..], &target_places[..]].concat();
        let mut rows = 0;
        let mut x = Vec::new();
        let mut predictor = None;
        source.for_each_chunk(&names, &wanted, |chunk| {
            x.clear();
            self.preparation().append::<T>(source, chunk, &places, &mut x)?;
            let shape = (chunk.rows, self.preparation().width());
            let view = ArrayView2::from_shape(shape, &x)
                .map_err(|e| Error::data(format!("inputs of a wrong shape: {e}")))?;
            let predictor =
                predictor.get_or_insert_with(|| network.predictor(chunk.rows.clamp(1, BATCH)));
            let mut outputs = predictor.predict(view)?.mapv(T::to_f64);
            let mut targets = Vec::new();
            if with_targets {
                for row in 0..chunk.rows {
                    let target = self.target();
                    target.push_row(source, chunk, row, &target_places, &mut targets)?;
                }
            }
            let targets = one_hot(self.target(), &targets);
            restore(self.target(), &mut outputs);
            rows += chunk.rows;
            take(outputs, targets)
        })?;
        if rows == 0 {
            return Err(source.no_rows(&names));
        }
        Ok(())
    }

    /// Writes the model; the same training writes the same bytes.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, out: impl std::io::Write) -> Result<()> {
        let application = serde_json::to_value(&self.application)
            .map_err(|e| Error::data(format!("the record cannot be written: {e}")))?;
        match &self.network {
            AnyNetwork::F32(file) => write(file, application, out),
            AnyNetwork::F64(file) => write(file, application, out),
        }
    }

    /// Reads a model.
    ///
    /// # Errors
    /// When it is not a model file of this crate, damaged, or of a later version.
    pub fn read(name: &str, source: impl std::io::Read) -> Result<Self> {
        let file =
            AnyModelFile::read(source).map_err(|error| Error::table(name, error.to_string()))?;
        let (network, mut application) = match file {
            AnyModelFile::F32(mut file) => {
                let application = file.application.take();
                (AnyNetwork::F32(Box::new(file)), application)
            }
            AnyModelFile::F64(mut file) => {
                let application = file.application.take();
                (AnyNetwork::F64(Box::new(file)), application)
            }
        };
        let application = application.take();
        // What another program, or the engine alone, writes there is none of ours.
        if application.get("preparation").is_none() {
            return Err(Error::network_alone(name));
        }
        let application: Application = serde_json::from_value(application).map_err(|error| {
            let message = format!(
                "the model file's record is damaged, or was written by another version ({error})"
            );
            Error::table(name, message)
        })?;
        let model = Self { application, network };
        let (inputs, outputs) = match &model.network {
            AnyNetwork::F32(file) => (file.network.inputs(), file.network.outputs()),
            AnyNetwork::F64(file) => (file.network.inputs(), file.network.outputs()),
        };
        if inputs != model.preparation().width() || outputs != model.target().width() {
            return Err(Error::table(name, "model file: the network does not fit its preparation"));
        }
        Ok(model)
    }
}

fn write<T: Float>(
    file: &ModelFile<T>,
    application: serde_json::Value,
    out: impl std::io::Write,
) -> Result<()> {
    let mut file = file.clone();
    file.application = application;
    Ok(file.write(out)?)
}
