//! What people mean by names that exercise files do not have. Names of keys are suggested; names of values that mean one thing
//! are understood.

/// Names of keys, and ours. A name may stand for several: that which the table has.
const KEYS: &[(&str, &str)] = &[
    ("lr", "learning_rate"),
    ("eta", "learning_rate"),
    ("η", "learning_rate"),
    ("alpha", "learning_rate"),
    ("α", "learning_rate"),
    ("rate", "learning_rate"),
    ("learn_rate", "learning_rate"),
    ("learningrate", "learning_rate"),
    ("step_size", "learning_rate"),
    ("lambda", "l2"),
    ("λ", "l2"),
    ("regularization", "l2"),
    ("mu", "momentum"),
    ("μ", "momentum"),
    ("eps", "epsilon"),
    ("ε", "epsilon"),
    ("y", "t"),
    ("target", "t"),
    ("targets", "t"),
    ("label", "t"),
    ("output", "t"),
    ("input", "x"),
    ("inputs", "x"),
    ("v_weights", "velocity_weights"),
    ("v_biases", "velocity_biases"),
    ("act", "activation"),
    ("activations", "activation"),
    ("activation_function", "activation"),
    ("hidden_activation", "activation"),
    ("f", "activation"),
    ("output_act", "output_activation"),
    ("out_activation", "output_activation"),
    ("w", "weights"),
    ("weight", "weights"),
    ("b", "biases"),
    ("bias", "biases"),
    ("epoch", "epochs"),
    ("iterations", "epochs"),
    ("steps", "epochs"),
    ("error", "loss"),
    ("cost", "loss"),
    ("loss_function", "loss"),
    ("criterion", "loss"),
    ("sizes", "layers"),
    ("units", "layers"),
    ("neurons", "layers"),
    ("topology", "layers"),
    ("optimiser", "optimizer"),
    ("opt", "optimizer"),
    ("solver", "optimizer"),
    ("data", "examples"),
    ("samples", "examples"),
    ("patterns", "examples"),
    ("parts", "part"),
    ("type", "task"),
    ("kind", "task"),
    ("id", "name"),
    ("label", "name"),
    ("from", "start"),
];

/// Names of values that mean exactly one of ours, by what they are values of; in small letters without signs between words.
const VALUES: &[(&str, &str, &str)] = &[
    ("activation", "linear", "identity"),
    ("activation", "purelin", "identity"),
    ("activation", "id", "identity"),
    ("activation", "logistic", "sigmoid"),
    ("activation", "logsig", "sigmoid"),
    ("activation", "σ", "sigmoid"),
    ("activation", "tansig", "tanh"),
    ("activation", "hyperbolictangent", "tanh"),
    ("activation", "lrelu", "leaky_relu"),
    ("activation", "poslin", "relu"),
    ("activation", "swish", "silu"),
    ("activation", "exponential", "exp"),
    ("loss", "mse", "mean_squared_error"),
    ("loss", "sse", "sum_squared_error"),
    ("loss", "ce", "cross_entropy"),
    ("loss", "categoricalcrossentropy", "cross_entropy"),
    ("loss", "bce", "binary_cross_entropy"),
    ("loss", "binaryce", "binary_cross_entropy"),
    ("optimizer", "gd", "sgd"),
    ("optimizer", "gradientdescent", "sgd"),
    ("optimizer", "nag", "nesterov"),
    ("mode", "incremental", "online"),
    ("reduction", "average", "mean"),
    ("reduction", "avg", "mean"),
];

/// Names of values that courses use for more than one thing, and what is probably meant.
const PERHAPS: &[(&str, &str, &str)] = &[
    ("loss", "mae", "absolute_error"),
    ("loss", "l1", "absolute_error"),
    ("loss", "l2", "squared_error"),
    ("loss", "quadratic", "squared_error"),
    ("loss", "quadraticerror", "squared_error"),
    ("loss", "logloss", "binary_cross_entropy"),
    ("loss", "nll", "cross_entropy"),
    ("mode", "stochastic", "online"),
    ("mode", "single", "online"),
    ("mode", "sequential", "online"),
    ("task", "backprop", "gradient"),
    ("task", "backward", "gradient"),
    ("task", "train", "update"),
    ("task", "predict", "classify"),
];

/// The key that is probably meant by a name.
pub(crate) fn key<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let is_known = |ours: &str| known.iter().copied().find(|known| *known == ours);
    is_known(&lower).or_else(|| {
        let meant = KEYS.iter().filter(|(other, _)| *other == lower);
        meant.filter_map(|(_, ours)| is_known(ours)).next()
    })
}

/// The value that a name exactly means, of those there are.
pub(crate) fn value<'a>(what: &str, name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = plain(name);
    let spelt = known.iter().copied().find(|known| self::plain(known) == plain);
    spelt.or_else(|| of_table(VALUES, what, &plain, known))
}

/// The value that is probably meant by a name.
pub(crate) fn probable_value<'a>(what: &str, name: &str, known: &[&'a str]) -> Option<&'a str> {
    of_table(PERHAPS, what, &plain(name), known)
}

fn of_table<'a>(
    table: &[(&str, &str, &str)],
    what: &str,
    plain: &str,
    known: &[&'a str],
) -> Option<&'a str> {
    let entry = table.iter().find(|(of, other, _)| *of == what && *other == plain)?;
    known.iter().copied().find(|known| *known == entry.2)
}

/// A name in small letters, without what stands between its words.
fn plain(name: &str) -> String {
    let signs = |c: &char| !matches!(c, '_' | '-' | '.') && !c.is_whitespace();
    name.to_lowercase().chars().filter(signs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_by_its_meaning_and_only_to_what_there_is() {
        assert_eq!(key("lr", &["l2", "learning_rate"]), Some("learning_rate"));
        assert_eq!(key("lr", &["l2"]), None);
        assert_eq!(key("y", &["x", "t"]), Some("t"));
        assert_eq!(key("label", &["name", "task"]), Some("name"));
        assert_eq!(key("Loss", &["loss"]), Some("loss"));
        let activations = ["identity", "sigmoid", "leaky_relu"];
        assert_eq!(value("activation", "Leaky ReLU", &activations), Some("leaky_relu"));
        assert_eq!(value("activation", "LOGSIG", &activations), Some("sigmoid"));
        assert_eq!(value("loss", "linear", &activations), None);
        assert_eq!(value("activation", "swish", &activations), None);
    }
}
