//! The quantities that answers to a part name, each in its shape.

pub use deltarule::trace::Quantity;

use deltarule::trace::StepOutline;
use deltarule::{Activation, Adam, Sgd};

use crate::exercise::{Exercise, Mode, Part, Task};

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
/// ```
pub fn quantities(exercise: &Exercise, part: &Part) -> Vec<Shape> {
    let all = Quantity::of_step(exercise.network.layers().len(), &outline(part));
    all.into_iter().map(|quantity| shaped(quantity, exercise, part)).collect()
}

/// A quantity of a step with its shape.
fn shaped(quantity: Quantity, exercise: &Exercise, part: &Part) -> Shape {
    let (rows, columns) = quantity.shape(&exercise.network, step_examples(part));
    Shape { quantity, rows, columns }
}

/// The quantities that an answer may give besides, though nobody asks for them: the numbers on the way, f′(z) of each layer and
/// Adam's moments with their bias corrected. Those of frozen biases are 0, and f′ of softmax is a matrix: neither is among them.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::optional_quantities, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let names: Vec<String> = optional_quantities(&exercise, &exercise.parts[0])
///     .iter()
///     .map(|shape| shape.quantity.to_string())
///     .collect();
/// assert_eq!(names, ["derivative[2]", "derivative[1]"]);
/// ```
pub fn optional_quantities(exercise: &Exercise, part: &Part) -> Vec<Shape> {
    let network = &exercise.network;
    let is_answerable = |quantity: &Quantity| match *quantity {
        Quantity::Derivative(l) => network.layers()[l - 1].activation() != Activation::Softmax,
        Quantity::CorrectedBiases(..) => part.options.train_biases,
        _ => true,
    };
    let all = Quantity::on_the_way(network.layers().len(), &outline(part)).into_iter();
    all.filter(is_answerable).map(|quantity| shaped(quantity, exercise, part)).collect()
}

/// All quantities that an answer may give, in the order of computation.
pub(super) fn answerable(exercise: &Exercise, part: &Part) -> Vec<Shape> {
    let mut all = quantities(exercise, part);
    for shape in optional_quantities(exercise, part) {
        let next = match shape.quantity {
            Quantity::Derivative(l) => Quantity::Delta(l),
            _ => Quantity::Weights(1),
        };
        let place = all.iter().position(|other| other.quantity == next).unwrap_or(all.len());
        all.insert(place, shape);
    }
    all
}

/// The numbers on the way of any step, of whatever optimiser.
pub(super) fn on_the_way_of_any_step() -> Vec<Quantity> {
    let optimizer = Some(Adam::default().into());
    let outline = StepOutline { targets: true, gradients: true, optimizer, classes: false };
    Quantity::on_the_way(1, &outline)
}

/// The quantities that every step has whose task asks for them, whatever the optimiser remembers besides.
pub(super) fn of_any_step() -> Vec<Quantity> {
    let outline = StepOutline {
        targets: true,
        gradients: true,
        optimizer: Some(Sgd::default().into()),
        classes: true,
    };
    Quantity::of_step(1, &outline)
}

/// What each step of a part goes through.
fn outline(part: &Part) -> StepOutline {
    StepOutline {
        targets: part.examples.iter().all(|example| example.t.is_some()),
        gradients: matches!(part.task, Task::Gradient | Task::Update { .. }),
        optimizer: part.task.optimizer(),
        classes: part.task == Task::Classify,
    }
}

/// How many examples a step of a part has.
pub(super) fn step_examples(part: &Part) -> usize {
    if part.task.is_online() { 1 } else { part.examples.len() }
}

/// How many steps a part has.
pub(crate) fn step_count(part: &Part) -> usize {
    match part.task {
        Task::Update { mode: Mode::Batch, epochs, .. } => epochs,
        Task::Update { mode: Mode::Online, epochs, .. } => epochs * part.examples.len(),
        Task::Forward | Task::Gradient | Task::Classify => 1,
    }
}
