//! From a table to the numbers a network is trained on: one matrix, filled once, put in order and prepared in place.

use std::ops::ControlFlow;

use deltarule::Float;
use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Hint, Result};
use crate::options::FitOptions;
use crate::preparation::{DropReason, DroppedColumn, Preparation, RawLayout, too_large};
use crate::scan::{ColumnType, TableSummary};
use crate::source::Source;
use crate::target::{NumberTarget, Target};

/// The rows of a table as numbers.
pub(crate) struct Examples<T> {
    /// Inputs, row by row.
    pub(crate) x: Vec<T>,
    /// Class numbers or target numbers, row by row.
    pub(crate) t: Vec<f64>,
    pub(crate) rows: usize,
}

pub(crate) fn view<T>(values: &[T], rows: usize, width: usize) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape((rows, width), values)
        .map_err(|e| Error::data(format!("a matrix of a wrong shape: {e}")))
}

/// Values per row of a table's targets: one class number, or the numbers.
pub(crate) fn table_width(target: &Target) -> usize {
    match target {
        Target::Classes { .. } => 1,
        Target::Numbers(targets) => targets.len(),
    }
}

/// What a table is read for: its columns by place.
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a Source,
    pub(crate) summary: &'a TableSummary,
    pub(crate) names: &'a [String],
    /// The target columns.
    pub(crate) targets: &'a [usize],
    /// The columns that were asked to be left out.
    pub(crate) dropped: &'a [usize],
}

/// The target's values of every row, before anything else is read: they decide which rows are trained on.
pub(crate) fn read_targets(reading: &Reading<'_>, target: &Target) -> Result<Vec<f64>> {
    let Reading { source, summary, names, targets, .. } = reading;
    let mut t = Vec::with_capacity(summary.rows * table_width(target));
    source.for_each_chunk(names, targets, |chunk| {
        (0..chunk.rows).try_for_each(|row| target.push_row(source, chunk, row, targets, &mut t))
    })?;
    Ok(t)
}

/// Reads the table once more, puts the training rows first, and fits the preparation on them.
///
/// `order` puts the training rows first, and `training` is how many they are.
pub(crate) fn prepare<T: Float>(
    reading: &Reading<'_>,
    options: &FitOptions,
    order: &[usize],
    training: usize,
) -> Result<(Vec<T>, Preparation)> {
    let Reading { source, summary, names, targets, dropped } = *reading;
    let columns = &summary.columns;
    let inputs: Vec<usize> =
        (0..columns.len()).filter(|p| !targets.contains(p) && !dropped.contains(p)).collect();
    for &input in &inputs {
        let column = &columns[input];
        if column.kind == ColumnType::Category && column.distinct > options.categories {
            let (name, most) = (&column.name, options.categories);
            let message =
                format!("column {name:?} holds text with more than {most} distinct values");
            let hint = Hint::Categories { column: name.clone() };
            return Err(Error::table(source.name(), message).hinting(hint));
        }
    }
    let mut trained = vec![false; order.len()];
    for &row in &order[..training] {
        trained[row] = true;
    }
    let offsets = offsets(reading, &inputs, &trained)?;
    let layout = RawLayout::new(columns, &inputs, &offsets);
    let mut x = Vec::new();
    x.reserve_exact(summary.rows * layout.width());
    source.for_each_chunk(names, &inputs, |chunk| {
        for row in 0..chunk.rows {
            layout.push_row(chunk, row, source.decimal_comma(), &mut x);
        }
        Ok(())
    })?;
    permute(&mut x, layout.width(), order);
    let asked = dropped
        .iter()
        .map(|p| DroppedColumn { name: columns[*p].name.clone(), why: DropReason::Asked })
        .collect();
    let preparation = layout.fit(&mut x, training, asked)?;
    Ok((x, preparation))
}

/// What is subtracted from each of the columns `inputs` before its numbers are rounded to the network's type.
///
/// The median of the training rows in the first chunk that has any: near the numbers that the network is trained on,
/// whatever stands in rows that are held out, and not moved by an outlier either.
fn offsets(reading: &Reading<'_>, inputs: &[usize], trained: &[bool]) -> Result<Vec<f64>> {
    let Reading { source, summary, names, .. } = reading;
    let mut found: Vec<Option<f64>> = inputs
        .iter()
        .map(|place| match summary.columns[*place].kind {
            ColumnType::Integer | ColumnType::Number => None,
            // Truth values are 0 and 1 already.
            ColumnType::Boolean | ColumnType::Category | ColumnType::Empty | ColumnType::Unread => {
                Some(0.0)
            }
        })
        .collect();
    let open: Vec<usize> =
        inputs.iter().zip(&found).filter(|(_, f)| f.is_none()).map(|(place, _)| *place).collect();
    if open.is_empty() {
        return Ok(vec![0.0; inputs.len()]);
    }
    let comma = source.decimal_comma();
    source.chunks_until(names, &open, |chunk| {
        for (found, &place) in found.iter_mut().zip(inputs).filter(|(found, _)| found.is_none()) {
            let training = (0..chunk.rows).filter(|row| trained[chunk.first_row + row]);
            let numbers = training.filter_map(|row| chunk.columns[place].cell(row).number(comma));
            let mut numbers: Vec<f64> = numbers.collect();
            numbers.sort_by(f64::total_cmp);
            *found = numbers.get(numbers.len() / 2).copied();
        }
        let done = found.iter().all(Option::is_some);
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    // A column without a number in the training rows is constant or empty there.
    Ok(found.into_iter().map(|offset| offset.unwrap_or(0.0)).collect())
}

/// Reads a table with a preparation that is fitted already.
pub(crate) fn transformed<T: Float>(
    source: &Source,
    preparation: &Preparation,
    target: &Target,
) -> Result<Examples<T>> {
    let names = source.columns()?;
    let places = preparation.places(source, &names)?;
    let target_places = target.places(source, &names)?;
    let mut table = Examples { x: Vec::new(), t: Vec::new(), rows: 0 };
    let wanted = [&places[..], &target_places[..]].concat();
    source.for_each_chunk(&names, &wanted, |chunk| {
        preparation.transform(source, chunk, &places, &mut table.x)?;
        for row in 0..chunk.rows {
            target.push_row(source, chunk, row, &target_places, &mut table.t)?;
        }
        table.rows += chunk.rows;
        Ok(())
    })?;
    if table.rows == 0 {
        return Err(source.no_rows(&names));
    }
    Ok(table)
}

/// Puts row `order[i]` at place i, following the cycles of the permutation, without a second matrix.
pub(crate) fn permute<T: Copy>(rows: &mut [T], width: usize, order: &[usize]) {
    let mut done = vec![false; order.len()];
    let mut held = Vec::with_capacity(width);
    for start in 0..order.len() {
        if done[start] || order[start] == start || width == 0 {
            continue;
        }
        held.clear();
        held.extend_from_slice(&rows[start * width..(start + 1) * width]);
        let mut to = start;
        loop {
            done[to] = true;
            let from = order[to];
            if from == start {
                rows[to * width..(to + 1) * width].copy_from_slice(&held);
                break;
            }
            rows.copy_within(from * width..(from + 1) * width, to * width);
            to = from;
        }
    }
}

/// Fits mean and deviation of number targets on the training rows.
pub(crate) fn standardise(target: &mut Target, t: &[f64], training: usize) -> Result<()> {
    let Target::Numbers(targets) = target else { return Ok(()) };
    let width = targets.len();
    for (column, target) in targets.iter_mut().enumerate() {
        let values = || (0..training).map(|row| t[row * width + column]);
        let n = training as f64;
        target.mean = values().sum::<f64>() / n;
        let variance = values().map(|v| (v - target.mean) * (v - target.mean)).sum::<f64>() / n;
        if !variance.is_finite() {
            return Err(too_large(&target.column));
        }
        target.deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    }
    Ok(())
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
