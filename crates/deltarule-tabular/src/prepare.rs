//! From a data set to examples: a preparation is fitted on some of its rows and applied to any.
//!
//! There are two ways to the same numbers. Folds and searches fit a preparation on cells that stay, and write the rows that
//! they want into a matrix of their own. The one big fit writes the raw inputs of all rows into the matrix, which is then
//! fitted and prepared in place, so that it exists only once.

use std::ops::{ControlFlow, Range};

use deltarule::Float;

use crate::chunk::Chunk;
use crate::dataset::{Dataset, Outline, TableCells};
use crate::encoding::{Encoding, TrainingColumn, too_large};
use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::preparation::{DropReason, DroppedColumn, Preparation, RawColumns, RawInputs};
use crate::split::RowSets;
use crate::target::Target;

impl Preparation {
    /// Fits a preparation on some rows of a data set, 0 being the first; a row that is named twice counts twice. Of the other
    /// rows nothing counts but the types of the columns. `T` is the type of the network's numbers, to which numbers are
    /// rounded first.
    ///
    /// # Errors
    /// When there are no rows, a row is not there, a column holds text with too many distinct values or numbers that are too
    /// large, or no column is left to learn from.
    pub fn fit<T: Float>(dataset: &Dataset<'_>, rows: &[usize]) -> Result<Self> {
        let Dataset { outline, cells, .. } = dataset;
        let mut is_training = vec![false; dataset.rows()];
        for &row in check_rows(dataset, rows)? {
            is_training[row] = true;
        }
        let columns = raw_columns(outline, cells, |row| is_training[row])?;
        let (preparation, _) = columns.fitted::<T>(&mut CellsOfRows { outline, cells, rows })?;
        not_empty(outline, &preparation)?;
        Ok(preparation)
    }

    /// Some rows of a data set as numbers, in the order in which they are named; a row may be named more than once.
    ///
    /// # Shapes
    /// inputs: (rows, [`Preparation::width`])
    ///
    /// # Errors
    /// When there are no rows or a row is not there; when the data set lacks a column, or a cell is not what it was in
    /// training.
    pub fn transform<T: Float>(
        &self,
        dataset: &Dataset<'_>,
        rows: &[usize],
    ) -> Result<Examples<T>> {
        let Dataset { outline, cells, target, t } = dataset;
        check_rows(dataset, rows)?;
        let places = self.places(outline.source, &outline.names)?;
        let width = self.width();
        let mut x = vec![T::ZERO; rows.len() * width];
        cells.chunks_until(outline, &places, |chunk| {
            let rows = within(rows, chunk);
            self.write(outline.source, chunk, &places, rows, &mut x)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let table_width = target.table_width();
        let mut of_rows = Vec::with_capacity(rows.len() * table_width);
        for row in rows {
            of_rows.extend_from_slice(&t[row * table_width..(row + 1) * table_width]);
        }
        Examples::new(x, width, of_rows, target)
    }
}

impl Target {
    /// What is predicted, with the means and deviations of some rows of a data set where that is numbers.
    ///
    /// # Errors
    /// When there are no rows, a row is not there, or numbers are too large.
    pub fn fit(dataset: &Dataset<'_>, rows: &[usize]) -> Result<Self> {
        check_rows(dataset, rows)?;
        let width = dataset.target.table_width();
        dataset
            .target
            .clone()
            .standardised(rows.len(), |row, column| dataset.t[rows[row] * width + column])
    }

    /// Fits mean and deviation of number targets on training rows, of which `t` has the values by row and column.
    fn standardised(mut self, training: usize, t: impl Fn(usize, usize) -> f64) -> Result<Self> {
        if let Self::Numbers(targets) = &mut self {
            for (column, target) in targets.iter_mut().enumerate() {
                let values = || (0..training).map(|row| t(row, column));
                let n = training as f64;
                target.mean = values().sum::<f64>() / n;
                let squares = values().map(|v| (v - target.mean) * (v - target.mean));
                let variance = squares.sum::<f64>() / n;
                if !variance.is_finite() {
                    return Err(too_large(&target.column));
                }
                target.deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            }
        }
        Ok(self)
    }
}

fn check_rows<'r>(dataset: &Dataset<'_>, rows: &'r [usize]) -> Result<&'r [usize]> {
    let name = dataset.outline.source.name();
    if rows.is_empty() {
        return Err(Error::table(name, "no rows of the table are named"));
    }
    match rows.iter().find(|row| **row >= dataset.rows()) {
        None => Ok(rows),
        Some(row) => {
            let message = format!(
                "there is no row {row}, the first being 0: the table has {} rows",
                dataset.rows()
            );
            Err(Error::table(name, message))
        }
    }
}

/// Those of the rows that are in a chunk, each with its place among all.
fn within<'r>(
    rows: &'r [usize],
    chunk: &Chunk,
) -> impl Iterator<Item = (usize, usize)> + Clone + use<'r> {
    let (first, count) = (chunk.first_row, chunk.rows);
    rows.iter().enumerate().filter_map(move |(place, row)| {
        let row = row.checked_sub(first).filter(|row| *row < count)?;
        Some((row, place))
    })
}

fn raw_columns(
    outline: &Outline<'_>,
    cells: &TableCells,
    is_training: impl Fn(usize) -> bool,
) -> Result<RawColumns> {
    let inputs = outline.inputs()?;
    let offsets = outline.offsets(cells, &inputs, is_training)?;
    let columns = &outline.summary.columns;
    let asked = |place: &usize| DroppedColumn {
        name: columns[*place].name.clone(),
        why: DropReason::Asked,
    };
    let dropped = outline.dropped.iter().map(asked).collect();
    Ok(RawColumns::new(columns, inputs, &offsets, dropped))
}

fn not_empty(outline: &Outline<'_>, preparation: &Preparation) -> Result<()> {
    if preparation.width() > 0 {
        return Ok(());
    }
    let message = "no column is left to learn from: all are constant or dropped";
    Err(Error::table(outline.source.name(), message))
}

/// The raw inputs of some rows, which are training rows, from the cells.
struct CellsOfRows<'a> {
    outline: &'a Outline<'a>,
    cells: &'a TableCells,
    rows: &'a [usize],
}

impl<T: Float> RawInputs<T> for CellsOfRows<'_> {
    fn training(
        &mut self,
        place: usize,
        raw: &Encoding,
        _: Range<usize>,
    ) -> Result<TrainingColumn<T>> {
        let source = self.outline.source;
        let mut training = TrainingColumn::new(raw, self.rows.len());
        self.cells.chunks_until(self.outline, &[place], |chunk| {
            let mut put = |_, input, value| training.put(input, value);
            raw.write(
                &chunk.columns[place],
                within(self.rows, chunk),
                source.decimal_comma(),
                &mut put,
            )
            .map_err(|(_, message)| {
                Error::cell(source.name(), None, Some(&self.outline.names[place]), message)
            })?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(training)
    }

    fn apply(&mut self, _: &Encoding, _: usize) {}
}

/// The raw inputs of all rows in one matrix, training rows first, where they are prepared in place.
struct RawMatrix<'a, T> {
    x: &'a mut [T],
    width: usize,
    training: usize,
}

impl<T: Float> RawInputs<T> for RawMatrix<'_, T> {
    fn training(
        &mut self,
        _: usize,
        raw: &Encoding,
        inputs: Range<usize>,
    ) -> Result<TrainingColumn<T>> {
        let mut training = TrainingColumn::new(raw, self.training);
        for row in self.x.chunks_exact(self.width).take(self.training) {
            for (input, value) in row[inputs.clone()].iter().enumerate() {
                training.put(input, *value);
            }
        }
        Ok(training)
    }

    fn apply(&mut self, encoding: &Encoding, first: usize) {
        for row in self.x.chunks_exact_mut(self.width) {
            encoding.standardise(&mut row[first]);
        }
    }
}

/// All rows of a table as numbers, training rows first, and what they were prepared with.
pub(crate) struct PreparedTable<'a, T> {
    pub(crate) outline: Outline<'a>,
    pub(crate) target: Target,
    pub(crate) preparation: Preparation,
    pub(crate) examples: Examples<T>,
    pub(crate) training: usize,
}

impl<'a> Dataset<'a> {
    /// Makes numbers of all rows, training rows first, and fits the preparation on these, in place.
    ///
    /// # Errors
    /// As [`Preparation::fit`].
    pub(crate) fn into_prepared<T: Float>(
        self,
        rows: RowSets,
        weights: Option<&[f64]>,
    ) -> Result<PreparedTable<'a, T>> {
        let Self { outline, target, t, cells } = self;
        let training = rows.training.len();
        let to = places_of(rows);
        let t = in_order(t, target.table_width(), &to);
        let is_training = |row: usize| to.get(row).is_some_and(|place| *place < training);
        let columns = raw_columns(&outline, &cells, is_training)?;
        let mut x = filled(&outline, &cells, &columns.raw, &columns.places, &to)?;
        let weights = weights.map(|weights| in_order(weights.to_vec(), 1, &to));
        drop(to);
        let mut raw = RawMatrix { x: &mut x, width: columns.raw.width().max(1), training };
        let (preparation, keep) = columns.fitted(&mut raw)?;
        compact(&mut x, &keep);
        let width = target.table_width();
        let target = target.standardised(training, |row, column| t[row * width + column])?;
        not_empty(&outline, &preparation)?;
        let mut examples = Examples::new(x, preparation.width(), t, &target)?;
        if let Some(weights) = weights {
            examples = examples.weighted(weights)?;
        }
        Ok(PreparedTable { outline, target, preparation, examples, training })
    }

    /// Makes numbers of all rows, training rows first, with a preparation that is fitted.
    ///
    /// # Errors
    /// As [`Preparation::transform`].
    pub(crate) fn prepared_by<T: Float>(
        self,
        preparation: Preparation,
        rows: RowSets,
    ) -> Result<PreparedTable<'a, T>> {
        let Self { outline, target, t, cells } = self;
        let training = rows.training.len();
        let to = places_of(rows);
        let t = in_order(t, target.table_width(), &to);
        let places = preparation.places(outline.source, &outline.names)?;
        let x = filled(&outline, &cells, &preparation, &places, &to)?;
        let examples = Examples::new(x, preparation.width(), t, &target)?;
        Ok(PreparedTable { outline, target, preparation, examples, training })
    }
}

/// Where each row goes, training rows first.
fn places_of(rows: RowSets) -> Vec<usize> {
    let mut to = vec![0; rows.training.len() + rows.test.len()];
    for (place, row) in rows.training.into_iter().chain(rows.test).enumerate() {
        to[row] = place;
    }
    to
}

fn in_order(values: Vec<f64>, width: usize, to: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; values.len()];
    for (row, place) in to.iter().enumerate() {
        out[place * width..(place + 1) * width]
            .copy_from_slice(&values[row * width..(row + 1) * width]);
    }
    out
}

/// Reads the table into one matrix, each row at its place.
fn filled<T: Float>(
    outline: &Outline<'_>,
    cells: &TableCells,
    preparation: &Preparation,
    places: &[usize],
    to: &[usize],
) -> Result<Vec<T>> {
    let mut x = vec![T::ZERO; to.len() * preparation.width()];
    let mut read = 0;
    cells.chunks_until(outline, places, |chunk| {
        read += chunk.rows;
        let Some(to) = to.get(chunk.first_row..read) else { return Err(outline.changed()) };
        let rows = to.iter().copied().enumerate();
        preparation.write(outline.source, chunk, places, rows, &mut x)?;
        Ok(ControlFlow::Continue(()))
    })?;
    if read == to.len() { Ok(x) } else { Err(outline.changed()) }
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
