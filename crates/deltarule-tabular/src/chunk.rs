//! Some rows of a table, and what a cell says.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Rows that are read at a time.
pub(crate) const CHUNK: usize = 4096;

/// Some rows of a table.
pub(crate) struct Chunk {
    pub(crate) columns: Vec<ChunkColumn>,
    pub(crate) rows: usize,
    /// The number of the first row in the table, from 0.
    pub(crate) first_row: usize,
}

/// One column of a chunk.
#[derive(Clone, Debug)]
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
    /// Text of which there are few different ones.
    Coded(CodedTexts),
}

/// Texts of few kinds, each by a number of four bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodedTexts {
    /// The text of each cell, from 1; None for a missing one.
    codes: Vec<Option<NonZeroU32>>,
    texts: TextValues,
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

impl CodedTexts {
    /// Cells of these texts, by their numbers from 1; None for a missing cell. What text spells as missing is so, too.
    ///
    /// # Errors
    /// When there is no text of a number.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_tabular::{CodedTexts, TextValues};
    ///
    /// let texts: TextValues = ["red", "blue"].into_iter().collect();
    /// let red_none_blue_red = vec![1_u32.try_into().ok(), None, 2_u32.try_into().ok(), 1_u32.try_into().ok()];
    /// assert!(CodedTexts::new(red_none_blue_red.clone(), texts).is_ok());
    /// assert!(CodedTexts::new(red_none_blue_red, TextValues::default()).is_err());
    /// ```
    pub fn new(codes: Vec<Option<NonZeroU32>>, texts: TextValues) -> Result<Self> {
        let highest = codes.iter().flatten().max().map_or(0, |code| code.get() as usize);
        if highest > texts.ends.len() {
            return Err(Error::data(format!(
                "a cell has the text of number {highest}, and there are {} texts",
                texts.ends.len()
            )));
        }
        Ok(Self { codes, texts })
    }

    fn get(&self, place: usize) -> Option<&str> {
        self.codes[place].map(|code| self.texts.get(code.get() as usize - 1))
    }
}

impl ColumnValues {
    fn len(&self) -> usize {
        match self {
            Self::Coded(values) => values.codes.len(),
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
    pub fn new(values: ColumnValues, missing: Option<Vec<bool>>) -> Result<Self> {
        match &missing {
            Some(missing) if missing.len() != values.len() => Err(Error::data(format!(
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

    pub(crate) fn values(&self) -> &ColumnValues {
        &self.values
    }

    /// Appends the cells of another column of the same type; false if it has another.
    pub(crate) fn append(&mut self, other: &Self) -> bool {
        let before = self.len();
        match (&mut self.values, &other.values) {
            (ColumnValues::Float(all), ColumnValues::Float(more)) => all.extend_from_slice(more),
            (ColumnValues::Signed(all), ColumnValues::Signed(more)) => all.extend_from_slice(more),
            (ColumnValues::Unsigned(all), ColumnValues::Unsigned(more)) => {
                all.extend_from_slice(more);
            }
            (ColumnValues::Boolean(all), ColumnValues::Boolean(more)) => {
                all.extend_from_slice(more);
            }
            _ => return false,
        }
        if self.missing.is_some() || other.missing.is_some() {
            let missing = self.missing.get_or_insert_with(|| vec![false; before]);
            match &other.missing {
                Some(more) => missing.extend_from_slice(more),
                None => missing.resize(before + other.len(), false),
            }
        }
        true
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

    pub(crate) fn data(&self) -> Option<&ColumnData> {
        self.data.as_deref()
    }

    /// Hands on the cells of some rows, each with what stands beside its row, until `take` fails: how many were taken then,
    /// and why no more.
    pub(crate) fn each<'a, K, E>(
        &'a self,
        rows: impl Iterator<Item = (usize, K)>,
        mut take: impl FnMut(K, CellValue<'a>) -> Result<(), E>,
    ) -> Result<(), (usize, E)> {
        for (taken, (row, key)) in rows.enumerate() {
            take(key, self.cell(row)).map_err(|error| (taken, error))?;
        }
        Ok(())
    }

    /// The cells of a column of which all are numbers, and NaN those that are missing.
    pub(crate) fn numbers(&self) -> Option<&[f64]> {
        match self.data() {
            Some(ColumnData { values: ColumnValues::Float(values), missing: None }) => {
                Some(&values[self.start..])
            }
            _ => None,
        }
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
            ColumnValues::Text(values) => CellValue::of_text(values.get(place)),
            ColumnValues::Coded(values) => {
                values.get(place).map_or(CellValue::Missing, CellValue::of_text)
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
    fn of_text(text: &'a str) -> Self {
        let text = text.trim();
        if is_missing(text) { Self::Missing } else { Self::Text(text) }
    }

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
