//! A part computed in the order in which a student does, from the student's own numbers where there are any, under none or
//! some of the wrong rules.
//!
//! Each quantity is computed twice from what stands before it: by the right formula and, where a deviation touches it, by
//! the wrong one. What the student wrote then takes the place of what was computed, and everything later follows from it.

use std::collections::HashMap;

use deltarule::trace::Reduction;
use deltarule::{Activation, Network, Optimizer, OptimizerState};
use ndarray::{Array2, Axis, concatenate};

use super::answers::Written;
use super::approx::{Approx, Matrix, activate, by_example, exact, exact_matrix, product};
use super::deviation::{
    Deviation, Divided, Factor, Input, OtherDelta, Shown, Source, without_learning_rate,
};
use super::formulas;
use super::precision::{MarkingOptions, Precision, agrees};
use super::quantity::Quantity;
use crate::exercise::{Example, Exercise, Mode, Part, Task};

/// What a student wrote in a part: by step and quantity.
pub(super) type PartAnswers = HashMap<(usize, Quantity), Array2<Option<Written>>>;

/// The parameters of a network, a matrix and a column per layer.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) weights: Vec<Matrix>,
    pub(super) biases: Vec<Matrix>,
}

impl Parameters {
    /// Those that an exercise gives, which are exact.
    pub(super) fn initial(network: &Network<f64>) -> Self {
        let layers = 0..network.layers().len();
        Self {
            weights: layers.clone().map(|l| exact_matrix(network.weights(l))).collect(),
            biases: layers.map(|l| exact_matrix(network.biases(l).insert_axis(Axis(1)))).collect(),
        }
    }

    fn values(&self) -> Vec<f64> {
        flat(&self.weights, &self.biases).iter().map(|a| a.value).collect()
    }
}

/// Layer by layer the weights, then the biases.
fn flat(weights: &[Matrix], biases: &[Matrix]) -> Vec<Approx> {
    weights.iter().zip(biases).flat_map(|(w, b)| w.iter().chain(b).copied()).collect()
}

/// A quantity as it was computed and as it is used by what comes after it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// By the right formula.
    pub(super) plain: Matrix,
    /// By the wrong one, where a deviation touches it.
    pub(super) ruled: Option<Matrix>,
    /// With the student's numbers in their places.
    pub(super) used: Matrix,
}

impl Node {
    pub(super) fn computed(&self) -> &Matrix {
        self.ruled.as_ref().unwrap_or(&self.plain)
    }

    /// Whether the wrong formula makes a difference here.
    pub(super) fn is_touched(&self) -> bool {
        self.ruled.as_ref().is_some_and(|ruled| {
            let differ = |(a, b): (&Approx, &Approx)| {
                (a.value - b.value).abs() > 1e-9 * (a.value.abs() + b.value.abs()) + 1e-14
            };
            ruled.dim() != self.plain.dim() || ruled.iter().zip(&self.plain).any(differ)
        })
    }
}

/// Every quantity of a step.
pub(super) type StepRun = HashMap<Quantity, Node>;

/// Every step of a part.
#[derive(Clone, Debug)]
pub(super) struct PartRun {
    pub(super) steps: Vec<StepRun>,
    pub(super) end: Parameters,
}

/// How a part is to be computed.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) deviations: &'a [Deviation],
    pub(super) answers: Option<&'a PartAnswers>,
    pub(super) precision: Precision,
    pub(super) options: MarkingOptions,
    /// Whether f′ is computed from z even where it is usual to take it from x.
    pub(super) derivative_from_z: bool,
}

/// Computes a part. `ends` holds the parameters that each earlier part ended with.
pub(super) fn run_part(
    exercise: &Exercise,
    index: usize,
    ends: &[Parameters],
    conditions: &Conditions<'_>,
) -> PartRun {
    let part = &exercise.parts[index];
    let start = conditions
        .deviations
        .iter()
        .find_map(|d| if let Deviation::WrongStart(start) = d { Some(*start) } else { None })
        .unwrap_or(part.start);
    let start = match start {
        Some(earlier) => ends[earlier].clone(),
        None => Parameters::initial(&exercise.network),
    };
    let all: Vec<usize> = (0..part.examples.len()).collect();
    let Task::Update { optimizer, mode, epochs } = part.task else {
        let chain = Chain { exercise, part, conditions, step: 0, column: None, optimizer: None };
        let memory = Memory::none();
        let (run, _, _) = chain.step(&all, &start, &start, &memory);
        return PartRun { steps: vec![run], end: start };
    };
    let mut current = start;
    let mut memory = Memory::of(&optimizer, &exercise.network);
    let mut steps: Vec<StepRun> = Vec::new();
    let batch_for_online = conditions.deviations.contains(&Deviation::BatchForOnline);
    let online_for_batch = conditions
        .deviations
        .iter()
        .find_map(|d| if let Deviation::OnlineForBatch(shown) = d { Some(*shown) } else { None });
    for _ in 0..epochs {
        let epoch_start = current.clone();
        let groups: Vec<Vec<usize>> = match mode {
            Mode::Batch => vec![all.clone()],
            Mode::Online => all.iter().map(|&i| vec![i]).collect(),
        };
        for group in groups {
            let chain = Chain {
                exercise,
                part,
                conditions,
                step: steps.len(),
                column: None,
                optimizer: Some(optimizer),
            };
            let (run, next, next_memory) = match online_for_batch {
                Some(shown) if group.len() > 1 => {
                    chain.one_by_one(&group, &current, &memory, shown)
                }
                _ => {
                    let forward = if batch_for_online { &epoch_start } else { &current };
                    chain.step(&group, forward, &current, &memory)
                }
            };
            steps.push(run);
            (current, memory) = (next, next_memory);
        }
    }
    PartRun { steps, end: current }
}

/// What an optimiser remembers, with the errors of its vectors.
#[derive(Clone, Debug)]
struct Memory {
    state: Option<OptimizerState<f64>>,
    drift: Vec<Vec<f64>>,
}

impl Memory {
    fn none() -> Self {
        Self { state: None, drift: Vec::new() }
    }

    fn of(optimizer: &Optimizer, network: &Network<f64>) -> Self {
        let state = optimizer.new_state::<f64>(network.parameter_count());
        let drift = state.vectors.iter().map(|v| vec![0.0; v.len()]).collect();
        Self { state: Some(state), drift }
    }
}

/// The next parameters and state, before the student's own take their place.
struct Updated {
    parameters: Parameters,
    memory: Memory,
}

/// One step of a part.
struct Chain<'a> {
    exercise: &'a Exercise,
    part: &'a Part,
    conditions: &'a Conditions<'a>,
    step: usize,
    /// The only example of the step that this is about, where examples are gone through one by one.
    column: Option<usize>,
    optimizer: Option<Optimizer>,
}

impl Chain<'_> {
    fn has(&self, deviation: Deviation) -> bool {
        self.conditions.deviations.contains(&deviation)
    }

    /// The first deviation that a function knows what to do with.
    fn find<T>(&self, f: impl Fn(Deviation) -> Option<T>) -> Option<T> {
        self.conditions.deviations.iter().find_map(|d| f(*d))
    }

    fn depth(&self) -> usize {
        self.exercise.network.layers().len()
    }

    fn activation(&self, layer: usize) -> Activation {
        self.exercise.network.layers()[layer - 1].activation()
    }

    /// What the student wrote for a quantity of this step.
    fn written(&self, quantity: Quantity) -> Option<Array2<Option<Written>>> {
        let answers = self.conditions.answers?.get(&(self.step, quantity))?;
        match self.column {
            None => Some(answers.clone()),
            Some(column) if quantity.is_per_example() => Some(answers.select(Axis(1), &[column])),
            Some(_) => None,
        }
    }

    /// What is used of a computed matrix: rounded as an intermediate result, with the student's numbers in their places.
    fn used(&self, quantity: Quantity, computed: &Matrix) -> Matrix {
        let precision = &self.conditions.precision;
        let mut used = computed.mapv(|a| a.noted_as(Some(quantity), precision));
        let Some(written) = self.written(quantity) else { return used };
        for ((used, computed), written) in used.iter_mut().zip(computed).zip(&written) {
            let Some(written) = written else { continue };
            let agree = agrees(written, *computed, precision, &self.conditions.options);
            // A number that is right may have been used with more digits than were written: then it is off by what was
            // written wrongly, and by what it was off itself, but never by more than its last digit.
            let unit = 2.0 * precision.half_unit(written.value);
            let drift = if agree {
                ((computed.value - written.value).abs() + computed.drift).min(unit)
            } else {
                precision.half_unit(written.value)
            };
            *used = Approx { value: written.value, drift };
        }
        used
    }

    /// Adds a quantity, and gives what is used of it.
    fn add(
        &self,
        run: &mut StepRun,
        quantity: Quantity,
        plain: Matrix,
        ruled: Option<Matrix>,
    ) -> Matrix {
        let used = self.used(quantity, ruled.as_ref().unwrap_or(&plain));
        run.insert(quantity, Node { plain, ruled, used: used.clone() });
        used
    }

    /// x^[0], a column per example.
    fn inputs(&self, group: &[usize]) -> Matrix {
        let inputs = self.exercise.network.inputs();
        Array2::from_shape_fn((inputs, group.len()), |(i, e)| {
            exact(self.part.examples[group[e]].x[i])
        })
    }

    fn targets(&self, group: &[usize]) -> Option<Vec<Vec<f64>>> {
        let targets = |&i: &usize| -> Option<Vec<f64>> {
            let example: &Example = &self.part.examples[i];
            example.t.clone()
        };
        group.iter().map(targets).collect()
    }

    /// What a sum over the examples is divided by.
    fn divisor(&self, examples: usize) -> f64 {
        if self.part.options.reduction == Reduction::Mean { examples as f64 } else { 1.0 }
    }

    /// One step with all its examples: `forward` are the parameters that it computes with, `current` those that it changes.
    fn step(
        &self,
        group: &[usize],
        forward: &Parameters,
        current: &Parameters,
        memory: &Memory,
    ) -> (StepRun, Parameters, Memory) {
        let mut run = StepRun::new();
        let x = self.inputs(group);
        self.forward(&mut run, &x, forward, true);
        let targets = self.targets(group);
        if let Some(targets) = &targets {
            self.losses(&mut run, targets);
        }
        let mut next = (current.clone(), memory.clone());
        if let (Task::Gradient | Task::Update { .. }, Some(targets)) = (self.part.task, &targets) {
            self.backward(&mut run, &x, targets, forward, current, memory);
            if self.optimizer.is_some() {
                next = self.update(&mut run, current, memory);
                self.after(&mut run, group, targets, &next.0);
            }
        }
        if self.part.task == Task::Classify {
            self.classes(&mut run);
        }
        (run, next.0, next.1)
    }

    /// z and x of every layer. `noted`: whether a student wrote them down.
    fn forward(&self, run: &mut StepRun, x: &Matrix, parameters: &Parameters, noted: bool) {
        let mut below = x.clone();
        for l in 1..=self.depth() {
            let without = product(&parameters.weights[l - 1], &below);
            let bias = &parameters.biases[l - 1];
            let plain =
                Array2::from_shape_fn(without.dim(), |(i, e)| without[[i, e]].plus(bias[[i, 0]]));
            let missing = self.find(|d| match d {
                Deviation::BiasMissingInZ(scope) => Some(scope),
                _ => None,
            });
            let ruled = missing.filter(|s| s.holds(l, self.depth())).map(|_| without);
            let z = self.add_if(noted, run, Quantity::Z(l), plain, ruled);
            let missing = self.find(|d| match d {
                Deviation::ActivationMissing(scope) => Some(scope),
                _ => None,
            });
            let ruled = missing.filter(|s| s.holds(l, self.depth())).map(|_| z.clone());
            let plain = activate(self.activation(l), &z);
            below = self.add_if(noted, run, Quantity::X(l), plain, ruled);
        }
    }

    /// Adds a quantity that the student wrote down, or one that was only computed on the way.
    fn add_if(
        &self,
        noted: bool,
        run: &mut StepRun,
        quantity: Quantity,
        plain: Matrix,
        ruled: Option<Matrix>,
    ) -> Matrix {
        if noted {
            return self.add(run, quantity, plain, ruled);
        }
        let used = ruled.as_ref().unwrap_or(&plain).mapv(|a| a.noted(&self.conditions.precision));
        run.insert(quantity, Node { plain, ruled, used: used.clone() });
        used
    }

    /// The loss of each example by the right formula, from the outputs of a run.
    fn loss_of(&self, run: &StepRun, targets: &[Vec<f64>]) -> Matrix {
        let depth = self.depth();
        let (z, x) = (&run[&Quantity::Z(depth)].used, &run[&Quantity::X(depth)].used);
        let (loss, output) = (self.exercise.loss, self.activation(depth));
        let from_x =
            by_example(z, x, 1, |_, x, e| vec![formulas::loss_from_outputs(loss, x, &targets[e])]);
        if !formulas::belong_together(output, z, x) {
            return from_x;
        }
        // A student takes the logarithm of the outputs, rounded as they are.
        let from_z = by_example(z, x, 1, |z, x, e| vec![loss.value(output, z, x, &targets[e])]);
        widened(from_z, &from_x)
    }

    /// The loss of each example with the deviations.
    fn wrong_loss(&self, plain: &Matrix) -> Option<Matrix> {
        let factor = self.find(|d| match d {
            Deviation::LossFactor { factor, of: Factor::Both | Factor::Loss } => Some(factor),
            _ => None,
        })?;
        Some(plain.mapv(|a| a.scaled(factor)))
    }

    /// The total by the right formula, and with the deviations.
    fn totals(&self, losses: &Matrix) -> (Matrix, Option<Matrix>) {
        let n = losses.len();
        let sum = losses.iter().fold(Approx::default(), |sum, a| sum.plus(*a));
        let divisor = self.divisor(n);
        let wrong = self.find(|d| match d {
            Deviation::MeanForSum(Divided::LossAndGradients | Divided::Loss | Divided::Deltas) => {
                Some(n as f64)
            }
            Deviation::SumForMean => Some(1.0),
            _ => None,
        });
        let scalar = |a: Approx| Array2::from_elem((1, 1), a);
        (scalar(sum.scaled(1.0 / divisor)), wrong.map(|divisor| scalar(sum.scaled(1.0 / divisor))))
    }

    fn losses(&self, run: &mut StepRun, targets: &[Vec<f64>]) {
        let plain = self.loss_of(run, targets);
        let ruled = self.wrong_loss(&plain);
        let losses = self.add(run, Quantity::Loss, plain, ruled);
        let (plain, ruled) = self.totals(&losses);
        self.add(run, Quantity::TotalLoss, plain, ruled);
    }

    /// The loss of the same examples under the new parameters.
    fn after(&self, run: &mut StepRun, group: &[usize], targets: &[Vec<f64>], next: &Parameters) {
        let mut second = StepRun::new();
        self.forward(&mut second, &self.inputs(group), next, false);
        let losses = self.loss_of(&second, targets);
        let wrong = self.wrong_loss(&losses);
        let noted = wrong.as_ref().unwrap_or(&losses).mapv(|a| a.noted(&self.conditions.precision));
        let (total, wrong_total) = self.totals(&noted);
        let changed = wrong_total.is_some() || wrong.is_some();
        let ruled = if self.has(Deviation::LossBeforeForAfter) {
            Some(run[&Quantity::TotalLoss].used.clone())
        } else {
            changed.then(|| wrong_total.unwrap_or_else(|| total.clone()))
        };
        // By the right formula from the same outputs.
        let plain = if wrong.is_some() {
            self.totals(&losses.mapv(|a| a.noted(&self.conditions.precision))).0
        } else {
            total
        };
        self.add(run, Quantity::TotalLossAfter, plain, ruled);
    }

    fn classes(&self, run: &mut StepRun) {
        let x = &run[&Quantity::X(self.depth())].used;
        let classes: Vec<Approx> = x
            .columns()
            .into_iter()
            .map(|column| {
                let values = column.mapv(|a| a.value);
                let best = deltarule::metrics::argmax(values.view());
                let ties = |i: &usize| values[best] - values[*i] <= 4.0 * f64::EPSILON;
                exact((1 + (0..values.len()).find(ties).unwrap_or(best)) as f64)
            })
            .collect();
        let plain = Array2::from_shape_fn((1, classes.len()), |(_, e)| classes[e]);
        run.insert(Quantity::Class, Node { used: plain.clone(), plain, ruled: None });
    }

    /// Deltas from the last layer to the first, and each layer's gradients.
    fn backward(
        &self,
        run: &mut StepRun,
        x: &Matrix,
        targets: &[Vec<f64>],
        forward: &Parameters,
        current: &Parameters,
        memory: &Memory,
    ) {
        let depth = self.depth();
        for l in (1..=depth).rev() {
            let (plain, ruled) = if l == depth {
                self.output_delta(run, targets)
            } else {
                self.hidden_delta(run, l, forward, current, memory)
            };
            self.add(run, Quantity::Delta(l), plain, ruled);
            self.gradients(run, l, x, forward);
        }
    }

    fn output_delta(&self, run: &StepRun, targets: &[Vec<f64>]) -> (Matrix, Option<Matrix>) {
        let depth = self.depth();
        let (z, x) = (&run[&Quantity::Z(depth)].used, &run[&Quantity::X(depth)].used);
        let (loss, output) = (self.exercise.loss, self.activation(depth));
        let units = x.nrows();
        let from_z = self.conditions.derivative_from_z;
        let from_x = by_example(z, x, units, |z, x, e| {
            formulas::output_delta_from_outputs(loss, output, z, x, &targets[e], from_z)
        });
        let plain = if formulas::belong_together(output, z, x) {
            let own = by_example(z, x, units, |z, x, e| {
                let mut delta = vec![0.0; units];
                loss.output_delta(output, z, x, &targets[e], &mut delta);
                delta
            });
            widened(own, &from_x)
        } else {
            from_x
        };
        // ∂E/∂x ∘ something in place of f′
        let with_slope = |slope: &dyn Fn(f64, f64) -> f64| {
            by_example(z, x, units, |z, x, e| {
                let g = formulas::loss_gradient(loss, x, &targets[e]);
                g.iter().zip(z.iter().zip(x)).map(|(g, (&z, &x))| g * slope(z, x)).collect()
            })
        };
        let core = self.find(|d| match d {
            Deviation::MissingOutputDerivative => Some(with_slope(&|_, _| 1.0)),
            Deviation::SoftmaxJacobianDiagonal => Some(with_slope(&|_, x| x * (1.0 - x))),
            Deviation::DeltaOfOtherLoss(OtherDelta::Difference) => {
                Some(by_example(z, x, units, |_, x, e| {
                    x.iter().zip(&targets[e]).map(|(x, t)| x - t).collect()
                }))
            }
            Deviation::DeltaOfOtherLoss(OtherDelta::DifferenceTimesSlope) => {
                Some(by_example(z, x, units, |z, x, e| {
                    let outputs = z.iter().zip(x).zip(&targets[e]);
                    outputs.map(|((&z, &x), t)| (x - t) * output.derivative(z, x)).collect()
                }))
            }
            Deviation::DeltaOfOtherLoss(OtherDelta::Of(other)) => {
                Some(by_example(z, x, units, |z, x, e| {
                    let mut delta = vec![0.0; units];
                    other.output_delta(output, z, x, &targets[e], &mut delta);
                    delta
                }))
            }
            other => {
                let slope = formulas::wrong_slope(other, output, depth, depth)?;
                Some(with_slope(&slope))
            }
        });
        let mut factor = 1.0;
        for deviation in self.conditions.deviations {
            factor *= match deviation {
                Deviation::DeltaSign => -1.0,
                Deviation::LossFactor { factor, of: Factor::Both | Factor::Delta } => *factor,
                Deviation::MeanForSum(Divided::Deltas) => 1.0 / x.ncols() as f64,
                _ => 1.0,
            };
        }
        let ruled = (core.is_some() || factor != 1.0)
            .then(|| core.unwrap_or_else(|| plain.clone()).mapv(|a| a.scaled(factor)));
        (plain, ruled)
    }

    fn hidden_delta(
        &self,
        run: &StepRun,
        l: usize,
        forward: &Parameters,
        current: &Parameters,
        memory: &Memory,
    ) -> (Matrix, Option<Matrix>) {
        let activation = self.activation(l);
        let precision = &self.conditions.precision;
        let above = &run[&Quantity::Delta(l + 1)].used;
        let (z, x) = (&run[&Quantity::Z(l)].used, &run[&Quantity::X(l)].used);
        let slopes = |f: &dyn Fn(f64, f64) -> f64| -> Matrix {
            Array2::from_shape_fn(z.dim(), |at| z[at].map2(x[at], f).noted(precision))
        };
        let from_z = self.conditions.derivative_from_z;
        let right_slope = |z: f64, x: f64| {
            let x = if from_z { activation.value(z) } else { x };
            activation.derivative(z, x)
        };
        let weights = &forward.weights[l];
        let right_sum = product(&weights.t().to_owned(), above).mapv(|a| a.noted(precision));
        let wrong_sum = self.find(|d| match d {
            Deviation::WeightsNotTransposed if weights.is_square() => Some(product(weights, above)),
            Deviation::WrongLayerWeights { layer, transposed } => {
                let other = &forward.weights[layer - 1];
                let other = if transposed { other.t().to_owned() } else { other.clone() };
                (layer != l + 1 && other.dim() == (x.nrows(), above.nrows()))
                    .then(|| product(&other, above))
            }
            Deviation::OutputWeightsUpdatedFirst if self.optimizer.is_some() => {
                let new = self.updated_early(run, l + 1, current, memory);
                Some(product(&new.t().to_owned(), above))
            }
            _ => None,
        });
        let wrong_slope = self.find(|d| match d {
            Deviation::MissingHiddenDerivative => Some(Array2::from_elem(z.dim(), exact(1.0))),
            other => {
                let slope = formulas::wrong_slope(other, activation, l, self.depth())?;
                Some(slopes(&slope))
            }
        });
        let times = |sum: &Matrix, slope: &Matrix| -> Matrix {
            Array2::from_shape_fn(sum.dim(), |at| sum[at].times(slope[at]))
        };
        let right_slopes = slopes(&right_slope);
        let plain = times(&right_sum, &right_slopes);
        let ruled = (wrong_sum.is_some() || wrong_slope.is_some()).then(|| {
            times(
                wrong_sum.as_ref().unwrap_or(&right_sum),
                wrong_slope.as_ref().unwrap_or(&right_slopes),
            )
        });
        (plain, ruled)
    }

    fn gradients(&self, run: &mut StepRun, l: usize, input: &Matrix, parameters: &Parameters) {
        let delta = run[&Quantity::Delta(l)].used.clone();
        let n = delta.ncols();
        let output_of = |layer: usize| -> Matrix {
            if layer == 0 { input.clone() } else { run[&Quantity::X(layer)].used.clone() }
        };
        let (below, own) = (output_of(l - 1), output_of(l));
        let l2 = self.part.options.l2;
        let weights = &parameters.weights[l - 1];
        let outer = |source: &Matrix| product(&delta, &source.t().to_owned());
        let with = |sum: &Matrix, divisor: f64| -> Matrix {
            let decay = |at: (usize, usize)| {
                if l2 == 0.0 { Approx::default() } else { weights[at].scaled(l2) }
            };
            Array2::from_shape_fn(sum.dim(), |at| {
                let mean = sum[at].scaled(1.0 / divisor);
                if l2 == 0.0 { mean } else { mean.plus(decay(at)) }
            })
        };
        let divisor = self.divisor(n);
        let wrong_divisor = self.find(|d| match d {
            Deviation::MeanForSum(Divided::LossAndGradients | Divided::Gradients) => Some(n as f64),
            Deviation::SumForMean => Some(1.0),
            _ => None,
        });
        let right = outer(&below);
        let wrong = self.find(|d| match d {
            Deviation::GradientTransposed if right.is_square() => Some(right.t().to_owned()),
            Deviation::WrongLayerOutput(source) => {
                let other = match source {
                    Source::Ones => Some(below.mapv(|_| exact(1.0))),
                    Source::NetInput if l > 1 => Some(run[&Quantity::Z(l - 1)].used.clone()),
                    Source::NetInput => None,
                    Source::Own => Some(own.clone()),
                    Source::Layer(k) if k == l - 1 => None,
                    Source::Layer(k) => Some(output_of(k)),
                };
                other.filter(|other| other.dim() == below.dim()).map(|other| outer(&other))
            }
            _ => None,
        });
        let ruled = (wrong.is_some() || wrong_divisor.is_some())
            .then(|| with(wrong.as_ref().unwrap_or(&right), wrong_divisor.unwrap_or(divisor)));
        let plain = with(&right, divisor);
        self.add(run, Quantity::GradWeights(l), plain, ruled);

        let sum = |factor: &dyn Fn(usize, usize) -> Approx| -> Matrix {
            Array2::from_shape_fn((delta.nrows(), 1), |(i, _)| {
                (0..n).fold(Approx::default(), |s, e| s.plus(delta[[i, e]].times(factor(i, e))))
            })
        };
        let column_sum =
            |e: usize| below.column(e).iter().fold(Approx::default(), |s, a| s.plus(*a));
        let right = sum(&|_, _| exact(1.0));
        let wrong = self.find(|d| {
            let Deviation::BiasGradientTimesInput(input) = d else { return None };
            match input {
                Input::Sum => Some(sum(&|_, e| column_sum(e))),
                Input::Mean => Some(sum(&|_, e| column_sum(e).scaled(1.0 / below.nrows() as f64))),
                Input::One(j) => (j < below.nrows()).then(|| sum(&|_, e| below[[j, e]])),
                Input::SameUnit => {
                    (below.nrows() == delta.nrows()).then(|| sum(&|i, e| below[[i, e]]))
                }
                Input::OwnOutput => Some(sum(&|i, e| own[[i, e]])),
            }
        });
        let scaled = |sum: &Matrix, divisor: f64| sum.mapv(|a| a.scaled(1.0 / divisor));
        let ruled = (wrong.is_some() || wrong_divisor.is_some())
            .then(|| scaled(wrong.as_ref().unwrap_or(&right), wrong_divisor.unwrap_or(divisor)));
        let plain = scaled(&right, divisor);
        self.add(run, Quantity::GradBiases(l), plain, ruled);
    }

    /// The gradients of the layers that have any yet, as the optimiser gets them.
    fn gradient_of(&self, run: &StepRun, train_biases: bool) -> Vec<Approx> {
        let layers = self.exercise.network.layers().iter().enumerate();
        let mut all = Vec::with_capacity(self.exercise.network.parameter_count());
        for (l, layer) in layers {
            let (units, inputs) = (layer.units(), layer.inputs());
            match run.get(&Quantity::GradWeights(l + 1)) {
                Some(node) => all.extend(node.used.iter().copied()),
                None => all.extend(vec![Approx::default(); units * inputs]),
            }
            match run.get(&Quantity::GradBiases(l + 1)) {
                Some(node) if train_biases => all.extend(node.used.iter().copied()),
                _ => all.extend(vec![Approx::default(); units]),
            }
        }
        all
    }

    /// The update by an optimiser; its errors are those of the gradient and the state pushed either way.
    fn apply(
        &self,
        optimizer: &Optimizer,
        run: &StepRun,
        current: &Parameters,
        memory: &Memory,
        train_biases: bool,
        divided: f64,
    ) -> Updated {
        let network = &self.exercise.network;
        let mut gradient = self.gradient_of(run, train_biases);
        if divided != 1.0 {
            gradient.iter_mut().for_each(|g| *g = g.scaled(1.0 / divided));
        }
        let objective = run[&Quantity::TotalLoss].used[[0, 0]].value
            + 0.5
                * self.part.options.l2
                * current.weights.iter().flatten().map(|w| w.value * w.value).sum::<f64>();
        let base = current.values();
        let pushed = |sign: f64| -> (Vec<f64>, Option<OptimizerState<f64>>) {
            let mut parameters = base.clone();
            let mut state = memory.state.clone();
            if let Some(state) = &mut state {
                for (vector, drift) in state.vectors.iter_mut().zip(&memory.drift) {
                    vector.iter_mut().zip(drift).for_each(|(v, d)| *v += sign * d);
                }
                let gradient: Vec<f64> =
                    gradient.iter().map(|g| g.value + sign * g.drift).collect();
                optimizer.update(
                    state,
                    optimizer.learning_rate(),
                    objective,
                    network.layers(),
                    &mut parameters,
                    &gradient,
                );
            }
            (parameters, state)
        };
        let (middle, state) = pushed(0.0);
        let (above, state_above) = pushed(1.0);
        let (below, state_below) = pushed(-1.0);
        let spread = |m: f64, a: f64, b: f64| (a - m).abs().max((b - m).abs());
        let old = flat(&current.weights, &current.biases);
        let values: Vec<Approx> = (0..middle.len())
            .map(|i| Approx {
                value: middle[i],
                drift: old[i].drift
                    + spread(middle[i], above[i], below[i])
                    + 4.0 * f64::EPSILON * (middle[i].abs() + base[i].abs()),
            })
            .collect();
        let drift = match (&state, &state_above, &state_below) {
            (Some(m), Some(a), Some(b)) => m
                .vectors
                .iter()
                .zip(a.vectors.iter().zip(&b.vectors))
                .map(|(m, (a, b))| {
                    (0..m.len())
                        .map(|i| spread(m[i], a[i], b[i]) + 4.0 * f64::EPSILON * m[i].abs())
                        .collect()
                })
                .collect(),
            _ => Vec::new(),
        };
        Updated { parameters: self.shaped(&values), memory: Memory { state, drift } }
    }

    /// Flat values as matrices.
    fn shaped(&self, values: &[Approx]) -> Parameters {
        let mut parameters = Parameters { weights: Vec::new(), biases: Vec::new() };
        for layer in self.exercise.network.layers() {
            let (units, inputs) = (layer.units(), layer.inputs());
            let weights = &values[layer.weight_range()];
            let biases = &values[layer.bias_range()];
            parameters
                .weights
                .push(Array2::from_shape_fn((units, inputs), |(i, j)| weights[i * inputs + j]));
            parameters.biases.push(Array2::from_shape_fn((units, 1), |(i, _)| biases[i]));
        }
        parameters
    }

    /// w^[l] after its update, which came before the deltas below.
    fn updated_early(
        &self,
        run: &StepRun,
        l: usize,
        current: &Parameters,
        memory: &Memory,
    ) -> Matrix {
        let Some(optimizer) = self.wrong_or_right_optimizer() else {
            return current.weights[l - 1].clone();
        };
        let updated =
            self.apply(&optimizer, run, current, memory, self.part.options.train_biases, 1.0);
        let mut weights = updated.parameters.weights[l - 1].clone();
        if self.has(Deviation::UpdateSign) {
            weights = reflected(&weights, &current.weights[l - 1]);
        }
        self.used(Quantity::Weights(l), &weights)
    }

    fn wrong_or_right_optimizer(&self) -> Option<Optimizer> {
        let optimizer = self.optimizer?;
        let missing = self.has(Deviation::LearningRateMissing);
        Some(if missing { without_learning_rate(optimizer) } else { optimizer })
    }

    fn update(
        &self,
        run: &mut StepRun,
        current: &Parameters,
        memory: &Memory,
    ) -> (Parameters, Memory) {
        let (Some(right), Some(wrong)) = (self.optimizer, self.wrong_or_right_optimizer()) else {
            return (current.clone(), memory.clone());
        };
        let train = self.part.options.train_biases;
        let plain = self.apply(&right, run, current, memory, train, 1.0);
        let divided = if self.has(Deviation::MeanForSum(Divided::Step)) {
            run[&Quantity::Z(1)].used.ncols() as f64
        } else {
            1.0
        };
        let wrong_train = train || self.has(Deviation::BiasUpdatedWhenFrozen);
        let ruled = (wrong != right || wrong_train != train || divided != 1.0)
            .then(|| self.apply(&wrong, run, current, memory, wrong_train, divided));
        let memory = self.state(run, &right, &plain, ruled.as_ref());
        self.parameters(run, current, &plain, ruled.as_ref(), &wrong, &memory)
    }

    /// The state's quantities, and the state with the student's numbers.
    fn state(
        &self,
        run: &mut StepRun,
        optimizer: &Optimizer,
        plain: &Updated,
        ruled: Option<&Updated>,
    ) -> Memory {
        let mut memory = ruled.unwrap_or(plain).memory.clone();
        let vector = |updated: &Updated, v: usize| -> Option<Parameters> {
            let state = updated.memory.state.as_ref()?;
            let values = state.vectors[v].iter().zip(&updated.memory.drift[v]);
            let values: Vec<Approx> =
                values.map(|(&value, &drift)| Approx { value, drift }).collect();
            Some(self.shaped(&values))
        };
        for (v, &name) in optimizer.state_names().iter().enumerate() {
            let (Some(right), wrong) = (vector(plain, v), ruled.and_then(|r| vector(r, v))) else {
                continue;
            };
            let mut used = Parameters { weights: Vec::new(), biases: Vec::new() };
            for l in 0..self.depth() {
                let wrong_weights = wrong.as_ref().map(|w| w.weights[l].clone());
                let quantity = Quantity::StateWeights(name, l + 1);
                used.weights.push(self.add(run, quantity, right.weights[l].clone(), wrong_weights));
                let wrong_biases = wrong.as_ref().map(|w| w.biases[l].clone());
                let quantity = Quantity::StateBiases(name, l + 1);
                used.biases.push(self.add(run, quantity, right.biases[l].clone(), wrong_biases));
            }
            if let Some(state) = &mut memory.state {
                let used = flat(&used.weights, &used.biases);
                state.vectors[v] = used.iter().map(|a| a.value).collect();
                memory.drift[v] = used.iter().map(|a| a.drift).collect();
            }
        }
        memory
    }

    fn parameters(
        &self,
        run: &mut StepRun,
        current: &Parameters,
        plain: &Updated,
        ruled: Option<&Updated>,
        wrong_optimizer: &Optimizer,
        memory: &Memory,
    ) -> (Parameters, Memory) {
        let from_state = |updated: &Updated, optimizer: &Optimizer| -> Parameters {
            let moved = formulas::moved_by_state(optimizer, &updated.memory.state, &memory.state);
            let mut values = flat(&updated.parameters.weights, &updated.parameters.biases);
            values.iter_mut().zip(moved).for_each(|(value, moved)| value.value += moved);
            self.shaped(&values)
        };
        let right = from_state(plain, &self.optimizer.unwrap_or(*wrong_optimizer));
        let wrong = ruled.map(|r| from_state(r, wrong_optimizer));
        let sign = self.has(Deviation::UpdateSign);
        let stay = self.find(|d| match d {
            Deviation::BiasNotUpdated(scope) => Some(scope),
            _ => None,
        });
        let mut next = Parameters { weights: Vec::new(), biases: Vec::new() };
        for l in 0..self.depth() {
            let (old_weights, old_biases) = (&current.weights[l], &current.biases[l]);
            let mut weights = wrong.as_ref().map(|w| w.weights[l].clone());
            let mut biases = wrong.as_ref().map(|w| w.biases[l].clone());
            if sign {
                let computed = weights.as_ref().unwrap_or(&right.weights[l]);
                weights = Some(reflected(computed, old_weights));
                let computed = biases.as_ref().unwrap_or(&right.biases[l]);
                biases = Some(reflected(computed, old_biases));
            }
            if stay.is_some_and(|scope| scope.holds(l + 1, self.depth())) {
                biases = Some(old_biases.clone());
            }
            next.weights.push(self.add(
                run,
                Quantity::Weights(l + 1),
                right.weights[l].clone(),
                weights,
            ));
            next.biases.push(self.add(
                run,
                Quantity::Biases(l + 1),
                right.biases[l].clone(),
                biases,
            ));
        }
        (next, memory.clone())
    }

    /// A batch gone through example by example, with an update after each.
    fn one_by_one(
        &self,
        group: &[usize],
        current: &Parameters,
        memory: &Memory,
        shown: Shown,
    ) -> (StepRun, Parameters, Memory) {
        let mut now = (current.clone(), memory.clone());
        let mut runs: Vec<StepRun> = Vec::new();
        for (column, &example) in group.iter().enumerate() {
            let chain = Chain { column: Some(column), ..*self };
            let (run, parameters, memory) = chain.step(&[example], &now.0, &now.0, &now.1);
            runs.push(run);
            now = (parameters, memory);
        }
        let mut run = StepRun::new();
        let columns = |quantity: Quantity| -> Option<Matrix> {
            let views: Vec<_> = runs
                .iter()
                .map(|r| r.get(&quantity).map(|n| n.computed().view()))
                .collect::<Option<_>>()?;
            concatenate(Axis(1), &views).ok()
        };
        for l in 1..=self.depth() {
            for quantity in [Quantity::Z(l), Quantity::X(l), Quantity::Delta(l)] {
                if let Some(plain) = columns(quantity) {
                    self.add(&mut run, quantity, plain, None);
                }
            }
        }
        if let Some(losses) = columns(Quantity::Loss) {
            let losses = self.add(&mut run, Quantity::Loss, losses, None);
            let (plain, ruled) = self.totals(&losses);
            self.add(&mut run, Quantity::TotalLoss, plain, ruled);
        }
        let last = runs.len() - 1;
        for l in 1..=self.depth() {
            for quantity in [Quantity::GradWeights(l), Quantity::GradBiases(l)] {
                let mut shown_gradient = runs[last][&quantity].computed().clone();
                if shown == Shown::Sum {
                    for earlier in &runs[..last] {
                        let other = earlier[&quantity].computed();
                        shown_gradient.zip_mut_with(other, |sum, g| *sum = sum.plus(*g));
                    }
                }
                self.add(&mut run, quantity, shown_gradient, None);
            }
        }
        let names = self.optimizer.map_or(&[][..], |o| o.state_names());
        for l in 1..=self.depth() {
            let states = names
                .iter()
                .flat_map(|name| [Quantity::StateWeights(name, l), Quantity::StateBiases(name, l)]);
            for quantity in states {
                let node = runs[last][&quantity].clone();
                self.add(&mut run, quantity, node.computed().clone(), None);
            }
            let node = &runs[last][&Quantity::Weights(l)];
            now.0.weights[l - 1] =
                self.add(&mut run, Quantity::Weights(l), node.computed().clone(), None);
            let node = &runs[last][&Quantity::Biases(l)];
            now.0.biases[l - 1] =
                self.add(&mut run, Quantity::Biases(l), node.computed().clone(), None);
        }
        if let Some(targets) = self.targets(group) {
            self.after(&mut run, group, &targets, &now.0);
        }
        (run, now.0, now.1)
    }
}

/// A matrix with the errors of the same numbers computed in another way, where these are larger.
fn widened(mut own: Matrix, other: &Matrix) -> Matrix {
    own.zip_mut_with(other, |own, other| {
        if other.drift.is_finite() {
            own.drift = own.drift.max(other.drift);
        }
    });
    own
}

/// The step the other way: w − (w′ − w).
fn reflected(new: &Matrix, old: &Matrix) -> Matrix {
    Array2::from_shape_fn(new.dim(), |at| Approx {
        value: 2.0 * old[at].value - new[at].value,
        drift: new[at].drift + old[at].drift,
    })
}
