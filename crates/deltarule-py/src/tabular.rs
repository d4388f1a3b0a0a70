//! `Table` models: the command's `train` and `predict` on tables that come as columns, as bytes or by their path.

use std::io::Cursor;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;

use deltarule::EpochRecord;
use deltarule_tabular::{
    ColumnData, ColumnValues, Error, ErrorKind, FitOptions, FitProgress, Hint, ReadOptions, Source,
    TabularModel, Target, fit, fit_weighted,
};
use numpy::ndarray::{ArrayView1, s};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::failure::value_error;
use crate::watch::Attention;

/// What messages call a table that has no file.
const NAME: &str = "table";

/// The number of each row's class, if there are any, and probabilities or numbers.
type Predicted<'py> = (Option<Bound<'py, PyArray1<usize>>>, Bound<'py, PyArray2<f64>>);

/// `coefs_`, `intercepts_` and activations.
type LayerArrays<'py> =
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
        let table = table.view();
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
    fn predict<'py>(
        &self,
        py: Python<'py>,
        table: TableArgument<'py>,
        threads: usize,
    ) -> PyResult<Predicted<'py>> {
        let (table, width) = (table.view(), self.model.target().width());
        let predict = |rows: Range<usize>| {
            let mut classes = Vec::with_capacity(rows.len());
            let mut values = Vec::with_capacity(rows.len() * width);
            table.pieces(rows, &self.model.record().read, |source| {
                self.model.predict(source, |prediction| {
                    classes.extend(prediction.class);
                    values.extend_from_slice(prediction.values);
                    Ok(())
                })
            })?;
            Ok((classes, values))
        };
        let parts = py.detach(|| in_parts(table.rows(), threads, predict));
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>().map_err(failure)?;
        let (classes, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let classifies = matches!(self.model.target(), Target::Classes { .. });
        let classes = classifies.then(|| PyArray1::from_vec(py, joined(classes)));
        Ok((classes, matrix(py, joined(values), width)?))
    }

    /// The scores on a table with the columns of the targets, as JSON.
    fn evaluate(&self, py: Python<'_>, table: TableArgument<'_>) -> PyResult<String> {
        let table = table.view();
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
        let (table, width) = (table.view(), self.model.preparation().width());
        let mut values = Vec::with_capacity(table.rows() * width);
        py.detach(|| {
            table.pieces(0..table.rows(), &self.model.record().read, |source| {
                self.model.inputs(source, |inputs| {
                    values.extend(inputs.iter());
                    Ok(())
                })
            })
        })
        .map_err(failure)?;
        matrix(py, values, width)
    }

    /// `coefs_`, `intercepts_` and the activation of each layer, in double precision.
    fn network<'py>(&self, py: Python<'py>) -> LayerArrays<'py> {
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
    Text(Vec<Option<PyBackedStr>>),
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

/// Rows that are copied at a time where the table is gone through once: few enough that the next ones fit into the same
/// memory, since what is taken from the system anew costs more than the copy.
const PIECE: usize = 2048;

/// The cells of a column as they can be read without the interpreter.
#[derive(Clone, Copy)]
enum CellsView<'a> {
    Float(ArrayView1<'a, f64>),
    Signed(ArrayView1<'a, i64>),
    Unsigned(ArrayView1<'a, u64>),
    Boolean(ArrayView1<'a, bool>),
    Text(&'a [Option<PyBackedStr>]),
}

/// A column as it can be read without the interpreter.
struct ColumnView<'a> {
    name: &'a str,
    cells: CellsView<'a>,
    missing: Option<ArrayView1<'a, bool>>,
}

/// A table as it can be read without the interpreter.
enum TableView<'a> {
    Columns(Vec<ColumnView<'a>>),
    Bytes(&'a [u8]),
    Path(&'a str),
}

impl TableArgument<'_> {
    fn view(&self) -> TableView<'_> {
        match self {
            Self::Columns(columns) => TableView::Columns(columns.iter().map(column_view).collect()),
            Self::Bytes(bytes) => TableView::Bytes(bytes),
            Self::Path(path) => TableView::Path(path),
        }
    }
}

fn column_view<'a>((name, cells, missing): &'a ColumnArgument<'_>) -> ColumnView<'a> {
    let cells = match cells {
        CellsArgument::Float(values) => CellsView::Float(values.as_array()),
        CellsArgument::Signed(values) => CellsView::Signed(values.as_array()),
        CellsArgument::Unsigned(values) => CellsView::Unsigned(values.as_array()),
        CellsArgument::Boolean(values) => CellsView::Boolean(values.as_array()),
        CellsArgument::Text(texts) => CellsView::Text(texts),
    };
    ColumnView { name, cells, missing: missing.as_ref().map(|missing| missing.as_array()) }
}

impl ColumnView<'_> {
    fn rows(&self) -> usize {
        match self.cells {
            CellsView::Float(values) => values.len(),
            CellsView::Signed(values) => values.len(),
            CellsView::Unsigned(values) => values.len(),
            CellsView::Boolean(values) => values.len(),
            CellsView::Text(texts) => texts.len(),
        }
    }

    /// Copies some rows.
    fn copy(&self, rows: Range<usize>) -> Result<(String, ColumnData), Error> {
        let values = match self.cells {
            CellsView::Float(values) => ColumnValues::Float(part(values, &rows)),
            CellsView::Signed(values) => ColumnValues::Signed(part(values, &rows)),
            CellsView::Unsigned(values) => ColumnValues::Unsigned(part(values, &rows)),
            CellsView::Boolean(values) => ColumnValues::Boolean(part(values, &rows)),
            CellsView::Text(texts) => {
                let texts = texts[rows.clone()].iter();
                ColumnValues::Text(texts.map(|text| text.as_deref().unwrap_or_default()).collect())
            }
        };
        // A mask of another length is refused with the column.
        let missing = self.missing.map(|missing| match missing.len() == self.rows() {
            true => part(missing, &rows),
            false => missing.to_vec(),
        });
        Ok((self.name.to_string(), ColumnData::new(values, missing)?))
    }
}

/// Columns of a matrix lie apart in memory: the copy has them together.
fn part<T: Copy>(values: ArrayView1<'_, T>, rows: &Range<usize>) -> Vec<T> {
    values.slice(s![rows.clone()]).to_vec()
}

impl TableView<'_> {
    /// The whole table.
    fn open(&self, options: &ReadOptions) -> Result<Source, Error> {
        match self {
            Self::Columns(columns) => {
                let columns = columns.iter().map(|column| column.copy(0..column.rows()));
                Source::from_columns(NAME, columns.collect::<Result<_, _>>()?, options)
            }
            Self::Bytes(bytes) => Source::from_bytes(NAME, bytes.to_vec(), options),
            Self::Path(path) => Source::open(path, options),
        }
    }

    /// Rows, where that is known without reading them.
    fn rows(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.first().map_or(0, ColumnView::rows),
            Self::Bytes(_) | Self::Path(_) => 0,
        }
    }

    /// Hands on these rows of columns in pieces of some rows, and anything else as a whole.
    fn pieces(
        &self,
        rows: Range<usize>,
        options: &ReadOptions,
        mut take: impl FnMut(&Source) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Columns(columns) if columns.iter().all(|column| column.rows() == self.rows()) => {
                // No row is a piece too, which is refused.
                for start in (rows.start..rows.end.max(rows.start + 1)).step_by(PIECE) {
                    let some = start..rows.end.min(start + PIECE);
                    let piece = columns.iter().map(|column| column.copy(some.clone()));
                    let piece = piece.collect::<Result<_, _>>()?;
                    take(&Source::from_columns(NAME, piece, options)?.after(start))?;
                }
                Ok(())
            }
            _ => take(&self.open(options)?),
        }
    }
}

/// Does the work on whole pieces of the rows on several threads, and gives the results in the order of the rows.
fn in_parts<R: Send>(
    rows: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let share = rows.div_ceil(PIECE).div_ceil(threads.max(1)).max(1) * PIECE;
    let part = |start: usize| start..rows.min(start + share);
    let work = &work;
    std::thread::scope(|scope| {
        let begin = |start: usize| {
            let builder = std::thread::Builder::new();
            (start, builder.spawn_scoped(scope, move || work(part(start))))
        };
        let others: Vec<_> = (share..rows).step_by(share).map(begin).collect();
        let mut results = vec![work(part(0))];
        results.extend(others.into_iter().map(|(start, thread)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // Where the system gives no more threads, this one goes on alone.
            Err(_) => work(part(start)),
        }));
        results
    })
}

/// Pieces put together; a single one is not copied.
fn joined<T: Clone>(mut parts: Vec<Vec<T>>) -> Vec<T> {
    if parts.len() == 1 { parts.swap_remove(0) } else { parts.concat() }
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
