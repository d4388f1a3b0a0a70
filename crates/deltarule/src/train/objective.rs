//! The objective as a function of the parameters.

use ndarray::{ArrayView1, ArrayView2};

use super::data::check_weights;
use super::settings::Trainer;
use crate::error::{Error, Result, check};
use crate::float::Float;
use crate::kernel::batch::Batch;
use crate::kernel::blocks::Blocks;
use crate::kernel::plan::Plan;
use crate::kernel::team::with_team;
use crate::network::Network;

/// Σ sᵢ Eᵢ / Σ sᵢ + ½λΣw² over all examples, and its gradient, as a function of the parameters: what an optimiser of the
/// caller's own needs. Made by [`Trainer::objective`]; the kernels and the bits are those of a training.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Loss, Network, Trainer};
/// use ndarray::array;
///
/// // ½ (w·2 + b − 1)² at w = b = 0: the loss is ½, the gradient (−2, −1).
/// let (x, t) = (array![[2.0]], array![[1.0]]);
/// let network = Network::<f64>::builder(1).layer(1, Activation::Identity).build()?;
/// let mut objective = Trainer::new(Loss::SquaredError).objective(&network, 1)?;
/// let mut gradient = [0.0; 2];
/// let loss = objective.evaluate(x.view(), t.view(), None, &[0.0, 0.0], &mut gradient)?;
/// assert_eq!((loss, gradient), (0.5, [-2.0, -1.0]));
/// # Ok::<(), deltarule::Error>(())
/// ```
pub struct Objective<T: Float> {
    plan: Blocks<T>,
    threads: usize,
    rows: Vec<usize>,
    inputs: usize,
    outputs: usize,
}

impl<T: Float> Trainer<'_, T> {
    /// The objective of all examples as a function of the parameters, for an optimiser of the caller's own.
    ///
    /// Loss, label smoothing, penalty, clipped probabilities, threads and instruction set count; what belongs to epochs does not.
    ///
    /// # Errors
    /// `ErrorKind::Value` when a setting is out of range, dropout is asked for, or the outputs do not admit the loss.
    pub fn objective(self, network: &Network<T>, examples: usize) -> Result<Objective<T>> {
        self.validate_loss(network)?;
        check("dropout of an objective", self.dropout, "0, because it is drawn anew", |v| {
            v == 0.0
        })?;
        Ok(Objective::new(&self, network, examples))
    }
}

impl<T: Float> Objective<T> {
    fn new(trainer: &Trainer<'_, T>, network: &Network<T>, examples: usize) -> Self {
        let (threads, set) = (trainer.threads_for(network, examples), trainer.instructions());
        let options = trainer.step_options();
        Self {
            plan: Blocks::new(network, examples.max(1), threads, options, true, set),
            threads,
            rows: (0..examples).collect(),
            inputs: network.inputs(),
            outputs: network.outputs(),
        }
    }

    /// The objective at these parameters; its gradient is written down.
    ///
    /// # Shapes
    /// x: (examples, inputs); t: (examples, outputs); weights: (examples), 1 each if not given; parameters, gradient: as
    /// [`Network::parameters`]
    ///
    /// # Errors
    /// `ErrorKind::Shape` when something does not fit; `ErrorKind::Value` when a weight is below 0 or not finite, or all
    /// are 0. Whether examples and parameters are finite is not looked for: the objective shows it.
    pub fn evaluate(
        &mut self,
        x: ArrayView2<'_, T>,
        t: ArrayView2<'_, T>,
        weights: Option<ArrayView1<'_, T>>,
        parameters: &[T],
        gradient: &mut [T],
    ) -> Result<f64> {
        let n = self.rows.len();
        for (what, matrix, columns) in [("examples", x, self.inputs), ("targets", t, self.outputs)]
        {
            if matrix.dim() != (n, columns) {
                let got = format!("{} × {}", matrix.nrows(), matrix.ncols());
                return Err(Error::shape(what, format!("{n} × {columns}"), got));
            }
        }
        let count = self.plan.parameter_count();
        let lengths = [
            ("sample weights", weights.map_or(n, |weights| weights.len()), n),
            ("parameters", parameters.len(), count),
            ("gradient", gradient.len(), count),
        ];
        for (what, got, expected) in lengths {
            if got != expected {
                return Err(Error::shape(what, expected, got));
            }
        }
        let (x, t) = (x.as_standard_layout(), t.as_standard_layout());
        let weights = weights.map(|weights| weights.to_vec());
        if let Some(weights) = &weights {
            check_weights(weights)?;
        }
        let batch = Batch {
            x: x.as_slice().unwrap_or_default(),
            t: t.as_slice().unwrap_or_default(),
            rows: &self.rows,
            next: &[],
            weights: weights.as_deref(),
            seen: 0,
            epoch: 0,
        };
        let plan = &mut self.plan;
        Ok(with_team(self.threads, |team| {
            plan.evaluate(team, &batch, parameters, gradient).total()
        }))
    }
}
