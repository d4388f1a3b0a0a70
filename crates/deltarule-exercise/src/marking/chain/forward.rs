//! The forward pass, the loss and the class.

use super::backward::widened;
use super::{ApproxParameters, Chain, ChainValue, Scene, StepRun};
use crate::marking::approx::{Approx, ApproxMatrix, activate, by_example, exact, product};
use crate::marking::deviation::{Deviation, Divided, Factor};
use crate::marking::formulas;
use crate::marking::quantity::Quantity;
use ndarray::Array2;

impl Chain<'_> {
    /// z and x of every layer. `noted`: whether a student wrote them down.
    pub(super) fn forward(&self, run: &mut StepRun, scene: Scene<'_>, noted: bool) {
        let parameters = scene.forward;
        let mut below = scene.inputs.clone();
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
            let ruled = self.edited(run, scene, Quantity::Z(l), &plain, ruled);
            let z = self.add_if(noted, run, Quantity::Z(l), plain, ruled);
            let missing = self.find(|d| match d {
                Deviation::ActivationMissing(scope) => Some(scope),
                _ => None,
            });
            let ruled = missing.filter(|s| s.holds(l, self.depth())).map(|_| z.clone());
            let plain = activate(self.activation(l), &z);
            let ruled = self.edited(run, scene, Quantity::X(l), &plain, ruled);
            below = self.add_if(noted, run, Quantity::X(l), plain, ruled);
        }
    }

    /// Adds a quantity that the student wrote down, or one that was only computed on the way.
    pub(super) fn add_if(
        &self,
        noted: bool,
        run: &mut StepRun,
        quantity: Quantity,
        plain: ApproxMatrix,
        ruled: Option<ApproxMatrix>,
    ) -> ApproxMatrix {
        if noted {
            return self.add(run, quantity, plain, ruled);
        }
        let used = ruled.as_ref().unwrap_or(&plain).mapv(|a| a.noted(&self.conditions.precision));
        run.insert(quantity, ChainValue { plain, ruled, used: used.clone() });
        used
    }

    /// The loss of each example by the right formula, from the outputs of a run.
    pub(super) fn loss_of(&self, run: &StepRun, targets: &[Vec<f64>]) -> ApproxMatrix {
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
    pub(super) fn wrong_loss(
        &self,
        run: &StepRun,
        scene: Scene<'_>,
        plain: &ApproxMatrix,
    ) -> Option<ApproxMatrix> {
        let factor = self.find(|d| match d {
            Deviation::LossFactor { factor, of: Factor::Both | Factor::Loss } => Some(factor),
            _ => None,
        });
        let ruled = factor.map(|factor| plain.mapv(|a| a.scaled(factor)));
        self.edited(run, scene, Quantity::Loss, plain, ruled)
    }

    /// The total by the right formula, and with the deviations.
    pub(super) fn totals(&self, losses: &ApproxMatrix) -> (ApproxMatrix, Option<ApproxMatrix>) {
        let n = losses.len();
        let sum = losses.iter().fold(Approx::default(), |sum, a| sum.plus(*a));
        let divisor = self.divisor(n);
        let wrong = self.find(|d| match d {
            Deviation::MeanForSum(Divided::LossAndGradients | Divided::Loss | Divided::Deltas) => {
                Some(n as f64)
            }
            Deviation::SumForMean(Divided::LossAndGradients | Divided::Loss) => Some(1.0),
            _ => None,
        });
        let scalar = |a: Approx| Array2::from_elem((1, 1), a);
        (scalar(sum.scaled(1.0 / divisor)), wrong.map(|divisor| scalar(sum.scaled(1.0 / divisor))))
    }

    pub(super) fn losses(&self, run: &mut StepRun, scene: Scene<'_>, targets: &[Vec<f64>]) {
        let plain = self.loss_of(run, targets);
        let ruled = self.wrong_loss(run, scene, &plain);
        let losses = self.add(run, Quantity::Loss, plain, ruled);
        let (plain, ruled) = self.totals(&losses);
        let ruled = self.edited(run, scene, Quantity::TotalLoss, &plain, ruled);
        self.add(run, Quantity::TotalLoss, plain, ruled);
    }

    /// The loss of the same examples under the new parameters.
    pub(super) fn after(
        &self,
        run: &mut StepRun,
        group: &[usize],
        targets: &[Vec<f64>],
        next: &ApproxParameters,
    ) {
        let mut second = StepRun::new();
        let inputs = self.inputs(group);
        let scene = Scene {
            inputs: &inputs,
            targets: Some(targets),
            forward: next,
            current: next,
            memory: None,
        };
        self.forward(&mut second, scene, false);
        let losses = self.loss_of(&second, targets);
        let wrong = self.wrong_loss(&second, scene, &losses);
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

    pub(super) fn classes(&self, run: &mut StepRun) {
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
        run.insert(Quantity::Class, ChainValue { used: plain.clone(), plain, ruled: None });
    }
}
