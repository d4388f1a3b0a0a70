//! One training step in full: every number it computes, each with a bound on its rounding error.
//!
//! The values come from the reference path ([`crate::backprop`]) in f64. The bounds are a running error analysis:
//! each is made of the rounding of the operation itself (the sum of the absolute values of the terms that were added
//! up, times the unit roundoff and the number of operations) and of the bounds of what went in. A value that is not
//! larger than its bound is zero but for rounding; it is shown as 0, while the value itself feeds the next step.
//! At a kink (ReLU at 0, |x − t| at 0) the side is taken as it was computed.

mod bounded;
mod bounds;
mod quantity;
mod update;
mod values;

pub use bounded::{Bounded, BoundedView};
pub use quantity::{ParameterKind, Quantity, StepOutline};
pub use update::Tracer;
pub use values::{BackwardTrace, StateVector, Trace, UpdateTrace};

use ndarray::{Array2, ArrayView2};

use crate::backprop;
use crate::choice::choice;
use crate::error::{Error, Result};
use crate::float::Float;
use crate::loss::Loss;
use crate::network::Network;
use crate::rounding::ROUNDOFF;

use bounded::show;
use bounds::ParameterBounds;

/// How the examples of a batch are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Losses and gradients are added up, as on the sheet.
    #[default]
    Sum,
    /// The sums are divided by the number of examples. Deltas are those of each example and are not divided.
    Mean,
}

impl Reduction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sum, Self::Mean];

    /// The name as files and options spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
        }
    }
}
choice!(Reduction, "reduction");

/// How a traced step is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceOptions {
    /// Sum or mean over the examples; sum is the default.
    pub reduction: Reduction,
    /// λ: λ·w is added to the gradient of the weights; 0 is the default.
    pub l2: f64,
    /// Whether an update changes the biases; true is the default. Their gradients are computed either way.
    pub train_biases: bool,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { reduction: Reduction::Sum, l2: 0.0, train_biases: true }
    }
}

impl<T: Float> Network<T> {
    /// Every z, x, loss, delta and gradient of these examples, on the reference path in f64.
    ///
    /// The loss and the gradients are summed over the examples, as on the sheet; [`Trace::gradient`] has the options.
    ///
    /// # Shapes
    /// x: (examples, inputs); t: (examples, outputs)
    ///
    /// # Errors
    /// As [`Trace::gradient`].
    pub fn trace(&self, loss: Loss, x: ArrayView2<'_, T>, t: ArrayView2<'_, T>) -> Result<Trace> {
        Trace::gradient(
            &self.cast(),
            loss,
            x.mapv(T::to_f64).view(),
            t.mapv(T::to_f64).view(),
            &TraceOptions::default(),
        )
    }
}

impl Trace {
    /// The forward pass.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when the examples do not fit the network.
    pub fn forward(network: &Network<f64>, x: ArrayView2<'_, f64>) -> Result<Self> {
        Self::forward_with(&ParameterBounds::of(network), network, x)
    }

    /// The forward pass and the loss.
    ///
    /// # Errors
    /// `ErrorKind::Shape` when examples or targets do not fit the network; `ErrorKind::Value` when its outputs do not
    /// admit the loss.
    pub fn loss(
        network: &Network<f64>,
        loss: Loss,
        x: ArrayView2<'_, f64>,
        t: ArrayView2<'_, f64>,
        reduction: Reduction,
    ) -> Result<Self> {
        Self::loss_with(&ParameterBounds::of(network), network, loss, x, t, reduction)
    }

    /// The forward pass, the loss, the deltas and the gradients.
    ///
    /// # Errors
    /// As [`Trace::loss`].
    pub fn gradient(
        network: &Network<f64>,
        loss: Loss,
        x: ArrayView2<'_, f64>,
        t: ArrayView2<'_, f64>,
        options: &TraceOptions,
    ) -> Result<Self> {
        Self::gradient_with(&ParameterBounds::of(network), network, loss, x, t, options)
    }

    fn forward_with(
        parameters: &ParameterBounds,
        network: &Network<f64>,
        x: ArrayView2<'_, f64>,
    ) -> Result<Self> {
        network.check_examples(x)?;
        let pass = backprop::forward(network, x);
        let (z, x_layers) = bounds::forward(network, parameters, x, &pass);
        Ok(Self {
            input: x.to_owned(),
            z,
            x: x_layers,
            loss: None,
            total_loss: None,
            total_bound: 0.0,
            backward: None,
            update: None,
            classes: None,
        })
    }

    fn loss_with(
        parameters: &ParameterBounds,
        network: &Network<f64>,
        loss: Loss,
        x: ArrayView2<'_, f64>,
        t: ArrayView2<'_, f64>,
        reduction: Reduction,
    ) -> Result<Self> {
        loss.admits(network.output_activation())?;
        network.check_targets(x, t)?;
        let mut trace = Self::forward_with(parameters, network, x)?;
        let losses = bounds::losses(network, loss, &trace, t);
        let n = t.nrows() as f64;
        let divisor = if reduction == Reduction::Mean { n } else { 1.0 };
        let total = losses.value.sum() / divisor;
        let bound = (losses.bound.sum() + n * ROUNDOFF * losses.value.sum().abs()) / divisor;
        trace.total_loss = Some(show(total, bound));
        trace.total_bound = bound;
        trace.loss = Some(losses);
        Ok(trace)
    }

    fn gradient_with(
        parameters: &ParameterBounds,
        network: &Network<f64>,
        loss: Loss,
        x: ArrayView2<'_, f64>,
        t: ArrayView2<'_, f64>,
        options: &TraceOptions,
    ) -> Result<Self> {
        if !(options.l2.is_finite() && options.l2 >= 0.0) {
            return Err(Error::value("l2", options.l2, "at least 0"));
        }
        let mut trace = Self::loss_with(parameters, network, loss, x, t, options.reduction)?;
        let pass = trace.pass();
        let delta = backprop::output_delta(network, loss, &pass, t);
        let mut backward = backprop::backward(network, x, &pass, delta);
        let divisor = if options.reduction == Reduction::Mean { t.nrows() as f64 } else { 1.0 };
        for (l, g) in backward.grad_weights.iter_mut().enumerate() {
            g.zip_mut_with(&network.weights(l), |g, &w| *g = *g / divisor + options.l2 * w);
        }
        for g in &mut backward.grad_biases {
            g.mapv_inplace(|g| g / divisor);
        }
        trace.backward = Some(bounds::backward(
            network, parameters, loss, &trace, t, backward, divisor, options.l2,
        ));
        Ok(trace)
    }

    /// How sensitive an output is to every input: ∂x^\[L\]ₖ/∂x^\[0\], by the chain rule from the output back to the inputs.
    ///
    /// # Shapes
    /// output: k, from 0. Result: (examples, inputs)
    ///
    /// # Panics
    /// When there is no such output, or the network is not the one that was traced.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::trace::Trace;
    /// use deltarule::{Activation, Init, Network};
    /// use ndarray::array;
    ///
    /// let network = Network::<f64>::builder(2)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::Constant(0.5))
    ///     .build()?;
    /// let trace = Trace::forward(&network, array![[1.0, 2.0]].view())?;
    /// assert_eq!(trace.sensitivity(&network, 0), array![[0.5, 0.5]]);
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn sensitivity(&self, network: &Network<f64>, output: usize) -> Array2<f64> {
        let pass = self.pass();
        let examples = self.input.nrows();
        let mut g = Array2::zeros((examples, network.outputs()));
        g.column_mut(output).fill(1.0);
        for (l, layer) in network.layers().iter().enumerate().rev() {
            // From ∂/∂x^[l] to ∂/∂z^[l], and through the weights to ∂/∂x^[l−1].
            for (example, mut row) in g.rows_mut().into_iter().enumerate() {
                let (z, x) = (pass.z[l].row(example).to_vec(), pass.x[l].row(example).to_vec());
                let mut values = row.to_vec();
                layer.activation().backward(&z, &x, &mut values);
                row.assign(&ndarray::ArrayView1::from(&values));
            }
            let w = network.weights(l);
            // One order of summation on every machine.
            g = Array2::from_shape_fn((examples, layer.inputs()), |(example, input)| {
                (0..layer.units()).map(|unit| g[[example, unit]] * w[[unit, input]]).sum()
            });
        }
        g
    }
}
