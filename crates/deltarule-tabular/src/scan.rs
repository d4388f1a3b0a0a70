//! The first pass over a table: the columns, their types, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::chunk::{CellValue, Chunk};
use crate::error::{Error, Result};
use crate::kept::{KeptCells, KeptColumn};
use crate::label::{NumberLabel, is_code};
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
    /// Not read, because it was asked to be left out.
    Unread,
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
            Self::Unread => "not read",
        }
    }

    /// What a column of this type holds, in a sentence.
    pub fn holds(self) -> &'static str {
        match self {
            Self::Integer => "integers",
            Self::Number => "numbers",
            Self::Boolean => "true and false",
            Self::Category => "text",
            Self::Empty | Self::Unread => "nothing",
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
    /// The first row with a missing cell, 0 being the first below the header.
    pub first_missing: Option<usize>,
    /// The distinct values of a category, sorted; as many as the limit allows and one more.
    pub categories: Vec<String>,
    /// How many distinct values there are: exact for categories and booleans, and for integers up to 21.
    pub distinct: usize,
    /// Whether whole numbers are written as no number would be, such as 007: labels of classes then, as they are written.
    pub(crate) codes: bool,
    /// The first cell that is infinite, and its row.
    first_infinite: Option<(usize, String)>,
    /// The first cell that keeps the column from being a number, and its row.
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
    /// Distinct numbers, while there are few.
    numbers: BTreeSet<NumberLabel>,
    /// Whether a whole number is written as no number would be, such as 007.
    codes: bool,
    /// Distinct texts, numbered in the order in which they come, as many as the limit allows and one more.
    categories: BTreeMap<String, NonZeroU32>,
    seen: usize,
    first_infinite: Option<(usize, String)>,
    first_text: Option<(usize, String)>,
    /// The cells, if they are kept.
    kept: Option<KeptCells>,
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
    let all: Vec<usize> = (0..names.len()).collect();
    Ok(scan_columns(source, &names, &all, &[], category_limit)?.0)
}

/// Reads the columns at the places `wanted` once; the others are [`ColumnType::Unread`]. Beside the summary, the cells of
/// each column: of those at the places `keep`, where they can be kept.
pub(crate) fn scan_columns(
    source: &Source,
    names: &[String],
    wanted: &[usize],
    keep: &[usize],
    category_limit: usize,
) -> Result<(TableSummary, Vec<Option<KeptColumn>>)> {
    let mut scanners: Vec<Scanner> = names.iter().map(|_| Scanner::default()).collect();
    for &column in keep {
        // What is in memory already needs no copy.
        scanners[column].kept = source.in_memory(column).is_none().then(KeptCells::default);
    }
    let mut rows = 0;
    source.for_each_chunk(names, wanted, |chunk| {
        rows += chunk.rows;
        for &column in wanted {
            scanners[column].chunk(chunk, column, source.decimal_comma(), category_limit);
        }
        Ok(())
    })?;
    if rows == 0 {
        return Err(source.no_rows(names));
    }
    let (mut columns, mut kept) = (Vec::new(), Vec::new());
    for (place, (name, scanner)) in names.iter().zip(scanners).enumerate() {
        let (column, cells) = scanner.finish(name.clone());
        columns.push(column);
        kept.push(match source.in_memory(place) {
            Some(data) if keep.contains(&place) => Some(KeptColumn::of(data)),
            _ => cells,
        });
    }
    for (place, column) in columns.iter_mut().enumerate() {
        if !wanted.contains(&place) {
            column.kind = ColumnType::Unread;
        }
        if let (ColumnType::Integer | ColumnType::Number, Some((row, text))) =
            (column.kind, &column.first_infinite)
        {
            let message = format!("{text} is not a finite number");
            let line = source.line_of(*row);
            return Err(Error::cell(source.name(), line, Some(&column.name), message));
        }
    }
    Ok((TableSummary { rows, columns }, kept))
}

impl Scanner {
    fn chunk(&mut self, chunk: &Chunk, column: usize, decimal_comma: bool, category_limit: usize) {
        // Cells that are not text are kept as they are, all at once.
        let mut kept = self.kept.take();
        let cell_by_cell = match &mut kept {
            Some(cells) => !cells.append(chunk.columns[column].data()),
            None => false,
        };
        for row in 0..chunk.rows {
            let cell = chunk.columns[column].cell(row);
            if cell == CellValue::Missing {
                self.missing += 1;
                self.first_missing.get_or_insert(chunk.first_row + row);
                if let Some(cells) = kept.as_mut().filter(|_| cell_by_cell) {
                    cells.push_missing();
                }
                continue;
            }
            self.seen += 1;
            let number = cell.number(decimal_comma);
            match number {
                Some(value) if !self.not_number => {
                    if value.is_infinite() {
                        let text = cell.category().unwrap_or_default().into_owned();
                        self.first_infinite.get_or_insert((chunk.first_row + row, text));
                    }
                    self.not_integer |= value.fract() != 0.0;
                    if self.numbers.len() <= CLASS_LIMIT {
                        self.numbers.extend(NumberLabel::new(cell, decimal_comma));
                    }
                    self.codes |= matches!(cell, CellValue::Text(text) if is_code(text));
                }
                Some(_) => {}
                None => {
                    self.not_number = true;
                    let text = cell.category().unwrap_or_default().into_owned();
                    self.first_text.get_or_insert((chunk.first_row + row, text));
                }
            }
            self.not_boolean |= cell.boolean().is_none();
            // Numbers turn out to be categories when one text comes along, so that all must be collected;
            // beyond the limit there is nothing left to know.
            let code = self.code(cell, category_limit);
            if let Some(cells) = kept.as_mut().filter(|_| cell_by_cell) {
                let texts = &self.categories;
                cells.push(code, number, || {
                    texts.iter().map(|(t, c)| (*c, number_of(t, decimal_comma)))
                });
            }
        }
        self.kept = kept;
    }

    /// The number of a text among the distinct ones; None beyond the limit.
    fn code(&mut self, cell: CellValue<'_>, category_limit: usize) -> Option<NonZeroU32> {
        if self.categories.len() > category_limit {
            return None;
        }
        let category = cell.category()?;
        if let Some(code) = self.categories.get(category.as_ref()) {
            return Some(*code);
        }
        let code = u32::try_from(self.categories.len() + 1).ok().and_then(NonZeroU32::new)?;
        self.categories.insert(category.into_owned(), code);
        (self.categories.len() <= category_limit).then_some(code)
    }

    fn finish(self, name: String) -> (ColumnSummary, Option<KeptColumn>) {
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
            // Codes count as they are written.
            ColumnType::Integer if self.codes => self.categories.len(),
            ColumnType::Integer | ColumnType::Number => self.numbers.len(),
            ColumnType::Empty | ColumnType::Boolean | ColumnType::Category | ColumnType::Unread => {
                self.categories.len()
            }
        };
        let kept = self.kept.and_then(|cells| cells.finish(&self.categories));
        let summary = ColumnSummary {
            name,
            kind,
            missing: self.missing,
            first_missing: self.first_missing,
            categories: self.categories.into_keys().collect(),
            distinct,
            codes: self.codes && kind == ColumnType::Integer,
            first_infinite: self.first_infinite,
            first_text: self.first_text,
        };
        (summary, kept)
    }
}

impl ColumnSummary {
    /// The first cell that is no number, and its row.
    pub(crate) fn first_text(&self) -> Option<&(usize, String)> {
        self.first_text.as_ref()
    }
}

/// The number that a text is.
fn number_of(text: &str, decimal_comma: bool) -> Option<f64> {
    CellValue::Text(text).number(decimal_comma)
}
