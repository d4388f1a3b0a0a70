//! The loop over epochs and steps.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayView2};

use super::data::TrainingData;
use super::history::{Callback, EpochRecord, History, StepRecord, StopReason};
use super::settings::{EarlyStopping, NonFinite, Trainer, Validation};
use super::state::TrainingState;
use crate::error::{Error, Result};
use crate::float::Float;
use crate::kernel::batch::{Batch, ObjectiveParts};
use crate::kernel::blocks::Blocks;
use crate::kernel::plan::Plan;
use crate::kernel::planning;
use crate::kernel::team::{Team, with_team};
use crate::metrics::Metric;
use crate::network::Network;
use crate::optimizer::{LbfgsOutcome, Optimizer, OptimizerState, UpdateRules};
use crate::random::{Purpose, Random};

impl<T: Float> Trainer<'_, T> {
    /// Trains the network.
    ///
    /// # Shapes
    /// x: (examples, inputs); t: (examples, outputs)
    ///
    /// # Errors
    /// `ErrorKind::Shape` when an array does not fit; `ErrorKind::Value` when a setting is out of range, does not go
    /// with the optimiser, or the outputs do not admit the loss; `ErrorKind::NonFinite` when an example, a target, or,
    /// unless chosen otherwise, a loss or parameter is not finite. The network is unchanged after an error of the first
    /// two kinds; after one of the third kind it has the parameters that the failing step found, or, where only a
    /// parameter tells, left; with early stopping the best ones.
    pub fn fit(
        self,
        network: &mut Network<T>,
        x: ArrayView2<'_, T>,
        t: ArrayView2<'_, T>,
    ) -> Result<History> {
        let mut state = TrainingState::new(network, self.optimizer);
        self.resume(network, &mut state, x, t)
    }

    /// Goes on from the state of an earlier run, for as many more epochs as [`Trainer::epochs`] says.
    ///
    /// The optimiser's kind must be that of the state; its settings may have changed.
    ///
    /// # Errors
    /// As [`Trainer::fit`]; `ErrorKind::Shape` or `ErrorKind::Value` when the state belongs to another network or
    /// optimiser.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Activation, Loss, Network, Sgd, Trainer, TrainingState};
    /// use ndarray::array;
    ///
    /// let (x, t) = (array![[0.0, 1.0], [1.0, 0.5], [0.3, 0.2]], array![[1.0], [0.0], [0.5]]);
    /// let mut network = Network::<f64>::builder(2).layer(1, Activation::Identity).build()?;
    /// let mut twice = network.clone();
    /// let trainer = |epochs| Trainer::new(Loss::SquaredError).optimizer(Sgd::default()).epochs(epochs);
    /// trainer(20).fit(&mut network, x.view(), t.view())?;
    /// let mut state = TrainingState::new(&twice, Sgd::default());
    /// trainer(10).resume(&mut twice, &mut state, x.view(), t.view())?;
    /// trainer(10).resume(&mut twice, &mut state, x.view(), t.view())?;
    /// assert_eq!(network.parameters(), twice.parameters());
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn resume(
        self,
        network: &mut Network<T>,
        state: &mut TrainingState<T>,
        x: ArrayView2<'_, T>,
        t: ArrayView2<'_, T>,
    ) -> Result<History> {
        self.validate(network, state)?;
        run(self, network, state, x, t)
    }
}

/// Trains with settings that were checked.
fn run<T: Float>(
    mut trainer: Trainer<'_, T>,
    network: &mut Network<T>,
    state: &mut TrainingState<T>,
    x: ArrayView2<'_, T>,
    t: ArrayView2<'_, T>,
) -> Result<History> {
    let watches_training = match trainer.early_stopping {
        Some(EarlyStopping { metric, .. }) => {
            metric != Metric::Loss && matches!(trainer.validation, Validation::None)
        }
        None => false,
    };
    let needs_training_rows = watches_training || !trainer.metrics.is_empty();
    let data = TrainingData::prepare(&trainer, network, x, t, needs_training_rows)?;
    let batch = if trainer.optimizer.needs_full_batch() {
        data.rows.len()
    } else {
        trainer.batch_size.min(data.rows.len())
    };
    let options = trainer.step_options();
    let threads = trainer.threads_for(network, batch);
    let set = trainer.instructions();
    let callback = trainer.callback.take();
    // The objective may be another than that of the run before: other examples, another penalty.
    if let Some(memory) = &mut state.optimizer_state.lbfgs {
        memory.forget_point();
    }
    with_team(threads, |team| {
        let mut steps = match UpdateRules::new(&trainer.optimizer) {
            Some(rules) => {
                let plan = planning::plan(network, batch, team.threads(), options, &rules, set);
                Steps::ByRule(plan, rules)
            }
            None => Steps::Lbfgs(Box::new(Blocks::new(
                network,
                batch,
                team.threads(),
                options,
                true,
                set,
            ))),
        };
        let plan = steps.plan_mut();
        plan.load(&state.parameters);
        // While the plan has the parameters in its own layout, there is no second copy of them.
        state.parameters = Vec::new();
        network.take_parameters();
        plan.load_state(&mut state.optimizer_state);
        let keeps_finite = trainer.non_finite == NonFinite::Stop;
        let mut run = Run {
            order: data.rows.clone(),
            finite: Vec::new(),
            trainer,
            data: &data,
            batch,
            guard: ParameterGuard { steps, state, network, flat: Vec::new() },
            team,
            callback,
        };
        if keeps_finite {
            run.keep_finite();
        }
        run.epochs()
    })
    .map(|stopped| History {
        epochs: state.progress.records.clone(),
        stopped,
        best_epoch: state.best_parameters.as_ref().and(state.progress.best_epoch),
        steps: state.optimizer_state.step,
    })
}

/// How the steps of a training are made.
enum Steps<T: Float> {
    /// By a rule for each.
    ByRule(Box<dyn Plan<T>>, UpdateRules),
    /// By L-BFGS, which asks for losses and gradients.
    Lbfgs(Box<Blocks<T>>),
}

impl<T: Float> Steps<T> {
    fn plan(&self) -> &dyn Plan<T> {
        match self {
            Self::ByRule(plan, _) => &**plan,
            Self::Lbfgs(plan) => &**plan,
        }
    }

    fn plan_mut(&mut self) -> &mut dyn Plan<T> {
        match self {
            Self::ByRule(plan, _) => &mut **plan,
            Self::Lbfgs(plan) => &mut **plan,
        }
    }
}

/// What a plan has taken over from its network and training state, and gives back in the end, whatever the end is.
struct ParameterGuard<'r, T: Float> {
    steps: Steps<T>,
    state: &'r mut TrainingState<T>,
    network: &'r mut Network<T>,
    /// The parameters as L-BFGS moves them.
    flat: Vec<T>,
}

impl<T: Float> ParameterGuard<'_, T> {
    /// Brings the network up to date.
    fn update_network(&mut self) {
        copy_parameters(self.network, self.steps.plan());
    }
}

/// One iteration of L-BFGS on all examples.
fn lbfgs_step<T: Float>(
    plan: &mut Blocks<T>,
    state: &mut OptimizerState<T>,
    flat: &mut Vec<T>,
    team: &Team<'_>,
    optimizer: &Optimizer,
    batch: &Batch<'_, T>,
) -> Result<LbfgsOutcome> {
    state.step += 1;
    let (Optimizer::Lbfgs(options), Some(memory)) = (optimizer, &mut state.lbfgs) else {
        return Err(Error::value("optimizer state", "without memory", "that of lbfgs"));
    };
    flat.resize(plan.parameter_count(), T::ZERO);
    plan.store(flat);
    let outcome = memory.step(options, flat, &mut |parameters, gradient| {
        Ok(plan.evaluate(team, batch, parameters, gradient).total())
    });
    plan.load(flat);
    outcome
}

impl<T: Float> Drop for ParameterGuard<'_, T> {
    fn drop(&mut self) {
        let Self { steps, state, network, .. } = self;
        planning::give_back(steps.plan_mut(), &mut state.optimizer_state, |plan| {
            copy_parameters(network, plan);
        });
        self.state.parameters = self.network.parameters().to_vec();
        // The best ones are for the network that the user has; a continuation goes on from the last ones.
        if let Some(best) = &self.state.best_parameters {
            self.network.parameters_mut().copy_from_slice(best);
        }
    }
}

fn copy_parameters<T: Float>(network: &mut Network<T>, plan: &dyn Plan<T>) {
    network.set_parameters(|flat| {
        flat.resize(plan.parameter_count(), T::ZERO);
        plan.store(flat);
    });
}

/// One training while it runs.
struct Run<'r, 't, T: Float> {
    trainer: Trainer<'t, T>,
    data: &'r TrainingData<'r, T>,
    batch: usize,
    guard: ParameterGuard<'r, T>,
    team: &'r Team<'r>,
    callback: Option<&'t mut dyn Callback<T>>,
    /// The rows of the epoch in their order.
    order: Vec<usize>,
    /// The parameters after the last epoch that was finite, where they are asked for.
    finite: Vec<T>,
}

/// How an epoch ended.
enum Epoch {
    /// The mean objective, weighted as the batches count.
    Done(f64),
    /// No record: the training ends here.
    Stop(StopReason),
    /// The mean objective of the last epoch.
    Last(f64, StopReason),
}

impl<T: Float> Run<'_, '_, T> {
    fn epochs(&mut self) -> Result<StopReason> {
        let planned = self.guard.state.progress.epoch.saturating_add(self.trainer.epochs);
        let base = self.trainer.optimizer.learning_rate();
        while self.guard.state.progress.epoch < planned {
            let epoch = self.guard.state.progress.epoch;
            let schedule = &self.trainer.schedule;
            let rate = schedule.rate(base, epoch, planned, &self.guard.state.progress.schedule);
            let rate = self.begin_epoch(epoch, rate);
            let (loss, ending) = match self.epoch(epoch, rate)? {
                Epoch::Done(loss) => (loss, None),
                Epoch::Last(loss, reason) => (loss, Some(reason)),
                Epoch::Stop(reason) => return Ok(reason),
            };
            self.guard.state.progress.epoch += 1;
            let wants_network =
                self.callback.as_ref().is_some_and(|callback| callback.wants_network());
            if wants_network || self.data.validation.is_some() || self.data.training.is_some() {
                // What is evaluated after an epoch is evaluated on the network.
                self.guard.update_network();
            }
            if wants_network && let Some(callback) = &mut self.callback {
                callback.on_network(self.guard.network);
            }
            let (record, outputs) = self.record(rate, loss)?;
            let out_of_patience = self.watch(&record, outputs)?;
            let schedule_state = &mut self.guard.state.progress.schedule;
            let converged = self.trainer.schedule.observe(schedule_state, base, loss);
            let stopped = match &mut self.callback {
                Some(callback) => callback.on_epoch_end(&record).is_break(),
                None => false,
            };
            self.guard.state.progress.records.push(record);
            if let Some(reason) = ending {
                return Ok(reason);
            }
            if out_of_patience {
                return Ok(StopReason::EarlyStopping);
            }
            if converged {
                return Ok(StopReason::Converged);
            }
            if stopped {
                return Ok(StopReason::Callback);
            }
        }
        Ok(StopReason::Epochs)
    }

    /// Puts the examples into the order of an epoch; its learning rate.
    fn begin_epoch(&mut self, epoch: usize, rate: f64) -> f64 {
        if self.trainer.shuffle && !self.trainer.optimizer.needs_full_batch() {
            // Each epoch starts from the natural order, so that it can be repeated on its own.
            self.order.copy_from_slice(&self.data.rows);
            Random::new(self.trainer.seed, Purpose::Order, epoch as u64).shuffle(&mut self.order);
        }
        match &mut self.callback {
            Some(callback) => callback.on_epoch_begin(epoch, &mut self.order, rate),
            None => rate,
        }
    }

    /// One pass over the examples.
    fn epoch(&mut self, epoch: usize, rate: f64) -> Result<Epoch> {
        let count = self.order.len().div_ceil(self.batch);
        let (mut total, mut weight) = (0.0, 0.0);
        let mut ending = None;
        for step in 0..count {
            let seen = step * self.batch;
            let end = (seen + self.batch).min(self.order.len());
            let batch = Batch {
                x: &self.data.x,
                t: &self.data.t,
                rows: &self.order[seen..end],
                next: &self.order[end..(end + self.batch).min(self.order.len())],
                weights: self.data.weights.as_deref(),
                seen,
                epoch: epoch as u64,
            };
            let share = batch.weight();
            let ParameterGuard { steps, state, flat, .. } = &mut self.guard;
            let state = &mut state.optimizer_state;
            let objective = match steps {
                Steps::Lbfgs(plan) => {
                    let optimizer = &self.trainer.optimizer;
                    let outcome = lbfgs_step(plan, state, flat, self.team, optimizer, &batch)?;
                    ending = ending_of(&outcome);
                    ObjectiveParts { loss: loss_of(&outcome), penalty: 0.0 }
                }
                Steps::ByRule(plan, rules) => {
                    planning::step(&mut **plan, self.team, &batch, rules, state, rate)
                }
            };
            if !objective.total().is_finite() && self.trainer.non_finite != NonFinite::Ignore {
                return self.not_finite();
            }
            total += objective.total() * share;
            weight += share;
            let ObjectiveParts { loss, penalty } = objective;
            let record = StepRecord { done: step + 1, of: count, rows: batch.rows, loss, penalty };
            if let Some(callback) = &mut self.callback
                && callback.on_step_end(&record) == ControlFlow::Break(())
                && step + 1 < count
            {
                return Ok(Epoch::Stop(StopReason::Callback));
            }
        }
        if self.trainer.non_finite != NonFinite::Ignore {
            if !self.guard.steps.plan().is_finite() {
                return self.not_finite();
            }
            if self.trainer.non_finite == NonFinite::Stop {
                self.keep_finite();
            }
        }
        let mean = if weight > 0.0 { total / weight } else { 0.0 };
        Ok(match ending {
            Some(reason) => Epoch::Last(mean, reason),
            None => Epoch::Done(mean),
        })
    }

    /// Fails or stops because a value is not finite any more.
    fn not_finite(&mut self) -> Result<Epoch> {
        if self.trainer.non_finite == NonFinite::Stop {
            self.guard.steps.plan_mut().load(&self.finite);
            return Ok(Epoch::Stop(StopReason::NonFinite));
        }
        let (what, layer) = self.guard.steps.plan().first_non_finite();
        let step = self.guard.state.optimizer_state.step + 1;
        Err(Error::non_finite(
            format!("{what} (a smaller learning rate may help)"),
            layer,
            Some(step),
        ))
    }

    /// Keeps the parameters as the last that were finite.
    fn keep_finite(&mut self) {
        self.finite.resize(self.guard.steps.plan().parameter_count(), T::ZERO);
        self.guard.steps.plan().store(&mut self.finite);
    }

    /// What is to be said of an epoch, and the outputs of the examples that are watched, where they were needed for it.
    fn record(&self, learning_rate: f64, loss: f64) -> Result<(EpochRecord, Option<Array2<T>>)> {
        let (mut validation_loss, mut validation_metrics) = (None, Vec::new());
        let mut watched = None;
        if let Some((x, t)) = &self.data.validation {
            let predictor = self.guard.network.predictor(256);
            let (outputs, losses) = predictor.losses(self.trainer.loss, x.view(), t.view())?;
            let sum: f64 = losses.iter().map(|l| l.to_f64()).sum();
            validation_loss = Some(sum / losses.len() as f64);
            validation_metrics = self.evaluate(&outputs, t)?;
            watched = Some(outputs);
        }
        let metrics = match &self.data.training {
            Some((x, t)) if !self.trainer.metrics.is_empty() => {
                let outputs = self.predict(x)?;
                let metrics = self.evaluate(&outputs, t)?;
                watched = watched.or(Some(outputs));
                metrics
            }
            _ => Vec::new(),
        };
        let record = EpochRecord {
            epoch: self.guard.state.progress.epoch,
            learning_rate,
            loss,
            validation_loss,
            metrics,
            validation_metrics,
        };
        Ok((record, watched))
    }

    fn predict(&self, x: &Array2<T>) -> Result<Array2<T>> {
        let batch = x.nrows().clamp(1, 256);
        self.guard.network.predictor(batch).threads(self.team.threads()).predict(x.view())
    }

    fn evaluate(&self, outputs: &Array2<T>, t: &Array2<T>) -> Result<Vec<(Metric, f64)>> {
        let metrics = self.trainer.metrics.iter().filter(|m| **m != Metric::Loss);
        metrics.map(|&m| Ok((m, m.evaluate(outputs.view(), t.view())?))).collect()
    }

    /// Keeps the best parameters; says whether patience has run out.
    fn watch(&mut self, record: &EpochRecord, outputs: Option<Array2<T>>) -> Result<bool> {
        let Some(EarlyStopping { metric, patience, min_delta }) = self.trainer.early_stopping
        else {
            return Ok(false);
        };
        let score = if metric == Metric::Loss {
            record.validation_loss.unwrap_or(record.loss)
        } else {
            let watched = self.data.validation.as_ref().or(self.data.training.as_ref());
            let Some((x, t)) = watched else { return Ok(false) };
            let outputs = outputs.map_or_else(|| self.predict(x), Ok)?;
            metric.evaluate(outputs.view(), t.view())?
        };
        let ParameterGuard { steps, state, .. } = &mut self.guard;
        let plan = steps.plan();
        let progress = &mut state.progress;
        let better = match progress.best_score {
            None => true,
            Some(best) if metric.higher_is_better() => score > best + min_delta,
            Some(best) => score < best - min_delta,
        };
        if better {
            progress.best_score = Some(score);
            progress.best_epoch = Some(record.epoch);
            progress.without_improvement = 0;
            let best = state.best_parameters.get_or_insert_default();
            best.resize(plan.parameter_count(), T::ZERO);
            plan.store(best);
        } else {
            progress.without_improvement += 1;
        }
        Ok(progress.without_improvement >= patience.max(1))
    }
}

/// Why an iteration of L-BFGS is the last, if it is.
fn ending_of(outcome: &LbfgsOutcome) -> Option<StopReason> {
    match outcome {
        LbfgsOutcome::Progress { .. } => None,
        LbfgsOutcome::Converged { .. } => Some(StopReason::Converged),
        LbfgsOutcome::LineSearchFailed { .. } => Some(StopReason::LineSearch),
    }
}

fn loss_of(outcome: &LbfgsOutcome) -> f64 {
    match outcome {
        LbfgsOutcome::Progress { loss, .. }
        | LbfgsOutcome::Converged { loss, .. }
        | LbfgsOutcome::LineSearchFailed { loss, .. } => *loss,
    }
}
