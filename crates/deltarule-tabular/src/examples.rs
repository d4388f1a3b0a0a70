//! The rows of a table as numbers: what a network is trained on and scored with.

use deltarule::Float;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::error::{Error, Result};
use crate::preparation::Preparation;
use crate::source::Source;
use crate::target::{NumberTarget, Target};

/// Rows of a table as numbers: inputs as a [`Preparation`] makes them, and targets in the units of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples<T> {
    /// Inputs, a row each.
    x: Array2<T>,
    /// Class numbers or target numbers, row by row.
    t: Vec<f64>,
    /// What each row counts in the loss.
    weights: Option<Vec<f64>>,
}

/// Some of [`Examples`], one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExamplesView<'a, T> {
    x: ArrayView2<'a, T>,
    t: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl<T: Float> Examples<T> {
    /// Inputs of this width and targets, both row by row.
    pub(crate) fn new(x: Vec<T>, width: usize, t: Vec<f64>, target: &Target) -> Result<Self> {
        let rows = t.len() / target.table_width();
        let x = Array2::from_shape_vec((rows, width), x)
            .map_err(|e| Error::data(format!("inputs of a wrong shape: {e}")))?;
        Ok(Self { x, t, weights: None })
    }

    /// Reads another table with the columns of the preparation and of the target, a chunk at a time.
    ///
    /// # Errors
    /// When the table cannot be read, lacks a column or has no rows, or a cell is not what it was in training.
    pub fn read(source: &Source, preparation: &Preparation, target: &Target) -> Result<Self> {
        let names = source.columns()?;
        let places = preparation.places(source, &names)?;
        let target_places = target.places(source, &names)?;
        let (mut x, mut t) = (Vec::new(), Vec::new());
        let wanted = [&places[..], &target_places[..]].concat();
        source.for_each_chunk(&names, &wanted, |chunk| {
            preparation.append(source, chunk, &places, &mut x)?;
            (0..chunk.rows)
                .try_for_each(|row| target.push_row(source, chunk, row, &target_places, &mut t))
        })?;
        if t.is_empty() {
            return Err(source.no_rows(&names));
        }
        Self::new(x, preparation.width(), t, target)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// With what each row counts in the loss; without, every row counts the same.
    ///
    /// # Errors
    /// When there is not a weight for each row.
    pub fn weighted(mut self, weights: Vec<f64>) -> Result<Self> {
        if weights.len() != self.rows() {
            let (count, rows) = (weights.len(), self.rows());
            return Err(Error::data(format!("there are {count} weights for {rows} rows")));
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// All rows.
    pub fn view(&self) -> ExamplesView<'_, T> {
        ExamplesView { x: self.x.view(), t: &self.t, weights: self.weights.as_deref() }
    }
}

impl<'a, T: Float> ExamplesView<'a, T> {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// The inputs.
    ///
    /// # Shapes
    /// (rows, [`Preparation::width`])
    pub fn x(&self) -> ArrayView2<'a, T> {
        self.x
    }

    /// The targets in the units of the table, row by row: the number of the class, or a number for each target column.
    pub fn t(&self) -> &'a [f64] {
        self.t
    }

    /// Whether the rows have weights.
    pub(crate) fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// The weights in the network's type.
    pub(crate) fn weights(&self) -> Option<Array1<T>> {
        self.weights.map(|weights| weights.iter().map(|weight| T::from_f64(*weight)).collect())
    }

    /// The first rows, and the others.
    pub(crate) fn split_at(self, rows: usize) -> (Self, Self) {
        let per_row = self.t.len() / self.rows().max(1);
        let (x, x_rest) = self.x.split_at(Axis(0), rows);
        let (t, t_rest) = self.t.split_at(rows * per_row);
        let weights = self.weights.map(|weights| weights.split_at(rows));
        (
            Self { x, t, weights: weights.map(|w| w.0) },
            Self { x: x_rest, t: t_rest, weights: weights.map(|w| w.1) },
        )
    }
}

/// One-hot rows, or standardised numbers.
pub(crate) fn network_targets<T: Float>(target: &Target, t: &[f64]) -> Array2<T> {
    let width = target.width();
    match target {
        Target::Classes { .. } => Array2::from_shape_fn((t.len(), width), |(row, class)| {
            if t[row] as usize == class { T::ONE } else { T::ZERO }
        }),
        Target::Numbers(targets) => {
            Array2::from_shape_fn((t.len() / width, width), |(row, column)| {
                let NumberTarget { mean, deviation, .. } = targets[column];
                T::from_f64((t[row * width + column] - mean) / deviation)
            })
        }
    }
}
