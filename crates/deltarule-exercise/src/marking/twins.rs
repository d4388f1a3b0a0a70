//! With one example per step, `loss` and `total_loss` are the same number, which is asked for once.

use std::collections::HashMap;

use super::quantity::{Quantity, Shape};
use super::verdict::{Marking, PartMarking, QuantityMarking, Verdict};
use crate::exercise::{Exercise, Part};

/// Whether the loss of a step is that of one example.
pub(super) fn is_one_number(part: &Part) -> bool {
    part.task.is_online() || part.examples.len() == 1
}

/// What a part asks for: its quantities, without the second name of a number.
pub(super) fn asked(part: &Part, mut quantities: Vec<Shape>) -> Vec<Shape> {
    if is_one_number(part) {
        quantities.retain(|shape| shape.quantity != Quantity::TotalLoss);
    }
    quantities
}

/// Takes one of the two names of a number out of a marking: the one that was not answered. Where both were, what is wrong stays,
/// so that the number counts once whatever was written.
pub(super) fn ask_once(marking: &mut Marking, exercise: &Exercise) {
    for (marked, part) in marking.parts.iter_mut().zip(&exercise.parts) {
        if is_one_number(part) {
            keep_one(marked);
        }
    }
}

fn keep_one(part: &mut PartMarking) {
    let verdicts = |quantity: Quantity| -> HashMap<usize, Verdict> {
        let of_it = part.quantities.iter().filter(|q| q.quantity == quantity);
        of_it.map(|q| (q.step, q.verdict)).collect()
    };
    let (loss, total) = (verdicts(Quantity::Loss), verdicts(Quantity::TotalLoss));
    // Where neither is answered, the loss stays and is not answered.
    let is_total_kept = |step: &usize| {
        let answered = |verdicts: &HashMap<usize, Verdict>| {
            verdicts.get(step).copied().filter(|verdict| *verdict != Verdict::Missing)
        };
        match (answered(&loss), answered(&total)) {
            (None, total) => total.is_some(),
            (Some(_), None) => false,
            (Some(loss), Some(total)) => total > loss,
        }
    };
    part.quantities.retain(|q| match q.quantity {
        Quantity::TotalLoss => is_total_kept(&q.step),
        Quantity::Loss => !is_total_kept(&q.step),
        _ => true,
    });
}

/// Whether a quantity of a marking stands for both names of its number.
pub(super) fn stands_for_both(quantity: &QuantityMarking, part: &PartMarking) -> bool {
    let other = match quantity.quantity {
        Quantity::Loss => Quantity::TotalLoss,
        Quantity::TotalLoss => Quantity::Loss,
        _ => return false,
    };
    !part.quantities.iter().any(|q| q.step == quantity.step && q.quantity == other)
}
