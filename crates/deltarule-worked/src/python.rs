//! The code of notebooks: Python with NumPy, which computes everything again from what is given.

use std::fmt::Write as _;

use deltarule::trace::UpdateTrace;
use deltarule::{Activation, Loss, Network, Optimizer};
use ndarray::ArrayView2;

use crate::catalogue;

/// A network of more parameters makes no notebook: it would hold more numbers than anybody reads.
pub const MOST_PARAMETERS: usize = 10_000;

/// What every notebook begins with: the functions that its network and loss need.
pub fn prelude(network: &Network<f64>, loss: Loss) -> String {
    let mut activations: Vec<Activation> = Vec::new();
    for layer in network.layers() {
        if !activations.contains(&layer.activation()) {
            activations.push(layer.activation());
        }
    }
    let mut out = String::from("import math\n\nimport numpy as np\n\n\n");
    for needed in activations.iter().filter_map(|f| catalogue::activation(*f).python_needs) {
        let _ = write!(out, "{needed}\n\n\n");
    }
    for &f in &activations {
        let formulas = catalogue::activation(f);
        let _ = write!(out, "def {}(z):\n    return {}\n\n\n", f.name(), formulas.python);
        if f.is_elementwise() {
            let _ = write!(
                out,
                "def {}_derivative(z):\n    return {}\n\n\n",
                f.name(),
                formulas.python_derivative
            );
        }
    }
    let formulas = catalogue::loss(loss);
    let name = loss.name();
    let output = network.output_activation();
    let of = argument(loss);
    if let Some(logarithm) = catalogue::activation(output).python_logarithm.filter(|_| of == "z") {
        out += "def ln_x(z):\n    # of z, because x may round to 0\n";
        let _ = write!(out, "    return {logarithm}\n\n\n");
    }
    let value = formulas.python.replace("f(z)", &format!("{output}(z)"));
    let _ = write!(out, "def {name}({of}, t):\n    return {value}\n\n\n");
    let _ = write!(out, "def {name}_slope(x, t):\n    return {}\n\n\n", formulas.python_slope);
    out += "def classify(x):\n    # the first of those that are largest but for rounding, counted from 1\n    return np.argmax(np.isclose(x, x.max(axis=0), rtol=1e-12, atol=0), axis=0) + 1\n\n\n";
    let layers = network.layers();
    let names: Vec<String> =
        (1..=layers.len()).flat_map(|l| [format!("w{l}"), format!("b{l}")]).collect();
    let _ = writeln!(out, "def losses_of({}):\n    x = x0", names.join(", "));
    for (l, layer) in layers.iter().enumerate() {
        let z = format!("w{} @ x + b{}", l + 1, l + 1);
        let _ = if l + 1 == layers.len() && of == "z" {
            writeln!(out, "    z = {z}")
        } else {
            writeln!(out, "    x = {}({z})", layer.activation().name())
        };
    }
    let _ = write!(out, "    return {name}({of}, t)\n\n\n");
    let _ = write!(
        out,
        "def loss_of({}):\n    return reduce(losses_of({}))\n\n\n",
        names.join(", "),
        names.join(", ")
    );
    let weights: Vec<String> = (1..=layers.len()).map(|l| format!("(w{l} ** 2).sum()")).collect();
    let _ = write!(
        out,
        "def penalty({}):\n    return 0.5 * l2 * ({})\n\n\n",
        names.join(", "),
        weights.join(" + ")
    );
    out += "def central_difference(layer, row, column, h):\n";
    out += "    # with the parameters before the update of this step; example by example, and what does not change cancels\n";
    out += "    losses, weights = [], []\n    for sign in (1, -1):\n";
    out += "        p = [array.copy() for array in before]\n        p[2 * layer - 2][row, column] += sign * h\n";
    out += "        losses.append(losses_of(*p))\n        weights.append(p[2 * layer - 2][row, column])\n";
    out += "    of_penalty = 0.5 * l2 * (weights[0] - weights[1]) * (weights[0] + weights[1])\n";
    out += "    return (reduce(losses[0] - losses[1]) + of_penalty) / (2 * h)\n";
    out
}

/// What the function of a loss is called with beside the targets: x, or z where there is a logarithm, because x may round to
/// 0 and 1.
pub(crate) fn argument(loss: Loss) -> &'static str {
    if loss.outputs().is_some() { "z" } else { "x" }
}

/// The initial parameters, at full precision.
pub fn parameters(network: &Network<f64>) -> String {
    let mut out = String::new();
    let mut names = Vec::new();
    for l in 0..network.layers().len() {
        let layer = l + 1;
        let _ = writeln!(out, "w{layer} = {}", array(network.weights(l)));
        let biases = network.biases(l);
        let column = biases.view().insert_axis(ndarray::Axis(1));
        let _ = writeln!(out, "b{layer} = {}", array(column));
        names.extend([format!("w{layer}"), format!("b{layer}")]);
    }
    let _ = write!(out, "parameters = {{\"initial\": ({})}}", names.join(", "));
    out
}

/// A matrix as Python writes it; every number is the same double again.
pub fn array(matrix: ArrayView2<'_, f64>) -> String {
    let first = matrix.iter().next().copied();
    if let Some(first) = first.filter(|f| matrix.len() > 1 && matrix.iter().all(|v| v == f)) {
        return format!("np.full(({}, {}), {})", matrix.nrows(), matrix.ncols(), number(first));
    }
    let rows: Vec<String> = matrix
        .rows()
        .into_iter()
        .map(|row| {
            let numbers: Vec<String> = row.iter().copied().map(number).collect();
            format!("[{}]", numbers.join(", "))
        })
        .collect();
    format!("np.array([{}])", rows.join(", "))
}

/// A number as Python writes it, which is the same double again.
fn number(value: f64) -> String {
    match value {
        v if v.is_nan() => "math.nan".into(),
        f64::INFINITY => "math.inf".into(),
        f64::NEG_INFINITY => "-math.inf".into(),
        v => format!("{v:?}"),
    }
}

/// What an optimiser remembers before a step that is not its first, at full precision, and the objective of the step before.
pub fn optimizer_state(update: &UpdateTrace) -> String {
    let mut out = String::new();
    for vector in update.state_before.iter() {
        let prefix = prefix(vector.name);
        for (l, (w, b)) in vector.weights.iter().zip(&vector.biases).enumerate() {
            let _ = writeln!(out, "{prefix}_w{} = {}", l + 1, array(w.value.view()));
            let _ = writeln!(out, "{prefix}_b{} = {}", l + 1, array(b.value.t()));
        }
    }
    if let Some(loss) = update.previous_loss {
        let _ = writeln!(out, "previous_objective = {}", number(loss));
    }
    out
}

/// The settings of an optimiser, and its state before the first step.
pub fn optimizer(optimizer: &Optimizer, layers: usize) -> String {
    let names: Vec<String> =
        (1..=layers).flat_map(|l| [format!("w{l}"), format!("b{l}")]).collect();
    let zeros = |prefix: &str| {
        let mut out = String::new();
        for name in &names {
            let _ = writeln!(out, "{prefix}{name} = np.zeros_like({name})");
        }
        out
    };
    if let Optimizer::Rprop(o) = optimizer {
        let mut out = format!(
            "def rprop(w, g, size, p, rose):\n    agreement = np.sign(g) * np.sign(p)\n    \
             size = np.where(agreement > 0, np.minimum({inc:?} * size, {max:?}), size)\n    \
             back = np.sign(p) * size if rose else 0.0\n    \
             w = np.where(agreement < 0, w + back, w - np.sign(g) * size)\n    \
             size = np.where(agreement < 0, np.maximum({dec:?} * size, {min:?}), size)\n    \
             return w, size, np.where(agreement < 0, 0.0, g)\n\n\nprevious_objective = math.inf\n",
            inc = o.increase,
            max = o.max_step,
            dec = o.decrease,
            min = o.min_step,
        );
        for name in &names {
            let _ = writeln!(out, "size_{name} = np.full_like({name}, {:?})", o.initial_step);
        }
        return out + &zeros("previous_");
    }
    if !optimizer.takes_single_steps() {
        return String::new();
    }
    let settings = optimizer.parameters();
    let letters: Vec<String> = settings.iter().map(|(about, _)| letter(about.symbol)).collect();
    let values: Vec<String> = settings.iter().map(|(_, value)| format!("{value:?}")).collect();
    let mut out = format!("{} = {}", letters.join(", "), values.join(", "));
    if !optimizer.state_names().is_empty() {
        out.push('\n');
    }
    for state in optimizer.state_names() {
        out += &zeros(&format!("{}_", prefix(state)));
    }
    out
}

/// What one of an optimiser's vectors is called in Python.
fn prefix(state: &str) -> &str {
    match state {
        "velocity" => "v",
        "step_size" => "size",
        "previous_gradient" => "previous",
        other => other,
    }
}

/// A letter of the formulas as Python spells it: `beta1` for `β_1`.
pub fn letter(symbol: &str) -> String {
    let spelt = symbol.chars().map(|c| match c {
        'β' => "beta".to_string(),
        'ε' => "epsilon".into(),
        'η' => "eta".into(),
        'μ' => "mu".into(),
        'ρ' => "rho".into(),
        'ω' => "omega".into(),
        '_' => String::new(),
        other => other.to_string(),
    });
    spelt.collect()
}
