//! Preparation: from the columns of a table to the numbers that a network is fed, fitted on the training rows only.

use std::ops::Range;

use deltarule::Float;
use serde::{Deserialize, Serialize};

use crate::chunk::{CellValue, Chunk, ChunkColumn};
use crate::error::{Error, Result, nearest};
use crate::scan::{ColumnSummary, ColumnType};
use crate::source::Source;

/// How a column becomes inputs of the network.
///
/// - Numbers and booleans (0 and 1): (v − offset − mean) / deviation, a missing one being the median first; where any was missing
///   in training, a second input is 1 for missing and 0 otherwise.
/// - Categories: an input per value seen in training, 1 for the value and 0 otherwise; an unseen value is all zeros; where
///   any was missing in training, missing is a value of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A number or boolean.
    Number {
        /// Subtracted first, before the number is rounded to the network's type, so that large numbers that differ
        /// little keep their digits.
        offset: f64,
        /// The mean of the training rows, less the offset.
        mean: f64,
        /// The standard deviation of the training rows (divided by n, as scikit-learn's StandardScaler).
        deviation: f64,
        /// The median of the training rows, less the offset, in place of missing values.
        median: f64,
        /// Whether a second input says that the value was missing.
        indicator: bool,
        /// Whether the cells are `true` and `false`.
        boolean: bool,
    },
    /// A category.
    Category {
        /// The values seen in training, sorted.
        values: Vec<String>,
        /// Whether missing is a value too, after the others.
        missing: bool,
    },
}

/// A column that the network sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputColumn {
    /// The name.
    pub name: String,
    /// What becomes of it.
    pub encoding: Encoding,
}

/// A column that the network does not see, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DroppedColumn {
    /// The name.
    pub name: String,
    /// Why.
    pub why: DropReason,
}

/// Why the network does not see a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// It was asked for.
    Asked,
    /// Every cell of the training rows is missing.
    Empty,
    /// The training rows all have the same value.
    Constant,
}

/// The fitted preparation of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// The columns that the network sees, in the order of the table.
    pub columns: Vec<InputColumn>,
    /// The columns that it does not see.
    pub dropped: Vec<DroppedColumn>,
}

impl Encoding {
    /// How many inputs of the network there are for the column.
    pub fn width(&self) -> usize {
        match self {
            Self::Number { indicator, .. } => 1 + usize::from(*indicator),
            Self::Category { values, missing } => values.len() + usize::from(*missing),
        }
    }
}

impl Preparation {
    /// How many inputs the network has.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|c| c.encoding.width()).sum()
    }

    /// The names of the inputs: `age`, `age (missing)`, `sex=female`.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for InputColumn { name, encoding } in &self.columns {
            match encoding {
                Encoding::Number { indicator, .. } => {
                    names.push(name.clone());
                    if *indicator {
                        names.push(format!("{name} (missing)"));
                    }
                }
                Encoding::Category { values, missing } => {
                    names.extend(values.iter().map(|value| format!("{name}={value}")));
                    if *missing {
                        names.push(format!("{name} (missing)"));
                    }
                }
            }
        }
        names
    }

    /// Where the columns of the preparation stand in a table with these columns.
    ///
    /// # Errors
    /// When one is missing, with the nearest name.
    pub(crate) fn places(&self, source: &Source, names: &[String]) -> Result<Vec<usize>> {
        self.columns
            .iter()
            .map(|column| {
                names.iter().position(|name| *name == column.name).ok_or_else(|| {
                    let near = nearest(&column.name, names.iter().map(String::as_str));
                    let hint = near.map_or(String::new(), |n| format!(" (there is {n:?})"));
                    Error::table(
                        source.name(),
                        format!(
                            "column {:?}, which the model was trained on, is missing{hint}",
                            column.name
                        ),
                    )
                    .hinting(source.header_hint(names))
                })
            })
            .collect()
    }

    /// Appends the inputs of every row of a chunk.
    ///
    /// # Errors
    /// For the first row with a cell that is not what it was in training.
    pub(crate) fn transform<T: Float>(
        &self,
        source: &Source,
        chunk: &Chunk,
        places: &[usize],
        out: &mut Vec<T>,
    ) -> Result<()> {
        let (start, width) = (out.len(), self.width());
        out.resize(start + chunk.rows * width, T::ZERO);
        let matrix = &mut out[start..];
        let comma = source.decimal_comma();
        // Columns are gone through one after the other, but the first row that is wrong is what a reader looks for.
        let mut rows = chunk.rows;
        let mut wrong = None;
        let mut first = 0;
        for (InputColumn { name, encoding }, &place) in self.columns.iter().zip(places) {
            let mut put = |row: usize, input: usize, value| {
                matrix[row * width + first + input] = value;
            };
            if let Err((row, message)) =
                encoding.write(&chunk.columns[place], rows, comma, &mut put)
            {
                rows = row;
                wrong = Some((name, message));
            }
            first += encoding.width();
        }
        match wrong {
            None => Ok(()),
            Some((name, message)) => {
                let line = source.line_of(chunk.first_row + rows);
                Err(Error::cell(source.name(), line, Some(name), message))
            }
        }
    }
}

impl Encoding {
    /// Hands on the inputs of the first rows of a column that are not 0, with their rows and places.
    ///
    /// # Errors
    /// The row whose cell is not what it was in training, and what it is.
    fn write<T: Float>(
        &self,
        column: &ChunkColumn,
        rows: usize,
        decimal_comma: bool,
        put: &mut impl FnMut(usize, usize, T),
    ) -> std::result::Result<(), (usize, String)> {
        match self {
            Self::Number { offset, mean, deviation, median, indicator, boolean } => {
                let numbers = StandardisedNumbers {
                    offset: *offset,
                    mean: *mean,
                    deviation: *deviation,
                    median: *median,
                    boolean: *boolean,
                    decimal_comma,
                };
                column.each(rows, |row, cell| {
                    let Some(value) = numbers.input(cell) else {
                        return Err((row, numbers.refusal(cell)));
                    };
                    put(row, 0, value);
                    if *indicator && cell == CellValue::Missing {
                        put(row, 1, T::ONE);
                    }
                    Ok(())
                })
            }
            Self::Category { values, missing } => column.each(rows, |row, cell| {
                let place = match cell.category() {
                    None => missing.then_some(values.len()),
                    Some(category) => values.iter().position(|value| *value == *category),
                };
                if let Some(place) = place {
                    put(row, place, T::ONE);
                }
                Ok(())
            }),
        }
    }
}

/// [`Encoding::Number`] at work.
#[derive(Clone, Copy)]
struct StandardisedNumbers {
    offset: f64,
    mean: f64,
    deviation: f64,
    median: f64,
    boolean: bool,
    decimal_comma: bool,
}

impl StandardisedNumbers {
    /// The input for a cell; None if it is not what it was in training.
    // In a loop over numbers nothing is left of the other cells.
    #[inline(always)]
    fn input<T: Float>(self, cell: CellValue<'_>) -> Option<T> {
        let value = match cell {
            CellValue::Missing => self.median,
            CellValue::Number(value) if !self.boolean => self.centred::<T>(value)?,
            _ => self.centred::<T>(self.value(cell)?)?,
        };
        Some(T::from_f64((value - self.mean) / self.deviation))
    }

    #[inline(always)]
    fn centred<T: Float>(self, value: f64) -> Option<f64> {
        value.is_finite().then(|| T::from_f64(value - self.offset).to_f64())
    }

    #[inline(never)]
    fn value(self, cell: CellValue<'_>) -> Option<f64> {
        if self.boolean { cell.boolean().map(f64::from) } else { cell.number(self.decimal_comma) }
    }

    /// What a cell is instead of what it was in training.
    #[cold]
    fn refusal(self, cell: CellValue<'_>) -> String {
        let text = cell.category().unwrap_or_default();
        if self.value(cell).is_some() {
            return format!("{text} is not a finite number");
        }
        let kind = if self.boolean { "true or false" } else { "a number" };
        format!("{text:?} where training had {kind}")
    }
}

/// The layout of the matrix before it is fitted: as wide as the whole table asks for.
///
/// The matrix is filled once and then prepared in place, so that a table needs no more memory than its matrix.
pub(crate) struct RawLayout {
    columns: Vec<RawColumn>,
    width: usize,
}

struct RawColumn {
    name: String,
    place: usize,
    kind: ColumnType,
    /// The values of a category, sorted.
    values: Vec<String>,
    /// Whether any cell of the whole table is missing.
    missing: bool,
    /// Subtracted before a number is rounded to the network's type, so that large numbers keep their digits.
    offset: f64,
    /// Its columns in the matrix.
    range: Range<usize>,
}

impl RawLayout {
    /// The columns at these places of the table, with the offset of each.
    pub(crate) fn new(columns: &[ColumnSummary], places: &[usize], offsets: &[f64]) -> Self {
        let mut width = 0;
        let columns = places
            .iter()
            .zip(offsets)
            .map(|(&place, &offset)| {
                let summary = &columns[place];
                let missing = summary.missing > 0;
                let values = match summary.kind {
                    ColumnType::Category => summary.categories.clone(),
                    _ => Vec::new(),
                };
                let own = match summary.kind {
                    ColumnType::Category => values.len(),
                    _ => 1,
                };
                let range = width..width + own + usize::from(missing);
                width = range.end;
                RawColumn {
                    name: summary.name.clone(),
                    place,
                    kind: summary.kind,
                    values,
                    missing,
                    offset,
                    range,
                }
            })
            .collect();
        Self { columns, width }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Appends the raw inputs of one row: NaN for a missing number.
    pub(crate) fn push_row<T: Float>(
        &self,
        chunk: &Chunk,
        row: usize,
        decimal_comma: bool,
        out: &mut Vec<T>,
    ) {
        for column in &self.columns {
            let cell = chunk.columns[column.place].cell(row);
            match column.kind {
                ColumnType::Category => {
                    let start = out.len();
                    out.resize(start + column.values.len(), T::ZERO);
                    let hit = cell
                        .category()
                        .and_then(|c| column.values.binary_search_by(|v| v.as_str().cmp(&c)).ok());
                    if let Some(hit) = hit {
                        out[start + hit] = T::ONE;
                    }
                }
                ColumnType::Boolean => {
                    let value = cell.boolean().map(f64::from);
                    out.push(value.map_or(T::NAN, T::from_f64));
                }
                ColumnType::Integer
                | ColumnType::Number
                | ColumnType::Empty
                | ColumnType::Unread => {
                    let value = cell.number(decimal_comma);
                    out.push(value.map_or(T::NAN, |v| T::from_f64(v - column.offset)));
                }
            }
            if column.missing {
                out.push(if cell == CellValue::Missing { T::ONE } else { T::ZERO });
            }
        }
    }

    /// Fits the preparation on the first `training` rows and applies it to all rows, in place.
    pub(crate) fn fit<T: Float>(
        self,
        matrix: &mut Vec<T>,
        training: usize,
        mut dropped: Vec<DroppedColumn>,
    ) -> Result<Preparation> {
        let width = self.width;
        // Which columns of the matrix stay.
        let mut keep = vec![false; width];
        let mut columns = Vec::new();
        for column in self.columns {
            let own = column.range.start;
            let indicator = column.missing.then(|| column.range.end - 1);
            let any_missing = indicator
                .is_some_and(|i| (0..training).any(|row| matrix[row * width + i] == T::ONE));
            let encoding = if column.kind == ColumnType::Category {
                let seen: Vec<bool> = (own..own + column.values.len())
                    .map(|i| (0..training).any(|row| matrix[row * width + i] == T::ONE))
                    .collect();
                let kinds = seen.iter().filter(|s| **s).count() + usize::from(any_missing);
                (kinds > 1).then(|| {
                    for (i, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
                        keep[own + i] = true;
                    }
                    let values = column.values.into_iter().zip(&seen).filter(|(_, seen)| **seen);
                    Encoding::Category {
                        values: values.map(|(value, _)| value).collect(),
                        missing: any_missing,
                    }
                })
            } else {
                let shape = Numbers { matrix, width, column: own, training };
                let statistics = shape.statistics();
                if statistics.as_ref().is_some_and(|s| !s.deviation.is_finite()) {
                    return Err(too_large(&column.name));
                }
                statistics.map(|s| {
                    keep[own] = true;
                    let rows = matrix.len() / width.max(1);
                    for row in 0..rows {
                        let value = &mut matrix[row * width + own];
                        let raw = if value.is_nan() { s.median } else { value.to_f64() };
                        *value = T::from_f64((raw - s.mean) / s.deviation);
                    }
                    Encoding::Number {
                        offset: column.offset,
                        mean: s.mean,
                        deviation: s.deviation,
                        median: s.median,
                        indicator: any_missing,
                        boolean: column.kind == ColumnType::Boolean,
                    }
                })
            };
            match encoding {
                Some(encoding) => {
                    if let (true, Some(i)) = (any_missing, indicator) {
                        keep[i] = true;
                    }
                    columns.push(InputColumn { name: column.name, encoding });
                }
                None => {
                    let why = match column.kind {
                        ColumnType::Empty => DropReason::Empty,
                        _ => DropReason::Constant,
                    };
                    dropped.push(DroppedColumn { name: column.name, why });
                }
            }
        }
        compact(matrix, &keep);
        Ok(Preparation { columns, dropped })
    }
}

/// Numbers whose squares, or which themselves, are beyond the network's type.
pub(crate) fn too_large(column: &str) -> Error {
    Error::data(format!(
        "column {column:?} holds numbers too large to be standardised; divide them by a power of ten"
    ))
}

/// The training rows of a column of numbers.
struct Numbers<'a, T> {
    matrix: &'a [T],
    width: usize,
    column: usize,
    training: usize,
}

struct Statistics {
    mean: f64,
    deviation: f64,
    median: f64,
}

impl<T: Float> Numbers<'_, T> {
    /// None for a column without two different values and nothing missing.
    fn statistics(&self) -> Option<Statistics> {
        let all = (0..self.training).map(|row| self.matrix[row * self.width + self.column]);
        // In the matrix's own type: beside a narrow matrix a column of wider numbers would weigh.
        let mut values: Vec<T> = all.filter(|v| !v.is_nan()).collect();
        if values.is_empty() {
            return None;
        }
        let missing = self.training - values.len();
        values.sort_unstable_by(|a, b| a.to_f64().total_cmp(&b.to_f64()));
        let half = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[half].to_f64()
        } else {
            0.5 * values[half - 1].to_f64() + 0.5 * values[half].to_f64()
        };
        if values[0] == values[values.len() - 1] && missing == 0 {
            return None;
        }
        // The missing ones count with the median that they are replaced by.
        let n = self.training as f64;
        let numbers = || values.iter().map(|v| v.to_f64());
        let mean = (numbers().sum::<f64>() + missing as f64 * median) / n;
        let squares: f64 = numbers().map(|v| (v - mean) * (v - mean)).sum();
        let variance = (squares + missing as f64 * (median - mean) * (median - mean)) / n;
        // A number that is always the same or missing tells only whether it is missing.
        let deviation = if variance == 0.0 { 1.0 } else { variance.sqrt() };
        Some(Statistics { mean, deviation, median })
    }
}

/// Moves the kept columns together, in place.
fn compact<T: Float>(matrix: &mut Vec<T>, keep: &[bool]) {
    let width = keep.len();
    let kept: Vec<usize> = (0..width).filter(|i| keep[*i]).collect();
    if width == 0 || kept.len() == width {
        return;
    }
    let rows = matrix.len() / width;
    let mut to = 0;
    for row in 0..rows {
        for &column in &kept {
            matrix[to] = matrix[row * width + column];
            to += 1;
        }
    }
    matrix.truncate(to);
    matrix.shrink_to_fit();
}
