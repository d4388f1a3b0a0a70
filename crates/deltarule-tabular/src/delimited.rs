//! Delimited text: its records as chunks of rows, and where in it a mistake is.

use std::io::{BufRead as _, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::byte_source::ByteSource;
use crate::chunk::{CHUNK, ChunkColumn, ColumnValues, TextValues};
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

impl ReadOptions {
    /// The encoding of its label.
    pub(crate) fn decoder(&self) -> Result<&'static encoding_rs::Encoding> {
        encoding_rs::Encoding::for_label(self.encoding.as_bytes()).ok_or_else(|| {
            Error::data(format!(
                "unknown encoding {:?}, for example utf-8, latin1, windows-1252, utf-16le",
                self.encoding
            ))
        })
    }
}

/// A file of delimited text.
pub(crate) struct DelimitedText {
    name: String,
    bytes: ByteSource,
    delimiter: u8,
    gzip: bool,
    header: bool,
    encoding: &'static encoding_rs::Encoding,
}

/// What takes the rows of a chunk and their columns.
pub(crate) type HandOn<'a> = dyn FnMut(usize, Vec<ChunkColumn>) -> Result<ControlFlow<()>> + 'a;

impl DelimitedText {
    /// Text with this delimiter, if the options say no other.
    ///
    /// # Errors
    /// When the encoding is unknown.
    pub(crate) fn new(
        name: &str,
        bytes: ByteSource,
        delimiter: u8,
        gzip: bool,
        options: &ReadOptions,
    ) -> Result<Self> {
        Ok(Self {
            name: name.into(),
            bytes,
            delimiter: options.delimiter.unwrap_or(delimiter),
            gzip,
            header: options.header,
            encoding: options.decoder()?,
        })
    }

    fn io(&self, error: std::io::Error) -> Error {
        Error::io(&self.name, error)
    }

    /// The text as UTF-8, without a byte-order mark.
    fn text(&self) -> Result<Box<dyn Read + '_>> {
        let bytes = self.bytes.open().map_err(|e| self.io(e))?;
        let bytes = BufReader::with_capacity(1 << 16, bytes);
        let plain: Box<dyn Read + '_> = if self.gzip {
            Box::new(flate2::read::MultiGzDecoder::new(bytes))
        } else {
            Box::new(bytes)
        };
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

    /// The records, the header being one.
    fn records(&self) -> Result<csv::Reader<Box<dyn Read + '_>>> {
        let mut reader = csv::ReaderBuilder::new();
        // Records of another length get a message of ours.
        reader.has_headers(false).flexible(true).delimiter(self.delimiter).buffer_capacity(1 << 16);
        Ok(reader.from_reader(self.text()?))
    }

    /// Where the records begin, the header being one.
    fn places(&self) -> Result<Records<Box<dyn Read + '_>>> {
        Ok(Records::new(self.text()?, self.delimiter))
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> Result<Vec<String>> {
        let mut first = csv::StringRecord::new();
        let mut records = self.records()?;
        if !records.read_record(&mut first).map_err(|e| self.csv_error(e))? {
            return Err(Error::table(&self.name, "the file is empty"));
        }
        let names: Vec<String> = if self.header {
            first.iter().map(|name| name.trim().to_string()).collect()
        } else {
            (1..=first.len()).map(|i| format!("c{i}")).collect()
        };
        if let [only] = &names[..] {
            for other in [';', '\t', '|'] {
                if self.delimiter != other as u8 && only.contains(other) {
                    let error = Error::table(&self.name, "only one column was found");
                    return Err(error.hinting(Hint::Delimiter(other)));
                }
            }
        }
        Ok(names)
    }

    /// Whether the first line names the columns.
    pub(crate) fn has_header(&self) -> bool {
        self.header
    }

    /// Hands on the columns at the places `wanted` of a table of so many columns, a chunk of rows at a time.
    pub(crate) fn chunks(
        &self,
        width: usize,
        wanted: &[usize],
        hand_on: &mut HandOn<'_>,
    ) -> Result<()> {
        let mut records = self.records()?;
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
        if self.header {
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

    /// The line of a row, 0 being the first. The text is read again up to it, so this is for messages only.
    pub(crate) fn line_of(&self, row: usize) -> Option<usize> {
        let place = self.places().ok()?.nth(row + usize::from(self.header))?;
        Some(place.ok()?.line)
    }

    /// The first line that is not UTF-8.
    fn first_line_not_utf8(&self) -> Option<usize> {
        let mut reader = BufReader::new(self.text().ok()?);
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
        let mut records = self.places().ok()?;
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
