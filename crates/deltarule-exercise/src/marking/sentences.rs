//! What a student is told about a mistake: what was done, what should have been done, and the formula.

use deltarule::{Activation, Loss};

use super::deviation::{At, Deviation, Divided, Factor, Input, OtherDelta, Shown, Source};
use super::precision::Rounding;
use super::quantity::Quantity;
use crate::exercise::{Exercise, Task};

/// The sentence for a deviation that shows in a quantity.
pub(super) fn sentence(
    exercise: &Exercise,
    index: usize,
    deviation: &Deviation,
    quantity: Quantity,
) -> String {
    let network = &exercise.network;
    let depth = network.layers().len();
    let part = &exercise.parts[index];
    let l = quantity.layer().unwrap_or(depth);
    let hidden = l.min(depth.saturating_sub(1)).max(1);
    let above = hidden + 1;
    let below = l - 1;
    let activation = |layer: usize| network.layers()[layer - 1].activation();
    let examples = part.examples.len();
    let backward = format!("δ[{hidden}] = (w[{above}])ᵀ δ[{above}] ∘ f′(z[{hidden}])");
    match *deviation {
        Deviation::OutputWeightsUpdatedFirst => format!(
            "The delta of layer {hidden} was computed with the updated weights of layer {above}. All deltas belong to the \
             parameters before the update: {backward} with the old w[{above}]; only then is anything updated."
        ),
        Deviation::UpdateSign => {
            "The step was added to the parameters and so goes up the gradient. Gradient descent goes down: the new w is \
             w − η ∂E/∂w, the new b is b − η ∂E/∂b."
                .into()
        }
        Deviation::DeltaSign => format!(
            "The delta has the opposite sign (t − x), and the update does not make up for it. With w − η ∂E/∂w the delta is \
             δ[{depth}] = ∂E/∂z[{depth}], which is positive where an output is too large; whoever writes t − x has to add \
             the step."
        ),
        Deviation::GradientTransposed => format!(
            "The gradient of the weights stands the wrong way round: x δᵀ. It has a row per unit of layer {l} and a column \
             per unit below, as the weights have: ∂E/∂w[{l}] = δ[{l}] (x[{below}])ᵀ."
        ),
        Deviation::WrongLayerOutput(source) => {
            let used = match source {
                Source::Ones => "without any output: δ alone".to_string(),
                Source::NetInput => format!("with the net input z[{below}]"),
                Source::Own => format!("with the output of the layer itself, x[{l}]"),
                Source::Layer(k) => format!("with x[{k}]"),
            };
            format!(
                "The gradient of the weights was computed {used}. It takes the output of the layer below: ∂E/∂w[{l}] = \
                 δ[{l}] (x[{below}])ᵀ."
            )
        }
        Deviation::WrongLayerWeights { layer, .. } => format!(
            "The delta of layer {hidden} was computed with the weights of layer {layer}. The delta comes back through the \
             weights that lead upwards: {backward}."
        ),
        Deviation::WeightsNotTransposed => format!(
            "The delta of layer {hidden} was computed with w[{above}] in place of its transpose. Backwards the sum runs over \
             the units of layer {above}, down the columns of w[{above}]: {backward}."
        ),
        Deviation::MissingOutputDerivative => format!(
            "The derivative of the activation is missing in the delta of the outputs: what was written is ∂E/∂x. The delta \
             is with respect to the net input: δ[{depth}] = ∂E/∂x[{depth}] ∘ f′(z[{depth}])."
        ),
        Deviation::MissingHiddenDerivative => format!(
            "The derivative of the activation is missing in the delta of layer {hidden}: what was written is \
             (w[{above}])ᵀ δ[{above}]. Complete: {backward}."
        ),
        Deviation::DerivativeAtOutput(_) => format!(
            "The derivative f′ was taken at the output x[{l}]. It is taken at the net input: f′(z[{l}]), {}.",
            derivative(activation(l))
        ),
        Deviation::SigmoidDerivativeForOther(_, at) => format!(
            "{} is the derivative of the sigmoid; layer {l} has {} units, {}.",
            match at {
                At::Output => "x (1 − x)",
                At::NetInput => "σ(z) (1 − σ(z))",
            },
            activation(l),
            derivative(activation(l))
        ),
        Deviation::TanhDerivativeUnsquared(_) => format!(
            "1 − tanh z was used as the derivative of tanh. It is 1 − tanh² z = 1 − x²; for layer {l}: 1 − (x[{l}])²."
        ),
        Deviation::SoftmaxJacobianDiagonal => format!(
            "Only the diagonal x (1 − x) of the softmax's derivative was used. Every softmax output depends on every net \
             input: ∂xᵢ/∂zⱼ = xᵢ (1 − xᵢ) for i = j and −xᵢ xⱼ otherwise{}.",
            if exercise.loss == Loss::CrossEntropy {
                "; with the cross-entropy the sum over all of them is δ = x − t"
            } else {
                ", so δᵢ = xᵢ (gᵢ − Σⱼ gⱼ xⱼ) with g = ∂E/∂x"
            }
        ),
        Deviation::LossFactor { factor, of } => {
            let what = match (of, quantity) {
                (Factor::Loss, _) | (_, Quantity::Loss | Quantity::TotalLoss | Quantity::TotalLossAfter) => "loss",
                _ => "delta",
            };
            format!(
                "There is a factor {} too much in the {what}. The loss of this exercise is {}{}.",
                number(factor),
                formula(exercise.loss),
                if what == "delta" { format!(", and its derivative {}", slope(exercise.loss)) } else { String::new() }
            )
        }
        Deviation::MeanForSum(divided) => {
            let what = match divided {
                Divided::Deltas => "The deltas were divided",
                Divided::Step => "The step was divided",
                Divided::Loss => "The total loss was divided",
                _ if matches!(quantity, Quantity::TotalLoss | Quantity::TotalLossAfter) => {
                    "The total loss was divided"
                }
                _ => "The gradients were divided",
            };
            format!(
                "{what} by the {examples} examples: a mean. This exercise adds up over the examples: ∂E/∂w[{l}] = \
                 Σ δ[{l}] (x[{below}])ᵀ."
            )
        }
        Deviation::SumForMean => format!(
            "The examples were added up and not averaged. This exercise asks for the mean: the sum over the {examples} \
             examples divided by {examples}."
        ),
        Deviation::LearningRateMissing => {
            let eta = match part.task {
                Task::Update { optimizer, .. } => optimizer.learning_rate(),
                _ => 1.0,
            };
            format!(
                "The learning rate is missing in the update: the whole gradient was subtracted. The step is η ∂E/∂w with \
                 η = {eta}."
            )
        }
        Deviation::BiasMissingInZ(_) => format!(
            "The bias is missing in the net input: what was written is w[{l}] x[{below}]. Complete: \
             z[{l}] = w[{l}] x[{below}] + b[{l}]."
        ),
        Deviation::BiasNotUpdated(_) => format!(
            "The biases were left as they were. They are trained like the weights: the new b[{l}] is b[{l}] − η ∂E/∂b[{l}] \
             with ∂E/∂b[{l}] = δ[{l}] (summed over the examples)."
        ),
        Deviation::BiasUpdatedWhenFrozen => {
            "The biases were updated, but in this exercise they are frozen: they keep their values.".into()
        }
        Deviation::BiasGradientTimesInput(input) => {
            let by = match input {
                Input::Sum => format!("the sum of x[{below}]"),
                Input::Mean => format!("the mean of x[{below}]"),
                Input::One(j) => format!("entry {} of x[{below}]", j + 1),
                Input::SameUnit => format!("x[{below}]"),
                Input::OwnOutput => format!("x[{l}]"),
            };
            format!(
                "The gradient of the biases was multiplied by {by}. A bias is added to the net input as it is, so \
                 ∂z/∂b = 1 and ∂E/∂b[{l}] = δ[{l}] (summed over the examples)."
            )
        }
        Deviation::DeltaOfOtherLoss(other) => {
            let (what, whose) = match other {
                OtherDelta::Difference => {
                    let pair = match activation(depth) {
                        Activation::Softmax => "softmax with the cross-entropy",
                        Activation::Sigmoid => "sigmoids with the binary cross-entropy",
                        _ => "a natural pair of output and loss, as softmax with the cross-entropy",
                    };
                    ("x − t".to_string(), pair.to_string())
                }
                OtherDelta::DifferenceTimesSlope => {
                    ("(x − t) times the slope of each output".into(), words(Loss::SquaredError).to_string())
                }
                OtherDelta::Of(loss) => (format!("the delta of {}", words(loss)), words(loss).to_string()),
            };
            format!(
                "The delta of the outputs is that of another loss: {what} belongs to {whose}. This exercise has {}, E = {}: \
                 δ[{depth}] = {}.",
                words(exercise.loss),
                formula(exercise.loss),
                output_delta(exercise.loss, activation(depth))
            )
        }
        Deviation::OnlineForBatch(shown) => format!(
            "The parameters were updated after each example{}. This is a batch: all {examples} examples go through the \
             same parameters, their gradients are added up, and there is one update.",
            if shown == Shown::Last { ", and the last gradient is shown" } else { "" }
        ),
        Deviation::BatchForOnline => {
            "All examples went through the same parameters. Online training updates after each example, and the next one \
             goes through the new parameters."
                .into()
        }
        Deviation::WrongStart(used) => {
            let name = |start: Option<usize>| match start {
                None => "the initial parameters".to_string(),
                Some(i) => format!("the parameters after part {}", exercise.parts[i].name),
            };
            format!(
                "The part was begun with {}. It starts from {}.",
                name(used),
                name(part.start)
            )
        }
        Deviation::LossBeforeForAfter => {
            "This is the loss before the update. The loss after it takes a second forward pass of the same examples, with \
             the new weights and biases."
                .into()
        }
        Deviation::ActivationMissing(_) => format!(
            "The activation was left out: x = z. The output of layer {l} is x[{l}] = f(z[{l}]) with f the {}.",
            activation(l)
        ),
        Deviation::RoundedIntermediates(rounding, _) => {
            let digits = match rounding {
                Rounding::Decimals(d) => format!("about {d} decimals"),
                Rounding::Significant(d) => format!("about {d} significant digits"),
            };
            format!(
                "The method is right, but earlier values were rounded to {digits}, fewer than are shown here, so the last \
                 digits are off. Keep intermediate results with more digits than the answer."
            )
        }
    }
}

/// The sentence for a single wrong number among right ones.
pub(super) fn slip(quantity: Quantity) -> String {
    match quantity {
        Quantity::Class => "The class is not the number of the largest output; everything else fits. The class is the \
                            position of the largest entry of the last layer, counted from 1."
            .into(),
        _ => format!(
            "One number of {quantity} is off and everything else fits: a slip of the calculator or the pen rather than of \
             the method. Compute this entry again."
        ),
    }
}

/// "½", "2", "1/3", "3"
fn number(factor: f64) -> String {
    if factor == 0.5 {
        "½".into()
    } else if factor < 1.0 {
        format!("1/{:.0}", 1.0 / factor)
    } else {
        format!("{factor:.0}")
    }
}

fn words(loss: Loss) -> &'static str {
    match loss {
        Loss::SquaredError => "the squared error with ½",
        Loss::SumSquaredError => "the squared error without ½",
        Loss::MeanSquaredError => "the mean squared error",
        Loss::AbsoluteError => "the absolute error",
        Loss::Huber => "the Huber loss",
        Loss::CrossEntropy => "the cross-entropy",
        Loss::BinaryCrossEntropy => "the binary cross-entropy",
        Loss::Poisson => "the Poisson loss",
    }
}

fn formula(loss: Loss) -> &'static str {
    match loss {
        Loss::SquaredError => "½ Σ (x − t)²",
        Loss::SumSquaredError => "Σ (x − t)²",
        Loss::MeanSquaredError => "Σ (x − t)² / n with n outputs",
        Loss::AbsoluteError => "Σ |x − t|",
        Loss::Huber => "Σ h(x − t), h(d) = ½ d² for |d| ≤ 1 and |d| − ½ beyond",
        Loss::CrossEntropy => "−Σ t ln x",
        Loss::BinaryCrossEntropy => "−Σ [t ln x + (1 − t) ln(1 − x)]",
        Loss::Poisson => "Σ (x − t ln x)",
    }
}

fn slope(loss: Loss) -> &'static str {
    match loss {
        Loss::SquaredError => "x − t",
        Loss::SumSquaredError => "2 (x − t)",
        Loss::MeanSquaredError => "2 (x − t) / n",
        Loss::AbsoluteError => "the sign of x − t",
        Loss::Huber => "x − t, cut off at ±1",
        Loss::CrossEntropy => "−t / x",
        Loss::BinaryCrossEntropy => "(x − t) / (x (1 − x))",
        Loss::Poisson => "1 − t / x",
    }
}

fn output_delta(loss: Loss, output: Activation) -> String {
    match (loss, output) {
        (Loss::CrossEntropy, Activation::Softmax)
        | (Loss::BinaryCrossEntropy, _)
        | (Loss::Poisson, Activation::Exp) => "x − t".into(),
        (Loss::CrossEntropy, _) => "−t (1 − x)".into(),
        (Loss::Poisson, _) => "(1 − t / x) σ(z)".into(),
        (_, Activation::Softmax) => {
            format!("xᵢ (gᵢ − Σⱼ gⱼ xⱼ) with g = {}", slope(loss))
        }
        (_, Activation::Identity) => slope(loss).into(),
        _ => format!("({}) ∘ f′(z)", slope(loss)),
    }
}

fn derivative(activation: Activation) -> String {
    let formula = match activation {
        Activation::Identity => "1",
        Activation::Sigmoid => "x (1 − x)",
        Activation::Tanh => "1 − x²",
        Activation::Relu => "1 for z > 0, else 0",
        Activation::LeakyRelu => "1 for z > 0, else 0.01",
        Activation::Elu => "1 for z > 0, else x + 1",
        Activation::Selu => "λ for z > 0, else x + λα",
        Activation::Softplus => "σ(z)",
        Activation::Exp => "x",
        Activation::Silu => "σ(z) (1 + z (1 − σ(z)))",
        Activation::Gelu => "Φ(z) + z φ(z)",
        Activation::Mish => "tanh s + z (1 − tanh² s) σ(z) with s = ln(1 + eᶻ)",
        Activation::Softmax => return "the Jacobian xᵢ (δᵢⱼ − xⱼ)".into(),
    };
    format!("whose derivative in terms of x = f(z) and z is {formula}")
}
