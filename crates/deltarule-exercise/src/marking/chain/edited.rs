//! Formulas with a change in them, computed from what a step has so far.

use ndarray::Array2;

use super::{ApproxParameters, Chain, Scene, StepRun};
use crate::marking::approx::{ApproxMatrix, exact};
use crate::marking::deviation::Deviation;
use crate::marking::edit::{Edit, surroundings};
use crate::marking::formula::{Expression, Formula, FormulaContext, Operand, Operands, formula};
use crate::marking::quantity::{Quantity, step_count};

impl Chain<'_> {
    /// A quantity by its formula with the changes that are made in it; otherwise what it is under other deviations.
    pub(super) fn edited(
        &self,
        run: &StepRun,
        scene: Scene<'_>,
        quantity: Quantity,
        plain: &ApproxMatrix,
        ruled: Option<ApproxMatrix>,
    ) -> Option<ApproxMatrix> {
        let depth = self.depth();
        let edits = || {
            self.conditions.deviations.iter().filter_map(|d| match d {
                Deviation::Edit(edit) if edit.touches(quantity, depth) => Some(edit),
                _ => None,
            })
        };
        if edits().next().is_none() {
            return ruled;
        }
        let unit = edits().find_map(|edit| edit.unit);
        let new = self.with_changes(run, scene, quantity, edits());
        let new = new.and_then(|new| {
            if new.dim() == plain.dim() {
                return Some(new);
            }
            new.broadcast(plain.dim()).map(|view| view.to_owned())
        });
        let Some(mut new) = new else { return ruled };
        if let Some(unit) = unit {
            for (i, mut row) in new.rows_mut().into_iter().enumerate().filter(|(i, _)| *i != unit) {
                row.assign(&ruled.as_ref().unwrap_or(plain).row(i));
            }
        }
        Some(new)
    }

    /// A quantity by its formula as it is.
    #[cfg(test)]
    pub(super) fn by_formula(
        &self,
        run: &StepRun,
        scene: Scene<'_>,
        quantity: Quantity,
    ) -> Option<ApproxMatrix> {
        let (_, layer, expression) = self.formula(scene, quantity)?;
        expression.evaluate(&StepOperands { chain: self, run, scene, quantity, layer })
    }

    /// The formula of a quantity, and of which layer it is.
    fn formula(
        &self,
        scene: Scene<'_>,
        quantity: Quantity,
    ) -> Option<(Formula, usize, Expression)> {
        let states = self.optimizer.map_or(&[][..], |optimizer| optimizer.state_names());
        let of = Formula::of(quantity, self.depth(), states)?;
        let layer = quantity.layer().unwrap_or(self.depth());
        let given = FormulaContext {
            exercise: self.exercise,
            part: self.part,
            optimizer: self.optimizer,
            step: self.step,
            examples: scene.inputs.ncols(),
            named: self.conditions.named,
        };
        Some((of, layer, formula(of, layer, &given)?))
    }

    fn with_changes<'e>(
        &self,
        run: &StepRun,
        scene: Scene<'_>,
        quantity: Quantity,
        edits: impl Iterator<Item = &'e Edit>,
    ) -> Option<ApproxMatrix> {
        let (of, layer, mut expression) = self.formula(scene, quantity)?;
        let (examples, steps) = (scene.inputs.ncols(), step_count(self.part));
        let around = surroundings(self.exercise, layer, examples, self.step, steps);
        let mut is_changed = false;
        // From the last place to the first, so that the numbers of the places stay what they are.
        let mut edits: Vec<_> = edits.collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.node));
        for edit in edits {
            if let Some(new) = edit.applied(&expression, of, self.step, &around) {
                expression = new;
                is_changed = true;
            }
        }
        if !is_changed {
            return None;
        }
        expression.evaluate(&StepOperands { chain: self, run, scene, quantity, layer })
    }
}

/// The numbers that a formula of a layer is computed from.
struct StepOperands<'a> {
    chain: &'a Chain<'a>,
    run: &'a StepRun,
    scene: Scene<'a>,
    quantity: Quantity,
    layer: usize,
}

impl StepOperands<'_> {
    /// The layer so far away, if there is one.
    fn at(&self, near: i32) -> Option<usize> {
        let layer = usize::try_from(self.layer as i32 + near).ok()?;
        (layer <= self.chain.depth()).then_some(layer)
    }

    fn used(&self, quantity: Quantity) -> Option<ApproxMatrix> {
        self.run.get(&quantity).map(|node| node.used.clone())
    }

    fn is_of_biases(&self) -> bool {
        self.quantity.is_like_biases()
    }

    /// That of the weights or of the biases of the layer.
    fn own(&self, parameters: &ApproxParameters) -> ApproxMatrix {
        let all = if self.is_of_biases() { &parameters.biases } else { &parameters.weights };
        all[self.layer - 1].clone()
    }

    fn gradient(&self) -> Quantity {
        if self.is_of_biases() {
            Quantity::GradBiases(self.layer)
        } else {
            Quantity::GradWeights(self.layer)
        }
    }
}

impl Operands for StepOperands<'_> {
    fn operand(&self, operand: Operand) -> Option<ApproxMatrix> {
        let scene = self.scene;
        let parameters = |all: &[ApproxMatrix], near: i32| -> Option<ApproxMatrix> {
            all.get(self.at(near)?.checked_sub(1)?).cloned()
        };
        let targets = || -> Option<ApproxMatrix> {
            let targets = scene.targets?;
            let units = targets.first()?.len();
            Some(Array2::from_shape_fn((units, targets.len()), |(i, e)| exact(targets[e][i])))
        };
        let output = |layer: usize| -> Option<ApproxMatrix> {
            if layer == 0 { Some(scene.inputs.clone()) } else { self.used(Quantity::X(layer)) }
        };
        match operand {
            Operand::Weights(near) => parameters(&scene.forward.weights, near),
            Operand::Biases(near) => parameters(&scene.forward.biases, near),
            Operand::NewWeights(near) => {
                self.chain.optimizer?;
                let (layer, memory) = (self.at(near)?, scene.memory?);
                Some(self.chain.updated_early(self.run, layer, scene.current, memory))
            }
            Operand::Z(near) => self.used(Quantity::Z(self.at(near)?)),
            Operand::X(near) => output(self.at(near)?),
            Operand::Inputs => Some(scene.inputs.clone()),
            Operand::Targets => targets(),
            Operand::Derivative => self.used(Quantity::Derivative(self.layer)),
            Operand::Delta(near) => self.used(Quantity::Delta(self.at(near)?)),
            Operand::Error => {
                let (x, t) = (self.used(Quantity::X(self.chain.depth()))?, targets()?);
                Some(Array2::from_shape_fn(x.dim(), |at| x[at].plus(t[at].scaled(-1.0))))
            }
            Operand::Losses => self.used(Quantity::Loss),
            Operand::Gradient => self.used(self.gradient()),
            Operand::GradientBefore => {
                let earlier = self.chain.earlier?.get(&self.gradient())?;
                Some(earlier.used.clone())
            }
            Operand::Parameter => Some(self.own(scene.current)),
            Operand::ParameterAtStart => Some(self.own(self.chain.start)),
            Operand::State(k) => {
                let name = self.chain.optimizer?.state_names().get(k).copied()?;
                self.used(if self.is_of_biases() {
                    Quantity::StateBiases(name, self.layer)
                } else {
                    Quantity::StateWeights(name, self.layer)
                })
            }
            Operand::Corrected(k) => {
                let name = self.chain.optimizer?.state_names().get(k).copied()?;
                self.used(if self.is_of_biases() {
                    Quantity::CorrectedBiases(name, self.layer)
                } else {
                    Quantity::CorrectedWeights(name, self.layer)
                })
            }
            Operand::StateBefore(k) => Some(self.own(&self.chain.remembered(scene.memory?, k)?)),
        }
    }

    fn noted(&self, numbers: &ApproxMatrix) -> ApproxMatrix {
        numbers.mapv(|a| a.noted(&self.chain.conditions.precision))
    }
}
