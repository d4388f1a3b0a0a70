//! A batch gone through example by example.

use super::{ApproxMemory, ApproxParameters, Chain, StepRun};
use crate::marking::approx::ApproxMatrix;
use crate::marking::deviation::Shown;
use crate::marking::quantity::Quantity;
use ndarray::{Axis, concatenate};

impl Chain<'_> {
    /// A batch gone through example by example, with an update after each.
    pub(super) fn one_by_one(
        &self,
        group: &[usize],
        current: &ApproxParameters,
        memory: &ApproxMemory,
        shown: Shown,
    ) -> (StepRun, ApproxParameters, ApproxMemory) {
        let mut now = (current.clone(), memory.clone());
        let mut runs: Vec<StepRun> = Vec::new();
        for (column, &example) in group.iter().enumerate() {
            let chain = Chain { column: Some(column), ..*self };
            let (run, parameters, memory) = chain.step(&[example], &now.0, &now.0, &now.1);
            runs.push(run);
            now = (parameters, memory);
        }
        let mut run = StepRun::new();
        let columns = |quantity: Quantity| -> Option<ApproxMatrix> {
            let views: Vec<_> = runs
                .iter()
                .map(|r| r.get(&quantity).map(|n| n.computed().view()))
                .collect::<Option<_>>()?;
            concatenate(Axis(1), &views).ok()
        };
        for l in 1..=self.depth() {
            let per_example =
                [Quantity::Z(l), Quantity::X(l), Quantity::Derivative(l), Quantity::Delta(l)];
            for quantity in per_example {
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
            let corrected = names.iter().flat_map(|name| {
                [Quantity::CorrectedWeights(name, l), Quantity::CorrectedBiases(name, l)]
            });
            for quantity in states.chain(corrected) {
                // Numbers on the way are there where they were named.
                let Some(node) = runs[last].get(&quantity) else { continue };
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
