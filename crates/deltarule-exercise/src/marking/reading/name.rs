//! Names of quantities: `x[1]`, `x[1] step 2`, `total_loss`.

use std::ops::Range;

use super::super::quantity::{Shape, of_any_step, on_the_way_of_any_step};
use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::exercise::{Exercise, Part};
use deltarule::{Activation, Optimizer};

/// A name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) family: String,
    /// From 1, as it was written.
    pub(super) layer: Option<usize>,
    /// From 1, as it was written.
    pub(super) step: Option<usize>,
}

/// Other names that courses have for a quantity, those that our own documents show among them, and ours.
const ELSEWHERE: [(&str, &str); 40] = [
    ("a", "x"),
    ("o", "x"),
    ("y", "x"),
    ("h", "x"),
    ("out", "x"),
    ("output", "x"),
    ("outputs", "x"),
    ("net", "z"),
    ("net_input", "z"),
    ("w", "weights"),
    ("weight", "weights"),
    ("b", "biases"),
    ("bias", "biases"),
    ("d", "delta"),
    ("δ", "delta"),
    ("deltas", "delta"),
    ("dz", "delta"),
    ("dw", "grad_weights"),
    ("db", "grad_biases"),
    ("classes", "class"),
    ("losses", "loss"),
    ("loss_total", "total_loss"),
    ("loss_after", "total_loss_after"),
    ("e", "loss"),
    ("l", "loss"),
    ("total loss", "total_loss"),
    ("total loss after the update", "total_loss_after"),
    ("new w", "weights"),
    ("new b", "biases"),
    ("w_new", "weights"),
    ("b_new", "biases"),
    ("new weights", "weights"),
    ("new biases", "biases"),
    ("∂e/∂w", "grad_weights"),
    ("∂e/∂b", "grad_biases"),
    ("de/dw", "grad_weights"),
    ("de/db", "grad_biases"),
    ("yhat", "x"),
    ("v_weights", "velocity_weights"),
    ("v_biases", "velocity_biases"),
];

/// What people call f′(z), and what they write for it.
const DERIVATIVE: [&str; 15] = [
    "derivative",
    "derivatives",
    "deriv",
    "slope",
    "slopes",
    "f'",
    "f′",
    "f’",
    "fprime",
    "f_prime",
    "df",
    "dfdz",
    "df_dz",
    "df/dz",
    "activation_derivative",
];

/// Names that mean one thing here and another there, and what they may mean of ours.
const PERHAPS: [(&str, &str); 10] = [
    ("error", "loss"),
    ("total_error", "total_loss"),
    ("gradient", "grad_weights"),
    ("gradients", "grad_weights"),
    ("prediction", "class"),
    ("velocity", "velocity_weights"),
    ("m_hat", "m_hat_weights"),
    ("mhat", "m_hat_weights"),
    ("v_hat", "v_hat_weights"),
    ("vhat", "v_hat_weights"),
];

/// Names that stand for the outputs of the network where no layer stands beside them.
const OF_OUTPUTS: [&str; 6] = ["o", "y", "yhat", "out", "output", "outputs"];

/// The name as we spell it, where a part has no quantity of this one but one that is clearly meant.
pub(super) fn ours(name: &Name, shapes: &[Shape], depth: usize) -> Option<Name> {
    let has = |family: &str| shapes.iter().any(|shape| shape.quantity.family() == family);
    if has(&name.family) {
        return None;
    }
    let lower = name.family.to_lowercase();
    let elsewhere = || ELSEWHERE.iter().find(|(other, _)| *other == lower);
    let family = match on_the_way(&lower) {
        _ if has(&lower) => lower.as_str(),
        Some(family) => family,
        None => elsewhere()?.1,
    };
    if !has(family) {
        return None;
    }
    let of_outputs = OF_OUTPUTS.contains(&lower.as_str());
    let layer = name.layer.or_else(|| of_outputs.then_some(depth));
    Some(Name { family: family.to_string(), layer, step: name.step })
}

/// The family of a number on the way that a name in small letters means: f′, or Adam's moments with a hat in whatever place.
fn on_the_way(name: &str) -> Option<&'static str> {
    if DERIVATIVE.contains(&name) {
        return Some("derivative");
    }
    // The hat may stand on the letter.
    let plain = name.replace('\u{302}', "hat").replace("corrected", "hat");
    if plain.matches("hat").count() != 1 {
        return None;
    }
    let letters: String =
        plain.replace("hat", "").chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect();
    Some(match letters.as_str() {
        "mw" | "mweight" | "mweights" => "m_hat_weights",
        "mb" | "mbias" | "mbiases" => "m_hat_biases",
        "vw" | "vweight" | "vweights" => "v_hat_weights",
        "vb" | "vbias" | "vbiases" => "v_hat_biases",
        _ => return None,
    })
}

/// `f'(z[1])` as `f'[1]`: what a derivative is taken at says its layer.
fn at_net_input(text: &str) -> Option<String> {
    let (function, argument) = text.strip_suffix(')')?.split_once('(')?;
    let argument = argument.trim().strip_prefix('z')?.trim_start().trim_start_matches('^');
    let argument = argument.trim_start();
    let is_layer = argument.starts_with('[') && argument.ends_with(']');
    is_layer.then(|| format!("{}{argument}", function.trim_end()))
}

impl Name {
    /// Takes a name apart; blanks do not count, and `x^[1]` is `x[1]`.
    pub(super) fn parse(text: &str, span: Range<usize>) -> Parsed<Self> {
        let unclear = |what: &str| {
            let shown: String = text.trim().chars().take(40).collect();
            mistake(span.clone(), format!("{shown:?} is not the name of a quantity"), what)
                .help("names look like \"x[1]\", \"x[1] step 2\" or \"total_loss\"")
        };
        // Rprop has a `step_size`.
        let suffix = text.rsplit_once("step").filter(|(_, tail)| !tail.starts_with('_'));
        let (head, step) = match suffix {
            Some((head, tail)) => {
                let Ok(step) = tail.trim().trim_end_matches(')').trim().parse() else {
                    return unclear("the step is not a number");
                };
                (head.trim_end().trim_end_matches(['(', ',']), Some(step))
            }
            None => (text, None),
        };
        let of_derivative = at_net_input(head.trim());
        let head = of_derivative.as_deref().unwrap_or(head).trim();
        let (family, layer) = match head.strip_suffix(']').map(|head| head.rsplit_once('[')) {
            Some(Some((family, layer))) => {
                let Ok(layer) = layer.trim().parse() else {
                    return unclear("the layer is not a number");
                };
                (family.trim_end().trim_end_matches('^').trim_end(), Some(layer))
            }
            Some(None) => return unclear("a bracket is missing"),
            None => (head, None),
        };
        if family.is_empty() {
            return unclear("no name");
        }
        Ok(Self { family: family.to_string(), layer, step })
    }
}

/// The mistake that a part has fewer steps.
pub(super) fn no_such_step<T>(
    part: &Part,
    step: usize,
    steps: usize,
    span: Range<usize>,
) -> Parsed<T> {
    let name = &part.name;
    let has = if steps == 1 { "one step".to_string() } else { format!("{steps} steps") };
    mistake(span, format!("part {name:?} has {has}, there is no step {step}"), "no such step").help(
        if steps == 1 {
            "leave the step out".to_string()
        } else {
            format!("steps count from 1 to {steps}, and a name without a step means the last one")
        },
    )
}

/// The mistake that a part has no quantity of this name: what it is, and what was probably meant.
pub(super) fn unknown<T>(
    name: &Name,
    exercise: &Exercise,
    part: usize,
    shapes: &[Shape],
    span: Range<usize>,
) -> Parsed<T> {
    let depth = exercise.network.layers().len();
    let part = &exercise.parts[part];
    let family = name.family.as_str();
    let mut families: Vec<(String, bool)> = Vec::new();
    for shape in shapes {
        let entry = (shape.quantity.family(), shape.quantity.layer().is_some());
        if !families.contains(&entry) {
            families.push(entry);
        }
    }
    let written = match name.layer {
        Some(layer) => format!("{family}[{layer}]"),
        None => family.to_string(),
    };
    let layers = if depth == 1 { "1".to_string() } else { format!("1 to {depth}") };
    if let Some((message, help)) = why_not(name, exercise, part) {
        return mistake(span, format!("{written}: {message}"), "not an answer").help(help);
    }
    match (families.iter().find(|(known, _)| known == family), name.layer) {
        (Some((_, true)), Some(0)) => {
            let message = match family {
                "x" => "x[0] is the inputs, which are given".to_string(),
                _ => format!("{written}: the inputs have no {family}"),
            };
            return mistake(span, message, "not an answer")
                .help(format!("layers count from 1, the first after the inputs: {layers}"));
        }
        (Some((_, true)), Some(layer)) => {
            return mistake(span, format!("the network has no layer {layer}"), "no such layer")
                .help(format!("layers count from 1, the first after the inputs: {layers}"));
        }
        (Some((_, true)), None) => {
            return mistake(span, format!("{family} of which layer?"), "the layer is missing")
                .help(format!("write \"{family}[{depth}]\" for the last layer"));
        }
        (Some((_, false)), Some(_)) => {
            return mistake(span, format!("{family} has no layer"), "of the whole network")
                .help(format!("write \"{family}\""));
        }
        _ => {}
    }
    let task = part.task.name();
    let unknown = mistake(
        span,
        format!("part {:?}, task {task:?}, has no {written}", part.name),
        "not a quantity of this part",
    );
    let names = || families.iter().map(|(family, _)| family.as_str());
    let lower = family.to_lowercase();
    let elsewhere = PERHAPS.iter().find(|(other, _)| *other == lower).map(|(_, ours)| *ours);
    // A quantity of another task is spelt well; nothing near it is meant.
    let mut all = of_any_step().into_iter().chain(on_the_way_of_any_step());
    let of_another_task = all.any(|known| known.family() == family);
    let near = elsewhere.filter(|ours| names().any(|known| known == *ours));
    let near = near.or_else(|| {
        nearest(family, names()).filter(|_| !of_another_task && family.chars().count() > 2)
    });
    let Some((near, layered)) =
        near.and_then(|near| families.iter().find(|(family, _)| family == near))
    else {
        // What nobody asks for is not offered.
        let asked = families.iter().filter(|(family, _)| on_the_way(family).is_none());
        let all: Vec<String> =
            asked.map(|(f, l)| if *l { format!("{f}[l]") } else { f.clone() }).collect();
        return unknown.help(format!("it has {}", all.join(", ")));
    };
    let meant = match (layered, name.layer) {
        (true, Some(layer)) if (1..=depth).contains(&layer) => format!("{near}[{layer}]"),
        (true, _) => format!("{near}[{depth}]"),
        (false, _) => near.clone(),
    };
    unknown.help(format!("did you mean \"{meant}\"?"))
}

/// Why a number on the way cannot be answered although there is such a thing, and what can be done.
fn why_not(name: &Name, exercise: &Exercise, part: &Part) -> Option<(&'static str, &'static str)> {
    let is_of_softmax = |layer: usize| {
        let layer = layer.checked_sub(1).and_then(|l| exercise.network.layers().get(l));
        layer.is_some_and(|layer| layer.activation() == Activation::Softmax)
    };
    let last = exercise.network.layers().len();
    match on_the_way(&name.family.to_lowercase())? {
        "derivative" if is_of_softmax(name.layer.unwrap_or(last)) => Some((
            "f' of softmax is a matrix for each example, the Jacobian, and no number for each unit",
            "leave it out: the deltas of the outputs are what is asked for",
        )),
        "derivative" => None,
        _ if !matches!(part.task.optimizer(), Some(Optimizer::Adam(_) | Optimizer::AdamW(_))) => {
            Some(("only Adam and AdamW correct their moments", "leave it out"))
        }
        "m_hat_biases" | "v_hat_biases" if !part.options.train_biases => {
            Some(("the biases are frozen, and have no moments to be corrected", "leave it out"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Option<usize>, Option<usize>)> {
        Name::parse(text, 0..0).ok().map(|name| (name.family, name.layer, name.step))
    }

    #[test]
    fn numbers_on_the_way_go_by_many_names() {
        for name in ["f'", "f′", "fprime", "f_prime", "dfdz", "slope"] {
            assert_eq!(on_the_way(name), Some("derivative"), "{name}");
        }
        for name in ["m_hat_w", "mhat_weights", "m\u{302}_weights", "mw_hat", "m_corrected_weights"]
        {
            assert_eq!(on_the_way(name), Some("m_hat_weights"), "{name}");
        }
        for name in ["m_weights", "what", "m_hat", "x_hat_weights", "f"] {
            assert_eq!(on_the_way(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_taken_apart() {
        let name = |family: &str, layer, step| Some((family.to_string(), layer, step));
        assert_eq!(parsed("x[1]"), name("x", Some(1), None));
        assert_eq!(parsed(" x [ 1 ]  step 2 "), name("x", Some(1), Some(2)));
        assert_eq!(parsed("x^[12], step 30"), name("x", Some(12), Some(30)));
        assert_eq!(parsed("m_weights[2] (step 3)"), name("m_weights", Some(2), Some(3)));
        assert_eq!(parsed("total_loss"), name("total_loss", None, None));
        assert_eq!(parsed("f'(z^[2]) step 3"), name("f'", Some(2), Some(3)));
        let sizes = |step| name("step_size_weights", Some(1), step);
        assert_eq!(parsed("step_size_weights[1]"), sizes(None));
        assert_eq!(parsed("step_size_weights[1] step 2"), sizes(Some(2)));
        for wrong in ["", "[1]", "x[a]", "x 1]", "x[1] step", "step two", "x[-1]", "x[1] step 1.5"]
        {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
