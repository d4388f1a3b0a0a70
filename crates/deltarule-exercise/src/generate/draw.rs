//! Draws the numbers of an exercise: one decimal, small, never 0 where a product would vanish.
//!
//! The numbers of try k of seed s come from the stream (s, exercise, k) of [`deltarule::random`], in this order: for each
//! layer its weights row by row and its biases; the place of the unit that is saturated or dead; for each part and each of
//! its examples the inputs and the targets. A number is drawn as an index into the list of what it may be.

use deltarule::random::{Purpose, Random};
use deltarule::{Activation, Loss, Network};
use ndarray::{Array1, Array2};

use crate::exercise::{Example, Exercise, Part, Task};

use super::recipe::{Feature, Recipe, StartFrom};
use super::unit;

/// What an input may be.
const INPUTS: [f64; 7] = [-1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 0.2];
/// The same where signs are not wanted.
const POSITIVE_INPUTS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 0.2];
/// The largest bias, in tenths.
const BIAS: usize = 5;

/// The unit that is to be saturated or dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Special {
    /// Its layer, 0 being the first after the inputs.
    pub(super) layer: usize,
    /// Its row.
    pub(super) unit: usize,
}

/// A candidate, and the unit that was made special in it.
pub(super) fn candidate(
    recipe: &Recipe,
    attempt: u64,
) -> deltarule::Result<(Exercise, Option<Special>)> {
    let mut random = Random::new(recipe.seed, Purpose::Exercise, attempt);
    let activations = recipe.activations();
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for pair in recipe.layers.windows(2) {
        let largest = largest_weight(pair[0]);
        weights.push(Array2::from_shape_fn((pair[1], pair[0]), |_| {
            signed_tenths(&mut random, largest)
        }));
        biases.push(Array1::from_shape_fn(pair[1], |_| {
            if recipe.biases { signed_tenths(&mut random, BIAS) } else { 0.0 }
        }));
    }
    let special = recipe.feature.and_then(|feature| special(recipe, feature, &mut random));
    if let (Some(special), Some(feature)) = (special, recipe.feature) {
        let activation = activations[special.layer];
        make_special(recipe, feature, special, activation, &mut weights, &mut biases, &mut random);
    }
    let mut builder = Network::<f64>::builder(recipe.layers[0]);
    for (&units, &activation) in recipe.layers[1..].iter().zip(&activations) {
        builder = builder.layer(units, activation);
    }
    let network = builder.weights(weights).biases(biases).build()?;
    let parts = parts(recipe, &mut random);
    let (title, digits) = (recipe.title(), recipe.digits);
    Ok((Exercise { title, network, loss: recipe.loss, digits, parts }, special))
}

/// The largest weight in tenths: with more inputs weights are smaller, so that net inputs stay between about −2 and 2.
fn largest_weight(inputs: usize) -> usize {
    match inputs {
        0..=5 => 9,
        6..=9 => 7,
        10..=16 => 5,
        _ => 3,
    }
}

/// One of ±0.1, ±0.2, … up to this many tenths.
fn signed_tenths(random: &mut Random, largest: usize) -> f64 {
    let drawn = random.below(2 * largest);
    // Tenths by division: 3 · 0.1 is not the number that 0.3 is read as.
    let size = (drawn / 2 + 1) as f64 / 10.0;
    if drawn.is_multiple_of(2) { size } else { -size }
}

fn one_of(random: &mut Random, numbers: &[f64]) -> f64 {
    numbers[random.below(numbers.len())]
}

/// Which unit is made special: one of the first hidden layer that can be, else of the outputs.
fn special(recipe: &Recipe, feature: Feature, random: &mut Random) -> Option<Special> {
    let fits = |f: &Activation| match feature {
        Feature::Saturated => unit::can_saturate(*f),
        Feature::DeadUnit => *f == Activation::Relu,
    };
    let layer = recipe.activations().iter().position(fits)?;
    Some(Special { layer, unit: random.below(recipe.layers[layer + 1]) })
}

/// By its bias where there are biases, else by weights that are large.
fn make_special(
    recipe: &Recipe,
    feature: Feature,
    special: Special,
    activation: Activation,
    weights: &mut [Array2<f64>],
    biases: &mut [Array1<f64>],
    random: &mut Random,
) {
    let bias = match feature {
        Feature::Saturated => unit::saturating_bias(activation),
        Feature::DeadUnit => -4.0,
    };
    // What makes a softmax sure of one class makes it sure that it is no other.
    let both_sides = activation.is_elementwise()
        && activation.saturation().is_some_and(|saturation| saturation.both_ends);
    let bias = if both_sides && random.below(2) == 0 { -bias } else { bias };
    if recipe.biases {
        biases[special.layer][special.unit] = bias;
        return;
    }
    for weight in weights[special.layer].row_mut(special.unit) {
        let size = match feature {
            Feature::Saturated => 2.0 + random.below(3) as f64,
            Feature::DeadUnit => weight.abs(),
        };
        *weight = size * bias.signum();
    }
}

fn parts(recipe: &Recipe, random: &mut Random) -> Vec<Part> {
    // Large weights of one sign do what they are for only where the inputs do not cancel.
    let positive = recipe.feature.is_some() && !recipe.biases;
    let inputs: &[f64] = if positive { &POSITIVE_INPUTS } else { &INPUTS };
    let mut parts: Vec<Part> = Vec::with_capacity(recipe.tasks.len());
    for (name, &task) in ('a'..='z').zip(&recipe.tasks) {
        let count = if task == Task::Classify { 1 } else { recipe.examples };
        let has_targets = task != Task::Classify;
        let mut labels = Labels::new(recipe.outputs(), random);
        let examples = (0..count).map(|_| {
            let x = (0..recipe.layers[0]).map(|_| one_of(random, inputs)).collect();
            let t = has_targets.then(|| targets(recipe, labels.next(), random));
            Example { x, t }
        });
        let examples = examples.collect();
        let is_update = |part: &Part| matches!(part.task, Task::Update { .. });
        let start = match recipe.start {
            StartFrom::Trained => parts.iter().rposition(is_update),
            StartFrom::Initial => None,
        };
        let mut options = recipe.options;
        if !matches!(task, Task::Gradient | Task::Update { .. }) {
            // A forward pass has no gradients that these could change.
            options.l2 = 0.0;
            options.train_biases = true;
        }
        let digits = recipe.digits;
        parts.push(Part { name: name.to_string(), task, start, examples, options, digits });
    }
    parts
}

/// The classes of the examples of a part: all of them in turn, in random order.
struct Labels {
    order: Vec<usize>,
    given: usize,
}

impl Labels {
    fn new(classes: usize, random: &mut Random) -> Self {
        let mut order: Vec<usize> = (0..classes).collect();
        random.shuffle(&mut order);
        Self { order, given: 0 }
    }

    fn next(&mut self) -> usize {
        let class = self.order[self.given % self.order.len()];
        self.given += 1;
        class
    }
}

/// Targets that the loss and the outputs are made for.
fn targets(recipe: &Recipe, class: usize, random: &mut Random) -> Vec<f64> {
    let outputs = recipe.outputs();
    let one_hot = |low: f64| (0..outputs).map(|i| if i == class { 1.0 } else { low }).collect();
    let either = |random: &mut Random, low: f64| if random.below(2) == 0 { low } else { 1.0 };
    let mut each = |draw: &mut dyn FnMut(&mut Random) -> f64| -> Vec<f64> {
        (0..outputs).map(|_| draw(random)).collect()
    };
    match recipe.loss {
        // With t = 0 alone there would be no loss.
        Loss::CrossEntropy => one_hot(0.0),
        Loss::BinaryCrossEntropy => each(&mut |random| either(random, 0.0)),
        // Counts.
        Loss::Poisson => each(&mut |random| random.below(5) as f64),
        Loss::SquaredError
        | Loss::SumSquaredError
        | Loss::MeanSquaredError
        | Loss::AbsoluteError
        | Loss::Huber => match recipe.output_activation.range() {
            (Some(low), Some(_)) if outputs > 1 => one_hot(low),
            (Some(low), Some(_)) => each(&mut |random| either(random, low)),
            (Some(0.0), None) => each(&mut |random| (random.below(20) + 1) as f64 / 10.0),
            (_, _) => each(&mut |random| signed_tenths(random, 15)),
        },
    }
}
