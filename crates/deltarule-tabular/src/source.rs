//! Where a table comes from: a file, standard input, or a data set inside the program; read in chunks, more than once.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::chunk::{Cell, Chunk, ChunkColumn};
use crate::datasets;
use crate::error::{Error, Hint, Result};
use crate::lines::Records;

/// How a delimited file is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReadOptions {
    /// Whether the first line names the columns; otherwise they are `c1`, `c2`, ….
    pub header: bool,
    /// What separates the cells; a tab for `.tsv` and a comma otherwise, if not said.
    pub delimiter: Option<u8>,
    /// Whether numbers are written 1,5 instead of 1.5.
    pub decimal_comma: bool,
    /// The encoding by its WHATWG label.
    pub encoding: String,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { header: true, delimiter: None, decimal_comma: false, encoding: "utf-8".into() }
    }
}

/// Rows that are read at a time.
const CHUNK: usize = 4096;

enum Place {
    File(PathBuf),
    Spooled(File),
    Embedded(&'static [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Delimited { delimiter: u8, gzip: bool },
    Parquet,
}

/// A table that can be read from the start as often as needed.
pub struct Source {
    name: String,
    place: Place,
    format: Format,
    options: ReadOptions,
    encoding: &'static encoding_rs::Encoding,
    /// Asked before each chunk whether the reading should end.
    stop: Option<Stop>,
}

type Stop = Box<dyn Fn() -> bool + Send + Sync>;

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("format", &self.format).finish()
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
            && let Some(bytes) = datasets::bytes(data)
        {
            let format = Format::Delimited { delimiter: b',', gzip: false };
            return Self::new(data, Place::Embedded(bytes), format, options);
        }
        if !path.exists() {
            let names: Vec<&str> = datasets::DATASETS.iter().map(|d| d.name).collect();
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
            Format::Parquet
        } else if stem.ends_with(".tsv") {
            Format::Delimited { delimiter: b'\t', gzip }
        } else if stem.ends_with(".csv") || stem.ends_with(".txt") || stem.ends_with(".data") {
            Format::Delimited { delimiter: b',', gzip }
        } else {
            return Err(Error::table(
                data,
                "unknown ending, expected .csv, .tsv, .csv.gz, .tsv.gz or .parquet",
            ));
        };
        Self::new(data, Place::File(path.into()), format, options)
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
        let format = match &magic[..length] {
            b"PAR1" => Format::Parquet,
            [0x1f, 0x8b, ..] => Format::Delimited { delimiter: b',', gzip: true },
            _ => Format::Delimited { delimiter: b',', gzip: false },
        };
        Self::new(name, Place::Spooled(file), format, options)
    }

    fn new(name: &str, place: Place, mut format: Format, options: &ReadOptions) -> Result<Self> {
        if let (Format::Delimited { delimiter, .. }, Some(chosen)) =
            (&mut format, options.delimiter)
        {
            *delimiter = chosen;
        }
        let Some(encoding) = encoding_rs::Encoding::for_label(options.encoding.as_bytes()) else {
            return Err(Error::data(format!(
                "unknown encoding {:?}, for example utf-8, latin1, windows-1252, utf-16le",
                options.encoding
            )));
        };
        Ok(Self {
            name: name.into(),
            place,
            format,
            options: options.clone(),
            encoding,
            stop: None,
        })
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

    /// How it is read.
    pub(crate) fn options(&self) -> &ReadOptions {
        &self.options
    }

    /// Whether numbers are written with a decimal comma.
    pub(crate) fn decimal_comma(&self) -> bool {
        self.options.decimal_comma
    }

    /// The line of a row (0 being the first) in a text file; the row's number from 1 in Parquet.
    ///
    /// The text is read again up to that row, so this is for messages only.
    pub(crate) fn line_of(&self, row: usize) -> Option<usize> {
        let Format::Delimited { delimiter, gzip } = self.format else { return Some(row + 1) };
        let mut records = Records::new(self.text(gzip).ok()?, delimiter);
        let place = records.nth(row + usize::from(self.options.header))?;
        Some(place.ok()?.line)
    }

    fn io(&self, error: std::io::Error) -> Error {
        Error::io(&self.name, error)
    }

    fn bytes(&self) -> Result<Box<dyn ReadSeek + '_>> {
        Ok(match &self.place {
            Place::File(path) => Box::new(File::open(path).map_err(|e| self.io(e))?),
            Place::Spooled(file) => {
                let mut file = file.try_clone().map_err(|e| self.io(e))?;
                file.seek(SeekFrom::Start(0)).map_err(|e| self.io(e))?;
                Box::new(file)
            }
            Place::Embedded(bytes) => Box::new(Cursor::new(*bytes)),
        })
    }

    /// The text of a delimited file as UTF-8, without a byte-order mark.
    fn text(&self, gzip: bool) -> Result<Box<dyn Read + '_>> {
        let bytes = BufReader::with_capacity(1 << 16, self.bytes()?);
        let plain: Box<dyn Read + '_> =
            if gzip { Box::new(flate2::read::MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        if self.encoding == encoding_rs::UTF_8 {
            // Passed on as it is, so that a byte that is not UTF-8 is an error and not a replacement character.
            let mut plain = plain;
            let mut start = Vec::new();
            plain.by_ref().take(3).read_to_end(&mut start).map_err(|e| self.io(e))?;
            if start == [0xef, 0xbb, 0xbf] {
                start.clear();
            }
            return Ok(Box::new(Cursor::new(start).chain(plain)));
        }
        let decoder = encoding_rs_io::DecodeReaderBytesBuilder::new()
            .encoding(Some(self.encoding))
            .bom_override(true)
            .build(plain);
        Ok(Box::new(decoder))
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> Result<Vec<String>> {
        let names = match self.format {
            Format::Parquet => {
                let reader = self.parquet()?;
                reader.schema().fields().iter().map(|f| f.name().clone()).collect()
            }
            Format::Delimited { delimiter, gzip } => self.header(delimiter, gzip)?,
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
            Cell::Text(name).number(self.options.decimal_comma).is_some_and(f64::is_finite)
        };
        self.options.header && self.format != Format::Parquet && names.iter().all(number)
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

    fn header(&self, delimiter: u8, gzip: bool) -> Result<Vec<String>> {
        let format = arrow_csv::reader::Format::default()
            .with_header(self.options.header)
            .with_delimiter(delimiter);
        // The names only: what the rows are like is found out when they are read.
        let inferred = format.infer_schema(self.text(gzip)?, Some(0));
        let (schema, _) = inferred.map_err(|e| self.csv_error(&e.to_string()))?;
        if schema.fields().is_empty() {
            return Err(Error::table(&self.name, "the file is empty"));
        }
        let names: Vec<String> = if self.options.header {
            schema.fields().iter().map(|f| f.name().trim().to_string()).collect()
        } else {
            (1..=schema.fields().len()).map(|i| format!("c{i}")).collect()
        };
        if let [only] = &names[..] {
            for other in [';', '\t', '|'] {
                if delimiter != other as u8 && only.contains(other) {
                    let error = Error::table(&self.name, "only one column was found");
                    return Err(error.hinting(Hint::Delimiter(other)));
                }
            }
        }
        Ok(names)
    }

    fn parquet(&self) -> Result<ParquetRecordBatchReaderBuilder<File>> {
        let file = match &self.place {
            Place::File(path) => File::open(path).map_err(|e| self.io(e))?,
            Place::Spooled(file) => file.try_clone().map_err(|e| self.io(e))?,
            Place::Embedded(_) => return Err(Error::table(&self.name, "is not a Parquet file")),
        };
        ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(|e| Error::table(&self.name, format!("not a readable Parquet file ({e})")))
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
        let mut hand_on = |batch: arrow_array::RecordBatch| -> Result<ControlFlow<()>> {
            if self.stop.as_ref().is_some_and(|asked| asked()) {
                return Err(Error::stopped());
            }
            let mut columns: Vec<ChunkColumn> = names.iter().map(|_| ChunkColumn::Absent).collect();
            for (array, &place) in batch.columns().iter().zip(&wanted) {
                columns[place] = ChunkColumn::new(array).map_err(|message| {
                    let column = names[place].clone();
                    Error::cell(&self.name, None, Some(&column), message)
                        .hinting(Hint::UnsupportedColumn { column })
                })?;
            }
            let chunk = Chunk { columns, rows: batch.num_rows(), first_row };
            first_row += chunk.rows;
            take(&chunk)
        };
        match self.format {
            Format::Parquet => {
                let reader = self.parquet()?.with_batch_size(CHUNK);
                let roots = ProjectionMask::roots(reader.parquet_schema(), wanted.iter().copied());
                let reader = reader.with_projection(roots).build();
                let reader = reader.map_err(|e| Error::table(&self.name, e.to_string()))?;
                for batch in reader {
                    let batch = batch.map_err(|e| Error::table(&self.name, e.to_string()))?;
                    if hand_on(batch)?.is_break() {
                        break;
                    }
                }
            }
            Format::Delimited { delimiter, gzip } => {
                let fields: Vec<Field> =
                    names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
                let reader = arrow_csv::ReaderBuilder::new(Arc::new(Schema::new(fields)))
                    .with_header(self.options.header)
                    .with_delimiter(delimiter)
                    .with_batch_size(CHUNK)
                    .with_projection(wanted.clone())
                    .build(self.text(gzip)?)
                    .map_err(|e| self.csv_error(&e.to_string()))?;
                for batch in reader {
                    if hand_on(batch.map_err(|e| self.csv_error(&e.to_string()))?)?.is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The first line that is not UTF-8.
    fn first_line_not_utf8(&self) -> Option<usize> {
        let Format::Delimited { gzip, .. } = self.format else { return None };
        let mut reader = BufReader::new(self.text(gzip).ok()?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            if std::str::from_utf8(&line).is_err() {
                return Some(number);
            }
        }
        None
    }

    /// The first record whose cells are not as many as those of the first, in our words.
    fn ragged(&self) -> Option<Error> {
        let Format::Delimited { delimiter, gzip } = self.format else { return None };
        let mut records = Records::new(self.text(gzip).ok()?, delimiter);
        let expected = records.next()?.ok()?.cells;
        let place = records.map_while(std::io::Result::ok).find(|place| place.cells != expected)?;
        let quote =
            if place.open_quote { "; a quote that is not closed may be the reason" } else { "" };
        let message = format!("has {} cells, the first line has {expected}{quote}", place.cells);
        Some(Error::cell(&self.name, Some(place.line), None, message))
    }

    /// A message of the CSV reader in our words, where we know it; its line numbers count records.
    fn csv_error(&self, message: &str) -> Error {
        if message.contains("UTF-8") {
            let line = self.first_line_not_utf8();
            return Error::cell(&self.name, line, None, "not valid UTF-8").hinting(Hint::Encoding);
        }
        self.ragged()
            .unwrap_or_else(|| Error::table(&self.name, message.trim_start_matches("Csv error: ")))
    }
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}
