//! Where a table comes from: a file, standard input, a data set inside the program, or columns in memory; read in chunks,
//! more than once.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use ndarray::ArrayView2;

use crate::byte_source::ByteSource;
use crate::chunk::{CHUNK, CellValue, Chunk, ChunkColumn, ColumnData, ColumnValues};
use crate::delimited::{DelimitedText, HandOn, ReadOptions};
use crate::embedded;
use crate::error::{Error, Hint, Result};
use crate::parquet_table::{ParquetTable, guarded};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileFormat {
    Delimited { delimiter: u8, gzip: bool },
    Parquet,
}

/// What a table is made of.
enum TableData {
    Delimited(DelimitedText),
    Parquet(ByteSource),
    Columns(Vec<(String, Arc<ColumnData>)>),
}

/// A table that can be read from the start as often as needed.
pub struct Source {
    name: String,
    data: TableData,
    /// Rows of the same table that came before these.
    before: usize,
    options: ReadOptions,
    /// Asked before each chunk whether the reading should end.
    stop: Option<Stop>,
}

type Stop = Box<dyn Fn() -> bool + Send + Sync>;

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens what the user named: a path, `-` for standard input, or an embedded data set.
    ///
    /// # Errors
    /// When there is no such file, its ending is unknown, or the encoding is.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_tabular::{ReadOptions, Source};
    ///
    /// let iris = Source::open("iris", &ReadOptions::default())?;
    /// assert_eq!(iris.name(), "iris");
    /// # Ok::<(), deltarule_tabular::Error>(())
    /// ```
    pub fn open(data: &str, options: &ReadOptions) -> Result<Self> {
        if data == "-" {
            return Self::spool("standard input", std::io::stdin().lock(), options);
        }
        let path = Path::new(data);
        if !path.exists()
            && let Some(bytes) = embedded::bytes(data)
        {
            let format = FileFormat::Delimited { delimiter: b',', gzip: false };
            let bytes = ByteSource::Memory(Bytes::from_static(bytes));
            return Self::file(data, bytes, format, options);
        }
        if !path.exists() {
            let names: Vec<&str> = embedded::DATASETS.iter().map(|d| d.name).collect();
            return Err(Error::table(
                data,
                format!("no such file, and no embedded data set ({})", names.join(", ")),
            ));
        }
        if path.is_dir() {
            return Err(Error::table(data, "is a directory"));
        }
        let lower = data.to_lowercase();
        let gzip = lower.ends_with(".gz");
        let stem = lower.trim_end_matches(".gz");
        let format = if stem.ends_with(".parquet") && !gzip {
            FileFormat::Parquet
        } else if stem.ends_with(".tsv") {
            FileFormat::Delimited { delimiter: b'\t', gzip }
        } else if stem.ends_with(".csv") || stem.ends_with(".txt") || stem.ends_with(".data") {
            FileFormat::Delimited { delimiter: b',', gzip }
        } else {
            return Err(Error::table(
                data,
                "unknown ending, expected .csv, .tsv, .csv.gz, .tsv.gz or .parquet",
            ));
        };
        Self::file(data, ByteSource::File(path.into()), format, options)
    }

    /// Takes the bytes of a file, whose format is seen from its first bytes: Parquet, gzip, or plain text.
    ///
    /// # Errors
    /// When the encoding is unknown.
    pub fn from_bytes(name: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Self> {
        let format = FileFormat::of(&bytes);
        Self::file(name, ByteSource::Memory(bytes.into()), format, options)
    }

    /// Takes columns by their names. What a column is, is found out from its cells as in a file.
    ///
    /// # Errors
    /// When the columns differ in length.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_tabular::{ColumnType, ColumnValues, ReadOptions, Source, scan};
    ///
    /// let height = ColumnValues::Float(vec![1.6, f64::NAN, 1.8]);
    /// let colour = ColumnValues::Text(["red", "blue", "red"].into_iter().collect());
    /// let columns = vec![("height".into(), height.into()), ("colour".into(), colour.into())];
    /// let source = Source::from_columns("people", columns, &ReadOptions::default())?;
    /// let summary = scan(&source, 256)?;
    /// assert_eq!((summary.rows, summary.columns[0].missing), (3, 1));
    /// assert_eq!(summary.columns[1].kind, ColumnType::Category);
    /// # Ok::<(), deltarule_tabular::Error>(())
    /// ```
    pub fn from_columns(
        name: &str,
        columns: Vec<(String, ColumnData)>,
        options: &ReadOptions,
    ) -> Result<Self> {
        if let Some(((first, a), (other, b))) = columns
            .first()
            .and_then(|first| Some((first, columns.iter().find(|c| c.1.len() != first.1.len())?)))
        {
            let (a, b) = (a.len(), b.len());
            let message = format!(
                "the columns have different lengths: {first:?} has {a} cells, {other:?} has {b}"
            );
            return Err(Error::table(name, message));
        }
        let columns = columns.into_iter().map(|(name, data)| (name, Arc::new(data))).collect();
        Self::new(name, TableData::Columns(columns), options)
    }

    /// Takes a matrix, whose columns have these names; NaN is a missing number.
    ///
    /// # Shapes
    /// (rows, columns)
    ///
    /// # Errors
    /// When there is not a name for each column.
    ///
    /// # Example
    ///
    /// A model predicts what is in memory as it predicts a file.
    ///
    /// ```
    /// use deltarule_tabular::{FitOptions, NoProgress, ReadOptions, Source, fit};
    ///
    /// let options = FitOptions { epochs: Some(30), ..FitOptions::default() };
    /// let iris = Source::open("iris", &ReadOptions::default())?;
    /// let model = fit(&iris, None, &options, 1, &mut NoProgress)?.model;
    /// let sizes = ndarray::array![[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, f64::NAN, 1.5]];
    /// let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    /// let rows = Source::from_array("flowers", &names, sizes.view(), &ReadOptions::default())?;
    /// let mut labels = Vec::new();
    /// model.predict(&rows, |row| {
    ///     labels.push(row.label.unwrap_or_default().to_string());
    ///     Ok(())
    /// })?;
    /// assert_eq!(labels, ["setosa", "versicolor"]);
    /// # Ok::<(), deltarule_tabular::Error>(())
    /// ```
    pub fn from_array(
        name: &str,
        columns: &[&str],
        values: ArrayView2<'_, f64>,
        options: &ReadOptions,
    ) -> Result<Self> {
        if columns.len() != values.ncols() {
            let (names, width) = (columns.len(), values.ncols());
            let message = format!("there are {names} names for {width} columns");
            return Err(Error::table(name, message));
        }
        let column = |(name, values): (&&str, ndarray::ArrayView1<'_, f64>)| {
            (name.to_string(), ColumnValues::Float(values.to_vec()).into())
        };
        let columns = columns.iter().zip(values.columns()).map(column).collect();
        Self::from_columns(name, columns, options)
    }

    /// Takes a stream that can be read only once: it is copied to a temporary file first.
    ///
    /// The format is seen from its first bytes: Parquet, gzip, or plain text.
    ///
    /// # Errors
    /// When the stream cannot be read or the temporary file not written.
    pub fn spool(name: &str, mut stream: impl Read, options: &ReadOptions) -> Result<Self> {
        let mut file = tempfile::tempfile().map_err(|e| Error::io("temporary file", e))?;
        std::io::copy(&mut stream, &mut file).map_err(|e| Error::io(name, e))?;
        file.flush().map_err(|e| Error::io("temporary file", e))?;
        let mut magic = [0; 4];
        file.seek(SeekFrom::Start(0)).map_err(|e| Error::io(name, e))?;
        let length = file.read(&mut magic).map_err(|e| Error::io(name, e))?;
        let format = FileFormat::of(&magic[..length]);
        Self::file(name, ByteSource::Spooled(file), format, options)
    }

    fn file(
        name: &str,
        bytes: ByteSource,
        format: FileFormat,
        options: &ReadOptions,
    ) -> Result<Self> {
        let data = match format {
            FileFormat::Parquet => TableData::Parquet(bytes),
            FileFormat::Delimited { delimiter, gzip } => {
                TableData::Delimited(DelimitedText::new(name, bytes, delimiter, gzip, options)?)
            }
        };
        Self::new(name, data, options)
    }

    fn new(name: &str, data: TableData, options: &ReadOptions) -> Result<Self> {
        options.decoder()?;
        Ok(Self { name: name.into(), data, before: 0, options: options.clone(), stop: None })
    }

    /// For the columns of a part of a table: how many rows of it come before, so that a message has the number of the row in
    /// the table.
    pub fn after(mut self, rows: usize) -> Self {
        self.before = rows;
        self
    }

    /// Ends reading with [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) once `asked` says so, at the next chunk of rows.
    pub fn stop_when(mut self, asked: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stop = Some(Box::new(asked));
        self
    }

    /// What the user called it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cells of a column, if they are in memory already.
    pub(crate) fn in_memory(&self, column: usize) -> Option<&Arc<ColumnData>> {
        match &self.data {
            TableData::Columns(columns) => columns.get(column).map(|(_, data)| data),
            TableData::Delimited(_) | TableData::Parquet(_) => None,
        }
    }

    /// How it is read.
    pub(crate) fn options(&self) -> &ReadOptions {
        &self.options
    }

    /// Whether numbers are written with a decimal comma.
    pub(crate) fn decimal_comma(&self) -> bool {
        self.options.decimal_comma
    }

    /// The line of a row (0 being the first) in a text file; the row's number from 1 elsewhere.
    ///
    /// The text is read again up to that row, so this is for messages only.
    pub(crate) fn line_of(&self, row: usize) -> Option<usize> {
        match &self.data {
            TableData::Delimited(text) => text.line_of(row),
            TableData::Parquet(_) | TableData::Columns(_) => Some(self.before + row + 1),
        }
    }

    fn io(&self, error: std::io::Error) -> Error {
        Error::io(&self.name, error)
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> Result<Vec<String>> {
        let names = match &self.data {
            TableData::Columns(columns) => columns.iter().map(|(name, _)| name.clone()).collect(),
            TableData::Parquet(bytes) => self.parquet(bytes)?.names(),
            TableData::Delimited(text) => text.columns()?,
        };
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let error = Error::table(&self.name, format!("two columns are named {:?}", pair[0]));
            return Err(error.hinting(self.header_hint(&names)));
        }
        Ok(names)
    }

    /// Whether the first line was taken for names though each of its cells is a number.
    pub(crate) fn numeric_header(&self, names: &[String]) -> bool {
        let number = |name: &String| {
            CellValue::Text(name).number(self.options.decimal_comma).is_some_and(f64::is_finite)
        };
        let header = match &self.data {
            TableData::Delimited(text) => text.has_header(),
            TableData::Parquet(_) | TableData::Columns(_) => false,
        };
        header && names.iter().all(number)
    }

    /// The hint of an error that may come from taking the first line for names.
    pub(crate) fn header_hint(&self, names: &[String]) -> Option<Hint> {
        self.numeric_header(names).then_some(Hint::HeaderMayBeData)
    }

    /// There is nothing below the names.
    pub(crate) fn no_rows(&self, names: &[String]) -> Error {
        let error = Error::table(&self.name, "there is a header, but no rows");
        error.hinting(self.header_hint(names))
    }

    fn parquet(&self, bytes: &ByteSource) -> Result<ParquetTable> {
        let table = match bytes {
            ByteSource::File(path) => {
                let file = File::open(path).map_err(|e| self.io(e))?;
                guarded(|| ParquetTable::open(file))
            }
            ByteSource::Spooled(file) => {
                let file = file.try_clone().map_err(|e| self.io(e))?;
                guarded(|| ParquetTable::open(file))
            }
            ByteSource::Memory(bytes) => guarded(|| ParquetTable::open(bytes.clone())),
        };
        table.map_err(|e| Error::table(&self.name, format!("not a readable Parquet file ({e})")))
    }

    /// Hands the table to `take`, a chunk of rows at a time; only the columns at the places `wanted` are read.
    pub(crate) fn for_each_chunk(
        &self,
        names: &[String],
        wanted: &[usize],
        mut take: impl FnMut(&Chunk) -> Result<()>,
    ) -> Result<()> {
        self.chunks_until(names, wanted, |chunk| take(chunk).map(ControlFlow::Continue))
    }

    /// As [`Source::for_each_chunk`], until `take` has enough.
    pub(crate) fn chunks_until(
        &self,
        names: &[String],
        wanted: &[usize],
        mut take: impl FnMut(&Chunk) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut first_row = 0;
        let mut hand_on = |rows: usize, read: Vec<ChunkColumn>| -> Result<ControlFlow<()>> {
            if self.stop.as_ref().is_some_and(|asked| asked()) {
                return Err(Error::stopped());
            }
            let mut columns = vec![ChunkColumn::ABSENT; names.len()];
            for (column, &place) in read.into_iter().zip(&wanted) {
                columns[place] = column;
            }
            let chunk = Chunk { columns, rows, first_row };
            first_row += rows;
            take(&chunk)
        };
        match &self.data {
            TableData::Columns(columns) => {
                let rows = columns.first().map_or(0, |(_, data)| data.len());
                for start in (0..rows).step_by(CHUNK) {
                    let of = |place: &usize| ChunkColumn::new(columns[*place].1.clone(), start);
                    let read = wanted.iter().map(of).collect();
                    if hand_on(CHUNK.min(rows - start), read)?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            TableData::Parquet(bytes) => self.parquet_chunks(bytes, names, &wanted, &mut hand_on),
            TableData::Delimited(text) => text.chunks(names.len(), &wanted, &mut hand_on),
        }
    }

    fn parquet_chunks(
        &self,
        bytes: &ByteSource,
        names: &[String],
        wanted: &[usize],
        hand_on: &mut HandOn<'_>,
    ) -> Result<()> {
        let table = self.parquet(bytes)?;
        let rows = table.rows();
        if rows == 0 {
            return Ok(());
        }
        let column = |place: &usize| {
            table.column(*place).map_err(|kind| {
                let (column, message) =
                    (names[*place].clone(), format!("columns of type {kind} are not supported"));
                Error::cell(&self.name, None, Some(&column), message)
                    .hinting(Hint::UnsupportedColumn { column })
            })
        };
        let mut columns = wanted.iter().map(column).collect::<Result<Vec<_>>>()?;
        for start in (0..rows).step_by(CHUNK) {
            let rows = CHUNK.min(rows - start);
            let read = columns.iter_mut().map(|column| {
                let data = guarded(|| column(rows))
                    .map_err(|e| Error::table(&self.name, e.to_string()))?;
                Ok(data.map_or(ChunkColumn::ABSENT, |data| ChunkColumn::new(data.into(), 0)))
            });
            if hand_on(rows, read.collect::<Result<_>>()?)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl FileFormat {
    /// The format of a file that begins with these bytes.
    fn of(start: &[u8]) -> Self {
        match start {
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [0x1f, 0x8b, ..] => Self::Delimited { delimiter: b',', gzip: true },
            _ => Self::Delimited { delimiter: b',', gzip: false },
        }
    }
}
