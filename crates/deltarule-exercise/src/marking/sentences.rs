//! What a student is told about a mistake: what was done, what should have been done, and the formula.

use deltarule::{Activation, Loss};
use deltarule_document::Prose;
use deltarule_worked::{activation as formulas_of, loss_formulas};

use super::deviation::{
    At, Deviation, Divided, Factor, GivenNumber, GradientInput, Input, OtherDelta, Shown,
};
use super::edit_words;
use super::precision::Rounding;
use super::quantity::Quantity;
use crate::exercise::Exercise;

/// The explanation of a deviation that shows in a quantity.
pub(super) fn sentence(
    exercise: &Exercise,
    index: usize,
    deviation: &Deviation,
    quantity: Quantity,
) -> Prose {
    if let Deviation::WrongStart(used) = *deviation {
        let name = |start: Option<usize>| match start {
            None => "the initial parameters".to_string(),
            Some(i) => format!("the parameters after part {}", exercise.parts[i].name),
        };
        // The names of parts are the teacher's.
        return Prose::text(format!(
            "The part was begun with {}. It starts from {}.",
            name(used),
            name(exercise.parts[index].start)
        ));
    }
    if let Deviation::Edit(edit) = deviation {
        return Prose::new(&edit_words::words(exercise, index, edit, quantity));
    }
    Prose::new(&words(exercise, index, deviation, quantity))
}

/// The explanation, with formulas between dollar signs.
fn words(exercise: &Exercise, index: usize, deviation: &Deviation, quantity: Quantity) -> String {
    let network = &exercise.network;
    let depth = network.layers().len();
    let part = &exercise.parts[index];
    let l = quantity.layer().unwrap_or(depth);
    let hidden = l.min(depth.saturating_sub(1)).max(1);
    let above = hidden + 1;
    let below = l - 1;
    let activation = |layer: usize| network.layers()[layer - 1].activation();
    let examples = part.examples.len();
    let backward = format!("$δ^[{hidden}] = (w^[{above}])^T δ^[{above}] ∘ f'(z^[{hidden}])$");
    let gradient = format!("$∂E/∂w^[{l}] = δ^[{l}] (x^[{below}])^T$");
    let bias_gradient = format!("$∂E/∂b^[{l}] = δ^[{l}]$ (summed over the examples)");
    match *deviation {
        Deviation::OutputWeightsUpdatedFirst => format!(
            "The delta of layer {hidden} was computed with the updated weights of layer {above}. All deltas belong to the \
             parameters before the update: {backward} with the old $w^[{above}]$; only then is anything updated."
        ),
        Deviation::UpdateSign => {
            "The step was added to the parameters and so goes up the gradient. Gradient descent goes down: the new $w$ is \
             $w − η ∂E/∂w$, the new $b$ is $b − η ∂E/∂b$."
                .into()
        }
        Deviation::DeltaSign => format!(
            "The delta has the opposite sign ($t − x$), and the update does not make up for it. With $w − η ∂E/∂w$ the delta \
             is $δ^[{depth}] = ∂E/∂z^[{depth}]$, which is positive where an output is too large; whoever writes $t − x$ has \
             to add the step."
        ),
        Deviation::GradientTransposed => format!(
            "The gradient of the weights stands the wrong way round: $x δ^T$. It has a row per unit of layer {l} and a column \
             per unit below, as the weights have: {gradient}."
        ),
        Deviation::WrongLayerOutput(source) => {
            let used = match source {
                GradientInput::Ones => "without any output: $δ$ alone".to_string(),
                GradientInput::NetInput => format!("with the net input $z^[{below}]$"),
                GradientInput::Own => format!("with the output of the layer itself, $x^[{l}]$"),
                GradientInput::Layer(k) => format!("with $x^[{k}]$"),
            };
            format!(
                "The gradient of the weights was computed {used}. It takes the output of the layer below: {gradient}."
            )
        }
        Deviation::WrongLayerWeights { layer, .. } => format!(
            "The delta of layer {hidden} was computed with the weights of layer {layer}. The delta comes back through the \
             weights that lead upwards: {backward}."
        ),
        Deviation::WeightsNotTransposed => format!(
            "The delta of layer {hidden} was computed with $w^[{above}]$ in place of its transpose. Backwards the sum runs \
             over the units of layer {above}, down the columns of $w^[{above}]$: {backward}."
        ),
        Deviation::MissingOutputDerivative => format!(
            "The derivative of the activation is missing in the delta of the outputs: what was written is $∂E/∂x$. The delta \
             is with respect to the net input: $δ^[{depth}] = {}$.",
            output_delta(exercise.loss, activation(depth))
        ),
        Deviation::MissingHiddenDerivative => format!(
            "The derivative of the activation is missing in the delta of layer {hidden}: what was written is \
             $(w^[{above}])^T δ^[{above}]$. Complete: {backward}, {}.",
            derivative(activation(hidden))
        ),
        Deviation::DerivativeAtOutput(_) => format!(
            "The derivative $f'$ was taken at the output $x^[{l}]$. It is taken at the net input: $f'(z^[{l}])$, {}.",
            derivative(activation(l))
        ),
        Deviation::SigmoidDerivativeForOther(_, at) => format!(
            "${}$ is the derivative of the sigmoid. Layer {l} has the activation {}, {}.",
            match at {
                At::Output => "x (1 − x)",
                At::NetInput => "σ(z) (1 − σ(z))",
            },
            activation(l),
            derivative(activation(l))
        ),
        Deviation::TanhDerivativeUnsquared(_) => format!(
            "$1 − tanh z$ was used as the derivative of tanh. For layer {l} it is $1 − tanh^2 z^[{l}] = 1 − (x^[{l}])^2$."
        ),
        Deviation::SoftmaxJacobianDiagonal => format!(
            "Only the diagonal $x_i (1 − x_i)$ of the softmax's derivative was used. Every softmax output depends on every \
             net input: $∂x_i/∂z_j = x_i (1 − x_i)$ for $i = j$ and $−x_i x_j$ otherwise. Added up over all outputs: \
             $δ^[{depth}] = {}$.",
            output_delta(exercise.loss, Activation::Softmax)
        ),
        Deviation::LossFactor { factor, of } => {
            let in_loss = of == Factor::Loss
                || matches!(
                    quantity,
                    Quantity::Loss | Quantity::TotalLoss | Quantity::TotalLossAfter
                );
            let formulas = loss_formulas(exercise.loss);
            let (what, derivative) = if in_loss {
                ("loss", String::new())
            } else {
                ("delta", format!(", and its derivative $∂E/∂x = {}$", formulas.slope))
            };
            format!(
                "There is a factor {} too much in the {what}. The loss of this exercise is $E = {}${derivative}.",
                number(factor),
                formulas.value
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
                "{what} by {examples}, the number of examples: a mean. This exercise adds up over the examples and divides by \
                 nothing."
            )
        }
        Deviation::SumForMean(_) => format!(
            "The examples were added up and not averaged. This exercise asks for the mean: the sum over the {examples} \
             examples divided by {examples}."
        ),
        Deviation::LearningRateMissing => {
            let eta = part.task.optimizer().map_or(1.0, |optimizer| optimizer.learning_rate());
            format!(
                "The learning rate is missing in the update: the whole gradient was subtracted. The step is $η ∂E/∂w$ with \
                 $η = {eta}$."
            )
        }
        Deviation::BiasMissingInZ(_) => format!(
            "The bias is missing in the net input: what was written is $w^[{l}] x^[{below}]$. Complete: \
             $z^[{l}] = w^[{l}] x^[{below}] + b^[{l}]$."
        ),
        Deviation::BiasNotUpdated(_) => format!(
            "The biases were left as they were. They are trained like the weights: the new $b^[{l}]$ is \
             $b^[{l}] − η ∂E/∂b^[{l}]$ with {bias_gradient}."
        ),
        Deviation::BiasUpdatedWhenFrozen => {
            "The biases were updated, but in this exercise they are frozen: they keep their values.".into()
        }
        Deviation::BiasGradientTimesInput(input) => {
            let by = match input {
                Input::Sum => format!("the sum of $x^[{below}]$"),
                Input::Mean => format!("the mean of $x^[{below}]$"),
                Input::One(j) => format!("entry {} of $x^[{below}]$", j + 1),
                Input::SameUnit => format!("$x^[{below}]$"),
                Input::OwnOutput => format!("$x^[{l}]$"),
            };
            format!(
                "The gradient of the biases was multiplied by {by}. A bias is added to the net input as it is, so \
                 $∂z/∂b = 1$ and {bias_gradient}."
            )
        }
        Deviation::DeltaOfOtherLoss(other) => {
            let what = match other {
                OtherDelta::Difference => {
                    let belongs = if activation(depth) == Activation::Softmax {
                        "softmax outputs with the cross-entropy"
                    } else if activation(depth) == Activation::Sigmoid {
                        "sigmoid outputs with the binary cross-entropy"
                    } else {
                        "a natural pair, such as softmax with the cross-entropy"
                    };
                    format!("$x − t$ belongs to {belongs}")
                }
                OtherDelta::DifferenceTimesSlope => format!(
                    "$(x − t) ∘ f'(z)$ belongs to the {}",
                    loss_formulas(Loss::SquaredError).title
                ),
                OtherDelta::Of(loss) => format!("it belongs to the {}", loss_formulas(loss).title),
            };
            let own = loss_formulas(exercise.loss);
            format!(
                "The delta of the outputs is that of another loss: {what}. This exercise has the {}, $E = {}$: \
                 $δ^[{depth}] = {}$.",
                own.title,
                own.value,
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
        Deviation::Given(number, read) => given(exercise, index, number, read),
        Deviation::WrongStart(_) => "The part was begun with other parameters.".into(),
        Deviation::LossBeforeForAfter => {
            "This is the loss before the update. The loss after it takes a second forward pass of the same examples, with \
             the new weights and biases."
                .into()
        }
        Deviation::ActivationMissing(_) => format!(
            "The activation was left out: $x = z$. The output of layer {l} is $x^[{l}] = f(z^[{l}])$ with \
             $f(z) = {}$ ({}).",
            formulas_of(activation(l)).value,
            activation(l)
        ),
        Deviation::Edit(edit) => edit_words::words(exercise, index, &edit, quantity),
        Deviation::RoundedIntermediates(rounding, _) => {
            let digits = match rounding {
                Rounding::Decimals(1) => "about one decimal".to_string(),
                Rounding::Decimals(d) => format!("about {d} decimals"),
                Rounding::Significant(1) => "about one significant digit".to_string(),
                Rounding::Significant(d) => format!("about {d} significant digits"),
            };
            format!(
                "The method is right, but earlier values were rounded to {digits}, fewer than are shown here, so the last \
                 digits are off. Keep intermediate results with more digits than the answer."
            )
        }
    }
}

/// What is said of a number of the exercise that was read as another.
fn given(exercise: &Exercise, index: usize, number: GivenNumber, read: f64) -> String {
    let part = &exercise.parts[index];
    let shown = |value: f64| deltarule_document::format_number(value, 6);
    let is = match number {
        GivenNumber::LearningRate => {
            let eta = part.task.optimizer().map_or(0.0, |optimizer| optimizer.learning_rate());
            return format!(
                "The steps were made with another learning rate: $η = {}$ in place of ${}$.",
                shown(read),
                shown(eta)
            );
        }
        GivenNumber::Weight { layer, unit, below } => {
            let from = if layer == 1 { "input" } else { "unit" };
            let is = exercise.network.weights(layer - 1)[[unit, below]];
            (
                format!(
                    "the weight of unit {} for {from} {} in $w^[{layer}]$",
                    unit + 1,
                    below + 1
                ),
                is,
            )
        }
        GivenNumber::Bias { layer, unit } => {
            let is = exercise.network.biases(layer - 1)[unit];
            (format!("the bias of unit {} in $b^[{layer}]$", unit + 1), is)
        }
        GivenNumber::Input { example, input } => {
            let is = part.examples[example].x[input];
            (format!("input {} of example {}", input + 1, example + 1), is)
        }
        GivenNumber::Target { example, output } => {
            let is = part.examples[example].t.as_ref().map_or(0.0, |t| t[output]);
            (format!("the target of output {} of example {}", output + 1, example + 1), is)
        }
    };
    format!(
        "A number of the exercise was copied wrongly: {} is ${}$, and was used as ${}$.",
        is.0,
        shown(is.1),
        shown(read)
    )
}

/// The explanation of parameters that did not change.
pub(super) fn not_updated() -> Prose {
    Prose::new("This is still the old value: it was not updated.")
}

/// The explanation of numbers that may be roundings of the right ones, and say nothing.
pub(super) fn too_few_digits() -> Prose {
    Prose::new(
        "One digit is too few to tell, and nothing else in this part shows the work: write at least two digits.",
    )
}

/// The explanation of a single wrong number among right ones.
pub(super) fn slip(quantity: Quantity) -> Prose {
    Prose::new(match quantity {
        Quantity::Class => {
            "The class is not the number of the largest output. The class is the position of the \
             largest entry of the last layer, counted from 1."
        }
        _ => {
            "One number is off: a slip of the calculator or the pen rather than of the method. \
             Compute this entry again."
        }
    })
}

/// "½", "2", "1/3", "3"
fn number(factor: f64) -> String {
    if factor == 0.5 {
        "½".into()
    } else if factor < 1.0 {
        let of_two = 2.0 / factor;
        if (of_two / 2.0).fract() == 0.0 {
            format!("1/{}", (1.0 / factor).round())
        } else {
            format!("2/{}", of_two.round())
        }
    } else {
        deltarule_document::format_number(factor, 3)
    }
}

/// δ of the outputs, as a formula.
fn output_delta(loss: Loss, output: Activation) -> String {
    match (loss, output) {
        (Loss::CrossEntropy, Activation::Softmax)
        | (Loss::BinaryCrossEntropy, _)
        | (Loss::Poisson, Activation::Exp) => "x − t".into(),
        (_, Activation::Softmax) => "J^T ∂E/∂x".into(),
        (
            Loss::SquaredError
            | Loss::SumSquaredError
            | Loss::MeanSquaredError
            | Loss::AbsoluteError
            | Loss::Huber
            | Loss::CrossEntropy
            | Loss::Poisson,
            _,
        ) => format!("({}) ∘ f'(z)", loss_formulas(loss).slope),
    }
}

/// "whose derivative is x (1 − x)"
fn derivative(activation: Activation) -> String {
    let formulas = formulas_of(activation);
    format!("whose derivative is $f'(z) = {}$", formulas.by_output.unwrap_or(formulas.derivative))
}
