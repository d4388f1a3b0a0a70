//! The chosen rows of a table, as the model reads them.

use ndarray::Array2;

use crate::chunk::CellValue;
use crate::error::{Error, Result};
use crate::examples::network_targets;
use crate::model::TabularModel;
use crate::source::Source;

/// The chosen rows of a table.
pub(super) struct ChosenRows {
    /// What stands in the cells of the columns that the network sees.
    pub(super) cells: Vec<Vec<String>>,
    /// The inputs of the network, a row each.
    pub(super) x: Array2<f64>,
    /// The targets in the network's units, where the table has them.
    pub(super) t: Option<Array2<f64>>,
}

/// The cells of a row, its inputs and its targets.
type FoundRow = (Vec<String>, Vec<f64>, Vec<f64>);

pub(super) fn no_targets() -> Error {
    Error::data("a step needs the targets of the rows, and the table has no target column")
}

impl TabularModel {
    /// Reads the chosen rows.
    pub(super) fn rows(
        &self,
        source: &Source,
        wanted: &[usize],
        targets: bool,
    ) -> Result<ChosenRows> {
        let names = source.columns()?;
        let places = self.preparation().places(source, &names)?;
        let columns = self.target().columns();
        let target_places: Option<Vec<usize>> =
            columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
        if targets && target_places.is_none() {
            return Err(no_targets());
        }
        let read = [&places[..], target_places.as_deref().unwrap_or_default()].concat();
        let width = self.preparation().width();
        let mut found: Vec<Option<FoundRow>> = vec![None; wanted.len()];
        let mut first = 0;
        source.for_each_chunk(&names, &read, |chunk| {
            for (slot, number) in found.iter_mut().zip(wanted) {
                let Some(row) = number.checked_sub(first + 1).filter(|row| *row < chunk.rows)
                else {
                    continue;
                };
                let one = chunk.row(row);
                let cells = places.iter().map(|place| text(one.columns[*place].cell(0))).collect();
                let mut x = Vec::new();
                self.prepare(source, &one, &places, &mut x)?;
                let mut t = Vec::new();
                if let Some(places) = &target_places {
                    self.target().push_row(source, &one, 0, places, &mut t)?;
                }
                *slot = Some((cells, x, t));
            }
            first += chunk.rows;
            Ok(())
        })?;
        let (mut cells, mut x, mut t) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, number) in found.into_iter().zip(wanted) {
            let Some((row_cells, row_x, row_t)) = slot else {
                return Err(Error::table(
                    source.name(),
                    format!(
                        "there is no row {number}: the table has {first} rows below its header"
                    ),
                ));
            };
            cells.push(row_cells);
            x.extend(row_x);
            t.extend(row_t);
        }
        let x = Array2::from_shape_vec((wanted.len(), width), x)
            .map_err(|e| Error::data(format!("inputs of a wrong shape: {e}")))?;
        let t = target_places.map(|_| network_targets::<f64>(self.target(), &t));
        Ok(ChosenRows { cells, x, t })
    }
}

fn text(cell: CellValue<'_>) -> String {
    match cell {
        CellValue::Missing => "missing".into(),
        CellValue::Text(text) => text.into(),
        CellValue::Number(number) => number.to_string(),
        CellValue::Integer(number) => number.to_string(),
        CellValue::Boolean(value) => value.to_string(),
    }
}
