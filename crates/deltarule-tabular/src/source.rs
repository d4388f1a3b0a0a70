//! Where a table comes from: a file, standard input, a data set inside the program, or columns in memory; read in chunks,
//! more than once.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::chunk::{CellValue, Chunk, ChunkColumn, ColumnData, ColumnValues, TextValues};
use crate::embedded;
use crate::error::{Error, Hint, Result};
use crate::lines::Records;
use crate::parquet_table::{ParquetTable, guarded};

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
pub(crate) const CHUNK: usize = 4096;

/// Where the bytes of a file are.
enum ByteSource {
    File(PathBuf),
    Spooled(File),
    Memory(Bytes),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileFormat {
    Delimited { delimiter: u8, gzip: bool },
    Parquet,
}

/// What a table is made of.
enum TableData {
    File(ByteSource, FileFormat),
    Columns(Vec<(String, Arc<ColumnData>)>),
}

/// A table that can be read from the start as often as needed.
pub struct Source {
    name: String,
    data: TableData,
    /// Rows of the same table that came before these.
    before: usize,
    options: ReadOptions,
    encoding: &'static encoding_rs::Encoding,
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
            return Self::new(data, TableData::File(bytes, format), options);
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
        Self::new(data, TableData::File(ByteSource::File(path.into()), format), options)
    }

    /// Takes the bytes of a file, whose format is seen from its first bytes: Parquet, gzip, or plain text.
    ///
    /// # Errors
    /// When the encoding is unknown.
    pub fn from_bytes(name: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Self> {
        let format = FileFormat::of(&bytes);
        Self::new(name, TableData::File(ByteSource::Memory(bytes.into()), format), options)
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
        Self::new(name, TableData::File(ByteSource::Spooled(file), format), options)
    }

    fn new(name: &str, mut data: TableData, options: &ReadOptions) -> Result<Self> {
        if let (TableData::File(_, FileFormat::Delimited { delimiter, .. }), Some(chosen)) =
            (&mut data, options.delimiter)
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
            data,
            before: 0,
            options: options.clone(),
            encoding,
            stop: None,
        })
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
            TableData::File(..) => None,
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
        let TableData::File(bytes, FileFormat::Delimited { delimiter, gzip }) = &self.data else {
            return Some(self.before + row + 1);
        };
        let mut records = Records::new(self.text(bytes, *gzip).ok()?, *delimiter);
        let place = records.nth(row + usize::from(self.options.header))?;
        Some(place.ok()?.line)
    }

    fn io(&self, error: std::io::Error) -> Error {
        Error::io(&self.name, error)
    }

    fn bytes<'a>(&self, bytes: &'a ByteSource) -> Result<Box<dyn Read + 'a>> {
        Ok(match bytes {
            ByteSource::File(path) => Box::new(File::open(path).map_err(|e| self.io(e))?),
            ByteSource::Spooled(file) => {
                let mut file = file.try_clone().map_err(|e| self.io(e))?;
                file.seek(SeekFrom::Start(0)).map_err(|e| self.io(e))?;
                Box::new(file)
            }
            ByteSource::Memory(bytes) => Box::new(Cursor::new(bytes)),
        })
    }

    /// The text of a delimited file as UTF-8, without a byte-order mark.
    fn text<'a>(&self, bytes: &'a ByteSource, gzip: bool) -> Result<Box<dyn Read + 'a>> {
        let bytes = BufReader::with_capacity(1 << 16, self.bytes(bytes)?);
        let plain: Box<dyn Read + 'a> =
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
        let names = match &self.data {
            TableData::Columns(columns) => columns.iter().map(|(name, _)| name.clone()).collect(),
            TableData::File(bytes, FileFormat::Parquet) => self.parquet(bytes)?.names(),
            TableData::File(bytes, FileFormat::Delimited { delimiter, gzip }) => {
                self.header(bytes, *delimiter, *gzip)?
            }
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
        let text = matches!(self.data, TableData::File(_, FileFormat::Delimited { .. }));
        self.options.header && text && names.iter().all(number)
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

    /// Reads the records of a delimited file, the header being one.
    fn records<'a>(
        &self,
        bytes: &'a ByteSource,
        delimiter: u8,
        gzip: bool,
    ) -> Result<csv::Reader<Box<dyn Read + 'a>>> {
        let mut reader = csv::ReaderBuilder::new();
        // Records of another length get a message of ours.
        reader.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(1 << 16);
        Ok(reader.from_reader(self.text(bytes, gzip)?))
    }

    fn header(&self, bytes: &ByteSource, delimiter: u8, gzip: bool) -> Result<Vec<String>> {
        let mut first = csv::StringRecord::new();
        let mut records = self.records(bytes, delimiter, gzip)?;
        if !records.read_record(&mut first).map_err(|e| self.csv_error(e))? {
            return Err(Error::table(&self.name, "the file is empty"));
        }
        let names: Vec<String> = if self.options.header {
            first.iter().map(|name| name.trim().to_string()).collect()
        } else {
            (1..=first.len()).map(|i| format!("c{i}")).collect()
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
            TableData::File(bytes, FileFormat::Parquet) => {
                self.parquet_chunks(bytes, names, &wanted, &mut hand_on)
            }
            TableData::File(bytes, FileFormat::Delimited { delimiter, gzip }) => {
                let records = self.records(bytes, *delimiter, *gzip)?;
                self.delimited_chunks(records, names.len(), &wanted, &mut hand_on)
            }
        }
    }

    fn parquet_chunks(
        &self,
        bytes: &ByteSource,
        names: &[String],
        wanted: &[usize],
        hand_on: &mut dyn FnMut(usize, Vec<ChunkColumn>) -> Result<ControlFlow<()>>,
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

    fn delimited_chunks(
        &self,
        mut records: csv::Reader<Box<dyn Read + '_>>,
        width: usize,
        wanted: &[usize],
        hand_on: &mut dyn FnMut(usize, Vec<ChunkColumn>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut record = csv::ByteRecord::new();
        let mut next = |record: &mut csv::ByteRecord| -> Result<bool> {
            let there = records.read_byte_record(record).map_err(|e| self.csv_error(e))?;
            if there && record.len() != width {
                return Err(self.ragged().unwrap_or_else(|| {
                    let message = format!("a row has {} cells, expected {width}", record.len());
                    Error::table(&self.name, message)
                }));
            }
            Ok(there)
        };
        if self.options.header {
            next(&mut record)?;
        }
        loop {
            let mut columns = vec![TextValues::default(); wanted.len()];
            let mut rows = 0;
            while rows < CHUNK && next(&mut record)? {
                // All cells at once, and then that each begins and ends between characters.
                let text = std::str::from_utf8(record.as_slice()).map_err(|_| self.not_utf8())?;
                for (column, &place) in columns.iter_mut().zip(wanted) {
                    let cell = record.range(place).and_then(|range| text.get(range));
                    column.push(cell.ok_or_else(|| self.not_utf8())?);
                }
                rows += 1;
            }
            if rows == 0 {
                return Ok(());
            }
            let column = |values| ChunkColumn::new(Arc::new(ColumnValues::Text(values).into()), 0);
            if hand_on(rows, columns.into_iter().map(column).collect())?.is_break() {
                return Ok(());
            }
        }
    }

    /// The first line that is not UTF-8.
    fn first_line_not_utf8(&self) -> Option<usize> {
        let TableData::File(bytes, FileFormat::Delimited { gzip, .. }) = &self.data else {
            return None;
        };
        let mut reader = BufReader::new(self.text(bytes, *gzip).ok()?);
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
        let TableData::File(bytes, FileFormat::Delimited { delimiter, gzip }) = &self.data else {
            return None;
        };
        let mut records = Records::new(self.text(bytes, *gzip).ok()?, *delimiter);
        let expected = records.next()?.ok()?.cells;
        let place = records.map_while(std::io::Result::ok).find(|place| place.cells != expected)?;
        let quote =
            if place.open_quote { "; a quote that is not closed may be the reason" } else { "" };
        let message = format!("has {} cells, the first line has {expected}{quote}", place.cells);
        Some(Error::cell(&self.name, Some(place.line), None, message))
    }

    fn not_utf8(&self) -> Error {
        let line = self.first_line_not_utf8();
        Error::cell(&self.name, line, None, "not valid UTF-8").hinting(Hint::Encoding)
    }

    /// A mistake that the CSV reader found, in our words.
    fn csv_error(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => self.io(error),
            csv::ErrorKind::Utf8 { .. } => self.not_utf8(),
            other => Error::table(&self.name, format!("{other:?}")),
        }
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
