//! The formula of every quantity of a step.

use deltarule::trace::Reduction;
use deltarule::{Activation, Loss, Optimizer};

use super::expression::{Expression, Function, Operand};
use crate::exercise::{Exercise, Part, sums_to_one};
use crate::marking::quantity::{Quantity, step_examples};

/// The formulas that a step has, each for every layer that it is used in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Formula {
    NetInput,
    Output,
    Loss,
    TotalLoss,
    /// f′ of a layer, where it is a quantity of its own.
    Derivative,
    OutputDelta,
    HiddenDelta,
    WeightGradient,
    BiasGradient,
    /// A vector that the optimiser remembers, of the weights.
    WeightState(usize),
    BiasState(usize),
    /// A moment of Adam with its bias corrected, where that is a quantity of its own.
    WeightCorrection(usize),
    BiasCorrection(usize),
    NewWeights,
    NewBiases,
}

/// What a formula depends on beside its layer.
#[derive(Clone, Copy)]
pub(in crate::marking) struct FormulaContext<'a> {
    pub(in crate::marking) exercise: &'a Exercise,
    pub(in crate::marking) part: &'a Part,
    pub(in crate::marking) optimizer: Option<Optimizer>,
    /// From 0.
    pub(in crate::marking) step: usize,
    /// How many examples the step has.
    pub(in crate::marking) examples: usize,
    /// The numbers on the way that are quantities of their own, each with its step; the others are part of the formulas that they
    /// stand in.
    pub(in crate::marking) named: &'a [(usize, Quantity)],
}

impl<'a> FormulaContext<'a> {
    /// That of a step of a part.
    pub(in crate::marking) fn of_part(exercise: &'a Exercise, part: &'a Part, step: usize) -> Self {
        let (optimizer, examples) = (part.task.optimizer(), step_examples(part));
        Self { exercise, part, optimizer, step, examples, named: &[] }
    }

    fn names(&self, quantity: Quantity) -> bool {
        self.named.contains(&(self.step, quantity))
    }
}

impl Formula {
    /// The formula that a quantity is computed by; none for what is computed by others once more, or looked up.
    pub(in crate::marking) fn of(
        quantity: Quantity,
        depth: usize,
        states: &[&'static str],
    ) -> Option<Self> {
        let vector = |name: &str| states.iter().position(|known| *known == name);
        Some(match quantity {
            Quantity::Z(_) => Self::NetInput,
            Quantity::X(_) => Self::Output,
            Quantity::Loss => Self::Loss,
            Quantity::TotalLoss => Self::TotalLoss,
            Quantity::Derivative(_) => Self::Derivative,
            Quantity::Delta(l) if l == depth => Self::OutputDelta,
            Quantity::Delta(_) => Self::HiddenDelta,
            Quantity::GradWeights(_) => Self::WeightGradient,
            Quantity::GradBiases(_) => Self::BiasGradient,
            Quantity::StateWeights(name, _) => Self::WeightState(vector(name)?),
            Quantity::StateBiases(name, _) => Self::BiasState(vector(name)?),
            Quantity::CorrectedWeights(name, _) => Self::WeightCorrection(vector(name)?),
            Quantity::CorrectedBiases(name, _) => Self::BiasCorrection(vector(name)?),
            Quantity::Weights(_) => Self::NewWeights,
            Quantity::Biases(_) => Self::NewBiases,
            Quantity::TotalLossAfter | Quantity::Class => return None,
        })
    }

    /// The layers that have it, from 1; what belongs to the whole network counts as of the last.
    pub(in crate::marking) fn layers(self, depth: usize) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Loss | Self::TotalLoss | Self::OutputDelta => depth..=depth,
            Self::HiddenDelta => 1..=depth - 1,
            _ => 1..=depth,
        }
    }
}

/// The formula of a layer; none where there is no short one (L-BFGS, Rprop).
pub(in crate::marking) fn formula(
    formula: Formula,
    layer: usize,
    given: &FormulaContext<'_>,
) -> Option<Expression> {
    let of = Expression::of;
    let exercise = given.exercise;
    let depth = exercise.network.layers().len();
    let activation = |l: usize| exercise.network.layers()[l - 1].activation();
    let mean = given.part.options.reduction == Reduction::Mean && given.examples > 1;
    let n = given.examples as f64;
    Some(match formula {
        Formula::NetInput => {
            of(Operand::Weights(0)).product(of(Operand::X(-1))).plus(of(Operand::Biases(0)))
        }
        Formula::Output => output(activation(layer)),
        Formula::Loss => loss(exercise.loss, exercise.network.outputs()),
        Formula::TotalLoss => divided(of(Operand::Losses).over_examples(), mean, n),
        Formula::Derivative => slope(activation(layer))?,
        Formula::OutputDelta => output_delta(exercise.loss, activation(depth), given),
        Formula::HiddenDelta => {
            let sum = of(Operand::Weights(1)).transposed().product(of(Operand::Delta(1))).noted();
            match slope_in_delta(activation(layer), layer, given) {
                Some(slope) => sum.times(slope),
                None => sum,
            }
        }
        Formula::WeightGradient => {
            let sum = of(Operand::Delta(0)).product(of(Operand::X(-1)).transposed());
            let gradient = divided(sum, mean, n);
            match given.part.options.l2 {
                0.0 => gradient,
                l2 => gradient.plus(Expression::Constant("λ", l2).times(of(Operand::Weights(0)))),
            }
        }
        Formula::BiasGradient => divided(of(Operand::Delta(0)).over_examples(), mean, n),
        // Frozen biases have no gradient.
        Formula::BiasState(_) if !given.part.options.train_biases => return None,
        Formula::WeightState(k) | Formula::BiasState(k) => state(k, given)?,
        Formula::WeightCorrection(k) | Formula::BiasCorrection(k) => corrected(k, given)?,
        Formula::NewWeights => update(given, true, layer)?,
        Formula::NewBiases if !given.part.options.train_biases => of(Operand::Parameter),
        Formula::NewBiases => update(given, false, layer)?,
    })
}

/// A sum over the examples, or the mean.
fn divided(sum: Expression, mean: bool, n: f64) -> Expression {
    if mean { sum.over(Expression::Constant("", n)) } else { sum }
}

fn one() -> Expression {
    Expression::Constant("", 1.0)
}

/// f(z)
fn output(activation: Activation) -> Expression {
    let z = Expression::of(Operand::Z(0));
    match activation {
        Activation::Identity => z,
        Activation::Softmax => {
            let exp =
                || Expression::of(Operand::Z(0)).function(Function::Activation(Activation::Exp));
            exp().over(exp().over_units())
        }
        other => z.function(Function::Activation(other)),
    }
}

/// f′(z) in the form that people use: from the outputs where that is shorter; none where it is 1, or a matrix.
fn slope(activation: Activation) -> Option<Expression> {
    let x = || Expression::of(Operand::X(0));
    match activation {
        Activation::Identity | Activation::Softmax => None,
        Activation::Sigmoid => Some(x().times(one().minus(x()))),
        Activation::Tanh => Some(one().minus(x().squared())),
        other => Some(Expression::of(Operand::Z(0)).function(Function::Derivative(other))),
    }
}

/// The same as it stands in a delta: as it was written down, where it was.
fn slope_in_delta(
    activation: Activation,
    layer: usize,
    given: &FormulaContext<'_>,
) -> Option<Expression> {
    if given.names(Quantity::Derivative(layer)) {
        return Some(Expression::of(Operand::Derivative));
    }
    slope(activation).map(Expression::noted)
}

/// E of each example, a row of them.
fn loss(loss: Loss, outputs: usize) -> Expression {
    let (x, t) = (|| Expression::of(Operand::X(0)), || Expression::of(Operand::Targets));
    let squares = || x().minus(t()).squared().over_units();
    match loss {
        Loss::SquaredError => Expression::Constant("", 0.5).times(squares()),
        Loss::SumSquaredError => squares(),
        Loss::MeanSquaredError if outputs > 1 => {
            squares().over(Expression::Constant("", outputs as f64))
        }
        Loss::MeanSquaredError => squares(),
        Loss::AbsoluteError | Loss::Huber => {
            x().minus(t()).function(Function::Absolute).over_units()
        }
        Loss::CrossEntropy => t().times(x().function(Function::Ln)).over_units().negative(),
        Loss::BinaryCrossEntropy => {
            let other = one().minus(t()).times(one().minus(x()).function(Function::Ln));
            t().times(x().function(Function::Ln)).plus(other).over_units().negative()
        }
        Loss::Poisson => x().minus(t().times(x().function(Function::Ln))).over_units(),
    }
}

/// ∂E/∂x of the outputs, for the losses whose delta is that times f′.
fn loss_slope(loss: Loss, outputs: usize) -> Option<Expression> {
    let error = || Expression::of(Operand::X(0)).minus(Expression::of(Operand::Targets));
    Some(match loss {
        Loss::SquaredError => error(),
        Loss::SumSquaredError => Expression::Constant("", 2.0).times(error()),
        Loss::MeanSquaredError => match outputs {
            2 => error(),
            n => Expression::Constant("", 2.0 / n as f64).times(error()),
        },
        Loss::AbsoluteError => error().function(Function::Sign),
        Loss::Huber => error().function(Function::Clipped),
        Loss::CrossEntropy | Loss::BinaryCrossEntropy | Loss::Poisson => return None,
    })
}

/// δ^[L]
fn output_delta(loss: Loss, output: Activation, given: &FormulaContext<'_>) -> Expression {
    let outputs = given.exercise.network.outputs();
    let mut targets = given.part.examples.iter().filter_map(|example| example.t.as_deref());
    let add_up_to_one = targets.all(sums_to_one);
    let (x, t) = (|| Expression::of(Operand::X(0)), || Expression::of(Operand::Targets));
    match (loss_slope(loss, outputs), loss, output) {
        (Some(g), _, Activation::Softmax) => {
            let sum = x().times(g.clone()).over_units();
            x().times(g.minus(sum))
        }
        (Some(g), _, _) => {
            match slope_in_delta(output, given.exercise.network.layers().len(), given) {
                Some(slope) => g.times(slope),
                None => g,
            }
        }
        (None, Loss::CrossEntropy, Activation::Sigmoid) => t().times(one().minus(x())).negative(),
        (None, Loss::CrossEntropy, _) if !add_up_to_one => x().times(t().over_units()).minus(t()),
        (None, Loss::Poisson, Activation::Softplus) => {
            let slope =
                Expression::of(Operand::Z(0)).function(Function::Derivative(Activation::Softplus));
            one().minus(t().over(x())).times(slope.noted())
        }
        (None, _, _) => x().minus(t()),
    }
}

fn constant(letter: &'static str, optimizer: &Optimizer, name: &str) -> Option<Expression> {
    optimizer.get(name).map(|value| Expression::Constant(letter, value))
}

/// What an optimiser remembers after a step.
fn state(k: usize, given: &FormulaContext<'_>) -> Option<Expression> {
    let optimizer = given.optimizer?;
    let (old, g) = (Expression::of(Operand::StateBefore(k)), Expression::of(Operand::Gradient));
    let average = |letter: &'static str, beta: f64, new: Expression| {
        let beta = || Expression::Constant(letter, beta);
        beta().times(old.clone()).plus(one().minus(beta()).times(new))
    };
    Some(match (&optimizer, k) {
        (Optimizer::Sgd(sgd), _) => {
            let mu = Expression::Constant("μ", sgd.momentum);
            let step = Expression::Constant("η", sgd.learning_rate).times(g);
            mu.times(old).minus(step)
        }
        (Optimizer::Adam(adam), 0) => average("β_1", adam.beta1, g),
        (Optimizer::Adam(adam), _) => average("β_2", adam.beta2, g.squared()),
        (Optimizer::AdamW(adam), 0) => average("β_1", adam.beta1, g),
        (Optimizer::AdamW(adam), _) => average("β_2", adam.beta2, g.squared()),
        (Optimizer::Rmsprop(rmsprop), _) => average("ρ", rmsprop.rho, g.squared()),
        (Optimizer::Rprop(_) | Optimizer::Lbfgs(_), _) => return None,
    })
}

/// βᵗ of a moment of Adam in a step, the first being 0; none where no moment is corrected.
fn decayed(optimizer: &Optimizer, moment: usize, step: usize) -> Option<f64> {
    if !matches!(optimizer, Optimizer::Adam(_) | Optimizer::AdamW(_)) {
        return None;
    }
    let beta = optimizer.get(["beta1", "beta2"].get(moment)?)?;
    Some(beta.powi(i32::try_from(step).ok()? + 1))
}

/// 1 − βᵗ, which Adam divides a moment by.
pub(in crate::marking) fn bias_correction(
    optimizer: &Optimizer,
    moment: usize,
    step: usize,
) -> Option<f64> {
    decayed(optimizer, moment, step).map(|power| 1.0 - power)
}

/// m / (1 − β₁ᵗ) or v / (1 − β₂ᵗ)
fn corrected(k: usize, given: &FormulaContext<'_>) -> Option<Expression> {
    let letter = *["β_1^t", "β_2^t"].get(k)?;
    let power = Expression::Constant(letter, decayed(&given.optimizer?, k, given.step)?);
    Some(Expression::of(Operand::State(k)).over(one().minus(power)))
}

/// The parameters of a layer after a step.
fn update(given: &FormulaContext<'_>, is_weights: bool, layer: usize) -> Option<Expression> {
    let optimizer = given.optimizer?;
    let of = Expression::of;
    let w = of(Operand::Parameter);
    let g = || of(Operand::Gradient);
    let eta = constant("η", &optimizer, "learning_rate")?;
    let moment = |k: usize| {
        let name = optimizer.state_names().get(k)?;
        let own = if is_weights {
            Quantity::CorrectedWeights(name, layer)
        } else {
            Quantity::CorrectedBiases(name, layer)
        };
        if given.names(own) { Some(of(Operand::Corrected(k))) } else { corrected(k, given) }
    };
    let adam = |epsilon: f64| {
        let root = moment(1)?.root();
        Some(eta.clone().times(moment(0)?.over(root.plus(Expression::Constant("ε", epsilon)))))
    };
    Some(match &optimizer {
        Optimizer::Sgd(sgd) if sgd.momentum == 0.0 => w.minus(eta.times(g())),
        Optimizer::Sgd(sgd) if sgd.nesterov => {
            let mu = Expression::Constant("μ", sgd.momentum);
            w.plus(mu.times(of(Operand::State(0))).minus(eta.times(g())))
        }
        Optimizer::Sgd(_) => w.plus(of(Operand::State(0))),
        Optimizer::Adam(rule) if !rule.epsilon_hat => w.minus(adam(rule.epsilon)?),
        Optimizer::AdamW(rule) => {
            let moved = w.minus(adam(rule.epsilon)?);
            if !is_weights || rule.weight_decay == 0.0 {
                return Some(moved);
            }
            let decay = Expression::Constant("ω", rule.weight_decay);
            moved.minus(eta.times(decay).times(of(Operand::Parameter)))
        }
        Optimizer::Rmsprop(rule) => {
            let root = of(Operand::State(0)).root().plus(Expression::Constant("ε", rule.epsilon));
            w.minus(eta.times(g().over(root)))
        }
        Optimizer::Adam(_) | Optimizer::Rprop(_) | Optimizer::Lbfgs(_) => return None,
    })
}
