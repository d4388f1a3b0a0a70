//! A part computed in the order in which a student does, from the student's own numbers where there are any, under none or
//! some of the wrong rules.
//!
//! Each quantity is computed twice from what stands before it: by the right formula and, where a deviation touches it, by
//! the wrong one. What the student wrote then takes the place of what was computed, and everything later follows from it.

mod backward;
mod edited;
mod forward;
mod one_by_one;
mod update;

use std::collections::{BTreeMap, HashMap};

use deltarule::trace::Reduction;
use deltarule::{Activation, Network, Optimizer, OptimizerState};
use ndarray::{Array2, ArrayView2, Axis};

use crate::exercise::{Example, Exercise, Mode, Part, Task};
use crate::marking::agreement::{MarkingOptions, agrees};
use crate::marking::answers::Written;
use crate::marking::approx::{Approx, ApproxMatrix, exact, exact_matrix};
use crate::marking::deviation::{Deviation, GivenNumber};
use crate::marking::precision::WorkingPrecision;
use crate::marking::quantity::Quantity;

/// What a student wrote in a part: by step and quantity.
pub(super) type PartAnswers = BTreeMap<(usize, Quantity), Array2<Option<Written>>>;

/// The parameters of a network, a matrix and a column per layer.
#[derive(Clone, Debug)]
pub(super) struct ApproxParameters {
    pub(super) weights: Vec<ApproxMatrix>,
    pub(super) biases: Vec<ApproxMatrix>,
}

impl ApproxParameters {
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
fn flat(weights: &[ApproxMatrix], biases: &[ApproxMatrix]) -> Vec<Approx> {
    weights.iter().zip(biases).flat_map(|(w, b)| w.iter().chain(b).copied()).collect()
}

/// A quantity as it was computed and as it is used by what comes after it.
#[derive(Clone, Debug)]
pub(super) struct ChainValue {
    /// By the right formula.
    pub(super) plain: ApproxMatrix,
    /// By the wrong one, where a deviation touches it.
    pub(super) ruled: Option<ApproxMatrix>,
    /// With the student's numbers in their places.
    pub(super) used: ApproxMatrix,
}

impl ChainValue {
    pub(super) fn computed(&self) -> &ApproxMatrix {
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
pub(super) type StepRun = HashMap<Quantity, ChainValue>;

/// Every step of a part.
#[derive(Clone, Debug)]
pub(super) struct PartRun {
    pub(super) steps: Vec<StepRun>,
    pub(super) end: ApproxParameters,
    /// What each step began with.
    begins: Vec<Beginning>,
}

/// What a step begins with.
#[derive(Clone, Debug)]
struct Beginning {
    parameters: ApproxParameters,
    memory: ApproxMemory,
    /// Which examples it is of.
    group: Vec<usize>,
}

impl PartRun {
    /// A quantity of a step with a change of its formula, from the numbers of this run; none where that changes nothing.
    pub(super) fn formula(
        &self,
        exercise: &Exercise,
        index: usize,
        conditions: &Conditions<'_>,
        step: usize,
        quantity: Quantity,
    ) -> Option<ApproxMatrix> {
        self.in_step(exercise, index, conditions, step, |chain, run, scene| {
            let plain = run.get(&quantity)?.computed();
            let changed = chain.edited(run, scene, quantity, plain, None);
            Some(changed.unwrap_or_else(|| plain.clone()))
        })
    }

    /// A quantity of a step by its formula as it is.
    #[cfg(test)]
    pub(super) fn by_formula(
        &self,
        exercise: &Exercise,
        index: usize,
        conditions: &Conditions<'_>,
        step: usize,
        quantity: Quantity,
    ) -> Option<ApproxMatrix> {
        self.in_step(exercise, index, conditions, step, |chain, run, scene| {
            chain.by_formula(run, scene, quantity)
        })
    }

    /// Does something with a step as it began.
    fn in_step(
        &self,
        exercise: &Exercise,
        index: usize,
        conditions: &Conditions<'_>,
        step: usize,
        f: impl FnOnce(&Chain<'_>, &StepRun, Scene<'_>) -> Option<ApproxMatrix>,
    ) -> Option<ApproxMatrix> {
        let part = &exercise.parts[index];
        let (run, begin) = (self.steps.get(step)?, self.begins.get(step)?);
        let chain = Chain {
            exercise,
            part,
            conditions,
            step,
            column: None,
            optimizer: part.task.optimizer(),
            joint: &[],
            start: &self.begins.first()?.parameters,
            earlier: step.checked_sub(1).and_then(|before| self.steps.get(before)),
        };
        let (inputs, targets) = (chain.inputs(&begin.group), chain.targets(&begin.group));
        let scene = Scene {
            inputs: &inputs,
            targets: targets.as_deref(),
            forward: &begin.parameters,
            current: &begin.parameters,
            memory: Some(&begin.memory),
        };
        f(&chain, run, scene)
    }
}

/// How a part is to be computed.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) deviations: &'a [Deviation],
    pub(super) answers: Option<&'a PartAnswers>,
    pub(super) precision: WorkingPrecision,
    pub(super) options: MarkingOptions,
    /// Whether f′ is computed from z even where it is usual to take it from x.
    pub(super) derivative_from_z: bool,
    /// The step and the quantity that are asked for, if not all: what comes after them is left out.
    pub(super) until: Option<(usize, Quantity)>,
    /// Whether the units of a layer share one bias.
    pub(super) shared_biases: bool,
    /// The numbers on the way that the student names, each with its step; the others are part of the formulas that they stand in.
    pub(super) named: &'a [(usize, Quantity)],
}

/// Computes a part. `ends` holds the parameters that each earlier part ended with.
pub(super) fn run_part(
    exercise: &Exercise,
    index: usize,
    ends: &[ApproxParameters],
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
        None => as_read(ApproxParameters::initial(&exercise.network), conditions),
    };
    let all: Vec<usize> = (0..part.examples.len()).collect();
    let Task::Update { optimizer, mode, epochs } = part.task else {
        let chain = Chain {
            exercise,
            part,
            conditions,
            step: 0,
            column: None,
            optimizer: None,
            joint: &[],
            start: &start,
            earlier: None,
        };
        let memory = ApproxMemory::none();
        let (run, _, _) = chain.step(&all, &start, &start, &memory);
        let begin = Beginning { parameters: start.clone(), memory, group: all };
        return PartRun { steps: vec![run], end: start, begins: vec![begin] };
    };
    let rate = conditions.deviations.iter().find_map(|d| match d {
        Deviation::Given(GivenNumber::LearningRate, read) => Some(*read),
        _ => None,
    });
    let optimizer = rate.map_or(optimizer, |rate| optimizer.with_learning_rate(rate));
    let mut current = start.clone();
    let mut memory = ApproxMemory::of(&optimizer, &exercise.network);
    let mut steps: Vec<StepRun> = Vec::new();
    let mut begins: Vec<Beginning> = Vec::new();
    let batch_for_online = conditions.deviations.contains(&Deviation::BatchForOnline);
    let online_for_batch = conditions
        .deviations
        .iter()
        .find_map(|d| if let Deviation::OnlineForBatch(shown) = d { Some(*shown) } else { None });
    for _ in 0..epochs {
        let (epoch_start, epoch_memory) = (current.clone(), memory.clone());
        let first = steps.len();
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
                joint: if batch_for_online { &steps[first..] } else { &[] },
                start: &start,
                earlier: steps.last(),
            };
            let (run, next, next_memory) = match online_for_batch {
                Some(shown) if group.len() > 1 => {
                    chain.one_by_one(&group, &current, &memory, shown)
                }
                _ => {
                    if batch_for_online {
                        chain.step(&group, &epoch_start, &epoch_start, &epoch_memory)
                    } else {
                        chain.step(&group, &current, &current, &memory)
                    }
                }
            };
            steps.push(run);
            begins.push(Beginning { parameters: current, memory, group });
            (current, memory) = (next, next_memory);
            if conditions.until.is_some_and(|(last, _)| steps.len() > last) {
                return PartRun { steps, end: current, begins };
            }
        }
    }
    PartRun { steps, end: current, begins }
}

/// The initial parameters, with those in them that were copied wrongly.
fn as_read(mut initial: ApproxParameters, conditions: &Conditions<'_>) -> ApproxParameters {
    for deviation in conditions.deviations {
        match *deviation {
            Deviation::Given(GivenNumber::Weight { layer, unit, below }, read) => {
                initial.weights[layer - 1][[unit, below]] = exact(read);
            }
            Deviation::Given(GivenNumber::Bias { layer, unit }, read) => {
                initial.biases[layer - 1][[unit, 0]] = exact(read);
            }
            _ => {}
        }
    }
    initial
}

/// What an optimiser remembers, with the errors of its vectors.
#[derive(Clone, Debug)]
struct ApproxMemory {
    state: Option<OptimizerState<f64>>,
    drift: Vec<Vec<f64>>,
}

impl ApproxMemory {
    /// The state with every number off by its error, each of its vectors in one direction.
    fn pushed(&self, signs: [f64; 2]) -> Option<OptimizerState<f64>> {
        let mut state = self.state.clone()?;
        for ((vector, drift), sign) in state.vectors.iter_mut().zip(&self.drift).zip(signs) {
            vector.iter_mut().zip(drift).for_each(|(v, d)| *v += sign * d);
        }
        Some(state)
    }

    fn none() -> Self {
        Self { state: None, drift: Vec::new() }
    }

    fn of(optimizer: &Optimizer, network: &Network<f64>) -> Self {
        let state = optimizer.new_state::<f64>(network.parameter_count());
        let drift = state.vectors.iter().map(|v| vec![0.0; v.len()]).collect();
        Self { state: Some(state), drift }
    }
}

/// What a step computes with beside its own numbers.
#[derive(Clone, Copy)]
struct Scene<'a> {
    /// x^[0], a column per example.
    inputs: &'a ApproxMatrix,
    targets: Option<&'a [Vec<f64>]>,
    /// The parameters that it computes with.
    forward: &'a ApproxParameters,
    /// Those that it changes.
    current: &'a ApproxParameters,
    memory: Option<&'a ApproxMemory>,
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
    /// The steps whose gradients go into the same update.
    joint: &'a [StepRun],
    /// The parameters that the part began with.
    start: &'a ApproxParameters,
    /// The step before.
    earlier: Option<&'a StepRun>,
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

    /// Whether the student names a number on the way in this step.
    fn names(&self, quantity: Quantity) -> bool {
        self.conditions.named.contains(&(self.step, quantity))
    }

    /// Whether everything that the student wrote for a quantity agrees with what was computed.
    fn is_written_rightly(&self, quantity: Quantity, computed: &ApproxMatrix) -> bool {
        let Some(written) = self.written(quantity) else { return true };
        let (precision, options) = (&self.conditions.precision, &self.conditions.options);
        let agree = |(written, computed): (&Option<Written>, &Approx)| {
            written.as_ref().is_none_or(|written| agrees(written, *computed, precision, options))
        };
        written.iter().zip(computed).all(agree)
    }

    /// What the student wrote for a quantity of this step.
    fn written(&self, quantity: Quantity) -> Option<ArrayView2<'_, Option<Written>>> {
        let answers = self.conditions.answers?.get(&(self.step, quantity))?;
        match self.column {
            None => Some(answers.view()),
            Some(column) if quantity.is_per_example() => {
                Some(answers.column(column).insert_axis(Axis(1)))
            }
            Some(_) => None,
        }
    }

    /// What is used of a computed matrix: rounded as an intermediate result, with the student's numbers in their places.
    fn used(&self, quantity: Quantity, computed: &ApproxMatrix) -> ApproxMatrix {
        let precision = &self.conditions.precision;
        let mut used = computed.mapv(|a| a.noted_as(Some(quantity), precision));
        let Some(written) = self.written(quantity) else { return used };
        for ((used, computed), written) in used.iter_mut().zip(computed).zip(written) {
            let Some(written) = written else { continue };
            let agree = agrees(written, *computed, precision, &self.conditions.options);
            // A number that is right may have been used with more digits than were written: then it is off by what was
            // written wrongly, and by what it was off itself, but never by more than its last digit.
            let half = precision.half_unit_of(written);
            // Where intermediate results are rounded, even a quick look has to know that 0.505 may be 0.5049998.
            let drift = if !precision.errors && precision.rounding.is_none() {
                0.0
            } else if agree {
                ((computed.value - written.value).abs() + computed.drift).min(2.0 * half)
            } else {
                half
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
        plain: ApproxMatrix,
        ruled: Option<ApproxMatrix>,
    ) -> ApproxMatrix {
        let used = self.used(quantity, ruled.as_ref().unwrap_or(&plain));
        run.insert(quantity, ChainValue { plain, ruled, used: used.clone() });
        used
    }

    /// x^[0], a column per example.
    fn inputs(&self, group: &[usize]) -> ApproxMatrix {
        let inputs = self.exercise.network.inputs();
        Array2::from_shape_fn((inputs, group.len()), |(input, e)| {
            let example = group[e];
            let read = self.find(|d| match d {
                Deviation::Given(GivenNumber::Input { example: other, input: of }, read)
                    if (other, of) == (example, input) =>
                {
                    Some(read)
                }
                _ => None,
            });
            exact(read.unwrap_or(self.part.examples[example].x[input]))
        })
    }

    fn targets(&self, group: &[usize]) -> Option<Vec<Vec<f64>>> {
        let targets = |&i: &usize| -> Option<Vec<f64>> {
            let example: &Example = &self.part.examples[i];
            let mut targets = example.t.clone()?;
            for deviation in self.conditions.deviations {
                if let Deviation::Given(GivenNumber::Target { example, output }, read) = *deviation
                    && example == i
                {
                    targets[output] = read;
                }
            }
            Some(targets)
        };
        group.iter().map(targets).collect()
    }

    /// The quantity of this step after which nothing is asked for, if it is one of this step.
    fn last(&self) -> Option<Quantity> {
        let (step, quantity) = self.conditions.until?;
        (self.column.is_none() && step == self.step).then_some(quantity)
    }

    /// What a sum over the examples is divided by.
    fn divisor(&self, examples: usize) -> f64 {
        if self.part.options.reduction == Reduction::Mean { examples as f64 } else { 1.0 }
    }

    /// One step with all its examples: `forward` are the parameters that it computes with, `current` those that it changes.
    fn step(
        &self,
        group: &[usize],
        forward: &ApproxParameters,
        current: &ApproxParameters,
        memory: &ApproxMemory,
    ) -> (StepRun, ApproxParameters, ApproxMemory) {
        let mut run = StepRun::new();
        let x = self.inputs(group);
        let targets = self.targets(group);
        let scene = Scene {
            inputs: &x,
            targets: targets.as_deref(),
            forward,
            current,
            memory: Some(memory),
        };
        self.forward(&mut run, scene, true);
        let mut next = (current.clone(), memory.clone());
        let last = self.last();
        if matches!(last, Some(Quantity::Z(_) | Quantity::X(_))) {
            return (run, next.0, next.1);
        }
        if let Some(targets) = &targets {
            self.losses(&mut run, scene, targets);
        }
        if matches!(last, Some(Quantity::Loss | Quantity::TotalLoss)) {
            return (run, next.0, next.1);
        }
        if let (Task::Gradient | Task::Update { .. }, Some(targets)) = (self.part.task, &targets) {
            self.backward(&mut run, scene, targets);
            let is_of_backward = |quantity: Quantity| {
                matches!(
                    quantity,
                    Quantity::Derivative(_)
                        | Quantity::Delta(_)
                        | Quantity::GradWeights(_)
                        | Quantity::GradBiases(_)
                )
            };
            if self.optimizer.is_some() && !last.is_some_and(is_of_backward) {
                next = self.update(&mut run, scene, memory);
                if self.conditions.until.is_none() || last == Some(Quantity::TotalLossAfter) {
                    self.after(&mut run, group, targets, &next.0);
                }
            }
        }
        if self.part.task == Task::Classify {
            self.classes(&mut run);
        }
        (run, next.0, next.1)
    }
}
