//! Which losses and outputs are compared: those that were named, or those that make sense for the targets.

use deltarule::{Activation, Loss};

use super::targets::Targets;
use crate::exercise::{Exercise, Part};

type LossAndOutput = (Loss, Activation);

/// One change at a time: the first loss with every output activation, then the other losses with the last.
pub(super) fn pairs(
    exercise: &Exercise,
    part: &Part,
    losses: &[Loss],
    outputs: &[Activation],
) -> Vec<LossAndOutput> {
    let usual = usual(exercise, part);
    if losses.is_empty() && outputs.is_empty() {
        return usual;
    }
    let (usual_losses, usual_outputs): (Vec<Loss>, Vec<Activation>) = usual.into_iter().unzip();
    let outputs =
        if outputs.is_empty() { without_repeats(usual_outputs) } else { outputs.to_vec() };
    let Some(last) = outputs.last() else { return Vec::new() };
    let mut losses = losses.to_vec();
    if losses.is_empty() {
        losses = without_repeats(usual_losses);
        losses.retain(|loss| loss.admits(*last).is_ok());
    }
    let Some(first) = losses.first() else { return Vec::new() };
    let by_output = outputs.iter().map(|f| (*first, *f));
    without_repeats(by_output.chain(losses[1..].iter().map(|e| (*e, *last))).collect())
}

/// The pairs that the targets ask for, from what the exercise has to what is made for them.
fn usual(exercise: &Exercise, part: &Part) -> Vec<LossAndOutput> {
    let targets =
        Targets::of(part.examples.iter().map(|example| example.t.as_deref().unwrap_or_default()));
    let own = (exercise.loss, exercise.network.output_activation());
    let squared = if own.0.is_squared() { own.0 } else { Loss::SquaredError };
    let mut pairs = match targets {
        Targets::OneHot | Targets::Shares => {
            let hidden = exercise.network.layers().first().map(|layer| layer.activation());
            let first = match (own.1, hidden) {
                (Activation::Softmax, Some(Activation::Softmax) | None) => Activation::Tanh,
                (Activation::Softmax, Some(hidden)) => hidden,
                (given, _) => given,
            };
            let softmax = Activation::Softmax;
            return vec![(squared, first), (squared, softmax), (Loss::CrossEntropy, softmax)];
        }
        Targets::Labels if labels(part) || is_for_labels(own.1) => {
            let sigmoid = Activation::Sigmoid;
            vec![(squared, sigmoid), (Loss::BinaryCrossEntropy, sigmoid)]
        }
        Targets::Counts if own.0 == Loss::Poisson || own.1 == Activation::Exp => vec![
            (squared, Activation::Identity),
            (squared, Activation::Exp),
            (Loss::Poisson, Activation::Exp),
        ],
        // Between 0 and 1 by chance, or whole: measured all the same.
        Targets::Labels | Targets::Counts | Targets::Numbers => vec![
            (squared, Activation::Identity),
            (Loss::AbsoluteError, Activation::Identity),
            (Loss::Huber, Activation::Identity),
        ],
    };
    // The outputs of the exercise, where they are others. A softmax of one output is always 1, and of several no label.
    let others = pairs.iter().all(|(_, f)| *f != own.1);
    if others && own.1 != Activation::Softmax {
        pairs.insert(0, (squared, own.1));
        pairs.truncate(3);
    } else if !others && pairs.len() < 3 && !pairs.contains(&own) {
        pairs.push(own);
    }
    pairs
}

/// Whether every target is 0 or 1.
fn labels(part: &Part) -> bool {
    let mut targets = part.examples.iter().flat_map(|example| example.t.iter().flatten());
    targets.all(|t| *t == 0.0 || *t == 1.0)
}

/// Whether outputs are meant to be between 0 and 1.
fn is_for_labels(output: Activation) -> bool {
    output.range() == (Some(0.0), Some(1.0))
}

fn without_repeats<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut once = Vec::with_capacity(all.len());
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}
