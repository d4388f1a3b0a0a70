//! What the update did to the loss, and what only rounding moved.

use deltarule::trace::{BackwardTrace, Bounded, Quantity, UpdateTrace};
use deltarule::{Optimizer, Sgd};
use deltarule_document::{Math, Prose};

use super::list;
use crate::catalogue;
use crate::step::Context;

impl Context<'_, '_> {
    /// Whether the loss of the same examples rose or fell, and how that compares with the slope.
    pub(super) fn change_of_loss(&self, update: &UpdateTrace, remarks: &mut Vec<Prose>) {
        let (Some(before), Some(backward), Some(losses)) =
            (self.numbers.trace.total_loss, &self.numbers.trace.backward, &self.numbers.trace.loss)
        else {
            return;
        };
        let after = update.total_loss_after;
        let number = |name: &str, value: f64| Math::number(value, 0, 0, self.quantity(name, None));
        let total = |of: Quantity, value: f64| Math::number(value, 0, 0, self.place_of(of));
        let these = if self.examples() > 1 { "these examples" } else { "this example" };
        let from_to = |verb: &str| {
            Prose::text(format!("The loss of {these} {verb} from "))
                .and_math(total(Quantity::TotalLoss, before))
                .and_text(" to ")
                .and_math(total(Quantity::TotalLossAfter, after))
        };
        // A difference that is rounding tells nothing.
        if (after - before).abs() <= 2.0 * losses.bound.sum() {
            let gradients = backward.grad_weights.iter().chain(&backward.grad_biases);
            let why = if gradients.flat_map(|g| g.shown()).all(|g| g == 0.0) {
                ": its gradient is 0."
            } else if self.nothing_moved(update) {
                ": no parameter moved."
            } else {
                " but for rounding."
            };
            remarks.push(Prose::text(format!("The loss of {these} did not change{why}")));
            return;
        }
        let slope = self.first_order(update, backward);
        let plain = matches!(update.optimizer, Optimizer::Sgd(Sgd { momentum: 0.0, .. }))
            && self.numbers.options.l2 == 0.0;
        let how = if plain {
            "$η$ times the sum of the squares of all gradient entries, "
        } else {
            "every gradient entry times the change of its parameter, added up, "
        };
        let size = number("first_order_change", slope.abs());
        let rose = after > before;
        if slope == 0.0 {
            let why = if rose { self.why_uphill(update) } else { ".".into() };
            remarks.push(from_to(if rose { "rose" } else { "fell" }).and(&why));
            return;
        }
        let prose = match (rose, slope < 0.0) {
            (true, true) => from_to("rose")
                .and(&format!(": to first order it falls by {how}"))
                .and_math(size)
                .and(if plain {
                    ". The step is so long that it went past the dip: the learning rate is too large here."
                } else {
                    ". The step is so long that it went past the dip."
                }),
            (true, false) => from_to("rose")
                .and(&format!(": even to first order it rises by {how}"))
                .and_math(size)
                .and(&self.why_uphill(update)),
            (false, true) => {
                let fall = before - after;
                from_to("fell")
                    .and(", by ")
                    .and_math(number("decrease", fall))
                    .and(&format!("; to first order it falls by {how}"))
                    .and_math(size)
                    .and(if fall < -0.5 * slope {
                        ": far less came of it, since the step is long enough for the slope to change on the way."
                    } else if fall > -1.5 * slope {
                        ": far more came of it, since the slope grows on the way."
                    } else {
                        "."
                    })
            }
            (false, false) => from_to("fell")
                .and(&format!(", although to first order it rises by {how}"))
                .and_math(size)
                .and(": the step is long enough for the slope to change on the way."),
        };
        remarks.push(prose);
    }

    /// Parameters that an optimiser moves although their gradient is 0 but for rounding.
    pub(super) fn rounding(&self, update: &UpdateTrace, remarks: &mut Vec<Prose>) {
        let Some(scaled) = catalogue::optimizer(&update.optimizer).rescales else { return };
        let Some(backward) = &self.numbers.trace.backward else { return };
        let noise = |g: &Bounded| {
            let mut entries = g.value.iter().zip(&g.bound);
            entries.any(|(value, bound)| *value != 0.0 && value.abs() <= *bound)
        };
        // A running mean can be more than rounding, from the steps before: then the step is no rounding either, or, by
        // that of the squares alone, it is far too small to see.
        let mean = update.state.iter().find(|vector| matches!(vector.name, "m" | "v"));
        let (weights, biases) = match mean {
            Some(mean) => (&mean.weights, &mean.biases),
            None => (&backward.grad_weights, &backward.grad_biases),
        };
        let trains = self.numbers.options.train_biases;
        let mut which: Vec<String> = Vec::new();
        for l in (0..self.last()).rev() {
            for (letter, noisy) in [("w", noise(&weights[l])), ("b", trains && noise(&biases[l]))] {
                if noisy {
                    which.push(format!("$∂E/∂{letter}^[{}]$", l + 1));
                }
            }
        }
        if !which.is_empty() {
            let words = format!(
                "Entries of {} are 0 but for the rounding of the computation, and shown as 0. This optimiser {scaled}, so that \
                 rounding moves their parameters; with exact arithmetic they would not move.",
                list(&which, 8)
            );
            remarks.push(self.prose(&words));
        }
    }

    /// Adam's first step has the size of the learning rate, whatever that of the gradient.
    pub(super) fn first_step_of_adam(&self, update: &UpdateTrace, remarks: &mut Vec<Prose>) {
        let (rate, epsilon, decays) = match &update.optimizer {
            Optimizer::Adam(o) => (o.learning_rate, o.epsilon, false),
            Optimizer::AdamW(o) => (o.learning_rate, o.epsilon, o.weight_decay > 0.0),
            _ => return,
        };
        let Some(backward) = &self.numbers.trace.backward else { return };
        let biases: &[Bounded] =
            if self.numbers.options.train_biases { &backward.grad_biases } else { &[] };
        let gradients = backward.grad_weights.iter().chain(biases).flat_map(Bounded::shown);
        let moving: Vec<f64> = gradients.filter(|g| *g != 0.0).collect();
        // Where ε counts beside the gradient, the step is shorter.
        let clear = |g: &f64| g.abs() / (g.abs() + epsilon) > 0.99;
        if update.step != 1 || moving.is_empty() || !moving.iter().all(clear) {
            return;
        }
        let apart = if decays { ", apart from the decay of the weights" } else { "" };
        remarks.push(
            self.prose("Adam's first step moves every parameter whose gradient is not 0 by about $η$ = ")
                .and_math(self.given("learning_rate", rate))
                .and(&format!(
                    "{apart}, whatever the size of the gradient: $m / (1 − β_1)$ is the gradient then, and the root of $v / (1 − β_2)$ its size, \
                     so that only the sign is left."
                )),
        );
    }

    fn nothing_moved(&self, update: &UpdateTrace) -> bool {
        let network = self.numbers.network;
        (0..network.layers().len()).all(|l| {
            update.weights[l].value == network.weights(l)
                && update.biases[l].value.row(0) == network.biases(l)
        })
    }

    /// How much the loss changes to first order: its gradient, without the L2 penalty, times the step.
    fn first_order(&self, update: &UpdateTrace, backward: &BackwardTrace) -> f64 {
        let network = self.numbers.network;
        let l2 = self.numbers.options.l2;
        let mut sum = 0.0;
        for l in 0..network.layers().len() {
            let (before, after) = (network.weights(l), &update.weights[l].value);
            for (at, g) in backward.grad_weights[l].shown().indexed_iter() {
                sum += (g - l2 * before[at]) * (after[at] - before[at]);
            }
            let (before, after) = (network.biases(l), &update.biases[l].value);
            for ((_, unit), g) in backward.grad_biases[l].shown().indexed_iter() {
                sum += g * (after[[0, unit]] - before[unit]);
            }
        }
        sum
    }

    /// Why a step goes where the loss rises from the start.
    fn why_uphill(&self, update: &UpdateTrace) -> String {
        let penalty = self.numbers.options.l2 > 0.0;
        let decays = update.optimizer.get("weight_decay").is_some_and(|decay| decay > 0.0);
        let is_first = update.step == 1;
        if penalty && is_first {
            ". The step also makes the L2 penalty smaller, which is not in this loss.".into()
        } else if decays && is_first {
            ". The decay of the weights moves them whatever the loss does.".into()
        } else if penalty && matches!(update.optimizer, Optimizer::Sgd(_)) {
            ". The step also makes the L2 penalty smaller, which is not in this loss, or goes on with the velocity of the steps before.".into()
        } else {
            let goes_on = catalogue::optimizer(&update.optimizer).goes_on;
            format!(". The step is not against this gradient alone: {goes_on}.")
        }
    }
}
