//! The formulas of wrong rules, and the right ones in the form that starts from the outputs a student wrote.

use deltarule::{Activation, Loss, Optimizer, OptimizerState};

use super::approx::{ApproxMatrix, activate};
use super::deviation::{At, Deviation};

/// Whether outputs are those of their net inputs, as far as the digits tell. If they are not, loss and delta follow from the
/// outputs that the student wrote.
pub(super) fn belong_together(output: Activation, z: &ApproxMatrix, x: &ApproxMatrix) -> bool {
    let computed = activate(output, z);
    computed.iter().zip(x).all(|(computed, x)| {
        let allowed = 2.0 * (computed.drift + x.drift) + 1e-9 * computed.value.abs();
        (computed.value - x.value).abs() <= allowed
    })
}

/// E of one example from its outputs alone.
pub(super) fn loss_from_outputs(loss: Loss, x: &[f64], t: &[f64]) -> f64 {
    let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        x.iter().zip(t).map(|(&x, &t)| term(x, t)).sum()
    };
    let t_ln = |t: f64, x: f64| if t == 0.0 { 0.0 } else { t * x.ln() };
    match loss {
        Loss::CrossEntropy => -sum(&|x, t| t_ln(t, x)),
        Loss::BinaryCrossEntropy => -sum(&|x, t| t_ln(t, x) + t_ln(1.0 - t, 1.0 - x)),
        Loss::Poisson => sum(&|x, t| x - t_ln(t, x)),
        // These do not look at z.
        Loss::SquaredError
        | Loss::SumSquaredError
        | Loss::MeanSquaredError
        | Loss::AbsoluteError
        | Loss::Huber => loss.value(Activation::Identity, x, x, t),
    }
}

/// ∂E/∂x of one example.
pub(super) fn loss_gradient(loss: Loss, x: &[f64], t: &[f64]) -> Vec<f64> {
    let each = |slope: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        x.iter().zip(t).map(|(&x, &t)| slope(x, t)).collect()
    };
    match loss {
        Loss::CrossEntropy => each(&|x, t| if t == 0.0 { 0.0 } else { -t / x }),
        Loss::BinaryCrossEntropy => each(&|x, t| (x - t) / (x * (1.0 - x))),
        Loss::Poisson => each(&|x, t| 1.0 - t / x),
        // With f(z) = z the output delta is the gradient by the outputs.
        Loss::SquaredError
        | Loss::SumSquaredError
        | Loss::MeanSquaredError
        | Loss::AbsoluteError
        | Loss::Huber => {
            let mut g = vec![0.0; x.len()];
            loss.output_delta(Activation::Identity, x, x, t, &mut g);
            g
        }
    }
}

/// Whether f′ of the outputs stands in the formula of δ^[L], and is not lost in a shorter one.
pub(super) fn delta_takes_derivative(loss: Loss, output: Activation) -> bool {
    match loss {
        Loss::CrossEntropy | Loss::BinaryCrossEntropy => false,
        Loss::Poisson => output == Activation::Softplus,
        Loss::SquaredError
        | Loss::SumSquaredError
        | Loss::MeanSquaredError
        | Loss::AbsoluteError
        | Loss::Huber => true,
    }
}

/// δ^[L] of one example from outputs that need not be those of z.
pub(super) fn output_delta_from_outputs(
    loss: Loss,
    output: Activation,
    z: &[f64],
    x: &[f64],
    t: &[f64],
    derivative_from_z: bool,
) -> Vec<f64> {
    match (loss, output) {
        (Loss::CrossEntropy, Activation::Sigmoid) => {
            x.iter().zip(t).map(|(x, t)| -t * (1.0 - x)).collect()
        }
        (Loss::CrossEntropy | Loss::BinaryCrossEntropy | Loss::Poisson, _) => {
            let mut delta = vec![0.0; x.len()];
            loss.output_delta(output, z, x, t, &mut delta);
            delta
        }
        (
            Loss::SquaredError
            | Loss::SumSquaredError
            | Loss::MeanSquaredError
            | Loss::AbsoluteError
            | Loss::Huber,
            _,
        ) => {
            let mut delta = loss_gradient(loss, x, t);
            let mut outputs = x.to_vec();
            if derivative_from_z {
                output.apply(z, &mut outputs);
            }
            output.backward(z, &outputs, &mut delta);
            delta
        }
    }
}

/// What stands in place of f′(z) under a deviation, where it has anything to say about this layer.
pub(super) fn wrong_slope(
    deviation: Deviation,
    activation: Activation,
    layer: usize,
    depth: usize,
) -> Option<Box<dyn Fn(f64, f64) -> f64>> {
    match deviation {
        Deviation::DerivativeAtOutput(scope)
            if scope.holds(layer, depth) && activation != Activation::Softmax =>
        {
            Some(Box::new(move |_, x| activation.derivative(x, activation.value(x))))
        }
        Deviation::SigmoidDerivativeForOther(scope, at)
            if scope.holds(layer, depth)
                && !matches!(activation, Activation::Sigmoid | Activation::Softmax) =>
        {
            Some(Box::new(move |z, x| {
                let s = match at {
                    At::Output => x,
                    At::NetInput => Activation::Sigmoid.value(z),
                };
                s * (1.0 - s)
            }))
        }
        Deviation::TanhDerivativeUnsquared(scope)
            if scope.holds(layer, depth) && activation == Activation::Tanh =>
        {
            Some(Box::new(|_, x| 1.0 - x))
        }
        _ => None,
    }
}

/// How far parameters move because the student's state is not the computed one: the step as a function of the state, at
/// the one less at the other, each with this gradient.
pub(super) fn moved_by_state(
    optimizer: &Optimizer,
    gradient: &[f64],
    computed: &Option<OptimizerState<f64>>,
    used: &Option<OptimizerState<f64>>,
) -> Vec<f64> {
    let (Some(computed), Some(used)) = (computed, used) else { return Vec::new() };
    let vectors = |state: &OptimizerState<f64>, i: usize| -> Vec<f64> {
        state.vectors.iter().map(|vector| vector[i]).collect()
    };
    let step = |state: &OptimizerState<f64>, i: usize| {
        optimizer.step_by_state(used.step, gradient[i], &vectors(state, i))
    };
    // Where the sign has turned, Rprop remembers 0 and moves by nothing, or back, as the state before the step has it.
    let turned = |state: &OptimizerState<f64>, i: usize| {
        matches!(optimizer, Optimizer::Rprop(_)) && state.vectors[1][i] == 0.0
    };
    let parameters = computed.vectors.first().map_or(0, Vec::len);
    let same = |i: usize| {
        computed.vectors.iter().zip(&used.vectors).all(|(computed, used)| computed[i] == used[i])
    };
    let moved = |i: usize| {
        // Mostly nothing of the state is the student's own.
        if same(i) || turned(computed, i) != turned(used, i) {
            return 0.0;
        }
        step(used, i) - step(computed, i)
    };
    (0..parameters).map(moved).collect()
}
