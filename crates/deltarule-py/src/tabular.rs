//! `Table` models: the command's `train` and `predict` on tables that come as columns, as bytes or by their path.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::PathBuf;

use deltarule::{Adam, AdamW, EpochRecord, Lbfgs, Optimizer, Rprop, Schedule, Sgd};
use deltarule_tabular::{
    ColumnData, ColumnValues, Error, ErrorKind, FitOptions, FitProgress, Hint, ReadOptions, Source,
    TabularModel, Target, fit, fit_weighted,
};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::failure::{exception, value_error};
use crate::watch::Attention;

/// What messages call a table that has no file.
const NAME: &str = "table";

/// The number of each row's class, if there are any, and probabilities or numbers.
type Predicted<'py> = (Option<Bound<'py, PyArray1<usize>>>, Bound<'py, PyArray2<f64>>);

/// `coefs_`, `intercepts_` and activations.
type Layers<'py> =
    (Vec<Bound<'py, PyArray2<f64>>>, Vec<Bound<'py, PyArray1<f64>>>, Vec<&'static str>);

/// A trained model with its preparation.
#[pyclass(module = "deltarule._core", frozen)]
pub(crate) struct Tabular {
    model: TabularModel,
}

#[pymethods]
impl Tabular {
    /// Trains on a table. After each epoch `end` is called with its
    /// record as JSON and returns whether to stop. Returns the model, the course of the training as JSON, and whether Ctrl-C
    /// ended it.
    #[staticmethod]
    #[pyo3(signature = (table, weights, options, threads, end))]
    fn fit(
        py: Python<'_>,
        table: TableArgument<'_>,
        weights: Option<Vec<f64>>,
        options: &str,
        threads: usize,
        end: Py<PyAny>,
    ) -> PyResult<(Self, String, bool)> {
        let options: FitOptions = serde_json::from_str(options).map_err(value_error)?;
        let mut follow =
            Follow { end, raised: None, interrupted: false, attention: Attention::new() };
        let table = table.taken()?;
        let fitted = py.detach(|| {
            let source = table.open(&ReadOptions::default())?;
            match &weights {
                None => fit(&source, None, &options, threads, &mut follow),
                Some(weights) => {
                    fit_weighted(&source, weights, None, &options, threads, &mut follow)
                }
            }
        });
        if let Some(raised) = follow.raised {
            return Err(raised);
        }
        let fitted = fitted.map_err(failure)?;
        let course = json!({
            "epochs": fitted.history.epochs,
            "scores": fitted.evaluation.scores,
            "rows": fitted.evaluation.rows,
        });
        Ok((Self { model: fitted.model }, course.to_string(), follow.interrupted))
    }

    /// An optimiser with the parameters of its paper, as JSON, by the name that scikit-learn and we give it.
    #[staticmethod]
    fn optimizer(solver: &str) -> PyResult<String> {
        let optimizer: Optimizer = match solver {
            "sgd" => Sgd::default().into(),
            "adam" => Adam::default().into(),
            "adamw" => AdamW::default().into(),
            "rprop" => Rprop::default().into(),
            "lbfgs" => Lbfgs::default().into(),
            other => return Err(value_error(format!("there is no solver {other:?}"))),
        };
        serde_json::to_string(&optimizer).map_err(value_error)
    }

    /// A schedule with its default parameters, as JSON.
    #[staticmethod]
    fn schedule(name: &str) -> PyResult<String> {
        let schedule: Schedule = name.parse().map_err(exception)?;
        serde_json::to_string(&schedule).map_err(value_error)
    }

    /// Reads the bytes of a model file, which messages call by this name.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8], name: &str) -> PyResult<Self> {
        let model = py.detach(|| TabularModel::read(name, Cursor::new(bytes))).map_err(failure)?;
        Ok(Self { model })
    }

    /// Writes a model file, whole or not at all.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.model.save(&path)).map_err(failure)
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        self.model.write(&mut bytes).map_err(failure)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Preparation, target and record, as JSON.
    fn description(&self) -> PyResult<String> {
        let description = json!({
            "preparation": self.model.preparation(),
            "features": self.model.preparation().feature_names(),
            "target": self.model.target(),
            "record": self.model.record(),
            "precision": self.model.precision(),
        });
        serde_json::to_string(&description).map_err(value_error)
    }

    /// The number of each row's class, for a classifier, and the probabilities or numbers.
    fn predict<'py>(&self, py: Python<'py>, table: TableArgument<'py>) -> PyResult<Predicted<'py>> {
        let table = table.taken()?;
        let (mut classes, mut values) = (Vec::new(), Vec::new());
        py.detach(|| {
            let source = table.open(&self.model.record().read)?;
            self.model.predict(&source, |prediction| {
                classes.extend(prediction.class);
                values.extend_from_slice(prediction.values);
                Ok(())
            })
        })
        .map_err(failure)?;
        let classifies = matches!(self.model.target(), Target::Classes { .. });
        let matrix = matrix(py, values, self.model.target().width())?;
        Ok((classifies.then(|| PyArray1::from_vec(py, classes)), matrix))
    }

    /// The scores on a table with the columns of the targets, as JSON.
    fn evaluate(&self, py: Python<'_>, table: TableArgument<'_>) -> PyResult<String> {
        let table = table.taken()?;
        let evaluation = py
            .detach(|| {
                let source = table.open(&self.model.record().read)?;
                self.model.evaluate(&source)
            })
            .map_err(failure)?;
        serde_json::to_string(&evaluation.scores).map_err(value_error)
    }

    /// The matrix that the network sees.
    fn inputs<'py>(
        &self,
        py: Python<'py>,
        table: TableArgument<'py>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let table = table.taken()?;
        let mut values = Vec::new();
        py.detach(|| {
            let source = table.open(&self.model.record().read)?;
            self.model.inputs(&source, |inputs| {
                values.extend(inputs.iter());
                Ok(())
            })
        })
        .map_err(failure)?;
        matrix(py, values, self.model.preparation().width())
    }

    /// `coefs_`, `intercepts_` and the activation of each layer, in double precision.
    fn network<'py>(&self, py: Python<'py>) -> Layers<'py> {
        let network = self.model.network();
        let (mut coefs_, mut intercepts_, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (l, layer) in network.layers().iter().enumerate() {
            let coef = network.weights(l).reversed_axes().as_standard_layout().into_owned();
            coefs_.push(PyArray2::from_owned_array(py, coef));
            intercepts_.push(PyArray1::from_owned_array(py, network.biases(l).to_owned()));
            names.push(layer.activation().name());
        }
        (coefs_, intercepts_, names)
    }
}

/// The cells of a column as Python hands them over.
#[derive(FromPyObject)]
enum CellsArgument<'py> {
    Float(PyReadonlyArray1<'py, f64>),
    Signed(PyReadonlyArray1<'py, i64>),
    Unsigned(PyReadonlyArray1<'py, u64>),
    Boolean(PyReadonlyArray1<'py, bool>),
    Text(Vec<Option<String>>),
}

/// A column: its name, its cells, and which of them are missing.
type ColumnArgument<'py> = (String, CellsArgument<'py>, Option<PyReadonlyArray1<'py, bool>>);

/// A table: columns, the bytes of a Parquet or CSV file, or the path of one.
#[derive(FromPyObject)]
enum TableArgument<'py> {
    Columns(Vec<ColumnArgument<'py>>),
    Bytes(Vec<u8>),
    Path(String),
}

/// A table that no longer needs Python.
enum TakenTable {
    Columns(Vec<(String, ColumnData)>),
    Bytes(Vec<u8>),
    Path(String),
}

impl CellsArgument<'_> {
    fn taken(&self) -> ColumnValues {
        // Columns of a matrix lie apart in memory.
        match self {
            Self::Float(values) => ColumnValues::Float(values.as_array().to_vec()),
            Self::Signed(values) => ColumnValues::Signed(values.as_array().to_vec()),
            Self::Unsigned(values) => ColumnValues::Unsigned(values.as_array().to_vec()),
            Self::Boolean(values) => ColumnValues::Boolean(values.as_array().to_vec()),
            Self::Text(texts) => ColumnValues::Text(
                texts.iter().map(|text| text.as_deref().unwrap_or_default()).collect(),
            ),
        }
    }
}

impl TableArgument<'_> {
    /// Copies the columns, so that the engine can work without the interpreter.
    fn taken(self) -> PyResult<TakenTable> {
        Ok(match self {
            Self::Columns(columns) => TakenTable::Columns(
                columns
                    .into_iter()
                    .map(|(name, cells, missing)| {
                        let missing = missing.map(|missing| missing.as_array().to_vec());
                        let data = ColumnData::new(cells.taken(), missing).map_err(failure)?;
                        Ok((name, data))
                    })
                    .collect::<PyResult<_>>()?,
            ),
            Self::Bytes(bytes) => TakenTable::Bytes(bytes),
            Self::Path(path) => TakenTable::Path(path),
        })
    }
}

impl TakenTable {
    fn open(self, options: &ReadOptions) -> Result<Source, Error> {
        match self {
            Self::Columns(columns) => Source::from_columns(NAME, columns, options),
            Self::Bytes(bytes) => Source::from_bytes(NAME, bytes, options),
            Self::Path(path) => Source::open(&path, options),
        }
    }
}

fn matrix<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    width: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let shape = (values.len() / width.max(1), width);
    let matrix = numpy::ndarray::Array2::from_shape_vec(shape, values).map_err(value_error)?;
    Ok(PyArray2::from_owned_array(py, matrix))
}

fn failure(error: Error) -> PyErr {
    match error.kind() {
        ErrorKind::Io { .. } | ErrorKind::File(_) => PyOSError::new_err(error.to_string()),
        ErrorKind::NetworkAlone { file, .. } => PyValueError::new_err(format!(
            "{file}: the model file holds a network without a preparation: load it with MLPClassifier.load or MLPRegressor.load"
        )),
        _ => PyValueError::new_err(worded(&error)),
    }
}

/// An error with what can be done about it, in the words of the Python package: its parameters.
fn worded(error: &Error) -> String {
    let read_first =
        |how: &str| format!("read the file first, for example with pandas.read_csv(path, {how})");
    let advice = match error.hint() {
        Some(Hint::HeaderMayBeData) => {
            let how = read_first("header=None");
            format!("the first line holds only numbers: if it is data, {how}")
        }
        Some(Hint::Delimiter('\t')) => read_first(r"sep='\t'"),
        Some(Hint::Delimiter(delimiter)) => read_first(&format!("sep='{delimiter}'")),
        Some(Hint::Encoding) => read_first("encoding='latin1'"),
        Some(Hint::Categories { column }) => {
            format!("leave it out with drop=[{column:?}], or allow more with categories=")
        }
        Some(Hint::UnsupportedColumn { column }) => {
            format!("leave it out with drop=[{column:?}], or convert it")
        }
        Some(Hint::PredictNumbers) => "TabularRegressor predicts numbers".to_string(),
        Some(Hint::ClassWeights) => "class_weight is for TabularClassifier".to_string(),
        Some(_) | None => return error.to_string(),
    };
    format!("{error}; {advice}")
}

/// Calls back after each epoch, and looks for signals.
struct Follow {
    end: Py<PyAny>,
    raised: Option<PyErr>,
    /// Ctrl-C ends the training in order, and what it has come to is kept.
    interrupted: bool,
    attention: Attention,
}

impl Follow {
    fn goes_on(&mut self, result: PyResult<bool>) -> ControlFlow<()> {
        match result {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(()),
            Err(error) => {
                self.interrupted =
                    Python::attach(|py| error.is_instance_of::<PyKeyboardInterrupt>(py));
                if !self.interrupted {
                    self.raised = Some(error);
                }
                ControlFlow::Break(())
            }
        }
    }
}

impl FitProgress for Follow {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        let result = Python::attach(|py| {
            py.check_signals()?;
            let text = serde_json::to_string(record).map_err(value_error)?;
            self.end.bind(py).call1((text,))?.extract::<bool>()
        });
        self.goes_on(result)
    }

    fn step(&mut self, _: usize, _: usize) -> ControlFlow<()> {
        let signals = self.attention.signals();
        self.goes_on(signals.map(|()| false))
    }
}
