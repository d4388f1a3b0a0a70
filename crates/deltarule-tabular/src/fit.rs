//! From a table to a trained model in one call, and on from there.

use deltarule::{Activation, Float, History, ModelFile, Network, TrainingState};

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::model::{AnyNetwork, Application, Record, TabularModel};
use crate::options::{FitOptions, FloatType};
use crate::prepare::PreparedTable;
use crate::progress::{FitProgress, Understanding};
use crate::score::{Evaluation, baseline, score};
use crate::source::Source;
use crate::split::Split;
use crate::train::{Trained, more_epochs, train_on, untrained};

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
/// The numbers are those of [`Dataset::read`], [`Dataset::hold_out`], [`Target::fit`](crate::Target::fit),
/// [`Preparation::fit`](crate::Preparation::fit), [`Preparation::transform`](crate::Preparation::transform),
/// [`train`](crate::train) and [`score`](crate::score()), one after the other; but the cells are not kept.
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
    options.validate()?;
    if model.record().weighted {
        return Err(Error::data(
            "the model was trained with a weight for each row, which it does not keep, and would go on without",
        ));
    }
    let tables = Tables { source, weights: None, test };
    let TabularModel { application, network } = model;
    match network {
        AnyNetwork::F32(file) => go_on(application, *file, tables, options, threads, progress),
        AnyNetwork::F64(file) => go_on(application, *file, tables, options, threads, progress),
    }
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
    options.validate()?;
    match options.precision {
        FloatType::F32 => first::<f32>(tables, options, threads, progress),
        FloatType::F64 => first::<f64>(tables, options, threads, progress),
    }
}

/// The first training of a model.
fn first<T: Float>(
    tables: Tables<'_>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Fitted>
where
    AnyNetwork: From<ModelFile<T>>,
{
    let Tables { source, weights, test } = tables;
    let dataset = Dataset::outline(source, options)?;
    if let Some(weights) = weights.filter(|weights| weights.len() != dataset.rows()) {
        let (count, rows) = (weights.len(), dataset.rows());
        let message = format!("there are {count} weights for {rows} rows");
        return Err(Error::table(source.name(), message));
    }
    // What is held out is decided by the targets alone, so that nothing else of these rows is looked at.
    let split = Split::new(options, test.is_some(), &dataset.target, &dataset.t);
    let rows = split.row_sets(&dataset.target, &dataset.t)?;
    let table = dataset.into_prepared(rows, weights)?;
    let tested = test.map(|test| Examples::read(test, &table.preparation, &table.target));
    let tested = tested.transpose()?;
    let network = untrained::<T>(&table.target, table.preparation.width(), options)?;
    let state = TrainingState::new(&network, options.optimizer);
    PreparedTraining { table, split, tested, options, threads }.run((network, state), progress)
}

/// A later training of a model.
fn go_on<T: Float>(
    application: Application,
    file: ModelFile<T>,
    tables: Tables<'_>,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Fitted>
where
    AnyNetwork: From<ModelFile<T>>,
{
    let Tables { source, test, .. } = tables;
    let Application { preparation, target, record } = application;
    let dataset = Dataset::of_model(source, options, &preparation, &target)?;
    let before = (source.name(), &record.split, &record.options);
    let split = Split::again(options, test.is_some(), &target, &dataset.t, before)?;
    let rows = split.row_sets(&target, &dataset.t)?;
    let table = dataset.prepared_by(preparation, rows)?;
    let tested = test.map(|test| Examples::read(test, &table.preparation, &target)).transpose()?;
    let ModelFile { network, training: Some(state), .. } = file else {
        return Err(Error::data("the model was saved without the state of its training"));
    };
    PreparedTraining { table, split, tested, options, threads }.run((network, state), progress)
}

/// A training whose rows are prepared.
struct PreparedTraining<'a, T> {
    table: PreparedTable<'a, T>,
    split: Split,
    /// The rows of the test file.
    tested: Option<Examples<T>>,
    options: &'a FitOptions,
    threads: usize,
}

impl<T: Float> PreparedTraining<'_, T>
where
    AnyNetwork: From<ModelFile<T>>,
{
    fn run(
        self,
        start: (Network<T>, TrainingState<T>),
        progress: &mut dyn FitProgress,
    ) -> Result<Fitted> {
        let Self { table, tested, options, threads, .. } = &self;
        self.announce(&start, progress);
        let (training, held_out) = table.examples.view().split_at(table.training);
        let trained = train_on(start, training, &table.target, options, *threads, progress)?;
        let train = score(&trained.network, &table.target, training)?;
        let unseen = match tested {
            Some(tested) => Some(tested.view()),
            None => (held_out.rows() > 0).then_some(held_out),
        };
        let test = unseen.map(|rows| score(&trained.network, &table.target, rows)).transpose()?;
        let baseline = baseline(&table.target, training, unseen.unwrap_or(training))?;
        let record = self.record(&trained, &train, test.as_ref(), baseline);
        let Trained { network, state, history } = trained;
        let mut file = ModelFile::new(network);
        file.training = Some(state);
        let PreparedTable { preparation, target, .. } = self.table;
        let application = Application { preparation, target, record };
        let model = TabularModel { application, network: file.into() };
        Ok(Fitted { model, history, evaluation: test.unwrap_or(train) })
    }

    fn test_rows(&self) -> Option<usize> {
        let Self { table, tested, .. } = self;
        match tested {
            Some(tested) => Some(tested.rows()),
            None => Some(table.examples.rows() - table.training).filter(|rows| *rows > 0),
        }
    }

    /// Says what was understood.
    fn announce(&self, start: &(Network<T>, TrainingState<T>), progress: &mut dyn FitProgress) {
        let Self { table, options, .. } = self;
        let (network, state) = start;
        let outline = &table.outline;
        let activations: Vec<Activation> =
            network.layers().iter().map(|l| l.activation()).collect();
        progress.begin(&Understanding {
            summary: &outline.summary,
            numeric_header: outline.source.numeric_header(&outline.names),
            target: &table.target,
            reason: &outline.reason,
            preparation: &table.preparation,
            layers: &network.layer_sizes(),
            activations: &activations,
            parameters: network.parameter_count(),
            options,
            training_rows: table.training,
            test_rows: self.test_rows(),
            epochs: more_epochs(options, table.training, state),
            batch_size: options.rows_per_update(table.training),
        });
    }

    fn record(
        &self,
        trained: &Trained<T>,
        train: &Evaluation,
        test: Option<&Evaluation>,
        baseline: Evaluation,
    ) -> Record {
        let Self { table, split, options, .. } = self;
        let outline = &table.outline;
        // As names, which need no quotes for their commas.
        let named = |asked: &[String], places: &[usize]| match (asked, places) {
            // A continuation looks for no columns that were dropped.
            ([], _) | (_, []) => asked.to_vec(),
            _ => places.iter().map(|place| outline.names[*place].clone()).collect(),
        };
        Record {
            training_rows: table.training,
            test_rows: self.test_rows().unwrap_or(0),
            weighted: table.examples.view().is_weighted(),
            table_columns: outline.summary.columns.len(),
            // What a continuation holds out when nothing else is said.
            options: FitOptions {
                holdout: split.holdout,
                l2: Some(options.penalty()),
                targets: named(&options.targets, &outline.targets),
                drop: named(&options.drop, &outline.dropped),
                ..(*options).clone()
            },
            split: split.clone(),
            read: outline.source.options().clone(),
            batch_size: options.rows_per_update(table.training),
            epochs: trained.history.epochs.len(),
            best_epoch: trained.history.best_epoch,
            stopped: trained.history.stopped,
            train: train.scores.clone(),
            test: test.map(|test| test.scores.clone()),
            baseline: baseline.scores,
        }
    }
}
