//! A step as the writers see it: its numbers, and how they become matrices that know their place.

use std::fmt::Display;

use deltarule::trace::{BoundedView, Quantity, Trace, TraceOptions};
use deltarule::{Choice, Loss, Network};
use deltarule_document::{Document, Equation, Math, Matrix, QuantityId};
use ndarray::{Array2, ArrayView2};

use crate::notation::Notation;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The letters.
    pub notation: Notation,
    /// How the examples of a batch are shown.
    pub batch: BatchLayout,
    /// Whether results are left out, to be filled in by hand.
    pub blank: bool,
    /// Whether the document holds the code of a notebook.
    pub code: bool,
    /// The significant digits that the document says its numbers have; renderers are told the same.
    pub digits: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            notation: Notation::default(),
            batch: BatchLayout::default(),
            blank: false,
            code: false,
            digits: 6,
        }
    }
}

/// How the examples of a batch are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchLayout {
    /// Matrices with a column per example.
    #[default]
    Vectorised,
    /// One example after the other, and the sum at the end.
    Examples,
}

impl Choice for BatchLayout {
    const WHAT: &'static str = "batch";
    const CHOICES: &'static [Self] = &[Self::Vectorised, Self::Examples];

    fn choice_name(&self) -> &'static str {
        match self {
            Self::Vectorised => "vectorised",
            Self::Examples => "examples",
        }
    }
}

/// A step to be written: what it computed, and where it belongs.
#[derive(Clone, Copy, Debug)]
pub struct StepNumbers<'a> {
    /// The part that the step belongs to.
    pub part: &'a str,
    /// The number of the step in its part, from 1.
    pub step: usize,
    /// Which examples of the part are used, from 1; one per row of the trace.
    pub examples: &'a [usize],
    /// The network before the step.
    pub network: &'a Network<f64>,
    /// Whether its parameters are given, not the result of an earlier step.
    pub parameters_are_given: bool,
    /// The loss.
    pub loss: Loss,
    /// The targets, a row per example, where there are any.
    pub targets: Option<ArrayView2<'a, f64>>,
    /// What it computed.
    pub trace: &'a Trace,
    /// Sum or mean, L2, and whether biases are trained.
    pub options: TraceOptions,
}

/// What every writer of a piece of a step needs.
pub(crate) struct Context<'a, 'd> {
    pub(crate) style: Style,
    pub(crate) numbers: &'a StepNumbers<'a>,
    pub(crate) document: &'d mut Document,
    /// The level of the headings of forward pass, loss, …
    pub(crate) level: u8,
    /// The column that is shown, where one example is shown after the other.
    pub(crate) column: Option<usize>,
}

impl Context<'_, '_> {
    /// A formula in the document's notation.
    pub(crate) fn math(&self, formula: &str) -> Math {
        self.style.notation.math(formula)
    }

    /// An equation in the document's notation.
    pub(crate) fn formula(&self, formula: &str) -> Equation {
        self.style.notation.equation(formula)
    }

    /// A paragraph in the document's notation.
    pub(crate) fn paragraph(&mut self, words: &str) {
        let prose = self.style.notation.prose(words);
        self.document.paragraph(prose);
    }

    /// A heading of this step.
    pub(crate) fn heading(&mut self, words: &str) {
        let prose = self.style.notation.prose(words);
        self.document.heading(self.level, prose);
    }

    /// Adds an equation; a notebook computes it by these statements, and checks that this expression has its result.
    pub(crate) fn equation(&mut self, equation: Equation, statements: String, result: &str) {
        let equation = if self.style.code { equation.code(statements, result) } else { equation };
        self.document.equation(equation);
    }

    /// The letter of the activation of a layer, which may be a letter itself.
    pub(crate) fn f(&self, layer: impl Display) -> String {
        activation_letter(self.numbers.network, layer)
    }

    /// The number of layers, inputs not counted.
    pub(crate) fn last(&self) -> usize {
        self.numbers.network.layers().len()
    }

    pub(crate) fn quantity(&self, name: &str, layer: Option<usize>) -> QuantityId {
        QuantityId::new(self.numbers.part, self.numbers.step, name, layer)
    }

    /// A result: shown, or left out in a worksheet.
    pub(crate) fn result(&self, matrix: Matrix) -> Matrix {
        if self.style.blank { matrix.hidden() } else { matrix }
    }

    /// Values with a row per example as a matrix with a column per example, or the one column that is shown.
    pub(crate) fn turned(
        &self,
        name: &str,
        layer: Option<usize>,
        values: ArrayView2<'_, f64>,
    ) -> Matrix {
        let quantity = self.quantity(name, layer);
        match self.column {
            None => Matrix::new(values.ncols(), values.nrows(), |r, c| values[[c, r]], quantity),
            Some(column) => Matrix::new(values.ncols(), 1, |r, _| values[[column, r]], quantity)
                .starting_at(0, column),
        }
    }

    /// The place in the document of a quantity's numbers.
    pub(crate) fn place_of(&self, quantity: Quantity) -> QuantityId {
        self.quantity(&quantity.family(), quantity.layer())
    }

    /// A quantity of the step, or the one column of it that is shown.
    pub(crate) fn shown(&self, quantity: Quantity) -> Matrix {
        match self.column {
            Some(column) if quantity.is_per_example() => self.column_of(quantity, column),
            _ => {
                let numbers = self.numbers.trace.get(quantity);
                self.result(traced(self.place_of(quantity), numbers))
            }
        }
    }

    /// The column of an example.
    pub(crate) fn column_of(&self, quantity: Quantity, column: usize) -> Matrix {
        let numbers = self.numbers.trace.get(quantity);
        let shown = numbers.as_ref().map(BoundedView::shown).unwrap_or_default();
        let place = self.place_of(quantity);
        let matrix = Matrix::new(shown.nrows(), 1, |r, _| shown[[r, column]], place);
        let rounding = numbers.map_or(0.0, |numbers| largest(numbers.bound.column(column)));
        self.result(matrix.rounded_by(rounding).starting_at(0, column))
    }

    /// The numbers of a quantity, as they are shown; none where the step does not have it.
    pub(crate) fn values(&self, quantity: Quantity) -> Array2<f64> {
        self.numbers.trace.get(quantity).map(|numbers| numbers.shown()).unwrap_or_default()
    }

    /// Numbers that were computed for the document from those of the trace, a row per example.
    pub(crate) fn derived(&self, name: &str, layer: Option<usize>, values: &Array2<f64>) -> Matrix {
        self.result(self.turned(name, layer, values.view()))
    }

    /// The weights of a layer before the step.
    pub(crate) fn weights(&self, layer: usize) -> Matrix {
        let weights = self.numbers.network.weights(layer - 1);
        let quantity = self.quantity("start_weights", Some(layer));
        let (rows, columns) = weights.dim();
        self.parameter(Matrix::new(rows, columns, |r, c| weights[[r, c]], quantity))
    }

    /// The biases of a layer before the step.
    pub(crate) fn biases(&self, layer: usize) -> Matrix {
        let biases = self.numbers.network.biases(layer - 1);
        let quantity = self.quantity("start_biases", Some(layer));
        self.parameter(Matrix::new(biases.len(), 1, |r, _| biases[r], quantity))
    }

    fn parameter(&self, matrix: Matrix) -> Matrix {
        if self.numbers.parameters_are_given { matrix } else { self.result(matrix) }
    }

    /// The outputs of a layer; those of layer 0 are the inputs, which are given.
    pub(crate) fn outputs(&self, layer: usize) -> Matrix {
        match layer.checked_sub(1) {
            None => self.turned("x", Some(0), self.numbers.trace.input.view()),
            Some(_) => self.shown(Quantity::X(layer)),
        }
    }

    /// The targets, where there are any.
    pub(crate) fn targets(&self) -> Option<Matrix> {
        self.numbers.targets.map(|t| self.turned("t", None, t))
    }

    /// A number of the file.
    pub(crate) fn given(&self, name: &str, value: f64) -> Math {
        Math::number(value, 0, 0, self.quantity(name, None))
    }

    /// How many examples the step has.
    pub(crate) fn examples(&self) -> usize {
        self.numbers.examples.len()
    }

    /// The name of a variable in a notebook: of a layer, and of one example where one is shown after the other.
    pub(crate) fn variable(&self, name: &str, layer: usize) -> String {
        match self.column {
            None => format!("{name}{layer}"),
            Some(column) => format!("{name}{layer}_{}", self.numbers.examples[column]),
        }
    }

    /// The same for what belongs to no layer.
    pub(crate) fn global(&self, name: &str) -> String {
        match self.column {
            None => name.to_string(),
            Some(column) => format!("{name}_{}", self.numbers.examples[column]),
        }
    }
}

/// Whether not all layers have the same activation.
pub(crate) fn has_several_activations(network: &Network<f64>) -> bool {
    let layers = network.layers();
    layers.iter().any(|layer| layer.activation() != layers[0].activation())
}

/// f, where every layer has the same activation. Where layers differ, one letter would stand for several functions: each
/// layer has its own, f_1, f_2, and f_l is that of layer l.
pub(crate) fn activation_letter(network: &Network<f64>, layer: impl Display) -> String {
    if has_several_activations(network) { format!("f_{layer}") } else { "f".into() }
}

/// Traced numbers as a matrix that knows its place.
pub(crate) fn traced(place: QuantityId, numbers: Option<BoundedView<'_>>) -> Matrix {
    let shown = numbers.as_ref().map(BoundedView::shown).unwrap_or_default();
    let rounding = numbers.map_or(0.0, |numbers| largest(numbers.bound.iter()));
    Matrix::new(shown.nrows(), shown.ncols(), |r, c| shown[[r, c]], place).rounded_by(rounding)
}

/// The largest of some bounds; what overflowed says nothing.
fn largest<'a>(bounds: impl IntoIterator<Item = &'a f64>) -> f64 {
    bounds.into_iter().copied().filter(|bound| bound.is_finite()).fold(0.0, f64::max)
}

/// A matrix in a formula.
pub(crate) fn m(matrix: Matrix) -> Math {
    Math::Matrix(matrix)
}

/// A sign in a formula.
pub(crate) fn sign(sign: char) -> Math {
    Math::Sign(sign)
}

/// A transposed matrix in a formula.
pub(crate) fn transposed(matrix: Matrix) -> Math {
    Math::Upper(Box::new(Math::Matrix(matrix)), Box::new(Math::word("T")))
}
