//! From a table to the numbers a network is trained on: one matrix, filled once, put in order and prepared in place.

use deltarule::Float;
use deltarule::random::hold_out;
use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::options::FitOptions;
use crate::preparation::{DroppedColumn, Preparation, RawLayout, too_large};
use crate::scan::{ColumnType, TableSummary};
use crate::source::Source;
use crate::target::{NumberTarget, Target, place};

/// The rows of a table as numbers.
pub(crate) struct Table<T> {
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

/// Reads the table a second time, puts the training rows first, and fits the preparation on them.
pub(crate) fn prepare<T: Float>(
    source: &Source,
    summary: &TableSummary,
    names: &[String],
    target_places: &[usize],
    target: &Target,
    options: &FitOptions,
    all_for_training: bool,
) -> Result<(Table<T>, Preparation, usize)> {
    let columns = &summary.columns;
    let mut dropped_places = Vec::new();
    for name in &options.drop {
        dropped_places.push(place(source.name(), columns, name)?);
    }
    if let Some(both) = target_places.iter().find(|p| dropped_places.contains(p)) {
        return Err(Error::data(format!("{:?} is both a target and dropped", columns[*both].name)));
    }
    let inputs: Vec<usize> = (0..columns.len())
        .filter(|p| !target_places.contains(p) && !dropped_places.contains(p))
        .collect();
    for &input in &inputs {
        let column = &columns[input];
        if column.kind == ColumnType::Category && column.distinct > options.categories {
            return Err(Error::table(
                source.name(),
                format!(
                    "column {:?} holds text with more than {} distinct values; leave it out with --drop {}, or allow \
                     more with --categories",
                    column.name, options.categories, column.name
                ),
            ));
        }
    }
    let layout = RawLayout::new(columns, &inputs);
    let mut table =
        Table { x: Vec::new(), t: Vec::with_capacity(summary.rows), rows: summary.rows };
    table.x.reserve_exact(summary.rows * layout.width());
    source.for_each_chunk(names, |chunk| {
        for row in 0..chunk.rows {
            layout.push_row(chunk, row, source.decimal_comma(), &mut table.x);
            target.push_row(
                source.name(),
                chunk,
                row,
                target_places,
                source.decimal_comma(),
                &mut table.t,
            )?;
        }
        Ok(())
    })?;
    let (order, training) = split(&table.t, target, options, all_for_training)?;
    permute(&mut table.x, layout.width(), &order);
    permute(&mut table.t, table_width(target), &order);
    let asked = dropped_places
        .iter()
        .map(|p| DroppedColumn { name: columns[*p].name.clone(), why: "asked".into() })
        .collect();
    let preparation = layout.fit(&mut table.x, training, asked)?;
    Ok((table, preparation, training))
}

/// Reads a table with a preparation that is fitted already.
pub(crate) fn transformed<T: Float>(
    source: &Source,
    preparation: &Preparation,
    target: &Target,
) -> Result<Table<T>> {
    let names = source.columns()?;
    let places = preparation.places(source.name(), &names)?;
    let target_places = target
        .columns()
        .into_iter()
        .map(|column| {
            names.iter().position(|name| name == column).ok_or_else(|| {
                Error::table(source.name(), format!("there is no target column {column:?}"))
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut table = Table { x: Vec::new(), t: Vec::new(), rows: 0 };
    let comma = source.decimal_comma();
    source.for_each_chunk(&names, |chunk| {
        preparation.transform(source.name(), chunk, &places, comma, &mut table.x)?;
        for row in 0..chunk.rows {
            target.push_row(source.name(), chunk, row, &target_places, comma, &mut table.t)?;
        }
        table.rows += chunk.rows;
        Ok(())
    })?;
    if table.rows == 0 {
        return Err(Error::table(source.name(), "there is a header, but no rows"));
    }
    Ok(table)
}

/// The order that puts the training rows first, and how many they are.
pub(crate) fn split(
    t: &[f64],
    target: &Target,
    options: &FitOptions,
    all_for_training: bool,
) -> Result<(Vec<usize>, usize)> {
    let rows = t.len() / table_width(target);
    if all_for_training || options.holdout == 0.0 {
        return Ok(((0..rows).collect(), rows));
    }
    let classes: Vec<usize> = match target {
        Target::Classes { .. } => t.iter().map(|class| *class as usize).collect(),
        Target::Numbers(_) => vec![0; rows],
    };
    let (mut order, held) = hold_out(&classes, options.holdout, options.seed);
    if order.is_empty() {
        let part = options.holdout;
        return Err(Error::data(format!("a hold-out of {part} leaves no rows to train on")));
    }
    let training = order.len();
    order.extend(held);
    Ok((order, training))
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
