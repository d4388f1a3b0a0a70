//! With one example per step, `loss` and `total_loss` are the same number, which is asked for once.

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

/// Takes out of a marking what was answered under its other name, or under neither.
pub(super) fn ask_once(marking: &mut Marking, exercise: &Exercise) {
    for (marked, part) in marking.parts.iter_mut().zip(&exercise.parts) {
        if is_one_number(part) {
            keep_answered(marked);
        }
    }
}

fn keep_answered(part: &mut PartMarking) {
    let missing = |quantity: Quantity| -> Vec<usize> {
        let of_it = part.quantities.iter().filter(|q| q.quantity == quantity);
        of_it.filter(|q| q.verdict == Verdict::Missing).map(|q| q.step).collect()
    };
    let (loss, total) = (missing(Quantity::Loss), missing(Quantity::TotalLoss));
    part.quantities.retain(|q| match q.quantity {
        Quantity::TotalLoss => total.binary_search(&q.step).is_err(),
        // Where neither is answered, the loss stays and is not answered.
        Quantity::Loss => {
            loss.binary_search(&q.step).is_err() || total.binary_search(&q.step).is_ok()
        }
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
