//! From a table to a trained model.

use std::ops::ControlFlow;

use deltarule::random::hold_out;
use deltarule::{
    Activation, EarlyStopping, EpochRecord, Float, History, Init, Loss, Metric, ModelFile, Network,
    Observer, Trainer, TrainingState,
};
use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Result};
use crate::model::{
    AnyNetwork, Application, Evaluation, Record, TabularModel, evaluate, one_hot, restore,
};
use crate::options::{FitOptions, Precision};
use crate::preparation::{DroppedColumn, Preparation, RawLayout};
use crate::scan::{ColumnType, TableSummary, scan};
use crate::source::Source;
use crate::target::{NumberTarget, Target, choose, place};

/// What a training understood before it begins.
#[derive(Debug)]
pub struct Understanding<'a> {
    /// The columns of the table.
    pub summary: &'a TableSummary,
    /// What is predicted.
    pub target: &'a Target,
    /// Why the task is what it is.
    pub reason: &'a str,
    /// How columns become inputs.
    pub preparation: &'a Preparation,
    /// Units per layer, inputs first.
    pub layers: &'a [usize],
    /// The activation of each layer.
    pub activations: &'a [Activation],
    /// Weights and biases.
    pub parameters: usize,
    /// Training rows.
    pub training_rows: usize,
    /// Rows kept for testing, or those of the test file.
    pub test_rows: Option<usize>,
    /// Epochs planned.
    pub epochs: usize,
    /// Rows per update.
    pub batch_size: usize,
}

/// Follows a training.
pub trait Progress {
    /// Before the first epoch.
    fn begin(&mut self, understanding: &Understanding<'_>) {
        let _ = understanding;
    }

    /// After each epoch; `Break` ends the training in order.
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        let _ = record;
        ControlFlow::Continue(())
    }

    /// After each step of an epoch; `Break` ends the training in order.
    fn step(&mut self, done: usize, of: usize) -> ControlFlow<()> {
        let _ = (done, of);
        ControlFlow::Continue(())
    }
}

/// Follows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}

struct Watch<'a>(&'a mut dyn Progress);

impl Observer for Watch<'_> {
    fn epoch(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.0.epoch(record)
    }

    fn step(&mut self, done: usize, of: usize) -> ControlFlow<()> {
        self.0.step(done, of)
    }
}

/// A trained model and what is known about it.
#[derive(Debug)]
pub struct Fitted {
    /// The model.
    pub model: TabularModel,
    /// The course of the training.
    pub history: History,
    /// How good it is on the test rows, or on the training rows if there are no test rows.
    pub evaluation: Evaluation,
}

/// Trains a model on a table.
///
/// The preparation is fitted on the training rows only. With `test`, all rows of `source` are for training and those of
/// `test` for testing; otherwise a part of the rows is held out, drawn by the seed, with the same share of each class.
///
/// # Errors
/// When the table cannot be read or no model can be made of it as asked; each message says what to do.
pub fn fit(
    source: &Source,
    test: Option<&Source>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn Progress,
) -> Result<Fitted> {
    validate(options)?;
    match options.precision {
        Precision::F32 => run::<f32>(source, test, options, threads, progress, None, |f| {
            AnyNetwork::F32(f.into())
        }),
        Precision::F64 => run::<f64>(source, test, options, threads, progress, None, |f| {
            AnyNetwork::F64(f.into())
        }),
    }
}

/// Goes on with the training of a model, for as many more epochs as `options` say.
///
/// The preparation, the network and the optimiser's state are the model's own; the table must have the same columns.
///
/// # Errors
/// As [`fit`]; when the model was saved without the state of its training.
pub fn resume(
    model: TabularModel,
    source: &Source,
    test: Option<&Source>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn Progress,
) -> Result<Fitted> {
    validate(options)?;
    let TabularModel { application, network } = model;
    match network {
        AnyNetwork::F32(file) => {
            let earlier = Earlier { application, file: *file };
            let wrap = |f: ModelFile<f32>| AnyNetwork::F32(f.into());
            run(source, test, options, threads, progress, Some(earlier), wrap)
        }
        AnyNetwork::F64(file) => {
            let earlier = Earlier { application, file: *file };
            let wrap = |f: ModelFile<f64>| AnyNetwork::F64(f.into());
            run(source, test, options, threads, progress, Some(earlier), wrap)
        }
    }
}

/// What a continuation starts from.
struct Earlier<T> {
    application: Application,
    file: ModelFile<T>,
}

fn validate(options: &FitOptions) -> Result<()> {
    let fail = |name: &str, got: String, allowed: &str| {
        Err(Error::data(format!("{name} is {got}, allowed: {allowed}")))
    };
    if !(0.0..1.0).contains(&options.holdout) {
        return fail("holdout", options.holdout.to_string(), "at least 0 and below 1");
    }
    for (name, value) in [
        ("batch size", options.batch_size),
        ("epochs", options.epochs),
        ("patience", Some(options.patience)),
        ("hidden", options.hidden.iter().min().copied()),
    ] {
        if value == Some(0) {
            return fail(name, "0".into(), "at least 1");
        }
    }
    if options.activation == Activation::Softmax {
        return fail("activation", "softmax".into(), "any but softmax in hidden layers");
    }
    options.optimizer()?.validate()?;
    Ok(())
}

/// The rows of a table as numbers.
struct Table<T> {
    /// Inputs, row by row.
    x: Vec<T>,
    /// Class numbers or target numbers, row by row.
    t: Vec<f64>,
    rows: usize,
}

fn run<T: Float>(
    source: &Source,
    test: Option<&Source>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn Progress,
    earlier: Option<Earlier<T>>,
    wrap: impl Fn(ModelFile<T>) -> AnyNetwork,
) -> Result<Fitted> {
    let optimizer = options.optimizer()?;
    let summary = scan(source, options.categories.max(1000))?;
    if summary.rows < 2 {
        return Err(Error::table(source.name(), "there is only one row: at least two are needed"));
    }
    let names: Vec<String> = summary.columns.iter().map(|c| c.name.clone()).collect();
    let choice =
        choose(source.name(), &summary, &options.targets, options.task, source.decimal_comma())?;
    let mut target = match &earlier {
        Some(earlier) => earlier.application.target.clone(),
        None => choice.target,
    };
    let (mut table, preparation, training) = match &earlier {
        None => {
            prepare(source, &summary, &names, &choice.places, &target, options, test.is_some())?
        }
        Some(earlier) => {
            let preparation = earlier.application.preparation.clone();
            let table = transformed(source, &preparation, &target)?;
            let (order, training) = split(&table.t, &target, options, test.is_some())?;
            let width = preparation.width();
            let mut table = table;
            permute(&mut table.x, width, &order);
            permute(&mut table.t, table_width(&target), &order);
            (table, preparation, training)
        }
    };
    if earlier.is_none() {
        standardise(&mut target, &table.t, training);
    }
    let width = preparation.width();
    if width == 0 {
        return Err(Error::table(
            source.name(),
            "no column is left to learn from: all are constant or dropped",
        ));
    }
    let tested = match test {
        Some(test) => Some(transformed::<T>(test, &preparation, &target)?),
        None => None,
    };
    let batch_size =
        if optimizer.needs_full_batch() { training } else { options.batch_size_for(training) };
    let epochs = options.epochs_for(training);
    let (mut network, mut state) = match earlier {
        Some(Earlier { file: ModelFile { network, training: Some(state), .. }, .. }) => {
            (network, state)
        }
        Some(_) => {
            return Err(Error::data("the model was saved without the state of its training"));
        }
        None => {
            let network = build(&target, width, options)?;
            let state = TrainingState::new(&network, optimizer);
            (network, state)
        }
    };
    let activations: Vec<Activation> = network.layers().iter().map(|l| l.activation()).collect();
    let test_rows = match &tested {
        Some(tested) => Some(tested.rows),
        None => (training < table.rows).then_some(table.rows - training),
    };
    progress.begin(&Understanding {
        summary: &summary,
        target: &target,
        reason: &choice.reason,
        preparation: &preparation,
        layers: &network.layer_sizes(),
        activations: &activations,
        parameters: network.parameter_count(),
        training_rows: training,
        test_rows,
        epochs,
        batch_size,
    });
    let t = network_targets::<T>(&target, &table.t);
    let x = view(&table.x, table.rows, width)?;
    let (x_train, x_rest) = x.split_at(Axis(0), training);
    let (t_train, _) = t.view().split_at(Axis(0), training);
    let history = {
        let mut watch = Watch(progress);
        let mut trainer = Trainer::new(loss_of(&target))
            .optimizer(optimizer)
            .schedule(options.schedule)
            .epochs(epochs)
            .batch_size(batch_size)
            .seed(options.seed)
            .threads(threads)
            .l2(options.l2)
            .dropout(options.dropout)
            .observer(&mut watch);
        if options.early_stopping {
            let metric = match target {
                Target::Classes { .. } => Metric::Accuracy,
                Target::Numbers(_) => Metric::R2,
            };
            trainer =
                trainer.hold_out(0.1, matches!(target, Target::Classes { .. })).early_stopping(
                    EarlyStopping { metric, patience: options.patience, min_delta: 0.0 },
                );
        }
        if options.balanced {
            trainer = trainer.class_weights(&balanced(&target, &table.t[..training])?);
        }
        trainer.resume(&mut network, &mut state, x_train, t_train)?
    };
    let per_row = table_width(&target);
    let train = score(&target, &network, x_train, &table.t[..training * per_row])?;
    let tested = match &tested {
        Some(tested) => {
            let x = view(&tested.x, tested.rows, width)?;
            Some((score(&target, &network, x, &tested.t)?, tested.t.clone()))
        }
        None if x_rest.nrows() > 0 => {
            let rest = table.t.split_off(training * per_row);
            Some((score(&target, &network, x_rest, &rest)?, rest))
        }
        None => None,
    };
    table.t.truncate(training * per_row);
    let baseline_rows = tested.as_ref().map_or(&table.t, |(_, t)| t);
    let record = Record {
        training_rows: training,
        test_rows: test_rows.unwrap_or(0),
        table_columns: summary.columns.len(),
        options: options.clone(),
        read: source.options().clone(),
        batch_size,
        epochs: history.epochs.len(),
        best_epoch: history.best_epoch,
        stopped: history.stopped,
        train: train.scores.clone(),
        test: tested.as_ref().map(|(evaluation, _)| evaluation.scores.clone()),
        baseline: baseline(&target, &table.t, baseline_rows)?.scores,
    };
    let evaluation = tested.map_or(train, |(evaluation, _)| evaluation);
    let mut file = ModelFile::new(network);
    file.training = Some(state);
    let application = Application { preparation, target, record };
    Ok(Fitted { model: TabularModel { application, network: wrap(file) }, history, evaluation })
}

fn view<T>(values: &[T], rows: usize, width: usize) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape((rows, width), values)
        .map_err(|e| Error::data(format!("a matrix of a wrong shape: {e}")))
}

/// Values per row of a table's targets: one class number, or the numbers.
fn table_width(target: &Target) -> usize {
    match target {
        Target::Classes { .. } => 1,
        Target::Numbers(targets) => targets.len(),
    }
}

/// Reads the table a second time, puts the training rows first, and fits the preparation on them.
fn prepare<T: Float>(
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
    let preparation = layout.fit(&mut table.x, training, asked);
    Ok((table, preparation, training))
}

/// Reads a table with a preparation that is fitted already.
fn transformed<T: Float>(
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
fn split(
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
fn permute<T: Copy>(rows: &mut [T], width: usize, order: &[usize]) {
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
fn standardise(target: &mut Target, t: &[f64], training: usize) {
    let Target::Numbers(targets) = target else { return };
    let width = targets.len();
    for (column, target) in targets.iter_mut().enumerate() {
        let values = || (0..training).map(|row| t[row * width + column]);
        let n = training as f64;
        target.mean = values().sum::<f64>() / n;
        let variance = values().map(|v| (v - target.mean) * (v - target.mean)).sum::<f64>() / n;
        target.deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    }
}

/// One-hot rows, or standardised numbers.
fn network_targets<T: Float>(target: &Target, t: &[f64]) -> Array2<T> {
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

fn loss_of(target: &Target) -> Loss {
    match target {
        Target::Classes { .. } => Loss::CrossEntropy,
        Target::Numbers(_) => Loss::SquaredError,
    }
}

fn build<T: Float>(target: &Target, width: usize, options: &FitOptions) -> Result<Network<T>> {
    let mut builder = Network::builder(width);
    for &units in &options.hidden {
        builder = builder.layer(units, options.activation);
    }
    let output = match target {
        Target::Classes { .. } => Activation::Softmax,
        Target::Numbers(_) => Activation::Identity,
    };
    let init = Init::GlorotUniform { seed: options.seed };
    Ok(builder.layer(target.width(), output).init(init).build()?)
}

/// n / (k · count of the class), as in scikit-learn.
fn balanced(target: &Target, t: &[f64]) -> Result<Vec<f64>> {
    let Target::Classes { classes, .. } = target else {
        return Err(Error::data("--class-weight balanced is for classification only"));
    };
    let mut counts = vec![0_usize; classes.len()];
    for class in t {
        counts[*class as usize] += 1;
    }
    let (n, k) = (t.len() as f64, classes.len() as f64);
    Ok(counts.iter().map(|c| if *c == 0 { 0.0 } else { n / (k * *c as f64) }).collect())
}

fn score<T: Float>(
    target: &Target,
    network: &Network<T>,
    x: ArrayView2<'_, T>,
    t: &[f64],
) -> Result<Evaluation> {
    let mut outputs = network.predict(x)?.mapv(T::to_f64);
    restore(target, &mut outputs);
    evaluate(target, outputs.view(), one_hot(target, t).view())
}

/// Always the class frequencies of the training rows, or their mean.
fn baseline(target: &Target, training: &[f64], rows: &[f64]) -> Result<Evaluation> {
    let targets = one_hot(target, rows);
    let mean = one_hot(target, training).mean_axis(Axis(0)).unwrap_or_default();
    let outputs = Array2::from_shape_fn(targets.dim(), |(_, j)| mean[j]);
    evaluate(target, outputs.view(), targets.view())
}
