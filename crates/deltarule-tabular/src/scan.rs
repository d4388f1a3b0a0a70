//! The first pass over a table: the columns, their types, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::chunk::{Cell, Chunk};
use crate::error::{Error, Result};
use crate::source::Source;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// `true` and `false`.
    Boolean,
    /// Text, each distinct value a category.
    Category,
    /// Every cell is missing.
    Empty,
}

impl ColumnType {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Category => "category",
            Self::Empty => "empty",
        }
    }
}

/// What the first pass found out about a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// The name.
    pub name: String,
    /// The type of its cells.
    pub kind: ColumnType,
    /// How many cells are missing.
    pub missing: usize,
    /// The first line with a missing cell.
    pub first_missing: Option<usize>,
    /// The distinct values of a category, sorted; as many as the limit allows and one more.
    pub categories: Vec<String>,
    /// How many distinct values there are: exact for categories and booleans, and for integers up to 21.
    pub distinct: usize,
    /// The middle between the smallest and the largest number.
    pub(crate) middle: f64,
    /// The place of the first cell that is infinite.
    first_infinite: Option<(usize, String)>,
    /// The first cell that keeps the column from being a number.
    first_text: Option<(usize, String)>,
}

/// What the first pass found out about a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSummary {
    /// How many rows there are, the header not counted.
    pub rows: usize,
    /// The columns in their order.
    pub columns: Vec<ColumnSummary>,
}

/// Integers with more distinct values than this are numbers, not classes.
pub(crate) const CLASS_LIMIT: usize = 20;

#[derive(Default)]
struct Scanner {
    missing: usize,
    first_missing: Option<usize>,
    not_number: bool,
    not_integer: bool,
    not_boolean: bool,
    /// Distinct numbers by their bits, while there are few.
    numbers: BTreeSet<u64>,
    categories: BTreeMap<String, ()>,
    seen: usize,
    /// The smallest and the largest number.
    extremes: Option<(f64, f64)>,
    first_infinite: Option<(usize, String)>,
    first_text: Option<(usize, String)>,
}

/// Reads the whole table once.
///
/// # Errors
/// When the table cannot be read, has no rows, rows differ in length, or a number is infinite.
///
/// # Example
///
/// ```
/// use deltarule_tabular::{ColumnType, ReadOptions, Source, scan};
///
/// let summary = scan(&Source::open("iris", &ReadOptions::default())?, 256)?;
/// assert_eq!(summary.rows, 150);
/// assert_eq!(summary.columns[4].kind, ColumnType::Category);
/// # Ok::<(), deltarule_tabular::Error>(())
/// ```
pub fn scan(source: &Source, category_limit: usize) -> Result<TableSummary> {
    let names = source.columns()?;
    let mut scanners: Vec<Scanner> = names.iter().map(|_| Scanner::default()).collect();
    let mut rows = 0;
    source.for_each_chunk(&names, |chunk| {
        rows += chunk.rows;
        for (column, scanner) in scanners.iter_mut().enumerate() {
            scanner.chunk(chunk, column, source.decimal_comma(), category_limit);
        }
        Ok(())
    })?;
    if rows == 0 {
        return Err(Error::table(source.name(), "there is a header, but no rows"));
    }
    let columns: Vec<ColumnSummary> =
        names.into_iter().zip(scanners).map(|(name, scanner)| scanner.finish(name)).collect();
    for column in &columns {
        if let (ColumnType::Integer | ColumnType::Number, Some((line, text))) =
            (column.kind, &column.first_infinite)
        {
            let message = format!("{text} is not a finite number");
            return Err(Error::cell(source.name(), Some(*line), Some(&column.name), message));
        }
    }
    Ok(TableSummary { rows, columns })
}

impl Scanner {
    fn chunk(&mut self, chunk: &Chunk, column: usize, decimal_comma: bool, category_limit: usize) {
        for row in 0..chunk.rows {
            let cell = chunk.columns[column].cell(row);
            if cell == Cell::Missing {
                self.missing += 1;
                self.first_missing.get_or_insert(chunk.lines[row]);
                continue;
            }
            self.seen += 1;
            match cell.number(decimal_comma) {
                Some(value) if !self.not_number => {
                    if value.is_infinite() {
                        let text = cell.category().unwrap_or_default().into_owned();
                        self.first_infinite.get_or_insert((chunk.lines[row], text));
                    }
                    let (low, high) = self.extremes.unwrap_or((value, value));
                    self.extremes = Some((low.min(value), high.max(value)));
                    self.not_integer |= value.fract() != 0.0;
                    if self.numbers.len() <= CLASS_LIMIT {
                        self.numbers.insert((value + 0.0).to_bits());
                    }
                }
                Some(_) => {}
                None => {
                    self.not_number = true;
                    let text = cell.category().unwrap_or_default().into_owned();
                    self.first_text.get_or_insert((chunk.lines[row], text));
                }
            }
            self.not_boolean |= cell.boolean().is_none();
            // Numbers turn out to be categories when one text comes along, so that all must be collected;
            // beyond the limit there is nothing left to know.
            if self.categories.len() <= category_limit
                && let Some(category) = cell.category()
                && !self.categories.contains_key(category.as_ref())
            {
                self.categories.insert(category.into_owned(), ());
            }
        }
    }

    fn finish(self, name: String) -> ColumnSummary {
        let kind = if self.seen == 0 {
            ColumnType::Empty
        } else if !self.not_number && !self.not_integer {
            ColumnType::Integer
        } else if !self.not_number {
            ColumnType::Number
        } else if !self.not_boolean {
            ColumnType::Boolean
        } else {
            ColumnType::Category
        };
        let distinct = match kind {
            ColumnType::Integer | ColumnType::Number => self.numbers.len(),
            _ => self.categories.len(),
        };
        ColumnSummary {
            name,
            kind,
            missing: self.missing,
            first_missing: self.first_missing,
            categories: self.categories.into_keys().collect(),
            distinct,
            middle: self.extremes.map_or(0.0, |(low, high)| 0.5 * low + 0.5 * high),
            first_infinite: self.first_infinite,
            first_text: self.first_text,
        }
    }
}

impl ColumnSummary {
    /// The first cell that is no number, and its line.
    pub(crate) fn first_text(&self) -> Option<&(usize, String)> {
        self.first_text.as_ref()
    }
}
