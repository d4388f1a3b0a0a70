//! The quantities of a step: what answers name, and in which shape.

use std::fmt;

use crate::exercise::{Exercise, Mode, Part, Task};

/// A quantity of one step. Layers count from 1, as on the sheet.
///
/// # Shapes
/// Net inputs, outputs and deltas have a row per unit and a column per example; weights and what belongs to them a row
/// per unit and a column per unit below; biases and what belongs to them are one column; losses and classes are one row.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::Quantity, marking::quantities, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let all = quantities(&exercise, &exercise.parts[0]);
/// assert_eq!(all[0].quantity, Quantity::Z(1));
/// assert_eq!((all[0].rows, all[0].columns), (3, 1));
/// assert_eq!(Quantity::GradWeights(2).to_string(), "grad_weights[2]");
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
    /// w^\[l\] after the update.
    Weights(usize),
    /// b^\[l\] after the update.
    Biases(usize),
    /// The total loss of the same examples under the new parameters.
    TotalLossAfter,
    /// The class of each example, 1 being the first.
    Class,
}

impl Quantity {
    /// The layer, 1 being the first after the inputs, where it belongs to one.
    pub fn layer(self) -> Option<usize> {
        match self {
            Self::Z(l)
            | Self::X(l)
            | Self::Delta(l)
            | Self::GradWeights(l)
            | Self::GradBiases(l)
            | Self::StateWeights(_, l)
            | Self::StateBiases(_, l)
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
            Self::Delta(_) => "delta".into(),
            Self::GradWeights(_) => "grad_weights".into(),
            Self::GradBiases(_) => "grad_biases".into(),
            Self::StateWeights(name, _) => format!("{name}_weights"),
            Self::StateBiases(name, _) => format!("{name}_biases"),
            Self::Weights(_) => "weights".into(),
            Self::Biases(_) => "biases".into(),
            Self::TotalLossAfter => "total_loss_after".into(),
            Self::Class => "class".into(),
        }
    }

    /// Whether it has a column per example.
    pub fn is_per_example(self) -> bool {
        matches!(self, Self::Z(_) | Self::X(_) | Self::Delta(_) | Self::Loss | Self::Class)
    }

    /// Whether it has the shape of weights.
    pub fn is_like_weights(self) -> bool {
        matches!(self, Self::GradWeights(_) | Self::StateWeights(..) | Self::Weights(_))
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

/// A quantity with its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Which quantity.
    pub quantity: Quantity,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// The quantities that each step of a part has, in the order of computation.
pub fn quantities(exercise: &Exercise, part: &Part) -> Vec<Shape> {
    let layers = exercise.network.layers();
    let depth = layers.len();
    let batch = match part.task {
        Task::Update { mode: Mode::Online, .. } => 1,
        _ => part.examples.len(),
    };
    let mut all = Vec::new();
    let mut add = |quantity, rows, columns| all.push(Shape { quantity, rows, columns });
    for (l, layer) in layers.iter().enumerate() {
        add(Quantity::Z(l + 1), layer.units(), batch);
        add(Quantity::X(l + 1), layer.units(), batch);
    }
    if part.examples.iter().all(|example| example.t.is_some()) {
        add(Quantity::Loss, 1, batch);
        add(Quantity::TotalLoss, 1, 1);
    }
    if matches!(part.task, Task::Gradient | Task::Update { .. }) {
        for l in (1..=depth).rev() {
            add(Quantity::Delta(l), layers[l - 1].units(), batch);
        }
        for (l, layer) in layers.iter().enumerate() {
            add(Quantity::GradWeights(l + 1), layer.units(), layer.inputs());
            add(Quantity::GradBiases(l + 1), layer.units(), 1);
        }
    }
    if let Task::Update { optimizer, .. } = part.task {
        for &name in optimizer.state_names() {
            for (l, layer) in layers.iter().enumerate() {
                add(Quantity::StateWeights(name, l + 1), layer.units(), layer.inputs());
                add(Quantity::StateBiases(name, l + 1), layer.units(), 1);
            }
        }
        for (l, layer) in layers.iter().enumerate() {
            add(Quantity::Weights(l + 1), layer.units(), layer.inputs());
            add(Quantity::Biases(l + 1), layer.units(), 1);
        }
        add(Quantity::TotalLossAfter, 1, 1);
    }
    if part.task == Task::Classify {
        add(Quantity::Class, 1, batch);
    }
    all
}

/// How many steps a part has.
pub(crate) fn step_count(part: &Part) -> usize {
    match part.task {
        Task::Update { mode: Mode::Batch, epochs, .. } => epochs,
        Task::Update { mode: Mode::Online, epochs, .. } => epochs * part.examples.len(),
        _ => 1,
    }
}
