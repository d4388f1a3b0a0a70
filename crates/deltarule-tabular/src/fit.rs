//! From a table to a trained model.

use std::ops::ControlFlow;

use deltarule::{
    Activation, Callback, EarlyStopping, EpochRecord, Float, History, Init, Loss, ModelFile,
    Network, StepRecord, Trainer, TrainingState,
};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::columns::places;
use crate::error::{Error, Hint, Result};
use crate::matrix::{
    Examples, Reading, network_targets, permute, prepare, read_targets, standardise, table_width,
    transformed, view,
};
use crate::model::{
    AnyNetwork, Application, Evaluation, Record, TabularModel, evaluate, one_hot, restore,
};
use crate::options::{ClassWeight, FitOptions, FloatType};
use crate::preparation::Preparation;
use crate::scan::{ColumnSummary, ColumnType, TableSummary, scan_columns};
use crate::source::Source;
use crate::split::Split;
use crate::target::{Choice, Target, TaskReason, choose};

/// What a training understood before it begins.
#[derive(Debug)]
pub struct Understanding<'a> {
    /// The columns of the table.
    pub summary: &'a TableSummary,
    /// Whether the first line was taken for the names of the columns though it holds only numbers.
    pub numeric_header: bool,
    /// What is predicted.
    pub target: &'a Target,
    /// Why the task is what it is.
    pub reason: &'a TaskReason,
    /// How columns become inputs.
    pub preparation: &'a Preparation,
    /// Units per layer, inputs first.
    pub layers: &'a [usize],
    /// The activation of each layer.
    pub activations: &'a [Activation],
    /// Weights and biases.
    pub parameters: usize,
    /// The options.
    pub options: &'a FitOptions,
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
pub trait FitProgress {
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

impl FitProgress for NoProgress {}

struct EngineCallback<'a>(&'a mut dyn FitProgress);

impl<T: Float> Callback<T> for EngineCallback<'_> {
    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.0.epoch(record)
    }

    fn on_step_end(&mut self, step: &StepRecord<'_>) -> ControlFlow<()> {
        self.0.step(step.done, step.of)
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
    progress: &mut dyn FitProgress,
) -> Result<Fitted> {
    begin(Tables { source, weights: None, test }, options, threads, progress)
}

/// As [`fit`], with a number for each row of `source` that says what it counts in the loss.
///
/// The weights go into the training, where a row of weight 2 counts as two, and nowhere else: the preparation and the
/// scores count every row once.
///
/// # Errors
/// As [`fit`]; when there is not a weight for each row, one is negative or not finite, or all are 0.
pub fn fit_weighted(
    source: &Source,
    weights: &[f64],
    test: Option<&Source>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Fitted> {
    begin(Tables { source, weights: Some(weights), test }, options, threads, progress)
}

/// What a training reads.
#[derive(Clone, Copy)]
struct Tables<'a> {
    source: &'a Source,
    weights: Option<&'a [f64]>,
    test: Option<&'a Source>,
}

fn begin(
    tables: Tables<'_>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Fitted> {
    validate(options)?;
    match options.precision {
        FloatType::F32 => {
            run::<f32>(tables, options, threads, progress, None, |f| AnyNetwork::F32(f.into()))
        }
        FloatType::F64 => {
            run::<f64>(tables, options, threads, progress, None, |f| AnyNetwork::F64(f.into()))
        }
    }
}

/// Goes on with the training of a model, for as many more epochs as `options` say.
///
/// The preparation, the network and the optimiser's state are the model's own; the table must have the same columns.
///
/// # Errors
/// As [`fit`]; when the model was saved without the state of its training, or trained with a weight for each row.
pub fn resume(
    model: TabularModel,
    source: &Source,
    test: Option<&Source>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Fitted> {
    validate(options)?;
    if model.record().weighted {
        return Err(Error::data(
            "the model was trained with a weight for each row, which it does not keep, and would go on without",
        ));
    }
    let tables = Tables { source, weights: None, test };
    let TabularModel { application, network } = model;
    match network {
        AnyNetwork::F32(file) => {
            let earlier = EarlierFit { application, file: *file };
            let wrap = |f: ModelFile<f32>| AnyNetwork::F32(f.into());
            run(tables, options, threads, progress, Some(earlier), wrap)
        }
        AnyNetwork::F64(file) => {
            let earlier = EarlierFit { application, file: *file };
            let wrap = |f: ModelFile<f64>| AnyNetwork::F64(f.into());
            run(tables, options, threads, progress, Some(earlier), wrap)
        }
    }
}

/// What a continuation starts from.
struct EarlierFit<T> {
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
    options.check_optimizer()
}

fn run<T: Float>(
    tables: Tables<'_>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
    earlier: Option<EarlierFit<T>>,
    wrap: impl Fn(ModelFile<T>) -> AnyNetwork,
) -> Result<Fitted> {
    let Tables { source, weights, test } = tables;
    let optimizer = options.optimizer;
    let is_earlier = earlier.is_some();
    let file = source.name();
    let names = source.columns()?;
    // The model of a continuation knows its columns; what was dropped need not be there again.
    let (mut targets, dropped) = match &earlier {
        Some(earlier) => (earlier.application.target.places(source, &names)?, Vec::new()),
        None => (places(source, &names, &options.targets)?, places(source, &names, &options.drop)?),
    };
    // A continuation needs the columns of the model, a training all that were not dropped.
    let wanted: Vec<usize> = match &earlier {
        Some(earlier) => {
            [earlier.application.preparation.places(source, &names)?, targets.clone()].concat()
        }
        None => (0..names.len()).filter(|place| !dropped.contains(place)).collect(),
    };
    let summary = scan_columns(source, &names, &wanted, options.categories.max(1000))?;
    if summary.rows < 2 {
        let error = Error::table(file, "there is only one row: at least two are needed");
        return Err(error.hinting(source.header_hint(&names)));
    }
    if let Some(weights) = weights.filter(|weights| weights.len() != summary.rows) {
        let (count, rows) = (weights.len(), summary.rows);
        return Err(Error::table(file, format!("there are {count} weights for {rows} rows")));
    }
    if targets.is_empty() {
        targets.push(last_column(&summary));
    }
    if let Some(both) = targets.iter().find(|p| dropped.contains(p)) {
        return Err(Error::data(format!("{:?} is both a target and dropped", names[*both])));
    }
    let choice = match &earlier {
        Some(earlier) => Choice {
            places: targets,
            target: earlier.application.target.clone(),
            reason: TaskReason::Model,
        },
        None => choose(source, &summary, targets, options.task)?,
    };
    let reading = Reading {
        source,
        summary: &summary,
        names: &names,
        targets: &choice.places,
        dropped: &dropped,
    };
    // What is held out is decided by the targets alone, so that nothing else of these rows is looked at.
    let (mut table, target, preparation, split, order, training) = match &earlier {
        None => {
            let mut target = choice.target;
            let mut t = read_targets(&reading, &target)?;
            let split = Split::new(options, test.is_some(), &target, &t);
            let (order, training) = split.order(&target, &t)?;
            let (x, preparation) = prepare(&reading, options, &order, training)?;
            permute(&mut t, table_width(&target), &order);
            standardise(&mut target, &t, training)?;
            (Examples { x, t, rows: summary.rows }, target, preparation, split, order, training)
        }
        Some(EarlierFit { application: Application { preparation, target, record }, .. }) => {
            let mut table = transformed(source, preparation, target)?;
            let split = Split::again(options, test.is_some(), target, &table.t, (file, record))?;
            let (order, training) = split.order(target, &table.t)?;
            permute(&mut table.x, preparation.width(), &order);
            permute(&mut table.t, table_width(target), &order);
            (table, target.clone(), preparation.clone(), split, order, training)
        }
    };
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
    let (mut network, mut state) = match earlier {
        Some(EarlierFit { file: ModelFile { network, training: Some(state), .. }, .. }) => {
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
    // The engine counts the epochs of both runs together.
    let epochs = options.epochs_for(training).min(usize::MAX - state.progress.epoch);
    let activations: Vec<Activation> = network.layers().iter().map(|l| l.activation()).collect();
    let test_rows = match &tested {
        Some(tested) => Some(tested.rows),
        None => (training < table.rows).then_some(table.rows - training),
    };
    progress.begin(&Understanding {
        summary: &summary,
        numeric_header: source.numeric_header(&names),
        target: &target,
        reason: &choice.reason,
        preparation: &preparation,
        layers: &network.layer_sizes(),
        activations: &activations,
        parameters: network.parameter_count(),
        options,
        training_rows: training,
        test_rows,
        epochs,
        batch_size,
    });
    let t = network_targets::<T>(&target, &table.t);
    let x = view(&table.x, table.rows, width)?;
    let (x_train, x_rest) = x.split_at(Axis(0), training);
    let (t_train, _) = t.view().split_at(Axis(0), training);
    let weights = weights.map(|weights| {
        Array1::from_iter(order[..training].iter().map(|row| T::from_f64(weights[*row])))
    });
    drop(order);
    let history = {
        let mut watch = EngineCallback(progress);
        let mut trainer = Trainer::new(loss_of(&target))
            .optimizer(optimizer)
            .schedule(options.schedule)
            .epochs(epochs)
            .batch_size(batch_size)
            .seed(options.seed)
            .threads(threads)
            .l2(options.penalty())
            .dropout(options.dropout)
            .callback(&mut watch);
        if options.early_stopping {
            // The loss, also of classes: on few rows the accuracy stays the same for epochs in which the model learns.
            let stop = EarlyStopping { patience: options.patience, ..EarlyStopping::default() };
            let stratify = matches!(target, Target::Classes { .. });
            trainer = trainer.hold_out(0.1, stratify).early_stopping(stop);
        }
        if let Some(weights) = &weights {
            trainer = trainer.sample_weights(weights.view());
        }
        if options.class_weight != ClassWeight::None {
            let t = &table.t[..training];
            trainer = trainer.class_weights(&class_weights(&options.class_weight, &target, t)?);
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
    // As names, which need no quotes for their commas.
    let named = |places: &[usize]| places.iter().map(|p| names[*p].clone()).collect();
    let drop = if is_earlier { options.drop.clone() } else { named(&dropped) };
    let targets = if options.targets.is_empty() { Vec::new() } else { named(reading.targets) };
    let record = Record {
        training_rows: training,
        test_rows: test_rows.unwrap_or(0),
        weighted: weights.is_some(),
        table_columns: summary.columns.len(),
        // What a continuation holds out when nothing else is said.
        options: FitOptions {
            holdout: split.holdout,
            l2: Some(options.penalty()),
            targets,
            drop,
            ..options.clone()
        },
        split,
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

/// The column that is predicted when none is named. A delimiter at the end of every line makes a last column without
/// name and values, which is not meant.
fn last_column(summary: &TableSummary) -> usize {
    let columns = &summary.columns;
    let meant = |c: &ColumnSummary| !(c.name.is_empty() && c.kind == ColumnType::Empty);
    columns.iter().rposition(meant).unwrap_or(columns.len() - 1)
}

pub(crate) fn loss_of(target: &Target) -> Loss {
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

/// What each class counts.
fn class_weights(weight: &ClassWeight, target: &Target, t: &[f64]) -> Result<Vec<f64>> {
    let Target::Classes { classes, .. } = target else {
        let message = "classes can be weighed in a classification only";
        return Err(Error::data(message).hinting(Hint::ClassWeights));
    };
    match weight {
        ClassWeight::None => Ok(vec![1.0; classes.len()]),
        ClassWeight::Balanced => {
            let mut counts = vec![0_usize; classes.len()];
            for class in t {
                counts[*class as usize] += 1;
            }
            let (n, k) = (t.len() as f64, classes.len() as f64);
            Ok(counts.iter().map(|c| if *c == 0 { 0.0 } else { n / (k * *c as f64) }).collect())
        }
        ClassWeight::Given(given) => {
            if let Some(unknown) = given.keys().find(|label| !classes.contains(label)) {
                let some: Vec<&str> = classes.iter().take(20).map(String::as_str).collect();
                let more = if classes.len() > 20 { ", …" } else { "" };
                return Err(Error::data(format!(
                    "there is no class {unknown:?} to weigh; there are {}{more}",
                    some.join(", ")
                )));
            }
            Ok(classes.iter().map(|class| given.get(class).copied().unwrap_or(1.0)).collect())
        }
    }
}

fn score<T: Float>(
    target: &Target,
    network: &Network<T>,
    x: ArrayView2<'_, T>,
    t: &[f64],
) -> Result<Evaluation> {
    let outputs = network.predict(x)?;
    match target {
        // Probabilities are as they come, in the network's own type: a second copy of them would be as large as the inputs.
        Target::Classes { .. } => {
            evaluate(target, outputs.view(), network_targets(target, t).view())
        }
        Target::Numbers(targets) => {
            let mut outputs = outputs.mapv(T::to_f64);
            restore(target, &mut outputs);
            evaluate(target, outputs.view(), view(t, t.len() / targets.len(), targets.len())?)
        }
    }
}

/// Always the class frequencies of the training rows, or their mean.
fn baseline(target: &Target, training: &[f64], rows: &[f64]) -> Result<Evaluation> {
    let width = target.width();
    let mean = match target {
        Target::Classes { .. } => {
            let mut counts = vec![0_usize; width];
            training.iter().for_each(|class| counts[*class as usize] += 1);
            counts.iter().map(|count| *count as f64 / training.len() as f64).collect()
        }
        Target::Numbers(_) => {
            let numbers = view(training, training.len() / width, width)?;
            numbers.mean_axis(Axis(0)).unwrap_or_default().to_vec()
        }
    };
    let targets = one_hot(target, rows);
    let outputs = Array2::from_shape_fn(targets.dim(), |(_, j)| mean[j]);
    evaluate(target, outputs.view(), targets.view())
}
