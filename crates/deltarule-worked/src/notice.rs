//! What to notice: remarks that are found from the numbers of a step.

use deltarule::trace::{BackwardTrace, Bounded};
use deltarule::{Activation, Optimizer, Sgd};
use deltarule_document::{Math, Matrix, Prose};
use ndarray::{ArrayView1, ArrayView2};

use crate::derivation::{OutputDelta, output_delta};
use crate::step::{Context, Update};

/// f′ of a sigmoid or tanh unit below this counts as saturated.
const SATURATED: f64 = 0.02;
/// Where one of the other activations with a flat side is that flat, for a net input below this.
const FLAT_SIDE: f64 = -3.0;
/// At most this many units are named one by one.
const NAMED: usize = 3;
/// In layers of more units than this not every unit is compared with every other.
const COMPARED: usize = 200;

/// What becomes of units that have the same parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    /// The step moves them alike.
    Stays,
    /// The step tells them apart.
    Parts,
    /// They compute the same, and no more is to be said.
    Computes,
}

impl Alike {
    /// The remark on these units; `act` is who acts as one: "The layer acts".
    fn words(self, units: &str, act: &str) -> String {
        match self {
            Self::Stays => format!(
                "{units} began with the same weights and biases, so they compute the same output. Their outgoing weights are \
                 the same too, so they get the same delta and the same update, and stay identical. {act} as one unit. \
                 Random initial weights break this symmetry."
            ),
            Self::Parts => format!(
                "{units} began with the same weights and biases, so they compute the same output. Their deltas differ, since \
                 their outgoing weights do, and this update tells them apart."
            ),
            Self::Computes => format!(
                "{units} have the same weights and biases, so they compute the same output. {act} as one unit."
            ),
        }
    }
}

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
            self.rounding(&update, &mut remarks);
        }
        if !remarks.is_empty() {
            self.heading("What to notice");
            self.document.list(remarks);
        }
    }

    fn prose(&self, words: &str) -> Prose {
        self.style.notation.prose(words)
    }

    /// Units of a layer that have the same parameters, and whether the step tells them apart.
    fn identical_units(&self, remarks: &mut Vec<Prose>) {
        let mut whole: [Vec<String>; 3] = Default::default();
        let mut some: Vec<(Alike, Vec<usize>, usize)> = Vec::new();
        for layer in 1..self.last() {
            for units in self.alike(layer) {
                let alike = self.fate(layer, &units);
                if units.len() == self.numbers.network.layers()[layer - 1].units() {
                    whole[alike as usize].push(layer.to_string());
                } else {
                    some.push((alike, units, layer));
                }
            }
        }
        for alike in [Alike::Stays, Alike::Parts, Alike::Computes] {
            let layers = &whole[alike as usize];
            if !layers.is_empty() {
                let word = if layers.len() == 1 { "layer" } else { "layers" };
                let each =
                    if layers.len() == 1 { "The layer acts" } else { "Each of these layers acts" };
                let units = format!("All units of {word} {}", list(layers, 8));
                remarks.push(self.prose(&alike.words(&units, each)));
            }
        }
        for (alike, units, layer) in some {
            let units: Vec<String> = units.iter().map(|unit| (unit + 1).to_string()).collect();
            let units = format!("Units {} of layer {layer}", list(&units, 8));
            remarks.push(self.prose(&alike.words(&units, "They act")));
        }
    }

    /// Groups of units of a layer that have the same weights and biases.
    fn alike(&self, layer: usize) -> Vec<Vec<usize>> {
        let network = self.numbers.network;
        let (w, b) = (network.weights(layer - 1), network.biases(layer - 1));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        // Large layers are looked through for one value only: comparing every unit with every other would take long.
        let most = if w.nrows() > COMPARED { 1 } else { w.nrows() };
        for unit in 0..w.nrows() {
            let same = |first: usize| w.row(first) == w.row(unit) && b[first] == b[unit];
            match groups.iter().position(|group| same(group[0])) {
                Some(group) => groups[group].push(unit),
                None if groups.len() < most => groups.push(vec![unit]),
                None => {}
            }
        }
        groups.retain(|group| group.len() > 1);
        groups
    }

    /// What becomes of units that are alike before the step.
    fn fate(&self, layer: usize, units: &[usize]) -> Alike {
        let Some(update) = self.numbers.update else { return Alike::Computes };
        let outgoing = self.numbers.network.weights(layer);
        let same_outgoing =
            units.iter().all(|unit| outgoing.column(*unit) == outgoing.column(units[0]));
        let (w, b) = (&update.trace.weights[layer - 1], &update.trace.biases[layer - 1]);
        let alike_after = nearly_equal_rows(w.value.view(), w.bound.view(), units)
            && nearly_equal_rows(b.value.t(), b.bound.t(), units);
        match (alike_after, same_outgoing) {
            (true, true) => Alike::Stays,
            (false, false) => Alike::Parts,
            // Nothing reached them, or what the optimiser remembers of them differs.
            (true, false) | (false, true) => Alike::Computes,
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
            let which = self.which(&here);
            let because = self.why_zero(backward, layer, &here);
            let mut words = format!("$δ^[{layer}]$ is 0 for {which}: {because}.");
            if here.len() == self.examples() {
                let below =
                    if layer > 1 { " Nothing reaches the layers below it either." } else { "" };
                words += &format!(" Layer {layer} gets no gradient in this step.{below}");
            }
            remarks.push(self.prose(&words));
        }
    }

    /// Why nothing of the deltas above arrives at a layer, for these examples.
    fn why_zero(&self, backward: &BackwardTrace, layer: usize, examples: &[usize]) -> String {
        let up = layer + 1;
        let w = self.numbers.network.weights(layer);
        let (above, slopes) = (&backward.delta[layer], self.slopes(layer));
        if w.iter().all(|v| *v == 0.0) {
            return format!(
                "all weights $w^[{up}]$ are 0, so nothing is carried back through them"
            );
        }
        let sums_to_zero = examples.iter().all(|&e| {
            let row = above.value.row(e);
            let rounding =
                above.bound.row(e).sum() + 1e-15 * row.iter().map(|d| d.abs()).sum::<f64>();
            row.sum().abs() <= rounding
        });
        if all_rows_equal(w) && sums_to_zero && w.nrows() > 1 {
            return format!(
                "the rows of $w^[{up}]$ are equal, so every unit below gets the sum of the deltas $δ^[{up}]$ of the example \
                 times one weight, and these deltas sum to 0"
            );
        }
        if examples.iter().all(|&e| slopes.row(e).iter().all(|slope| *slope == 0.0)) {
            return "the derivative of every unit is 0 there".into();
        }
        // Unit by unit: whether there is anything to add up, and whether it adds up to 0.
        let shown = above.shown();
        let (mut nothing, mut cancelled, mut flat) = (false, false, false);
        for &e in examples {
            for unit in 0..w.ncols() {
                let terms = || (0..w.nrows()).map(|i| w[[i, unit]] * shown[[e, i]]);
                let size: f64 = terms().map(f64::abs).sum();
                let rounding: f64 =
                    (0..w.nrows()).map(|i| w[[i, unit]].abs() * above.bound[[e, i]]).sum();
                if size == 0.0 {
                    nothing = true;
                } else if terms().sum::<f64>().abs() <= rounding + 1e-14 * size {
                    cancelled = true;
                } else {
                    flat = true;
                }
            }
        }
        let product = format!("$(w^[{up}])^T δ^[{up}]$");
        match (nothing, cancelled, flat) {
            (true, false, false) => format!(
                "in {product} every delta that is not 0 meets only weights that are 0, so nothing is carried back"
            ),
            (_, true, false) => {
                format!("in {product} the contributions of the deltas above cancel")
            }
            _ => format!("where {product} is not 0, the derivative of the unit is 0"),
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
            let bounded = match f {
                Activation::Sigmoid | Activation::Tanh => true,
                Activation::Elu
                | Activation::Selu
                | Activation::Softplus
                | Activation::Exp
                | Activation::Silu
                | Activation::Gelu
                | Activation::Mish => false,
                Activation::Softmax => {
                    self.saturated_softmax(remarks);
                    continue;
                }
                // Dead units are told of elsewhere.
                Activation::Identity | Activation::Relu | Activation::LeakyRelu => continue,
            };
            // Where the derivative cancels against that of the loss, a flat output holds nothing back.
            let pair = output_delta(self.numbers.loss, f);
            if layer == self.last() && pair != OutputDelta::Elementwise {
                continue;
            }
            let slopes = self.slopes(layer);
            let z = &self.numbers.trace.z[layer - 1].value;
            let found: Vec<(usize, usize)> = slopes
                .indexed_iter()
                .filter(|(at, slope)| slope.abs() < SATURATED && (bounded || z[*at] < FLAT_SIDE))
                .map(|(at, _)| at)
                .collect();
            let Some(&(example, unit)) = found.first() else { continue };
            let z = z[[example, unit]];
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
        let quantity = self.quantity("x", Some(last));
        remarks.push(
            self.prose(&format!("The outputs are saturated{}: the largest is ", self.of_example(example)))
                .and_math(Math::number(x[[example, unit]], unit, example, quantity))
                .and(", so every entry of the Jacobian is small, and little of an error gets through it."),
        );
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
        let (Some(before), Some(backward), Some(losses)) =
            (self.numbers.trace.total_loss, &self.numbers.trace.backward, &self.numbers.trace.loss)
        else {
            return;
        };
        let after = update.trace.total_loss_after;
        let number = |name: &str, value: f64| Math::number(value, 0, 0, self.quantity(name, None));
        let these = if self.examples() > 1 { "these examples" } else { "this example" };
        let from_to = |verb: &str| {
            Prose::text(format!("The loss of {these} {verb} from "))
                .and_math(number("total_loss", before))
                .and_text(" to ")
                .and_math(number("total_loss_after", after))
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
            let why = if rose { self.why_uphill(update) } else { "." };
            remarks.push(from_to(if rose { "rose" } else { "fell" }).and(why));
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
                .and(self.why_uphill(update)),
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
    fn rounding(&self, update: &Update<'_>, remarks: &mut Vec<Prose>) {
        let scaled = match update.optimizer {
            Optimizer::Adam(_) | Optimizer::AdamW(_) => "divides by the size of the gradient",
            Optimizer::Rprop(_) => "looks at the sign of the gradient only",
            Optimizer::Sgd(_) | Optimizer::Lbfgs(_) => return,
        };
        let Some(backward) = &self.numbers.trace.backward else { return };
        let noise = |gradients: &[Bounded]| {
            gradients.iter().any(|g| {
                g.value
                    .iter()
                    .zip(&g.bound)
                    .any(|(value, bound)| *value != 0.0 && value.abs() <= *bound)
            })
        };
        // The running mean of Adam can be more than rounding, from the steps before: then the step is no rounding either.
        let (weights, biases) = match (update.optimizer, update.trace.optimizer_state.first()) {
            (Optimizer::Adam(_) | Optimizer::AdamW(_), Some((_, weights, biases))) => {
                (weights, biases)
            }
            _ => (&backward.grad_weights, &backward.grad_biases),
        };
        if noise(weights) || (self.numbers.options.train_biases && noise(biases)) {
            let words = format!(
                "Some gradients are 0 but for the rounding of the computation, and shown as 0. This optimiser {scaled}, so that \
                 rounding moves their parameters; with exact arithmetic they would not move."
            );
            remarks.push(Prose::text(words));
        }
    }

    fn nothing_moved(&self, update: &Update<'_>) -> bool {
        let network = self.numbers.network;
        (0..network.layers().len()).all(|l| {
            update.trace.weights[l].value == network.weights(l)
                && update.trace.biases[l].value.row(0) == network.biases(l)
        })
    }

    /// How much the loss changes to first order: its gradient, without the L2 penalty, times the step.
    fn first_order(&self, update: &Update<'_>, backward: &BackwardTrace) -> f64 {
        let network = self.numbers.network;
        let l2 = self.numbers.options.l2;
        let mut sum = 0.0;
        for l in 0..network.layers().len() {
            let (before, after) = (network.weights(l), &update.trace.weights[l].value);
            for (at, g) in backward.grad_weights[l].shown().indexed_iter() {
                sum += (g - l2 * before[at]) * (after[at] - before[at]);
            }
            let (before, after) = (network.biases(l), &update.trace.biases[l].value);
            for ((_, unit), g) in backward.grad_biases[l].shown().indexed_iter() {
                sum += g * (after[[0, unit]] - before[unit]);
            }
        }
        sum
    }

    /// Why a step goes where the loss rises from the start.
    fn why_uphill(&self, update: &Update<'_>) -> &'static str {
        let penalty = self.numbers.options.l2 > 0.0;
        match update.optimizer {
            _ if penalty && update.steps_before == 0 => {
                ". The step also makes the L2 penalty smaller, which is not in this loss."
            }
            Optimizer::AdamW(o) if o.weight_decay > 0.0 && update.steps_before == 0 => {
                ". The decay of the weights moves them whatever the loss does."
            }
            Optimizer::Sgd(_) if penalty => {
                ". The step also makes the L2 penalty smaller, which is not in this loss, or goes on with the velocity of the steps before."
            }
            Optimizer::Sgd(_) => {
                ". The step is not against this gradient alone: the velocity goes on with the steps before."
            }
            Optimizer::Adam(_) | Optimizer::AdamW(_) => {
                ". The step is not against this gradient alone: the running means go on with the gradients before."
            }
            Optimizer::Rprop(_) | Optimizer::Lbfgs(_) => {
                ". The step is not against this gradient alone: where a sign turned, the step before is taken back."
            }
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

/// Whether these rows agree but for rounding.
fn nearly_equal_rows(
    values: ArrayView2<'_, f64>,
    bounds: ArrayView2<'_, f64>,
    rows: &[usize],
) -> bool {
    let first = rows[0];
    rows.iter().all(|&r| {
        (0..values.ncols()).all(|c| {
            (values[[r, c]] - values[[first, c]]).abs() <= bounds[[r, c]] + bounds[[first, c]]
        })
    })
}
