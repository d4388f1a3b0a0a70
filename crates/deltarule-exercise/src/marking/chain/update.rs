//! The update, with what the optimiser remembers.

use super::{ApproxMemory, ApproxParameters, Chain, Scene, StepRun, flat};
use crate::marking::approx::{Approx, ApproxMatrix};
use crate::marking::deviation::{Deviation, Divided};
use crate::marking::formula::bias_correction;
use crate::marking::formulas;
use crate::marking::quantity::Quantity;
use deltarule::{Optimizer, OptimizerState};
use ndarray::Array2;

/// The next parameters and state, before the student's own take their place.
struct Updated {
    /// The gradient that it was made from.
    gradient: Vec<f64>,
    parameters: ApproxParameters,
    memory: ApproxMemory,
}

impl Chain<'_> {
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
        current: &ApproxParameters,
        memory: &ApproxMemory,
        train_biases: bool,
        divided: f64,
    ) -> Updated {
        let network = &self.exercise.network;
        let mut gradient = self.gradient_of(run, train_biases);
        for earlier in self.joint {
            let more = self.gradient_of(earlier, train_biases);
            gradient.iter_mut().zip(more).for_each(|(sum, g)| *sum = sum.plus(g));
        }
        if divided != 1.0 {
            gradient.iter_mut().for_each(|g| *g = g.scaled(1.0 / divided));
        }
        let objective = run[&Quantity::TotalLoss].used[[0, 0]].value
            + 0.5
                * self.part.options.l2
                * current.weights.iter().flatten().map(|w| w.value * w.value).sum::<f64>();
        let base = current.values();
        let pushed = |of_gradient: f64, of_state: f64| -> (Vec<f64>, Option<OptimizerState<f64>>) {
            let mut parameters = base.clone();
            let mut state = memory.state.clone();
            if let Some(state) = &mut state {
                for (vector, drift) in state.vectors.iter_mut().zip(&memory.drift) {
                    vector.iter_mut().zip(drift).for_each(|(v, d)| *v += of_state * d);
                }
                let gradient: Vec<f64> =
                    gradient.iter().map(|g| g.value + of_gradient * g.drift).collect();
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
        let (middle, state) = pushed(0.0, 0.0);
        // The errors of gradient and state may add up or cancel each other.
        let signs: &[(f64, f64)] = if !self.conditions.precision.errors {
            &[]
        } else if memory.drift.is_empty() {
            &[(1.0, 0.0), (-1.0, 0.0)]
        } else {
            &[(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
        };
        let mut moved = vec![0.0_f64; middle.len()];
        let vectors = state.as_ref().map_or(&[][..], |state| &state.vectors);
        let mut drift: Vec<Vec<f64>> = vectors
            .iter()
            .map(|v| v.iter().map(|v| 4.0 * f64::EPSILON * v.abs()).collect())
            .collect();
        for &(of_gradient, of_state) in signs {
            let (parameters, pushed_state) = pushed(of_gradient, of_state);
            let widen = |widest: &mut [f64], middle: &[f64], pushed: &[f64]| {
                for ((widest, m), p) in widest.iter_mut().zip(middle).zip(pushed) {
                    *widest = widest.max((p - m).abs());
                }
            };
            widen(&mut moved, &middle, &parameters);
            let pushed_vectors = pushed_state.as_ref().map_or(&[][..], |state| &state.vectors);
            for ((widest, m), p) in drift.iter_mut().zip(vectors).zip(pushed_vectors) {
                widen(widest, m, p);
            }
        }
        let old = flat(&current.weights, &current.biases);
        let values: Vec<Approx> = (0..middle.len())
            .map(|i| Approx {
                value: middle[i],
                drift: old[i].drift
                    + moved[i]
                    + 4.0 * f64::EPSILON * (middle[i].abs() + base[i].abs()),
            })
            .collect();
        Updated {
            gradient: gradient.iter().map(|g| g.value).collect(),
            parameters: self.shaped(&values),
            memory: ApproxMemory { state, drift },
        }
    }

    /// Flat values as matrices.
    fn shaped(&self, values: &[Approx]) -> ApproxParameters {
        let mut parameters = ApproxParameters { weights: Vec::new(), biases: Vec::new() };
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
    pub(super) fn updated_early(
        &self,
        run: &StepRun,
        l: usize,
        current: &ApproxParameters,
        memory: &ApproxMemory,
    ) -> ApproxMatrix {
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

    /// A vector that the optimiser remembers from the step before.
    pub(super) fn remembered(&self, memory: &ApproxMemory, k: usize) -> Option<ApproxParameters> {
        let (values, drift) = (memory.state.as_ref()?.vectors.get(k)?, memory.drift.get(k)?);
        let values: Vec<Approx> =
            values.iter().zip(drift).map(|(&value, &drift)| Approx { value, drift }).collect();
        Some(self.shaped(&values))
    }

    fn wrong_or_right_optimizer(&self) -> Option<Optimizer> {
        let optimizer = self.optimizer?;
        let missing = self.has(Deviation::LearningRateMissing);
        Some(if missing { optimizer.with_learning_rate(1.0) } else { optimizer })
    }

    pub(super) fn update(
        &self,
        run: &mut StepRun,
        scene: Scene<'_>,
        memory: &ApproxMemory,
    ) -> (ApproxParameters, ApproxMemory) {
        let current = scene.current;
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
        let memory = self.state(run, scene, &right, &plain, ruled.as_ref());
        let corrected = self.corrected(run, scene, &right, &memory);
        let stepped = corrected.as_ref().unwrap_or(&memory);
        let next = self.parameters(run, scene, &plain, ruled.as_ref(), &wrong, stepped);
        (next, memory)
    }

    /// The moments whose corrected ones are those that the student wrote, for the step that is made with them; none where no
    /// corrected moment was written.
    fn corrected(
        &self,
        run: &mut StepRun,
        scene: Scene<'_>,
        optimizer: &Optimizer,
        memory: &ApproxMemory,
    ) -> Option<ApproxMemory> {
        let of_step = |(step, quantity): &(usize, Quantity)| {
            *step == self.step && !matches!(quantity, Quantity::Derivative(_))
        };
        if !self.conditions.named.iter().any(of_step) {
            return None;
        }
        let mut stepped = memory.clone();
        for (k, &name) in optimizer.state_names().iter().enumerate() {
            let Some(correction) = bias_correction(optimizer, k, self.step) else {
                continue;
            };
            let Some(mut moments) = self.remembered(memory, k) else { continue };
            for l in 1..=self.depth() {
                let both = [
                    (Quantity::CorrectedWeights(name, l), &mut moments.weights[l - 1]),
                    (Quantity::CorrectedBiases(name, l), &mut moments.biases[l - 1]),
                ];
                for (quantity, moments) in both {
                    if !self.names(quantity) {
                        continue;
                    }
                    let plain = moments.mapv(|a| a.scaled(1.0 / correction));
                    let ruled = self.edited(run, scene, quantity, &plain, None);
                    let used = self.add(run, quantity, plain, ruled);
                    *moments = used.mapv(|a| a.scaled(correction));
                }
            }
            let moments = flat(&moments.weights, &moments.biases);
            if let Some(state) = &mut stepped.state {
                state.vectors[k] = moments.iter().map(|a| a.value).collect();
                stepped.drift[k] = moments.iter().map(|a| a.drift).collect();
            }
        }
        Some(stepped)
    }

    /// The state's quantities, and the state with the student's numbers.
    fn state(
        &self,
        run: &mut StepRun,
        scene: Scene<'_>,
        optimizer: &Optimizer,
        plain: &Updated,
        ruled: Option<&Updated>,
    ) -> ApproxMemory {
        let mut memory = ruled.unwrap_or(plain).memory.clone();
        let vector = |updated: &Updated, v: usize| -> Option<ApproxParameters> {
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
            let mut used = ApproxParameters { weights: Vec::new(), biases: Vec::new() };
            for l in 0..self.depth() {
                let wrong_weights = wrong.as_ref().map(|w| w.weights[l].clone());
                let quantity = Quantity::StateWeights(name, l + 1);
                let wrong_weights =
                    self.edited(run, scene, quantity, &right.weights[l], wrong_weights);
                used.weights.push(self.add(run, quantity, right.weights[l].clone(), wrong_weights));
                let wrong_biases = wrong.as_ref().map(|w| w.biases[l].clone());
                let quantity = Quantity::StateBiases(name, l + 1);
                let wrong_biases =
                    self.edited(run, scene, quantity, &right.biases[l], wrong_biases);
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
        scene: Scene<'_>,
        plain: &Updated,
        ruled: Option<&Updated>,
        wrong_optimizer: &Optimizer,
        memory: &ApproxMemory,
    ) -> ApproxParameters {
        let current = scene.current;
        let from_state = |updated: &Updated, optimizer: &Optimizer| -> ApproxParameters {
            let moved = |used: &Option<OptimizerState<f64>>| {
                formulas::moved_by_state(optimizer, &updated.gradient, &updated.memory.state, used)
            };
            let mut values = flat(&updated.parameters.weights, &updated.parameters.biases);
            let used = moved(&memory.state);
            // What is noted of the state may be off as well.
            let all = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
            let signs = if self.conditions.precision.errors { &all[..] } else { &[] };
            let pushed: Vec<Vec<f64>> =
                signs.iter().map(|signs| moved(&memory.pushed(*signs))).collect();
            for (i, value) in values.iter_mut().enumerate().take(used.len()) {
                value.value += used[i];
                let errors = pushed.iter().map(|pushed| (pushed[i] - used[i]).abs());
                value.drift += errors.fold(0.0, f64::max);
            }
            self.shaped(&values)
        };
        let right = from_state(plain, &self.optimizer.unwrap_or(*wrong_optimizer));
        let wrong = ruled.map(|r| from_state(r, wrong_optimizer));
        let sign = self.has(Deviation::UpdateSign);
        let stay = self.find(|d| match d {
            Deviation::BiasNotUpdated(scope) => Some(scope),
            _ => None,
        });
        let mut next = ApproxParameters { weights: Vec::new(), biases: Vec::new() };
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
            let quantity = Quantity::Weights(l + 1);
            weights = self.edited(run, scene, quantity, &right.weights[l], weights);
            let quantity = Quantity::Biases(l + 1);
            biases = self.edited(run, scene, quantity, &right.biases[l], biases);
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
        next
    }
}

/// The step the other way: w − (w′ − w).
fn reflected(new: &ApproxMatrix, old: &ApproxMatrix) -> ApproxMatrix {
    Array2::from_shape_fn(new.dim(), |at| Approx {
        value: 2.0 * old[at].value - new[at].value,
        drift: new[at].drift + old[at].drift,
    })
}
