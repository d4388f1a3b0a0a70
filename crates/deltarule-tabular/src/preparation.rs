//! Preparation: from the columns of a table to the numbers that a network is fed, fitted on the training rows only.

use std::ops::Range;

use deltarule::Float;
use serde::{Deserialize, Serialize};

use crate::chunk::Chunk;
use crate::encoding::{Encoding, TrainingColumn};
use crate::error::{Error, Result, nearest};
use crate::scan::{ColumnSummary, ColumnType};
use crate::source::Source;

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
    pub(crate) fn append<T: Float>(
        &self,
        source: &Source,
        chunk: &Chunk,
        places: &[usize],
        out: &mut Vec<T>,
    ) -> Result<()> {
        let start = out.len();
        out.resize(start + chunk.rows * self.width(), T::ZERO);
        let rows = (0..chunk.rows).map(|row| (row, row));
        self.write(source, chunk, places, rows, &mut out[start..])
    }

    /// Writes the inputs of some rows of a chunk into a matrix that is 0 there; beside each row stands that of the matrix.
    ///
    /// # Errors
    /// For the first of the rows with a cell that is not what it was in training.
    pub(crate) fn write<T: Float>(
        &self,
        source: &Source,
        chunk: &Chunk,
        places: &[usize],
        rows: impl Iterator<Item = (usize, usize)> + Clone,
        matrix: &mut [T],
    ) -> Result<()> {
        let (width, comma) = (self.width(), source.decimal_comma());
        // Columns are gone through one after the other, but the first row that is wrong is what a reader looks for.
        let (mut right, mut wrong) = (usize::MAX, None);
        let mut first = 0;
        for (InputColumn { name, encoding }, &place) in self.columns.iter().zip(places) {
            let mut put = |row: usize, input: usize, value| {
                matrix[row * width + first + input] = value;
            };
            let rows = rows.clone().take(right);
            if let Err((before, message)) =
                encoding.write(&chunk.columns[place], rows, comma, &mut put)
            {
                right = before;
                wrong = Some((name, message));
            }
            first += encoding.width();
        }
        match wrong {
            None => Ok(()),
            Some((name, message)) => {
                let mut rows = rows;
                let row = rows.nth(right).map_or(0, |(row, _)| row);
                let line = source.line_of(chunk.first_row + row);
                Err(Error::cell(source.name(), line, Some(name), message))
            }
        }
    }
}

/// The columns of a table before their encodings are fitted.
pub(crate) struct RawColumns {
    /// What hands on all that the columns have, as if it were fitted.
    pub(crate) raw: Preparation,
    /// Where they stand in the table.
    pub(crate) places: Vec<usize>,
    kinds: Vec<ColumnType>,
}

impl RawColumns {
    /// The columns at these places of a table, with the offset of each; `dropped` are the others.
    pub(crate) fn new(
        columns: &[ColumnSummary],
        places: Vec<usize>,
        offsets: &[f64],
        dropped: Vec<DroppedColumn>,
    ) -> Self {
        let raw = |(place, offset): (&usize, &f64)| {
            let column = &columns[*place];
            InputColumn { name: column.name.clone(), encoding: Encoding::raw(column, *offset) }
        };
        let raw = Preparation { columns: places.iter().zip(offsets).map(raw).collect(), dropped };
        let kinds = places.iter().map(|place| columns[*place].kind).collect();
        Self { raw, places, kinds }
    }

    /// Fits every column on the training rows of `inputs`; beside the preparation, which of the raw inputs it keeps.
    ///
    /// # Errors
    /// When numbers are too large, or a column cannot be had.
    pub(crate) fn fitted<T: Float>(
        self,
        inputs: &mut impl RawInputs<T>,
    ) -> Result<(Preparation, Vec<bool>)> {
        let mut keep = vec![false; self.raw.width()];
        let (mut columns, mut dropped) = (Vec::new(), self.raw.dropped);
        let mut first = 0;
        let tables = self.places.into_iter().zip(self.kinds);
        for (InputColumn { name, encoding }, (place, kind)) in
            self.raw.columns.into_iter().zip(tables)
        {
            let own = first..first + encoding.width();
            first = own.end;
            let mut training = inputs.training(place, &encoding, own.clone())?;
            match encoding.fitted(&name, &mut training)? {
                Some(encoding) => {
                    keep[own.clone()].copy_from_slice(training.seen());
                    inputs.apply(&encoding, own.start);
                    columns.push(InputColumn { name, encoding });
                }
                None => {
                    let is_empty = kind == ColumnType::Empty;
                    let why = if is_empty { DropReason::Empty } else { DropReason::Constant };
                    dropped.push(DroppedColumn { name, why });
                }
            }
        }
        Ok((Preparation { columns, dropped }, keep))
    }
}

/// The raw inputs that a preparation is fitted on.
pub(crate) trait RawInputs<T> {
    /// What the training rows hold of the column at this place of the table, whose raw inputs are those of the range.
    ///
    /// # Errors
    /// When the column cannot be had.
    fn training(
        &mut self,
        place: usize,
        raw: &Encoding,
        inputs: Range<usize>,
    ) -> Result<TrainingColumn<T>>;

    /// Takes the fitted encoding of the column whose first raw input this is.
    fn apply(&mut self, encoding: &Encoding, first: usize);
}
