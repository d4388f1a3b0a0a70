//! What becomes of a column: its inputs of the network, and how they are fitted on the training rows.
//!
//! A cell becomes numbers in one place, [`Encoding::write`]. The raw encoding of a column hands on its numbers as they are, and
//! every category that the table has; fitting it on what it hands on for the training rows gives the encoding.

use deltarule::Float;
use serde::{Deserialize, Serialize};

use crate::chunk::{CellValue, ChunkColumn};
use crate::error::{Error, Result};
use crate::scan::{ColumnSummary, ColumnType};

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

impl Encoding {
    /// How many inputs of the network there are for the column.
    pub fn width(&self) -> usize {
        match self {
            Self::Number { indicator, .. } => 1 + usize::from(*indicator),
            Self::Category { values, missing } => values.len() + usize::from(*missing),
        }
    }

    /// What hands on all that the column has: numbers less the offset, NaN for a missing one, and every category.
    pub(crate) fn raw(column: &ColumnSummary, offset: f64) -> Self {
        let missing = column.missing > 0;
        match column.kind {
            ColumnType::Category => Self::Category { values: column.categories.clone(), missing },
            ColumnType::Boolean
            | ColumnType::Integer
            | ColumnType::Number
            | ColumnType::Empty
            | ColumnType::Unread => Self::Number {
                offset,
                mean: 0.0,
                deviation: 1.0,
                median: f64::NAN,
                indicator: missing,
                boolean: column.kind == ColumnType::Boolean,
            },
        }
    }

    /// Hands on the inputs of some rows of a column that are not 0: with the row of the matrix, which stands beside each row
    /// of the column, and the place among the column's inputs.
    ///
    /// # Errors
    /// How many rows were right before the first whose cell is not what it was in training, and what that cell is.
    pub(crate) fn write<T: Float>(
        &self,
        column: &ChunkColumn,
        rows: impl Iterator<Item = (usize, usize)>,
        decimal_comma: bool,
        put: &mut impl FnMut(usize, usize, T),
    ) -> std::result::Result<(), (usize, String)> {
        match self {
            Self::Number { .. } => {
                let Some(numbers) = self.numbers(decimal_comma) else { return Ok(()) };
                match column.numbers() {
                    Some(values) if !numbers.boolean => numbers.write(values, rows, put),
                    _ => column.each(rows, |row, cell| {
                        let value = if cell == CellValue::Missing {
                            None
                        } else {
                            let number = numbers.number(cell).and_then(|v| numbers.centred(v));
                            Some(number.ok_or_else(|| numbers.refusal(cell))?)
                        };
                        numbers.put(row, value, put);
                        Ok(())
                    }),
                }
            }
            Self::Category { values, missing } => {
                // They are sorted when we have fitted them.
                let sorted = values.is_sorted();
                let place = |category: &str| {
                    if sorted {
                        values.binary_search_by(|value| value.as_str().cmp(category)).ok()
                    } else {
                        values.iter().position(|value| value == category)
                    }
                };
                column.each(rows, |row, cell| {
                    let place = match cell.category() {
                        None => missing.then_some(values.len()),
                        Some(category) => place(&category),
                    };
                    if let Some(place) = place {
                        put(row, place, T::ONE);
                    }
                    Ok(())
                })
            }
        }
    }

    /// Turns a raw input of a number, which is NaN for a missing one, into that of this encoding.
    pub(crate) fn standardise<T: Float>(&self, raw: &mut T) {
        if let Some(numbers) = self.numbers(false) {
            *raw = numbers.input((!raw.is_nan()).then_some(*raw));
        }
    }

    fn numbers(&self, decimal_comma: bool) -> Option<StandardisedNumbers> {
        match *self {
            Self::Number { offset, mean, deviation, median, indicator, boolean } => {
                Some(StandardisedNumbers {
                    offset,
                    mean,
                    deviation,
                    median,
                    indicator,
                    boolean,
                    decimal_comma,
                })
            }
            Self::Category { .. } => None,
        }
    }

    /// Fits a raw encoding to what the training rows hold; None if they all hold the same.
    ///
    /// # Errors
    /// When numbers are too large.
    pub(crate) fn fitted<T: Float>(
        self,
        column: &str,
        training: &mut TrainingColumn<T>,
    ) -> Result<Option<Self>> {
        let seen = &training.seen;
        match self {
            Self::Category { values, missing } => {
                if seen.iter().filter(|seen| **seen).count() < 2 {
                    return Ok(None);
                }
                let missing = missing && seen[values.len()];
                let values = values.into_iter().zip(seen).filter(|(_, seen)| **seen);
                let values = values.map(|(value, _)| value).collect();
                Ok(Some(Self::Category { values, missing }))
            }
            Self::Number { offset, indicator, boolean, .. } => {
                let indicator = indicator && seen[1];
                let Some((mean, deviation, median)) = training.statistics() else {
                    return Ok(None);
                };
                if !deviation.is_finite() {
                    return Err(too_large(column));
                }
                Ok(Some(Self::Number { offset, mean, deviation, median, indicator, boolean }))
            }
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
    indicator: bool,
    boolean: bool,
    decimal_comma: bool,
}

impl StandardisedNumbers {
    /// The input for a number less the offset, or for a missing one.
    #[inline(always)]
    fn input<T: Float>(self, value: Option<T>) -> T {
        let value = value.map_or(self.median, T::to_f64);
        T::from_f64((value - self.mean) / self.deviation)
    }

    /// A number less the offset, in the network's type; None if it is not finite.
    #[inline(always)]
    fn centred<T: Float>(self, value: f64) -> Option<T> {
        value.is_finite().then(|| T::from_f64(value - self.offset))
    }

    /// Hands on the inputs of a number less the offset, or of a missing one.
    #[inline(always)]
    fn put<T: Float>(self, row: usize, value: Option<T>, put: &mut impl FnMut(usize, usize, T)) {
        put(row, 0, self.input(value));
        if self.indicator && value.is_none() {
            put(row, 1, T::ONE);
        }
    }

    /// [`Encoding::write`] of cells that all are numbers, as most cells of most tables: what a cell is, is not asked of each.
    fn write<T: Float>(
        self,
        values: &[f64],
        rows: impl Iterator<Item = (usize, usize)>,
        put: &mut impl FnMut(usize, usize, T),
    ) -> std::result::Result<(), (usize, String)> {
        for (taken, (row, to)) in rows.enumerate() {
            let value = values[row];
            let centred = if value.is_nan() {
                None
            } else {
                let refusal = || (taken, self.refusal(CellValue::Number(value)));
                Some(self.centred(value).ok_or_else(refusal)?)
            };
            self.put(to, centred, put);
        }
        Ok(())
    }

    fn number(self, cell: CellValue<'_>) -> Option<f64> {
        if self.boolean { cell.boolean().map(f64::from) } else { cell.number(self.decimal_comma) }
    }

    /// What a cell is instead of what it was in training.
    #[cold]
    fn refusal(self, cell: CellValue<'_>) -> String {
        let text = cell.category().unwrap_or_default();
        if self.number(cell).is_some() {
            return format!("{text} is not a finite number");
        }
        let kind = if self.boolean { "true or false" } else { "a number" };
        format!("{text:?} where training had {kind}")
    }
}

/// What the raw encoding of a column hands on for the training rows.
pub(crate) struct TrainingColumn<T> {
    rows: usize,
    is_number: bool,
    /// The numbers that are not missing.
    numbers: Vec<T>,
    /// Which of the inputs any row has.
    seen: Vec<bool>,
}

impl<T: Float> TrainingColumn<T> {
    pub(crate) fn new(raw: &Encoding, rows: usize) -> Self {
        let is_number = matches!(raw, Encoding::Number { .. });
        let numbers = Vec::with_capacity(if is_number { rows } else { 0 });
        Self { rows, is_number, numbers, seen: vec![false; raw.width()] }
    }

    /// Takes an input of a row.
    pub(crate) fn put(&mut self, input: usize, value: T) {
        if self.is_number && input == 0 {
            if !value.is_nan() {
                self.numbers.push(value);
                self.seen[0] = true;
            }
        } else if value != T::ZERO {
            self.seen[input] = true;
        }
    }

    /// Which of the inputs any row has: those that the fitted encoding keeps, if there is one.
    pub(crate) fn seen(&self) -> &[bool] {
        &self.seen
    }

    /// Mean, deviation and median; None for a column without two different values and nothing missing.
    fn statistics(&mut self) -> Option<(f64, f64, f64)> {
        // In the matrix's own type: beside a narrow matrix a column of wider numbers would weigh.
        let values = &mut self.numbers;
        if values.is_empty() {
            return None;
        }
        let missing = self.rows - values.len();
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
        let n = self.rows as f64;
        let numbers = || values.iter().map(|v| v.to_f64());
        let mean = (numbers().sum::<f64>() + missing as f64 * median) / n;
        let squares: f64 = numbers().map(|v| (v - mean) * (v - mean)).sum();
        let variance = (squares + missing as f64 * (median - mean) * (median - mean)) / n;
        // A number that is always the same or missing tells only whether it is missing.
        let deviation = if variance == 0.0 { 1.0 } else { variance.sqrt() };
        Some((mean, deviation, median))
    }
}

/// Numbers whose squares, or which themselves, are beyond the network's type.
pub(crate) fn too_large(column: &str) -> Error {
    Error::data(format!(
        "column {column:?} holds numbers too large to be standardised; divide them by a power of ten"
    ))
}
