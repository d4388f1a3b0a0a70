//! Deltas and gradients.

use super::{Chain, Scene, StepRun};
use crate::marking::approx::{Approx, ApproxMatrix, by_example, exact, product};
use crate::marking::deviation::{Deviation, Divided, Factor, GradientInput, Input, OtherDelta};
use crate::marking::formulas;
use crate::marking::quantity::Quantity;
use ndarray::Array2;

impl Chain<'_> {
    /// Deltas from the last layer to the first, and each layer's gradients.
    pub(super) fn backward(&self, run: &mut StepRun, scene: Scene<'_>, targets: &[Vec<f64>]) {
        let depth = self.depth();
        let last = self.last();
        // Who updates the weights of a layer first needs its gradients for the delta below.
        let updates_first = self.conditions.deviations.iter().any(|d| match d {
            Deviation::OutputWeightsUpdatedFirst => true,
            Deviation::Edit(edit) => edit.uses_new_weights(),
            _ => false,
        });
        for l in (1..=depth).rev() {
            self.derivative(run, l, scene);
            if last == Some(Quantity::Derivative(l)) {
                return;
            }
            let (plain, ruled) = if l == depth {
                self.output_delta(run, targets)
            } else {
                self.hidden_delta(run, l, scene)
            };
            let ruled = self.edited(run, scene, Quantity::Delta(l), &plain, ruled);
            self.add(run, Quantity::Delta(l), plain, ruled);
            let is_wanted = match last {
                Some(Quantity::Delta(wanted)) if wanted == l => return,
                Some(Quantity::Delta(_) | Quantity::Derivative(_)) => false,
                Some(Quantity::GradWeights(wanted) | Quantity::GradBiases(wanted)) => wanted == l,
                _ => true,
            };
            if is_wanted || updates_first {
                self.gradients(run, l, scene);
            }
            let is_last = |q| q == Quantity::GradWeights(l) || q == Quantity::GradBiases(l);
            if last.is_some_and(is_last) {
                return;
            }
        }
    }

    /// f′ of a layer, where the student names it.
    fn derivative(&self, run: &mut StepRun, l: usize, scene: Scene<'_>) {
        let quantity = Quantity::Derivative(l);
        if !self.names(quantity) {
            return;
        }
        let plain = self.slopes(run, l, &self.right_slope(l));
        // Who wrote the right one may still have used another.
        let ruled = if self.is_written_rightly(quantity, &plain) {
            None
        } else {
            let (activation, depth) = (self.activation(l), self.depth());
            self.find(|d| formulas::wrong_slope(d, activation, l, depth))
                .map(|slope| self.slopes(run, l, &slope))
        };
        let ruled = self.edited(run, scene, quantity, &plain, ruled);
        self.add(run, quantity, plain, ruled);
    }

    /// A function of each z and x of a layer.
    fn slopes(&self, run: &StepRun, l: usize, f: &dyn Fn(f64, f64) -> f64) -> ApproxMatrix {
        let (z, x) = (&run[&Quantity::Z(l)].used, &run[&Quantity::X(l)].used);
        Array2::from_shape_fn(z.dim(), |at| z[at].map2(x[at], f))
    }

    /// f′ of a layer by its z and x.
    fn right_slope(&self, l: usize) -> impl Fn(f64, f64) -> f64 + use<> {
        let (activation, from_z) = (self.activation(l), self.conditions.derivative_from_z);
        move |z, x| activation.derivative(z, if from_z { activation.value(z) } else { x })
    }

    /// What stands in place of f′ in the delta of a layer under a deviation. Who wrote down a wrong f′ used that.
    fn wrong_slope(
        &self,
        run: &StepRun,
        deviation: Deviation,
        l: usize,
    ) -> Option<Box<dyn Fn(f64, f64) -> f64>> {
        let written = run.get(&Quantity::Derivative(l));
        let is_own = written
            .is_some_and(|node| !self.is_written_rightly(Quantity::Derivative(l), &node.plain));
        if is_own {
            return None;
        }
        formulas::wrong_slope(deviation, self.activation(l), l, self.depth())
    }

    /// δ^[L] as ∂E/∂x times the f′ that the student wrote; none where it was not written, or is right and the delta takes none.
    fn delta_by_written_derivative(
        &self,
        run: &StepRun,
        targets: &[Vec<f64>],
    ) -> Option<ApproxMatrix> {
        let depth = self.depth();
        let (loss, output) = (self.exercise.loss, self.activation(depth));
        let node = run.get(&Quantity::Derivative(depth))?;
        let is_right = self.is_written_rightly(Quantity::Derivative(depth), &node.plain);
        if is_right && !formulas::delta_takes_derivative(loss, output) {
            return None;
        }
        let (z, x) = (&run[&Quantity::Z(depth)].used, &run[&Quantity::X(depth)].used);
        let gradient =
            by_example(z, x, x.nrows(), |_, x, e| formulas::loss_gradient(loss, x, &targets[e]));
        Some(Array2::from_shape_fn(x.dim(), |at| gradient[at].times(node.used[at])))
    }

    pub(super) fn output_delta(
        &self,
        run: &StepRun,
        targets: &[Vec<f64>],
    ) -> (ApproxMatrix, Option<ApproxMatrix>) {
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
        let plain = self.delta_by_written_derivative(run, targets).unwrap_or(plain);
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
                let slope = self.wrong_slope(run, other, depth)?;
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

    pub(super) fn hidden_delta(
        &self,
        run: &StepRun,
        l: usize,
        scene: Scene<'_>,
    ) -> (ApproxMatrix, Option<ApproxMatrix>) {
        let forward = scene.forward;
        let precision = &self.conditions.precision;
        let above = &run[&Quantity::Delta(l + 1)].used;
        let x = &run[&Quantity::X(l)].used;
        let slopes = |f: &dyn Fn(f64, f64) -> f64| -> ApproxMatrix {
            self.slopes(run, l, f).mapv(|a| a.noted(precision))
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
                let new = self.updated_early(run, l + 1, scene.current, scene.memory?);
                Some(product(&new.t().to_owned(), above))
            }
            _ => None,
        });
        let wrong_slope = self.find(|d| match d {
            Deviation::MissingHiddenDerivative => Some(Array2::from_elem(x.dim(), exact(1.0))),
            other => {
                let slope = self.wrong_slope(run, other, l)?;
                Some(slopes(&slope))
            }
        });
        let times = |sum: &ApproxMatrix, slope: &ApproxMatrix| -> ApproxMatrix {
            Array2::from_shape_fn(sum.dim(), |at| sum[at].times(slope[at]))
        };
        let right_slopes = match run.get(&Quantity::Derivative(l)) {
            Some(written) => written.used.clone(),
            None => slopes(&self.right_slope(l)),
        };
        let plain = times(&right_sum, &right_slopes);
        let ruled = (wrong_sum.is_some() || wrong_slope.is_some()).then(|| {
            times(
                wrong_sum.as_ref().unwrap_or(&right_sum),
                wrong_slope.as_ref().unwrap_or(&right_slopes),
            )
        });
        (plain, ruled)
    }

    pub(super) fn gradients(&self, run: &mut StepRun, l: usize, scene: Scene<'_>) {
        let (input, parameters) = (scene.inputs, scene.forward);
        let delta = run[&Quantity::Delta(l)].used.clone();
        let n = delta.ncols();
        let output_of = |layer: usize| -> ApproxMatrix {
            if layer == 0 { input.clone() } else { run[&Quantity::X(layer)].used.clone() }
        };
        let (below, own) = (output_of(l - 1), output_of(l));
        let l2 = self.part.options.l2;
        let weights = &parameters.weights[l - 1];
        let outer = |source: &ApproxMatrix| product(&delta, &source.t().to_owned());
        let with = |sum: &ApproxMatrix, divisor: f64| -> ApproxMatrix {
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
            Deviation::SumForMean(Divided::LossAndGradients | Divided::Gradients) => Some(1.0),
            _ => None,
        });
        let right = outer(&below);
        let wrong = self.find(|d| match d {
            Deviation::GradientTransposed if right.is_square() => Some(right.t().to_owned()),
            Deviation::WrongLayerOutput(source) => {
                let other = match source {
                    GradientInput::Ones => Some(below.mapv(|_| exact(1.0))),
                    GradientInput::NetInput if l > 1 => Some(run[&Quantity::Z(l - 1)].used.clone()),
                    GradientInput::NetInput => None,
                    GradientInput::Own => Some(own.clone()),
                    GradientInput::Layer(k) if k == l - 1 => None,
                    GradientInput::Layer(k) => Some(output_of(k)),
                };
                other.filter(|other| other.dim() == below.dim()).map(|other| outer(&other))
            }
            _ => None,
        });
        let ruled = (wrong.is_some() || wrong_divisor.is_some())
            .then(|| with(wrong.as_ref().unwrap_or(&right), wrong_divisor.unwrap_or(divisor)));
        let plain = with(&right, divisor);
        let ruled = self.edited(run, scene, Quantity::GradWeights(l), &plain, ruled);
        self.add(run, Quantity::GradWeights(l), plain, ruled);

        let sum = |factor: &dyn Fn(usize, usize) -> Approx| -> ApproxMatrix {
            Array2::from_shape_fn((delta.nrows(), 1), |(i, _)| {
                (0..n).fold(Approx::default(), |s, e| s.plus(delta[[i, e]].times(factor(i, e))))
            })
        };
        let column_sum =
            |e: usize| below.column(e).iter().fold(Approx::default(), |s, a| s.plus(*a));
        let mut right = sum(&|_, _| exact(1.0));
        if self.conditions.shared_biases {
            let all = right.iter().fold(Approx::default(), |sum, a| sum.plus(*a));
            right.fill(all);
        }
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
        let scaled = |sum: &ApproxMatrix, divisor: f64| sum.mapv(|a| a.scaled(1.0 / divisor));
        let ruled = (wrong.is_some() || wrong_divisor.is_some())
            .then(|| scaled(wrong.as_ref().unwrap_or(&right), wrong_divisor.unwrap_or(divisor)));
        let plain = scaled(&right, divisor);
        let ruled = self.edited(run, scene, Quantity::GradBiases(l), &plain, ruled);
        self.add(run, Quantity::GradBiases(l), plain, ruled);
    }
}

/// A matrix with the errors of the same numbers computed in another way, where these are larger.
pub(super) fn widened(mut own: ApproxMatrix, other: &ApproxMatrix) -> ApproxMatrix {
    own.zip_mut_with(other, |own, other| {
        if other.drift.is_finite() {
            own.drift = own.drift.max(other.drift);
        }
    });
    own
}
