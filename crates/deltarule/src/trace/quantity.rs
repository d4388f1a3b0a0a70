//! The quantities of a step by name: what each is called, its shape, and the order in which they are computed.

use std::fmt;

use crate::network::Network;
use crate::optimizer::Optimizer;

/// A quantity of one step. Layers count from 1, as on the sheet.
///
/// # Shapes
/// Net inputs, outputs and deltas have a row per unit and a column per example; weights and what belongs to them a row
/// per unit and a column per unit below; biases and what belongs to them are one column; losses and classes are one row.
///
/// # Example
///
/// ```
/// use deltarule::trace::{Quantity, StepOutline};
///
/// let gradient = StepOutline { targets: true, gradients: true, ..StepOutline::default() };
/// let names: Vec<String> =
///     Quantity::of_step(1, &gradient).iter().map(Quantity::to_string).collect();
/// let expected =
///     ["z[1]", "x[1]", "loss", "total_loss", "delta[1]", "grad_weights[1]", "grad_biases[1]"];
/// assert_eq!(names, expected);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// z^\[l\]
    Z(usize),
    /// x^\[l\]
    X(usize),
    /// E of each example.
    Loss,
    /// The sum or mean of the losses.
    TotalLoss,
    /// f′(z^\[l\]), the derivative of the activation: a number on the way, which only elementwise activations have.
    Derivative(usize),
    /// δ^\[l\]
    Delta(usize),
    /// ∂E/∂w^\[l\]
    GradWeights(usize),
    /// ∂E/∂b^\[l\]
    GradBiases(usize),
    /// What the optimiser remembers for the weights of a layer, by the name of its vector.
    StateWeights(&'static str, usize),
    /// What the optimiser remembers for the biases of a layer, by the name of its vector.
    StateBiases(&'static str, usize),
    /// m̂ or v̂ of the weights of a layer, a moment of Adam with its bias corrected, by the name of the moment: a number on the
    /// way.
    CorrectedWeights(&'static str, usize),
    /// m̂ or v̂ of the biases of a layer, by the name of the moment: a number on the way.
    CorrectedBiases(&'static str, usize),
    /// w^\[l\] after the update.
    Weights(usize),
    /// b^\[l\] after the update.
    Biases(usize),
    /// The total loss of the same examples under the new parameters.
    TotalLossAfter,
    /// The class of each example, 1 being the first.
    Class,
}

/// What a step goes through besides the forward pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepOutline {
    /// Whether the examples have targets, and so a loss.
    pub targets: bool,
    /// Whether there is a backward pass.
    pub gradients: bool,
    /// The optimiser of the update, where there is one.
    pub optimizer: Option<Optimizer>,
    /// Whether the examples are classified.
    pub classes: bool,
}

impl Quantity {
    /// The quantities of a step of a network with so many layers, in the order of computation.
    pub fn of_step(layers: usize, outline: &StepOutline) -> Vec<Self> {
        let mut all = Vec::new();
        for l in 1..=layers {
            all.extend([Self::Z(l), Self::X(l)]);
        }
        if outline.targets {
            all.extend([Self::Loss, Self::TotalLoss]);
        }
        if outline.gradients {
            all.extend((1..=layers).rev().map(Self::Delta));
            all.extend((1..=layers).flat_map(|l| [Self::GradWeights(l), Self::GradBiases(l)]));
        }
        if let Some(optimizer) = &outline.optimizer {
            for &name in optimizer.state_names() {
                let of_layer = |l| [Self::StateWeights(name, l), Self::StateBiases(name, l)];
                all.extend((1..=layers).flat_map(of_layer));
            }
            all.extend((1..=layers).flat_map(|l| [Self::Weights(l), Self::Biases(l)]));
            all.push(Self::TotalLossAfter);
        }
        if outline.classes {
            all.push(Self::Class);
        }
        all
    }

    /// The numbers on the way to these, in the order of computation: f′(z) of every layer, and Adam's moments with their bias
    /// corrected. A trace has them ([`Trace::get`](super::Trace::get)), but for f′ of softmax, which is a matrix for each
    /// example; solutions do not list them.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::Adam;
    /// use deltarule::trace::{Quantity, StepOutline};
    ///
    /// let optimizer = Some(Adam::default().into());
    /// let update = StepOutline { targets: true, gradients: true, optimizer, ..StepOutline::default() };
    /// let names: Vec<String> =
    ///     Quantity::on_the_way(1, &update).iter().map(Quantity::to_string).collect();
    /// let moments = ["m_hat_weights[1]", "m_hat_biases[1]", "v_hat_weights[1]", "v_hat_biases[1]"];
    /// assert_eq!(names[0], "derivative[1]");
    /// assert_eq!(names[1..], moments);
    /// ```
    pub fn on_the_way(layers: usize, outline: &StepOutline) -> Vec<Self> {
        let mut all = Vec::new();
        if outline.gradients {
            all.extend((1..=layers).rev().map(Self::Derivative));
        }
        if let Some(optimizer @ (Optimizer::Adam(_) | Optimizer::AdamW(_))) = &outline.optimizer {
            for &name in optimizer.state_names() {
                let of_layer =
                    |l| [Self::CorrectedWeights(name, l), Self::CorrectedBiases(name, l)];
                all.extend((1..=layers).flat_map(of_layer));
            }
        }
        all
    }

    /// Whether it is a number on the way to others: one of [`Quantity::on_the_way`].
    pub fn is_on_the_way(self) -> bool {
        matches!(self, Self::Derivative(_) | Self::CorrectedWeights(..) | Self::CorrectedBiases(..))
    }

    /// The layer, 1 being the first after the inputs, where it belongs to one.
    pub fn layer(self) -> Option<usize> {
        match self {
            Self::Z(l)
            | Self::X(l)
            | Self::Derivative(l)
            | Self::Delta(l)
            | Self::GradWeights(l)
            | Self::GradBiases(l)
            | Self::StateWeights(_, l)
            | Self::StateBiases(_, l)
            | Self::CorrectedWeights(_, l)
            | Self::CorrectedBiases(_, l)
            | Self::Weights(l)
            | Self::Biases(l) => Some(l),
            Self::Loss | Self::TotalLoss | Self::TotalLossAfter | Self::Class => None,
        }
    }

    /// The name without the layer, as answers spell it: `grad_weights`, `m_biases`, `total_loss`.
    pub fn family(self) -> String {
        match self {
            Self::Z(_) => "z".into(),
            Self::X(_) => "x".into(),
            Self::Loss => "loss".into(),
            Self::TotalLoss => "total_loss".into(),
            Self::Derivative(_) => "derivative".into(),
            Self::Delta(_) => "delta".into(),
            Self::GradWeights(_) => "grad_weights".into(),
            Self::GradBiases(_) => "grad_biases".into(),
            Self::StateWeights(name, _) => ParameterKind::Weights.suffixed(name),
            Self::StateBiases(name, _) => ParameterKind::Biases.suffixed(name),
            Self::CorrectedWeights(name, _) => {
                ParameterKind::Weights.suffixed(&format!("{name}_hat"))
            }
            Self::CorrectedBiases(name, _) => {
                ParameterKind::Biases.suffixed(&format!("{name}_hat"))
            }
            Self::Weights(_) => "weights".into(),
            Self::Biases(_) => "biases".into(),
            Self::TotalLossAfter => "total_loss_after".into(),
            Self::Class => "class".into(),
        }
    }

    /// Whether it has a column per example.
    pub fn is_per_example(self) -> bool {
        matches!(
            self,
            Self::Z(_)
                | Self::X(_)
                | Self::Derivative(_)
                | Self::Delta(_)
                | Self::Loss
                | Self::Class
        )
    }

    /// Whether it has the shape of weights.
    pub fn is_like_weights(self) -> bool {
        matches!(
            self,
            Self::GradWeights(_)
                | Self::StateWeights(..)
                | Self::CorrectedWeights(..)
                | Self::Weights(_)
        )
    }

    /// Whether it has the shape of biases.
    pub fn is_like_biases(self) -> bool {
        matches!(
            self,
            Self::GradBiases(_)
                | Self::StateBiases(..)
                | Self::CorrectedBiases(..)
                | Self::Biases(_)
        )
    }

    /// Rows and columns in a step of a network with so many examples.
    ///
    /// # Panics
    /// When the network has no such layer.
    pub fn shape(self, network: &Network<f64>, examples: usize) -> (usize, usize) {
        let columns = if self.is_per_example() { examples } else { 1 };
        match self.layer().map(|l| &network.layers()[l - 1]) {
            Some(layer) if self.is_like_weights() => (layer.units(), layer.inputs()),
            Some(layer) => (layer.units(), columns),
            None => (1, columns),
        }
    }
}

impl fmt::Display for Quantity {
    /// The name as answers spell it: `z[1]`, `total_loss`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer() {
            Some(layer) => write!(f, "{}[{layer}]", self.family()),
            None => f.write_str(&self.family()),
        }
    }
}

/// The weights or the biases of a layer, which are updated by the same rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// w
    Weights,
    /// b
    Biases,
}

impl ParameterKind {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Weights, Self::Biases];

    /// `weights` or `biases`
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Biases => "biases",
        }
    }

    /// The name of what belongs to them: `m_weights`.
    pub fn suffixed(self, name: &str) -> String {
        format!("{name}_{}", self.name())
    }

    /// The parameters of a layer after the update.
    pub fn updated(self, layer: usize) -> Quantity {
        match self {
            Self::Weights => Quantity::Weights(layer),
            Self::Biases => Quantity::Biases(layer),
        }
    }

    /// Their gradient.
    pub fn gradient(self, layer: usize) -> Quantity {
        match self {
            Self::Weights => Quantity::GradWeights(layer),
            Self::Biases => Quantity::GradBiases(layer),
        }
    }

    /// What the optimiser remembers for them, by the name of its vector.
    pub fn state(self, name: &'static str, layer: usize) -> Quantity {
        match self {
            Self::Weights => Quantity::StateWeights(name, layer),
            Self::Biases => Quantity::StateBiases(name, layer),
        }
    }
}
