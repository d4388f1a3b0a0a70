//! Matrices of numbers that know which quantity they are.

use crate::number::format_number;

/// More rows or columns than this are shown by the corners of the matrix.
pub const LARGEST_SHOWN: usize = 12;
/// How many rows or columns are shown on each side of a matrix that is shown by its corners.
const CORNER: usize = 3;

/// Which quantity a number is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityId {
    /// The part of the exercise.
    pub part: String,
    /// The step of the part, 1 being the first.
    pub step: usize,
    /// What it is, by the name it has in a solution: `z`, `x`, `delta`, `grad_weights`, …
    pub name: String,
    /// The layer, 0 being the inputs; absent where it belongs to none.
    pub layer: Option<usize>,
    /// The example, 1 being the first, where it is a matrix of one example and not a column of one for all.
    pub example: Option<usize>,
}

impl QuantityId {
    /// A quantity.
    pub fn new(part: &str, step: usize, name: &str, layer: Option<usize>) -> Self {
        Self { part: part.into(), step, name: name.into(), layer, example: None }
    }

    /// The same quantity of one example.
    #[must_use]
    pub fn of_example(mut self, example: usize) -> Self {
        self.example = Some(example);
        self
    }
}

/// A matrix of numbers of one quantity; a number on its own is a matrix of one row and one column.
///
/// A matrix of more than [`LARGEST_SHOWN`] rows or columns keeps its corners only: nobody reads the rest.
///
/// # Example
///
/// ```
/// use deltarule_document::{Matrix, QuantityId};
///
/// let z = Matrix::new(2, 1, |row, _| [0.2, 0.35][row], QuantityId::new("a", 1, "z", Some(1)));
/// assert_eq!(z.cells(6), [["0.2"], ["0.35"]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    shown_rows: Vec<Option<usize>>,
    shown_columns: Vec<Option<usize>>,
    /// The entries shown, row by row.
    values: Box<[f64]>,
    /// √Σ of the squares of all entries, where not all are shown.
    norm: Option<f64>,
    /// The most by which rounding can have moved an entry.
    rounding: f64,
    quantity: QuantityId,
    first: (usize, usize),
    hidden: bool,
}

impl Matrix {
    /// A matrix from a function of row and column, both from 0.
    pub fn new(
        rows: usize,
        columns: usize,
        value: impl Fn(usize, usize) -> f64,
        quantity: QuantityId,
    ) -> Self {
        let (shown_rows, shown_columns) = (shown(rows), shown(columns));
        let value = &value;
        let values = shown_rows
            .iter()
            .flatten()
            .flat_map(|&row| shown_columns.iter().flatten().map(move |&column| value(row, column)))
            // −0 is written 0.
            .map(|v| v + 0.0)
            .collect();
        let large = rows > LARGEST_SHOWN || columns > LARGEST_SHOWN;
        let norm = large.then(|| {
            let entries = (0..rows).flat_map(|r| (0..columns).map(move |c| value(r, c)));
            // Scaled, so that squares neither overflow nor vanish.
            let largest = entries.clone().fold(0.0, |a: f64, v| a.max(v.abs()));
            if largest == 0.0 || !largest.is_finite() {
                largest
            } else {
                largest * entries.map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
            }
        });
        Self {
            rows,
            columns,
            shown_rows,
            shown_columns,
            values,
            norm,
            rounding: 0.0,
            quantity,
            first: (0, 0),
            hidden: false,
        }
    }

    /// A number on its own, which is the entry at this row and column of its quantity.
    pub fn number(value: f64, row: usize, column: usize, quantity: QuantityId) -> Self {
        Self::new(1, 1, |_, _| value, quantity).starting_at(row, column)
    }

    /// The same matrix as the part of its quantity that starts at this row and column.
    #[must_use]
    pub fn starting_at(mut self, row: usize, column: usize) -> Self {
        self.first = (row, column);
        self
    }

    /// The same matrix, of whose entries rounding can have moved each by no more than this.
    #[must_use]
    pub fn rounded_by(mut self, most: f64) -> Self {
        self.rounding = most;
        self
    }

    /// The most by which rounding can have moved an entry; 0 where nobody has said.
    pub fn rounding(&self) -> f64 {
        self.rounding
    }

    /// The same matrix with its numbers left out, to be filled in by hand.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Whether the numbers are left out.
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// How many rows the matrix has, shown or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns the matrix has, shown or not.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The rows that are shown; `None` stands for those left out.
    pub fn shown_rows(&self) -> &[Option<usize>] {
        &self.shown_rows
    }

    /// The columns that are shown; `None` stands for those left out.
    pub fn shown_columns(&self) -> &[Option<usize>] {
        &self.shown_columns
    }

    /// The row and column that the first entry has in its quantity.
    pub fn first(&self) -> (usize, usize) {
        self.first
    }

    /// The norm √Σ of the squares of all entries, where not all are shown.
    pub fn norm(&self) -> Option<f64> {
        self.norm
    }

    /// Which quantity the numbers are.
    pub fn quantity(&self) -> &QuantityId {
        &self.quantity
    }

    /// The entries that are shown, row by row, each with its row and column in this matrix.
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let columns = self.shown_columns.iter().flatten();
        let places = self
            .shown_rows
            .iter()
            .flatten()
            .flat_map(move |&row| columns.clone().map(move |&column| (row, column)));
        places.zip(&self.values).map(|((row, column), &value)| (row, column, value))
    }

    /// What stands in each place that is shown, row by row: numbers with this many significant digits, dots for what is
    /// left out, and a line to write on where the numbers are hidden.
    pub fn cells(&self, digits: usize) -> Vec<Vec<String>> {
        let mut values = self.values.iter();
        let row_of = |row: &Option<usize>, values: &mut std::slice::Iter<'_, f64>| {
            self.shown_columns
                .iter()
                .map(|column| match (row, column) {
                    (Some(_), Some(_)) => {
                        let number = format_number(values.next().copied().unwrap_or(0.0), digits);
                        if self.hidden { BLANK.into() } else { number }
                    }
                    (Some(_), None) => "…".into(),
                    (None, Some(_)) => "⋮".into(),
                    (None, None) => "⋱".into(),
                })
                .collect()
        };
        self.shown_rows.iter().map(|row| row_of(row, &mut values)).collect()
    }
}

/// What stands in the place of a hidden number.
pub(crate) const BLANK: &str = "_______";

fn shown(count: usize) -> Vec<Option<usize>> {
    if count <= LARGEST_SHOWN {
        (0..count).map(Some).collect()
    } else {
        (0..CORNER).map(Some).chain([None]).chain((count - CORNER..count).map(Some)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_matrix_keeps_its_corners_and_its_norm() {
        let quantity = QuantityId::new("a", 1, "z", Some(1));
        let matrix = Matrix::new(13, 2, |row, column| (row * 2 + column) as f64, quantity);
        assert_eq!(matrix.cells(6)[3], ["⋮", "⋮"]);
        assert_eq!(matrix.cells(6)[6], ["24", "25"]);
        // Σ k² for k = 0 … 25 is 25·26·51/6.
        assert_eq!(matrix.norm(), Some(5525.0_f64.sqrt()));
        assert_eq!(matrix.entries().nth(6), Some((10, 0, 20.0)));
    }
}
