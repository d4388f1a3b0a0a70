//! The update that training on the rows would make next.

use deltarule::{LearningRate, Optimizer, TrainingState};
use deltarule_document::{Document, Prose};

use super::ModelPage;
use crate::model::{AnyNetwork, TabularModel};
use crate::options::ClassWeight;

impl TabularModel {
    /// Where the training stopped, in double precision.
    pub(super) fn training(&self) -> Option<TrainingState<f64>> {
        match &self.network {
            AnyNetwork::F64(file) => file.training.clone(),
            AnyNetwork::F32(file) => file.training.as_ref().map(TrainingState::cast),
        }
    }
}

impl ModelPage<'_> {
    /// The optimiser with the learning rate of the next epoch.
    pub(super) fn scheduled(&self, state: &TrainingState<f64>) -> Optimizer {
        let record = self.model.record();
        let schedule = LearningRate::from(record.options.schedule);
        let epoch = state.progress.epoch;
        let planned = record.options.epochs_for(record.training_rows).max(epoch);
        let rate = |base: f64| schedule.rate(base, epoch, planned, &state.progress.schedule);
        state.optimizer.with_learning_rate(rate(state.optimizer.learning_rate()))
    }

    pub(super) fn step_words(&self, document: &mut Document, state: Option<&TrainingState<f64>>) {
        let record = self.model.record();
        let options = &record.options;
        let title = deltarule_worked::optimizer(&match state {
            Some(state) => state.optimizer,
            None => return,
        })
        .title;
        document.heading(1, "The next step");
        document.paragraph(Prose::text(format!(
            "What follows is the update that training would make next if these rows were its batch: {title}, going on with what it \
             remembers from the training. Losses and gradients are averaged over the rows."
        )));
        if self.model.network().parameters() != self.network.parameters() {
            document.paragraph(Prose::text(
                "Early stopping kept the parameters of the best epoch. Training would go on from those of its last epoch, which \
                 are used here.",
            ));
        }
        let mut left_out = Vec::new();
        if options.dropout > 0.0 {
            left_out.push("dropout");
        }
        if options.class_weight != ClassWeight::None {
            left_out.push("the weights of the classes");
        }
        if record.weighted {
            left_out.push("the weights of the rows");
        }
        if !left_out.is_empty() {
            document.paragraph(Prose::text(format!(
                "Left out here, though the training had it: {}.",
                left_out.join(" and ")
            )));
        }
    }
}
