//! Where a part starts, and what the solution has.

use ndarray::Array2;

use super::part::{Judge, USUAL, right};
use super::truth::solved_values;
use crate::marking::approx::Approx;
use crate::marking::chain::{ApproxParameters, run_part};
use crate::marking::deviation::{Deviation, candidates};
use crate::marking::quantity::Quantity;

impl Judge<'_> {
    /// The solution's numbers of a quantity.
    pub(super) fn values(&self, step: usize, quantity: Quantity) -> Array2<f64> {
        if self.shared_biases {
            // Another network than the one that was solved.
            let precision = USUAL.quick();
            let ends = self.rightly.ends(self, precision);
            let until = Some((step, quantity));
            let run = run_part(self.exercise, self.index, &ends, &right(self, precision, until));
            if let Some(node) = run.steps[step].get(&quantity) {
                return node.plain.mapv(|a| a.value);
            }
        }
        solved_values(&self.solved.steps[step], quantity)
    }

    /// The deviations of the earlier parts that lead to this one.
    pub(super) fn hidden_candidates(&self) -> Vec<Deviation> {
        self.part().start.map_or_else(Vec::new, |earlier| candidates(self.exercise, earlier))
    }

    /// The parameters that the part begins with, as the student has them.
    pub(super) fn start(&self) -> ApproxParameters {
        match self.part().start {
            Some(earlier) => self.ends[earlier].clone(),
            None => ApproxParameters::initial(&self.exercise.network),
        }
    }

    /// Whether the student's part starts from other parameters than the solution's.
    pub(super) fn start_differs(&self) -> bool {
        let Some(start) = self.part().start else { return false };
        differ(&self.ends[start], &ApproxParameters::initial(&self.solved.start))
    }

    /// Whether the part starts from what a right method gives from the student's own numbers.
    pub(super) fn starts_rightly(&self) -> bool {
        let Some(start) = self.part().start else { return true };
        !differ(&self.ends[start], &self.right_ends[start])
    }
}

/// Whether two sets of parameters differ by more than rounding.
pub(super) fn differ(a: &ApproxParameters, b: &ApproxParameters) -> bool {
    let differ = |(a, b): (&Approx, &Approx)| {
        (a.value - b.value).abs() > a.drift + b.drift + 1e-12 * b.value.abs()
    };
    let weights = a.weights.iter().zip(&b.weights);
    let biases = a.biases.iter().zip(&b.biases);
    weights.chain(biases).any(|(a, b)| a.iter().zip(b).any(differ))
}
