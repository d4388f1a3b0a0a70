//! Some rows of a table, and what a cell says.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Some rows of a table.
pub(crate) struct Chunk {
    pub(crate) columns: Vec<ChunkColumn>,
    pub(crate) rows: usize,
    /// The line that each row begins at.
    pub(crate) lines: Vec<usize>,
}

/// One column of a chunk: text as it stands in the file, or typed values.
pub(crate) enum ChunkColumn {
    Text(ArrayRef),
    Number(ArrayRef),
    Boolean(ArrayRef),
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Text(&'a str),
    Number(f64),
    Boolean(bool),
}

impl ChunkColumn {
    pub(crate) fn new(array: &ArrayRef) -> Result<Self, String> {
        use DataType::{
            Boolean, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, Float16, Float32,
            Float64, Int8, Int16, Int32, Int64, LargeUtf8, UInt8, UInt16, UInt32, UInt64, Utf8,
            Utf8View,
        };
        let cast = |to: &DataType| arrow_cast::cast(array, to).map_err(|e| e.to_string());
        match array.data_type() {
            Utf8 => Ok(Self::Text(array.clone())),
            LargeUtf8 | Utf8View => cast(&Utf8).map(Self::Text),
            Boolean => Ok(Self::Boolean(array.clone())),
            Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float16 | Float32
            | Float64 | Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..) => {
                cast(&Float64).map(Self::Number)
            }
            Dictionary(_, value) if matches!(**value, Utf8 | LargeUtf8 | Utf8View) => {
                cast(&Utf8).map(Self::Text)
            }
            other => Err(format!(
                "columns of type {other} are not supported; leave it out with --drop or convert it"
            )),
        }
    }

    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(array) if array.is_valid(row) => {
                let text = array.as_string::<i32>().value(row).trim();
                if is_missing(text) { Cell::Missing } else { Cell::Text(text) }
            }
            Self::Number(array) if array.is_valid(row) => {
                let value = array.as_primitive::<Float64Type>().value(row);
                if value.is_nan() { Cell::Missing } else { Cell::Number(value) }
            }
            Self::Boolean(array) if array.is_valid(row) => {
                Cell::Boolean(array.as_boolean().value(row))
            }
            _ => Cell::Missing,
        }
    }
}

impl Chunk {
    /// One row as a chunk of its own.
    pub(crate) fn row(&self, row: usize) -> Self {
        let slice = |column: &ChunkColumn| match column {
            ChunkColumn::Text(array) => ChunkColumn::Text(array.slice(row, 1)),
            ChunkColumn::Number(array) => ChunkColumn::Number(array.slice(row, 1)),
            ChunkColumn::Boolean(array) => ChunkColumn::Boolean(array.slice(row, 1)),
        };
        let columns = self.columns.iter().map(slice).collect();
        Self { columns, rows: 1, lines: vec![self.lines[row]] }
    }

    /// Notes the line of every row, given that of the first, and returns that of the row after the last; cells in
    /// quotes may hold line breaks.
    pub(crate) fn count_lines(&mut self, first: usize) -> usize {
        let mut line = first;
        self.lines.clear();
        for row in 0..self.rows {
            self.lines.push(line);
            line += 1;
            for column in &self.columns {
                if let ChunkColumn::Text(array) = column
                    && array.is_valid(row)
                {
                    let text = array.as_string::<i32>().value(row);
                    line += text.bytes().filter(|b| *b == b'\n').count();
                }
            }
        }
        line
    }
}

/// Which cells count as missing.
fn is_missing(text: &str) -> bool {
    match text {
        "" | "?" => true,
        _ => ["na", "nan", "null"].iter().any(|m| text.eq_ignore_ascii_case(m)),
    }
}

impl<'a> Cell<'a> {
    /// The number a cell holds; an infinity is returned as such.
    pub(crate) fn number(self, decimal_comma: bool) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Text(text) if decimal_comma && text.contains(',') => {
                if text.contains('.') {
                    None
                } else {
                    text.replace(',', ".").parse().ok()
                }
            }
            Self::Text(text) => text.parse().ok(),
            Self::Boolean(_) | Self::Missing => None,
        }
    }

    /// The truth value a cell holds.
    pub(crate) fn boolean(self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(value),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The category a cell holds.
    pub(crate) fn category(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(value) => Some(Cow::Owned(value.to_string())),
            Self::Boolean(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
        }
    }
}
