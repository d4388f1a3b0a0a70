//! Some rows of a table, and what a cell says.

use std::borrow::Cow;
use std::sync::Arc;

/// Some rows of a table.
pub(crate) struct Chunk {
    pub(crate) columns: Vec<ChunkColumn>,
    pub(crate) rows: usize,
    /// The number of the first row in the table, from 0.
    pub(crate) first_row: usize,
}

/// One column of a chunk.
#[derive(Clone)]
pub(crate) struct ChunkColumn {
    /// None for a column that is not read, or of a type whose every value is missing.
    data: Option<Arc<ColumnData>>,
    /// Where the chunk begins in the data.
    start: usize,
}

/// A column of a table in memory, for [`Source::from_columns`](crate::Source::from_columns).
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnData {
    values: ColumnValues,
    /// Which cells are missing, whatever their values; None where none is but for NaN and what text spells as missing.
    missing: Option<Vec<bool>>,
}

/// The values of a column, of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN is a missing one.
    Float(Vec<f64>),
    /// Whole numbers, which f64 would round.
    Signed(Vec<i64>),
    /// Whole numbers that are not negative.
    Unsigned(Vec<u64>),
    /// Truth values.
    Boolean(Vec<bool>),
    /// Text as it would stand in a file.
    Text(TextValues),
}

/// Texts, one after the other in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextValues {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl TextValues {
    /// Appends a text; an empty one is a missing cell.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }
}

impl<'a> FromIterator<&'a str> for TextValues {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut values = Self::default();
        texts.into_iter().for_each(|text| values.push(text));
        values
    }
}

impl ColumnValues {
    fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Signed(values) => values.len(),
            Self::Unsigned(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Text(values) => values.ends.len(),
        }
    }
}

impl ColumnData {
    /// A column of these values; `missing` says of each cell whether it is missing.
    ///
    /// # Errors
    /// When `missing` is not as long as the values.
    pub fn new(values: ColumnValues, missing: Option<Vec<bool>>) -> crate::Result<Self> {
        match &missing {
            Some(missing) if missing.len() != values.len() => Err(crate::Error::data(format!(
                "a column has {} values, and which of them are missing is said of {}",
                values.len(),
                missing.len()
            ))),
            _ => Ok(Self { values, missing }),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

impl From<ColumnValues> for ColumnData {
    fn from(values: ColumnValues) -> Self {
        Self { values, missing: None }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CellValue<'a> {
    Missing,
    Text(&'a str),
    Number(f64),
    Integer(i128),
    Boolean(bool),
}

impl ChunkColumn {
    pub(crate) const ABSENT: Self = Self { data: None, start: 0 };

    /// The rows of a column from `start` on.
    pub(crate) fn new(data: Arc<ColumnData>, start: usize) -> Self {
        Self { data: Some(data), start }
    }

    /// Hands on the cells of the first rows, until `take` fails.
    #[inline(always)]
    pub(crate) fn each<'a, E>(
        &'a self,
        rows: usize,
        mut take: impl FnMut(usize, CellValue<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        // Most cells of most tables: what they are is asked once for all of them.
        if let Some(data) = &self.data
            && let (ColumnValues::Float(values), None) = (&data.values, &data.missing)
        {
            let values = &values[self.start..self.start + rows];
            return values.iter().enumerate().try_for_each(|(row, value)| {
                let missing = value.is_nan();
                take(row, if missing { CellValue::Missing } else { CellValue::Number(*value) })
            });
        }
        (0..rows).try_for_each(|row| take(row, self.cell(row)))
    }

    pub(crate) fn cell(&self, row: usize) -> CellValue<'_> {
        let Some(data) = &self.data else { return CellValue::Missing };
        let place = self.start + row;
        if data.missing.as_ref().is_some_and(|missing| missing[place]) {
            return CellValue::Missing;
        }
        match &data.values {
            ColumnValues::Float(values) if values[place].is_nan() => CellValue::Missing,
            ColumnValues::Float(values) => CellValue::Number(values[place]),
            ColumnValues::Signed(values) => CellValue::Integer(values[place].into()),
            ColumnValues::Unsigned(values) => CellValue::Integer(values[place].into()),
            ColumnValues::Boolean(values) => CellValue::Boolean(values[place]),
            ColumnValues::Text(values) => {
                let text = values.get(place).trim();
                if is_missing(text) { CellValue::Missing } else { CellValue::Text(text) }
            }
        }
    }
}

impl Chunk {
    /// One row as a chunk of its own.
    pub(crate) fn row(&self, row: usize) -> Self {
        let one =
            |column: &ChunkColumn| ChunkColumn { start: column.start + row, ..column.clone() };
        let columns = self.columns.iter().map(one).collect();
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

impl<'a> CellValue<'a> {
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
