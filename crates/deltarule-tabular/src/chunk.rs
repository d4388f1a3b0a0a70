//! Some rows of a table, and what a cell says.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Some rows of a table.
pub(crate) struct Chunk {
    pub(crate) columns: Vec<ChunkColumn>,
    pub(crate) rows: usize,
    /// The number of the first row in the table, from 0.
    pub(crate) first_row: usize,
}

/// One column of a chunk: text as it stands in the file, or typed values.
pub(crate) enum ChunkColumn {
    /// Not read, or of a type whose every value is missing.
    Absent,
    Text(ArrayRef),
    Number(ArrayRef),
    /// Whole numbers as i64 or u64, which f64 would round.
    Signed(ArrayRef),
    Unsigned(ArrayRef),
    Boolean(ArrayRef),
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Text(&'a str),
    Number(f64),
    Integer(i128),
    Boolean(bool),
}

impl ChunkColumn {
    pub(crate) fn new(array: &ArrayRef) -> Result<Self, String> {
        use DataType::{
            Boolean, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, Float16, Float32,
            Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null, UInt8, UInt16, UInt32, UInt64,
            Utf8, Utf8View,
        };
        let cast = |to: &DataType| arrow_cast::cast(array, to).map_err(|e| e.to_string());
        match array.data_type() {
            Utf8 => Ok(Self::Text(array.clone())),
            LargeUtf8 | Utf8View => cast(&Utf8).map(Self::Text),
            Boolean => Ok(Self::Boolean(array.clone())),
            Null => Ok(Self::Absent),
            Int8 | Int16 | Int32 | Int64 => cast(&Int64).map(Self::Signed),
            UInt8 | UInt16 | UInt32 | UInt64 => cast(&UInt64).map(Self::Unsigned),
            // As text, which has all the digits.
            Decimal32(_, 0) | Decimal64(_, 0) | Decimal128(_, 0) | Decimal256(_, 0) => {
                cast(&Utf8).map(Self::Text)
            }
            Float16 | Float32 | Float64 | Decimal32(..) | Decimal64(..) | Decimal128(..)
            | Decimal256(..) => cast(&Float64).map(Self::Number),
            Dictionary(_, value) if matches!(**value, Utf8 | LargeUtf8 | Utf8View) => {
                cast(&Utf8).map(Self::Text)
            }
            other => Err(format!("columns of type {other} are not supported")),
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
            Self::Signed(array) if array.is_valid(row) => {
                Cell::Integer(array.as_primitive::<Int64Type>().value(row).into())
            }
            Self::Unsigned(array) if array.is_valid(row) => {
                Cell::Integer(array.as_primitive::<UInt64Type>().value(row).into())
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
            ChunkColumn::Absent => ChunkColumn::Absent,
            ChunkColumn::Text(array) => ChunkColumn::Text(array.slice(row, 1)),
            ChunkColumn::Number(array) => ChunkColumn::Number(array.slice(row, 1)),
            ChunkColumn::Signed(array) => ChunkColumn::Signed(array.slice(row, 1)),
            ChunkColumn::Unsigned(array) => ChunkColumn::Unsigned(array.slice(row, 1)),
            ChunkColumn::Boolean(array) => ChunkColumn::Boolean(array.slice(row, 1)),
        };
        let columns = self.columns.iter().map(slice).collect();
        Self { columns, rows: 1, first_row: self.first_row + row }
    }
}

/// Which cells count as missing.
fn is_missing(text: &str) -> bool {
    // What computes a NaN may print it with a sign.
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match text {
        "" | "?" => true,
        _ if unsigned.eq_ignore_ascii_case("nan") => true,
        _ => ["na", "null"].iter().any(|m| text.eq_ignore_ascii_case(m)),
    }
}

impl<'a> Cell<'a> {
    /// The number a cell holds; an infinity is returned as such, and never a NaN.
    pub(crate) fn number(self, decimal_comma: bool) -> Option<f64> {
        let value = match self {
            Self::Number(value) => Some(value),
            Self::Integer(value) => Some(value as f64),
            Self::Text(text) if decimal_comma && text.contains(',') => {
                if text.contains('.') {
                    None
                } else {
                    text.replace(',', ".").parse().ok()
                }
            }
            Self::Text(text) => text.parse().ok(),
            Self::Boolean(_) | Self::Missing => None,
        };
        value.filter(|value: &f64| !value.is_nan())
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
            Self::Integer(value) => Some(Cow::Owned(value.to_string())),
            Self::Boolean(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
        }
    }
}
