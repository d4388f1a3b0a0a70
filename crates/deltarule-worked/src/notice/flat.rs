//! Units on a flat part of their activation: saturated, or dead.

use deltarule::Activation;
use deltarule::trace::Quantity;
use deltarule_document::{Math, Matrix, Prose};

use super::list;
use crate::derivation::{OutputDelta, output_delta};
use crate::step::Context;

/// f′ of a sigmoid or tanh unit below this counts as saturated.
const SATURATED: f64 = 0.02;
/// Where one of the other activations with a flat side is that flat, for a net input below this.
const FLAT_SIDE: f64 = -3.0;
/// At most this many units are named one by one.
const NAMED: usize = 3;

impl Context<'_, '_> {
    /// Units far out on the flat part of their activation.
    pub(super) fn saturated(&self, remarks: &mut Vec<Prose>) {
        for layer in 1..=self.last() {
            let f = self.activation(layer);
            if f == Activation::Softmax {
                self.saturated_softmax(remarks);
                continue;
            }
            // Dead units are told of elsewhere.
            let Some(saturation) = f.saturation() else { continue };
            // Where the derivative cancels against that of the loss, a flat output holds nothing back.
            let pair = output_delta(self.numbers.loss, f);
            if layer == self.last() && pair != OutputDelta::Elementwise {
                continue;
            }
            let slopes = self.slopes(layer);
            let z = &self.numbers.trace.z[layer - 1].value;
            let found: Vec<(usize, usize)> = slopes
                .indexed_iter()
                .filter(|(at, slope)| {
                    slope.abs() < SATURATED && (saturation.both_ends || z[*at] < FLAT_SIDE)
                })
                .map(|(at, _)| at)
                .collect();
            let Some(&(example, unit)) = found.first() else { continue };
            let z = z[[example, unit]];
            let slope = slopes[[example, unit]];
            let of = self.of_example(example);
            let letter = self.f(layer);
            let mut prose = self
                .prose(&format!(
                    "Unit {} of layer {layer} is saturated{of}: ${letter}'(z)$ = ",
                    unit + 1
                ))
                .and_math(Math::Number(Matrix::number(
                    slope,
                    unit,
                    example,
                    self.quantity("derivative", Some(layer)),
                )))
                .and_text(" at ")
                .and("$z$ = ")
                .and_math(Math::Number(Matrix::number(
                    z,
                    unit,
                    example,
                    self.place_of(Quantity::Z(layer)),
                )))
                .and(", so little of an error gets through it.");
            if found.len() > 1 {
                prose = prose.and(&format!(
                    " The same holds for {} more {} of ${letter}'(z^[{layer}])$.",
                    found.len() - 1,
                    if found.len() == 2 { "entry" } else { "entries" }
                ));
            }
            remarks.push(prose);
        }
    }

    /// Softmax outputs so sure that every entry of their Jacobian is small.
    fn saturated_softmax(&self, remarks: &mut Vec<Prose>) {
        let last = self.last();
        let jacobian =
            output_delta(self.numbers.loss, Activation::Softmax) == OutputDelta::Jacobian;
        if self.numbers.trace.backward.is_none() || !jacobian {
            return;
        }
        let x = &self.numbers.trace.x[last - 1].value;
        let best = |example: usize| deltarule::metrics::argmax(x.row(example));
        let sure = |example: &usize| {
            let largest = x[[*example, best(*example)]];
            largest > 0.5 && largest * (1.0 - largest) < SATURATED
        };
        let Some(example) = (0..x.nrows()).find(sure) else { return };
        let unit = best(example);
        let quantity = self.place_of(Quantity::X(last));
        remarks.push(
            self.prose(&format!("The outputs are saturated{}: the largest is ", self.of_example(example)))
                .and_math(Math::number(x[[example, unit]], unit, example, quantity))
                .and(", so every entry of the Jacobian is small, and little of an error gets through it."),
        );
    }

    /// Rectified units that no example switches on.
    pub(super) fn dead(&self, remarks: &mut Vec<Prose>) {
        for layer in 1..=self.last() {
            if self.activation(layer) != Activation::Relu {
                continue;
            }
            let z = &self.numbers.trace.z[layer - 1].value;
            let dead: Vec<String> = (0..z.ncols())
                .filter(|&unit| z.column(unit).iter().all(|v| *v <= 0.0))
                .map(|unit| (unit + 1).to_string())
                .collect();
            if dead.is_empty() {
                continue;
            }
            let all = if self.examples() > 1 { " for every example" } else { "" };
            let (units, verb, them) =
                if dead.len() == 1 { ("Unit", "has", "it") } else { ("Units", "have", "them") };
            let words = format!(
                "{units} {} of layer {layer} {verb} $z ≤ 0${all}: the output is 0, ${}'(z)$ is 0, and nothing reaches the weights below {them}. If it is so for all examples of a training, such units are dead.",
                list(&dead, NAMED),
                self.f(layer)
            );
            remarks.push(self.prose(&words));
        }
    }

    /// Rectified units that some examples switch on and others do not.
    pub(super) fn off_for_some(&self, remarks: &mut Vec<Prose>) {
        for layer in 1..=self.last() {
            if self.activation(layer) != Activation::Relu {
                continue;
            }
            let z = &self.numbers.trace.z[layer - 1].value;
            let off: Vec<String> = (0..z.ncols())
                .filter_map(|unit| {
                    let rows = 0..z.nrows();
                    let off: Vec<usize> = rows.filter(|&e| z[[e, unit]] <= 0.0).collect();
                    let some = !off.is_empty() && off.len() < z.nrows();
                    some.then(|| format!("unit {} for {}", unit + 1, self.which(&off)))
                })
                .collect();
            if off.is_empty() {
                continue;
            }
            let words = format!(
                "Off in layer {layer}, with $z ≤ 0$: {}. There the output and ${}'(z)$ are 0, and the weights below such a unit \
                 learn nothing from such an example.",
                list(&off, NAMED),
                self.f(layer)
            );
            remarks.push(self.prose(&words));
        }
    }
}
