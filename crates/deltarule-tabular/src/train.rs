//! A network is trained on examples.

use std::ops::ControlFlow;

use deltarule::{
    Activation, Callback, EarlyStopping, EpochRecord, Float, History, Init, Network, StepRecord,
    Trainer, TrainingState,
};

use crate::error::{Error, Hint, Result};
use crate::examples::{ExamplesView, network_targets};
use crate::options::{ClassWeight, FitOptions};
use crate::progress::FitProgress;
use crate::target::Target;

/// A network that was trained.
#[derive(Clone, Debug)]
pub struct Trained<T> {
    /// The network.
    pub network: Network<T>,
    /// Where its training stopped.
    pub state: TrainingState<T>,
    /// The course of the training.
    pub history: History,
}

/// Trains a network on examples.
///
/// Of the options, those count that say what the network is and how it is trained. Nothing calls
/// [`FitProgress::begin`]. The number of threads changes no bit.
///
/// # Errors
/// When an option is out of range or does not go with another, or the loss is not finite any more.
pub fn train<T: Float>(
    examples: ExamplesView<'_, T>,
    target: &Target,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Trained<T>> {
    options.validate()?;
    let network = untrained(target, examples.x().ncols(), options)?;
    let state = TrainingState::new(&network, options.optimizer);
    train_on((network, state), examples, target, options, threads, progress)
}

/// Goes on with a training from a network and the state in which it stopped, for as many more epochs as `options` say.
///
/// # Errors
/// As [`train`]; when the network or its state does not go with the examples.
pub fn train_on<T: Float>(
    start: (Network<T>, TrainingState<T>),
    examples: ExamplesView<'_, T>,
    target: &Target,
    options: &FitOptions,
    threads: usize,
    progress: &mut dyn FitProgress,
) -> Result<Trained<T>> {
    let (mut network, mut state) = start;
    let rows = examples.rows();
    let mut callback = EngineCallback(progress);
    let mut trainer = Trainer::new(target.loss())
        .optimizer(options.optimizer)
        .schedule(options.schedule)
        .epochs(more_epochs(options, rows, &state))
        .batch_size(options.rows_per_update(rows))
        .seed(options.seed)
        .threads(threads)
        .l2(options.penalty())
        .dropout(options.dropout)
        .callback(&mut callback);
    if options.early_stopping {
        // The loss, also of classes: on few rows the accuracy stays the same for epochs in which the model learns.
        let stop = EarlyStopping { patience: options.patience, ..EarlyStopping::default() };
        let stratify = matches!(target, Target::Classes { .. });
        trainer = trainer.hold_out(0.1, stratify).early_stopping(stop);
    }
    let weights = examples.weights();
    if let Some(weights) = &weights {
        trainer = trainer.sample_weights(weights.view());
    }
    if options.class_weight != ClassWeight::None {
        let weights = class_weights(&options.class_weight, target, examples.t())?;
        trainer = trainer.class_weights(&weights);
    }
    let t = network_targets::<T>(target, examples.t());
    let history = trainer.resume(&mut network, &mut state, examples.x(), t.view())?;
    Ok(Trained { network, state, history })
}

/// How many epochs a training from this state makes: the engine counts those of all runs together.
pub(crate) fn more_epochs<T>(options: &FitOptions, rows: usize, state: &TrainingState<T>) -> usize {
    options.epochs_for(rows).min(usize::MAX - state.progress.epoch)
}

/// A network with the layers of the options and drawn parameters.
pub(crate) fn untrained<T: Float>(
    target: &Target,
    width: usize,
    options: &FitOptions,
) -> Result<Network<T>> {
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

struct EngineCallback<'a>(&'a mut dyn FitProgress);

impl<T: Float> Callback<T> for EngineCallback<'_> {
    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        self.0.epoch(record)
    }

    fn on_step_end(&mut self, step: &StepRecord<'_>) -> ControlFlow<()> {
        self.0.step(step.done, step.of)
    }
}
