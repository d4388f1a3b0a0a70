//! The tree of a formula.

use deltarule::Activation;

/// What a formula is made of. A layer is counted from the layer that the formula is of: 0 is that layer, −1 the one below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Operand {
    /// w of a layer, as the step computes with it.
    Weights(i32),
    /// The same after the update.
    NewWeights(i32),
    /// b of a layer.
    Biases(i32),
    /// z of a layer.
    Z(i32),
    /// x of a layer; that of the layer below the first is the inputs.
    X(i32),
    /// x^[0]
    Inputs,
    /// t
    Targets,
    /// f′(z) of the layer, where it was written down.
    Derivative,
    /// δ of a layer.
    Delta(i32),
    /// x^[L] − t
    Error,
    /// E of each example.
    Losses,
    /// The gradient of the parameters that the formula is of.
    Gradient,
    /// That of the step before.
    GradientBefore,
    /// The parameters that are changed, before the step.
    Parameter,
    /// The parameters that the part began with.
    ParameterAtStart,
    /// A vector that the optimiser remembers, after the step.
    State(usize),
    /// The same before the step.
    StateBefore(usize),
    /// A moment of Adam with its bias corrected, where it was written down.
    Corrected(usize),
}

/// A function of one number, or of a column of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Function {
    /// f(z)
    Activation(Activation),
    /// f(−z)
    Mirrored(Activation),
    /// f′(z)
    Derivative(Activation),
    Ln,
    Log10,
    Log2,
    Absolute,
    Sign,
    /// min(z, 0)
    NegativePart,
    /// A number cut off at −1 and 1, which is Huber's slope.
    Clipped,
}

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::marking) enum Expression {
    Operand(Operand),
    /// A number with its letter; without one it is printed as it is.
    Constant(&'static str, f64),
    Negative(Box<Self>),
    Sum(Box<Self>, Box<Self>),
    Difference(Box<Self>, Box<Self>),
    /// Number by number, or by one number.
    Times(Box<Self>, Box<Self>),
    Over(Box<Self>, Box<Self>),
    /// Of matrices.
    Product(Box<Self>, Box<Self>),
    Transposed(Box<Self>),
    Square(Box<Self>),
    Root(Box<Self>),
    Function(Function, Box<Self>),
    /// Σ over the units of a layer.
    OverUnits(Box<Self>),
    /// Σ over the examples.
    OverExamples(Box<Self>),
    /// The same, written down on the way.
    Noted(Box<Self>),
    /// Ones in the shape of something.
    Ones(Box<Self>),
    /// One unit of several.
    OnlyUnit(usize, Box<Self>),
    /// One example of several.
    OnlyExample(usize, Box<Self>),
    /// The rows in the opposite order.
    Reversed(Box<Self>),
    /// A row, the first number, that has what another has.
    RowFrom(usize, usize, Box<Self>),
    /// A column that has what another has.
    ColumnFrom(usize, usize, Box<Self>),
}

/// The pieces of a formula, by whatever reference it is held.
macro_rules! pieces {
    ($formula:expr) => {
        match $formula {
            Self::Operand(_) | Self::Constant(..) => Vec::new(),
            Self::Negative(a)
            | Self::Transposed(a)
            | Self::Square(a)
            | Self::Root(a)
            | Self::Function(_, a)
            | Self::OverUnits(a)
            | Self::OverExamples(a)
            | Self::Noted(a)
            | Self::Ones(a)
            | Self::OnlyUnit(_, a)
            | Self::OnlyExample(_, a)
            | Self::Reversed(a)
            | Self::RowFrom(_, _, a)
            | Self::ColumnFrom(_, _, a) => vec![a],
            Self::Sum(a, b)
            | Self::Difference(a, b)
            | Self::Times(a, b)
            | Self::Over(a, b)
            | Self::Product(a, b) => vec![a, b],
        }
    };
}

/// Short names for what is built often.
impl Expression {
    pub(super) fn of(operand: Operand) -> Self {
        Self::Operand(operand)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::Sum(Box::new(self), Box::new(other))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self::Difference(Box::new(self), Box::new(other))
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self::Times(Box::new(self), Box::new(other))
    }

    pub(super) fn over(self, other: Self) -> Self {
        Self::Over(Box::new(self), Box::new(other))
    }

    pub(super) fn product(self, other: Self) -> Self {
        Self::Product(Box::new(self), Box::new(other))
    }

    pub(super) fn transposed(self) -> Self {
        Self::Transposed(Box::new(self))
    }

    pub(super) fn squared(self) -> Self {
        Self::Square(Box::new(self))
    }

    pub(super) fn root(self) -> Self {
        Self::Root(Box::new(self))
    }

    pub(super) fn negative(self) -> Self {
        Self::Negative(Box::new(self))
    }

    pub(super) fn function(self, function: Function) -> Self {
        Self::Function(function, Box::new(self))
    }

    pub(super) fn over_units(self) -> Self {
        Self::OverUnits(Box::new(self))
    }

    pub(super) fn over_examples(self) -> Self {
        Self::OverExamples(Box::new(self))
    }

    pub(super) fn noted(self) -> Self {
        Self::Noted(Box::new(self))
    }

    /// The pieces that it is made of.
    pub(super) fn children(&self) -> Vec<&Self> {
        pieces!(self)
    }

    /// The same, to be changed.
    pub(super) fn children_mut(&mut self) -> Vec<&mut Self> {
        pieces!(self)
    }
}
