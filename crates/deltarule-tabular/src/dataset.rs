//! A table that was read once: its columns, what is predicted, and the cells.

use std::ops::ControlFlow;

use crate::chunk::{CHUNK, Chunk, ChunkColumn};
use crate::columns::places;
use crate::error::{Error, Hint, Result};
use crate::kept::KeptColumn;
use crate::options::FitOptions;
use crate::preparation::Preparation;
use crate::scan::{ColumnSummary, ColumnType, TableSummary, scan_columns};
use crate::source::Source;
use crate::split::{RowSets, Split};
use crate::target::{Target, TargetChoice, TaskReason, choose};

/// A table that was read once: what its columns are, what is predicted, the targets, and the cells of the other columns as
/// they stood there.
///
/// Everything else of a training is a function of rows of it: [`Preparation::fit`] and [`Target::fit`] look at the rows that
/// are trained on, [`Preparation::transform`] makes numbers of any rows, and [`train`](crate::train) and
/// [`score`](crate::score()) go on with these. So folds are a loop over sets of rows, a search is a loop over options, and an
/// ensemble a vector of networks.
///
/// A number takes 8 bytes, or 4 where a column has few different ones, as a text does. Columns of text with more distinct
/// values than are allowed are not kept. [`fit`](crate::fit) itself does without a data set: it reads the table twice, which
/// takes no more memory than the matrix.
///
/// # Example
///
/// ```
/// use deltarule_tabular::{
///     Dataset, Examples, FitOptions, NoProgress, Preparation, ReadOptions, Source, Target, score, train,
/// };
///
/// let source = Source::open("iris", &ReadOptions::default())?;
/// let options = FitOptions { epochs: Some(30), ..FitOptions::default() };
/// let iris = Dataset::read(&source, &options)?;
/// let mut accuracies = Vec::new();
/// for fold in 0..3 {
///     let (test, training): (Vec<usize>, Vec<usize>) = (0..iris.rows()).partition(|row| row % 3 == fold);
///     let target = Target::fit(&iris, &training)?;
///     let preparation = Preparation::fit::<f32>(&iris, &training)?;
///     let examples: Examples<f32> = preparation.transform(&iris, &training)?;
///     let trained = train(examples.view(), &target, &options, 1, &mut NoProgress)?;
///     let unseen: Examples<f32> = preparation.transform(&iris, &test)?;
///     accuracies.push(score(&trained.network, &target, unseen.view())?.scores["accuracy"]);
/// }
/// assert!(accuracies.iter().all(|accuracy| *accuracy > 0.8));
/// # Ok::<(), deltarule_tabular::Error>(())
/// ```
#[derive(Debug)]
pub struct Dataset<'a> {
    pub(crate) outline: Outline<'a>,
    /// What is predicted, with means and deviations still to be fitted.
    pub(crate) target: Target,
    /// Class numbers or target numbers, row by row.
    pub(crate) t: Vec<f64>,
    pub(crate) cells: TableCells,
}

/// A table without its cells.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) source: &'a Source,
    pub(crate) names: Vec<String>,
    pub(crate) summary: TableSummary,
    pub(crate) reason: TaskReason,
    /// The places of the target columns.
    pub(crate) targets: Vec<usize>,
    /// The places of the columns that were asked to be left out.
    pub(crate) dropped: Vec<usize>,
    /// The most distinct values of a text column.
    pub(crate) categories: usize,
}

/// Where the cells of the columns are.
#[derive(Debug)]
pub(crate) enum TableCells {
    /// In the source, which is read again.
    InSource,
    /// In memory, of each column that was kept.
    Kept(Vec<Option<ChunkColumn>>),
}

impl<'a> Dataset<'a> {
    /// Reads a table once, and keeps it.
    ///
    /// Of the options, those count that say what the columns are: `targets`, `drop`, `task` and `categories`.
    ///
    /// # Errors
    /// When the table cannot be read, or there is nothing to predict in it as asked.
    pub fn read(source: &'a Source, options: &FitOptions) -> Result<Self> {
        Self::open(source, options, true)
    }

    /// Reads a table once for its columns and targets; the other cells stay in the source.
    pub(crate) fn outline(source: &'a Source, options: &FitOptions) -> Result<Self> {
        Self::open(source, options, false)
    }

    fn open(source: &'a Source, options: &FitOptions, keep: bool) -> Result<Self> {
        let names = source.columns()?;
        let mut targets = places(source, &names, &options.targets)?;
        let dropped = places(source, &names, &options.drop)?;
        let wanted: Vec<usize> =
            (0..names.len()).filter(|place| !dropped.contains(place)).collect();
        let kept = if keep { wanted.clone() } else { possible_targets(&names, &targets) };
        let (summary, kept) = scan(source, &names, &wanted, &kept, options)?;
        if targets.is_empty() {
            targets.push(last_column(&summary));
        }
        if let Some(both) = targets.iter().find(|p| dropped.contains(p)) {
            return Err(Error::data(format!("{:?} is both a target and dropped", names[*both])));
        }
        let TargetChoice { places, target, reason } =
            choose(source, &summary, targets, options.task)?;
        let outline = Outline {
            source,
            names,
            summary,
            reason,
            targets: places,
            dropped,
            categories: options.categories,
        };
        Self::with_targets(outline, target, kept, keep)
    }

    /// Reads the table of a continuation for its columns and targets, which the model knows.
    pub(crate) fn of_model(
        source: &'a Source,
        options: &FitOptions,
        preparation: &Preparation,
        target: &Target,
    ) -> Result<Self> {
        let names = source.columns()?;
        let targets = target.places(source, &names)?;
        let wanted = [preparation.places(source, &names)?, targets.clone()].concat();
        let (summary, kept) = scan(source, &names, &wanted, &targets, options)?;
        let outline = Outline {
            source,
            names,
            summary,
            reason: TaskReason::Model,
            targets,
            // What was dropped need not be there again.
            dropped: Vec::new(),
            categories: options.categories,
        };
        Self::with_targets(outline, target.clone(), kept, false)
    }

    fn with_targets(
        outline: Outline<'a>,
        target: Target,
        mut kept: Vec<Option<KeptColumn>>,
        keep: bool,
    ) -> Result<Self> {
        let t = outline.target_values(&target, &mut kept)?;
        let cells = if keep {
            TableCells::Kept(kept.into_iter().map(|kept| Some(kept?.cells)).collect())
        } else {
            TableCells::InSource
        };
        Ok(Self { outline, target, t, cells })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.outline.summary.rows
    }

    /// What the columns are.
    pub fn summary(&self) -> &TableSummary {
        &self.outline.summary
    }

    /// What is predicted. The means and deviations of numbers are 0 and 1: [`Target::fit`] has those of some rows.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Why the task is what it is.
    pub fn reason(&self) -> &TaskReason {
        &self.outline.reason
    }

    /// The rows that [`fit`](crate::fit) would train on and those it would keep for testing: a part of them, drawn by the seed,
    /// with the same share of each class.
    ///
    /// # Errors
    /// When the part is not at least 0 and below 1, or leaves no rows to train on.
    pub fn hold_out(&self, part: f64, seed: u64) -> Result<RowSets> {
        let options = FitOptions { holdout: part, seed, ..FitOptions::default() };
        options.validate()?;
        Split::new(&options, false, &self.target, &self.t).row_sets(&self.target, &self.t)
    }
}

impl Outline<'_> {
    /// The columns that are neither targets nor dropped.
    ///
    /// # Errors
    /// When one is text with too many distinct values.
    pub(crate) fn inputs(&self) -> Result<Vec<usize>> {
        let columns = &self.summary.columns;
        let inputs: Vec<usize> =
            (0..columns.len()).filter(|place| !self.set_apart(*place)).collect();
        for &input in &inputs {
            let column = &columns[input];
            if column.kind == ColumnType::Category && column.distinct > self.categories {
                return Err(self.too_many(column));
            }
        }
        Ok(inputs)
    }

    /// Whether a column is a target or was asked to be left out.
    fn set_apart(&self, place: usize) -> bool {
        self.targets.contains(&place) || self.dropped.contains(&place)
    }

    /// Another program wrote into the table's file.
    pub(crate) fn changed(&self) -> Error {
        Error::table(self.source.name(), "the table changed while it was read")
    }

    fn too_many(&self, column: &ColumnSummary) -> Error {
        let (name, most) = (&column.name, self.categories);
        let message = format!("column {name:?} holds text with more than {most} distinct values");
        let hint = Hint::Categories { column: name.clone() };
        Error::table(self.source.name(), message).hinting(hint)
    }

    /// The target's values of every row; their cells are needed no more.
    fn target_values(&self, target: &Target, kept: &mut [Option<KeptColumn>]) -> Result<Vec<f64>> {
        let mut t = Vec::with_capacity(self.summary.rows * target.table_width());
        let mut push = |chunk: &Chunk| {
            (0..chunk.rows)
                .try_for_each(|row| target.push_row(self.source, chunk, row, &self.targets, &mut t))
        };
        let mut columns = vec![ChunkColumn::ABSENT; self.names.len()];
        let mut all = true;
        for &place in &self.targets {
            match kept[place].take() {
                Some(kept) if kept.exact => columns[place] = kept.cells,
                _ => all = false,
            }
        }
        if all {
            push(&Chunk { columns, rows: self.summary.rows, first_row: 0 })?;
        } else {
            drop(columns);
            self.source.for_each_chunk(&self.names, &self.targets, push)?;
            if t.len() != self.summary.rows * target.table_width() {
                return Err(self.changed());
            }
        }
        Ok(t)
    }

    /// What is subtracted from each of the columns `inputs` before its numbers are rounded to the network's type.
    ///
    /// The median of the training rows in the first chunk that has any: near the numbers that the network is trained on,
    /// whatever stands in rows that are held out, and not moved by an outlier either.
    pub(crate) fn offsets(
        &self,
        cells: &TableCells,
        inputs: &[usize],
        is_training: impl Fn(usize) -> bool,
    ) -> Result<Vec<f64>> {
        let mut found: Vec<Option<f64>> = inputs
            .iter()
            .map(|place| match self.summary.columns[*place].kind {
                ColumnType::Integer | ColumnType::Number => None,
                // Truth values are 0 and 1 already.
                ColumnType::Boolean
                | ColumnType::Category
                | ColumnType::Empty
                | ColumnType::Unread => Some(0.0),
            })
            .collect();
        let open: Vec<usize> = inputs
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(place, _)| *place)
            .collect();
        if open.is_empty() {
            return Ok(vec![0.0; inputs.len()]);
        }
        let comma = self.source.decimal_comma();
        cells.chunks_until(self, &open, |chunk| {
            for start in (0..chunk.rows).step_by(CHUNK) {
                let rows = start..chunk.rows.min(start + CHUNK);
                for (found, &place) in
                    found.iter_mut().zip(inputs).filter(|(found, _)| found.is_none())
                {
                    let column = &chunk.columns[place];
                    let training = rows.clone().filter(|row| is_training(chunk.first_row + row));
                    let numbers = training.filter_map(|row| column.cell(row).number(comma));
                    let mut numbers: Vec<f64> = numbers.collect();
                    numbers.sort_by(f64::total_cmp);
                    *found = numbers.get(numbers.len() / 2).copied();
                }
                if found.iter().all(Option::is_some) {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        // A column without a number in the training rows is constant or empty there.
        Ok(found.into_iter().map(|offset| offset.unwrap_or(0.0)).collect())
    }
}

impl TableCells {
    /// Hands the columns at the places `wanted` to `take`, some rows at a time or all at once, until it has enough.
    ///
    /// # Errors
    /// When the table cannot be read again, or a column was not kept.
    pub(crate) fn chunks_until(
        &self,
        outline: &Outline<'_>,
        wanted: &[usize],
        mut take: impl FnMut(&Chunk) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        match self {
            Self::InSource => outline.source.chunks_until(&outline.names, wanted, take),
            Self::Kept(kept) => {
                let mut columns = vec![ChunkColumn::ABSENT; kept.len()];
                for &place in wanted {
                    let column = &outline.summary.columns[place];
                    columns[place] = match &kept[place] {
                        Some(cells) => cells.clone(),
                        None if !outline.set_apart(place) => {
                            return Err(outline.too_many(column));
                        }
                        None => {
                            let message = format!(
                                "column {:?} is a target or was left out when the table was read",
                                column.name
                            );
                            return Err(Error::table(outline.source.name(), message));
                        }
                    };
                }
                let rows = outline.summary.rows;
                take(&Chunk { columns, rows, first_row: 0 }).map(|_| ())
            }
        }
    }
}

/// The first pass over a table.
fn scan(
    source: &Source,
    names: &[String],
    wanted: &[usize],
    keep: &[usize],
    options: &FitOptions,
) -> Result<(TableSummary, Vec<Option<KeptColumn>>)> {
    let (summary, kept) = scan_columns(source, names, wanted, keep, options.categories.max(1000))?;
    if summary.rows < 2 {
        let error = Error::table(source.name(), "there is only one row: at least two are needed");
        return Err(error.hinting(source.header_hint(names)));
    }
    Ok((summary, kept))
}

/// The column that is predicted when none is named. A delimiter at the end of every line makes a last column without
/// name and values, which is not meant.
fn last_column(summary: &TableSummary) -> usize {
    let columns = &summary.columns;
    let meant = |c: &ColumnSummary| !(c.name.is_empty() && c.kind == ColumnType::Empty);
    columns.iter().rposition(meant).unwrap_or(columns.len() - 1)
}

/// The columns that [`last_column`] may turn out to be, or those that were named.
fn possible_targets(names: &[String], targets: &[usize]) -> Vec<usize> {
    if !targets.is_empty() {
        return targets.to_vec();
    }
    let named = names.iter().rposition(|name| !name.is_empty()).unwrap_or(0);
    (named..names.len()).collect()
}
