//! What to notice: remarks that are found from the numbers of a step.

use deltarule::trace::BackwardTrace;
use deltarule::{Activation, Optimizer, Sgd};
use deltarule_document::{Math, Matrix, Prose};
use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::derivation::{OutputDelta, output_delta};
use crate::step::{Context, Update};

/// f′ of a sigmoid or tanh unit below this counts as saturated.
const SATURATED: f64 = 0.02;
/// At most this many units are named one by one.
const NAMED: usize = 3;

impl Context<'_, '_> {
    pub(crate) fn notice(&mut self) {
        let mut remarks = Vec::new();
        self.identical_units(&mut remarks);
        if let Some(backward) = &self.numbers.trace.backward {
            self.zero_deltas(backward, &mut remarks);
            self.zero_inputs(backward, &mut remarks);
        }
        self.saturated(&mut remarks);
        self.dead(&mut remarks);
        self.sums(&mut remarks);
        if let Some(update) = self.numbers.update {
            self.change_of_loss(&update, &mut remarks);
        }
        if !remarks.is_empty() {
            self.heading("What to notice");
            self.document.list(remarks);
        }
    }

    fn prose(&self, words: &str) -> Prose {
        self.style.notation.prose(words)
    }

    /// Layers whose units have the same parameters, and whether the step tells them apart.
    fn identical_units(&self, remarks: &mut Vec<Prose>) {
        let (mut stay, mut part, mut only) = (Vec::new(), Vec::new(), Vec::new());
        for layer in 1..self.last() {
            let network = self.numbers.network;
            let (w, b) = (network.weights(layer - 1), network.biases(layer - 1));
            if w.nrows() < 2 || !all_rows_equal(w) || b.iter().any(|v| *v != b[0]) {
                continue;
            }
            let alike_after = self.numbers.update.map(|update| {
                let (w, b) = (&update.trace.weights[layer - 1], &update.trace.biases[layer - 1]);
                nearly_equal_rows(w.value.view(), w.bound.view())
                    && nearly_equal_rows(b.value.t(), b.bound.t())
            });
            let same_outgoing = all_rows_equal(network.weights(layer).t());
            match alike_after {
                Some(true) if same_outgoing => stay.push(layer.to_string()),
                Some(false) => part.push(layer.to_string()),
                Some(true) | None => only.push(layer.to_string()),
            }
        }
        let in_layers = |layers: &[String]| {
            let word = if layers.len() == 1 { "layer" } else { "layers" };
            format!("All units of {word} {}", list(layers, 8))
        };
        let each = |layers: &[String]| {
            if layers.len() == 1 {
                "The layer acts as one unit."
            } else {
                "Each of these layers acts as one unit."
            }
        };
        if !stay.is_empty() {
            remarks.push(self.prose(&format!(
                "{} began with the same weights and biases, so they compute the same output. Their outgoing weights are \
                 the same too, so they get the same delta and the same update, and stay identical. {} Random initial \
                 weights break this symmetry.",
                in_layers(&stay),
                each(&stay)
            )));
        }
        if !part.is_empty() {
            remarks.push(self.prose(&format!(
                "{} began with the same weights and biases, so they compute the same output. Their deltas differ, since \
                 their outgoing weights do, and this update tells them apart.",
                in_layers(&part)
            )));
        }
        if !only.is_empty() {
            remarks.push(self.prose(&format!(
                "{} have the same weights and biases, so they compute the same output. {}",
                in_layers(&only),
                each(&only)
            )));
        }
    }

    /// Deltas that are 0 for an example although the deltas above are not, and why.
    fn zero_deltas(&self, backward: &BackwardTrace, remarks: &mut Vec<Prose>) {
        let last = self.last();
        let zero = |layer: usize| -> Vec<usize> {
            let shown = backward.delta[layer - 1].shown();
            (0..shown.nrows()).filter(|&e| shown.row(e).iter().all(|d| *d == 0.0)).collect()
        };
        let at_outputs = zero(last);
        if !at_outputs.is_empty() {
            let x = &self.numbers.trace.x[last - 1].value;
            let met = self.numbers.targets.is_some_and(|t| {
                at_outputs
                    .iter()
                    .all(|&e| (x.row(e).to_owned() - t.row(e)).iter().all(|d| d.abs() < 1e-12))
            });
            let because = if met {
                "the outputs are their targets"
            } else {
                "the outputs are not their targets, but the slope of the loss with respect to every net input is 0 there"
            };
            let words = format!(
                "The delta of the outputs is 0 for {}: {because}. Nothing is learned from that.",
                self.which(&at_outputs)
            );
            remarks.push(self.prose(&words));
        }
        for layer in (1..last).rev() {
            let above = zero(layer + 1);
            let here: Vec<usize> = zero(layer).into_iter().filter(|e| !above.contains(e)).collect();
            if here.is_empty() {
                continue;
            }
            let (up, which) = (layer + 1, self.which(&here));
            let w = self.numbers.network.weights(layer);
            let deltas = backward.delta[layer].shown();
            let sums_to_zero = here.iter().all(|&e| {
                let row = backward.delta[layer].value.row(e);
                let bound = backward.delta[layer].bound.row(e).sum();
                row.sum().abs() <= bound + 1e-15 * row.iter().map(|d| d.abs()).sum::<f64>()
            });
            let slopes = self.slopes(layer);
            let flat = here.iter().all(|&e| slopes.row(e).iter().all(|s| *s == 0.0));
            let because = if w.iter().all(|v| *v == 0.0) {
                format!("all weights $w^[{up}]$ are 0, so nothing is carried back through them")
            } else if all_rows_equal(w) && sums_to_zero && w.nrows() > 1 {
                format!(
                    "the rows of $w^[{up}]$ are equal, so every unit below gets the sum of the deltas $δ^[{up}]$ of the example \
                     times one weight, and these deltas sum to 0"
                )
            } else if flat {
                "the derivative of every unit is 0 there".to_string()
            } else {
                format!(
                    "in $(w^[{up}])^T δ^[{up}]$ the contributions of the {} deltas above cancel, or meet units whose derivative is 0",
                    deltas.ncols()
                )
            };
            let mut words = format!("$δ^[{layer}]$ is 0 for {which}: {because}.");
            if here.len() == self.examples() {
                let below =
                    if layer > 1 { " Nothing reaches the layers below it either." } else { "" };
                words += &format!(" Layer {layer} gets no gradient in this step.{below}");
            }
            remarks.push(self.prose(&words));
        }
    }

    /// Inputs that are 0 in every example: their weights have no gradient.
    fn zero_inputs(&self, backward: &BackwardTrace, remarks: &mut Vec<Prose>) {
        let input = &self.numbers.trace.input;
        let zero: Vec<usize> =
            (0..input.ncols()).filter(|&j| input.column(j).iter().all(|v| *v == 0.0)).collect();
        let moves = backward.delta[0].shown().iter().any(|d| *d != 0.0);
        if zero.is_empty() || !moves || self.numbers.options.l2 > 0.0 {
            return;
        }
        let all = if self.examples() > 1 { " in every example" } else { "" };
        let (inputs, columns) = match zero.as_slice() {
            [one] => (format!("Input {} is", one + 1), format!("column {}", one + 1)),
            many => {
                let list = list(&many.iter().map(|j| (j + 1).to_string()).collect::<Vec<_>>(), 8);
                (format!("Inputs {list} are"), format!("columns {list}"))
            }
        };
        let words = format!(
            "{inputs} 0{all}, so {columns} of $∂E/∂w^[1]$ {} 0: a weight learns only where its input is not 0.",
            if zero.len() == 1 { "is" } else { "are" }
        );
        remarks.push(self.prose(&words));
    }

    /// Units far out on the flat part of their activation.
    fn saturated(&self, remarks: &mut Vec<Prose>) {
        for layer in 1..=self.last() {
            let f = self.activation(layer);
            if !matches!(f, Activation::Sigmoid | Activation::Tanh) {
                continue;
            }
            // Where the derivative cancels against that of the loss, a flat output holds nothing back.
            let pair = output_delta(self.numbers.loss, f);
            if layer == self.last() && pair != OutputDelta::Elementwise {
                continue;
            }
            let slopes = self.slopes(layer);
            let found: Vec<(usize, usize)> =
                slopes.indexed_iter().filter(|(_, s)| **s < SATURATED).map(|(at, _)| at).collect();
            let Some(&(example, unit)) = found.first() else { continue };
            let z = self.numbers.trace.z[layer - 1].value[[example, unit]];
            let slope = slopes[[example, unit]];
            let of = self.of_example(example);
            let mut prose = self
                .prose(&format!("Unit {} of layer {layer} is saturated{of}: $f'(z)$ = ", unit + 1))
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
                    self.quantity("z", Some(layer)),
                )))
                .and(", so little of an error gets through it.");
            if found.len() > 1 {
                prose = prose.and(&format!(
                    " The same holds for {} more {} of $f'(z^[{layer}])$.",
                    found.len() - 1,
                    if found.len() == 2 { "entry" } else { "entries" }
                ));
            }
            remarks.push(prose);
        }
    }

    /// Rectified units that no example switches on.
    fn dead(&self, remarks: &mut Vec<Prose>) {
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
                "{units} {} of layer {layer} {verb} $z ≤ 0${all}: the output is 0, $f'(z)$ is 0, and nothing reaches the weights below {them}. If it is so for all examples of a training, such units are dead.",
                list(&dead, NAMED)
            );
            remarks.push(self.prose(&words));
        }
    }

    /// What the outputs of an example sum to.
    fn sums(&self, remarks: &mut Vec<Prose>) {
        let last = self.last();
        if self.numbers.network.outputs() < 2 {
            return;
        }
        let x = &self.numbers.trace.x[last - 1].value;
        let sum = |example: usize| {
            Math::Number(Matrix::number(
                x.row(example).sum(),
                0,
                example,
                self.quantity("output_sum", Some(last)),
            ))
        };
        match self.activation(last) {
            Activation::Softmax => remarks.push(self.prose(
                "The outputs of an example sum to 1: softmax turns the net inputs into a distribution over the classes.",
            )),
            Activation::Sigmoid => {
                let of = if self.examples() > 1 { " of the first example" } else { "" };
                remarks.push(
                    self.prose(&format!("The outputs{of} sum to "))
                        .and_math(sum(0))
                        .and(": sigmoid outputs are probabilities one by one and need not sum to 1."),
                );
            }
            _ => {}
        }
    }

    /// Whether the loss of the same examples rose or fell, and how that compares with the slope.
    fn change_of_loss(&self, update: &Update<'_>, remarks: &mut Vec<Prose>) {
        let (Some(before), Some(backward)) =
            (self.numbers.trace.total_loss, &self.numbers.trace.backward)
        else {
            return;
        };
        let after = update.trace.total_loss_after;
        let number = |name: &str, value: f64| Math::number(value, 0, 0, self.quantity(name, None));
        let from_to = |verb: &str| {
            Prose::text(format!("The loss of these examples {verb} from "))
                .and_math(number("total_loss", before))
                .and_text(" to ")
                .and_math(number("total_loss_after", after))
        };
        // What the tangent promises: η times the squared norm of the gradient, for plain gradient descent.
        let promised = match update.optimizer {
            Optimizer::Sgd(Sgd { momentum: 0.0, learning_rate, .. })
                if self.numbers.options.l2 == 0.0 =>
            {
                let square = |values: &Array2<f64>| values.iter().map(|v| v * v).sum::<f64>();
                let weights: f64 = backward.grad_weights.iter().map(|g| square(&g.shown())).sum();
                let biases: f64 = backward.grad_biases.iter().map(|g| square(&g.shown())).sum();
                let trained = if self.numbers.options.train_biases { biases } else { 0.0 };
                Some(learning_rate * (weights + trained))
            }
            _ => None,
        };
        if after > before {
            let mut prose = from_to("rose");
            prose = match promised {
                Some(promised) => prose
                    .and(": against the gradient it falls at first, and were it a straight line, this step would lower it by $η$ times the sum of the squares of all gradient entries, ")
                    .and_math(number("promised_decrease", promised))
                    .and(". The step is so long that it went past the dip: the learning rate is too large here."),
                None => prose.and(": the step of this optimiser is not $η$ times the gradient, so that a single one may go uphill."),
            };
            remarks.push(prose);
        } else if after == before {
            remarks.push(from_to("did not change:").and("."));
        } else if let Some(promised) = promised.filter(|p| *p > 0.0) {
            let prose = from_to("fell")
                .and(", by ")
                .and_math(number("decrease", before - after))
                .and("; to first order it falls by $η$ times the sum of the squares of all gradient entries, ")
                .and_math(number("promised_decrease", promised))
                .and(if (before - after) < 0.5 * promised {
                    ": far less came of it, since the step is long enough for the slope to change on the way."
                } else {
                    "."
                });
            remarks.push(prose);
        }
    }

    fn of_example(&self, example: usize) -> String {
        if self.examples() > 1 {
            format!(" for example {}", self.numbers.examples[example])
        } else {
            String::new()
        }
    }

    /// "the example", "example 2", "every example"
    fn which(&self, columns: &[usize]) -> String {
        if self.examples() == 1 {
            return "the example".into();
        }
        if columns.len() == self.examples() {
            return "every example".into();
        }
        let numbers: Vec<String> =
            columns.iter().map(|c| self.numbers.examples[*c].to_string()).collect();
        let word = if numbers.len() == 1 { "example" } else { "examples" };
        format!("{word} {}", list(&numbers, 8))
    }
}

/// "1, 2 and 3"; more than `most` are cut off: "1, 2 and 17 more".
fn list(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        many if many.len() > most => {
            format!("{} and {} more", many[..most].join(", "), many.len() - most)
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn all_rows_equal(matrix: ArrayView2<'_, f64>) -> bool {
    let first: Option<ArrayView1<'_, f64>> = matrix.rows().into_iter().next();
    first.is_some_and(|first| matrix.rows().into_iter().all(|row| row == first))
}

/// Whether rows agree but for rounding.
fn nearly_equal_rows(values: ArrayView2<'_, f64>, bounds: ArrayView2<'_, f64>) -> bool {
    (0..values.nrows()).all(|r| {
        (0..values.ncols())
            .all(|c| (values[[r, c]] - values[[0, c]]).abs() <= bounds[[r, c]] + bounds[[0, c]])
    })
}
