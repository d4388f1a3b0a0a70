//! An exercise written down as the file that it could have been read from.

use std::fmt::Write as _;

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Activation, Network, Optimizer, ParameterRole};

use crate::exercise::{Exercise, Mode, Part, Task};

impl Exercise {
    /// The exercise as a TOML file, which [`Exercise::parse`] reads as the same exercise.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_exercise::{Exercise, sheet};
    ///
    /// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
    /// let again = Exercise::parse(&exercise.to_toml(), "again").unwrap();
    /// assert_eq!(again.network.parameters(), exercise.network.parameters());
    /// ```
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "title = {}", quoted(&self.title));
        if let Some(digits) = self.digits {
            let _ = writeln!(out, "digits = {digits}");
        }
        out.push('\n');
        network(&mut out, self);
        for part in &self.parts {
            self::part(&mut out, self, part);
        }
        out
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A number as short as it can be read back; whole numbers without a point.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        // + 0 turns −0 into 0.
        format!("{}", value + 0.0)
    } else {
        format!("{value:?}")
    }
}

fn list(values: impl IntoIterator<Item = f64>) -> String {
    let values: Vec<String> = values.into_iter().map(number).collect();
    format!("[{}]", values.join(", "))
}

fn network(out: &mut String, exercise: &Exercise) {
    let network = &exercise.network;
    let sizes: Vec<String> = network.layer_sizes().iter().map(usize::to_string).collect();
    let _ = writeln!(out, "[network]\nlayers = [{}]", sizes.join(", "));
    activations(out, network);
    let _ = writeln!(out, "loss = {}", quoted(exercise.loss.name()));
    let layers = network.layers().len();
    let matrix = |l: usize| {
        let rows: Vec<String> =
            network.weights(l).rows().into_iter().map(|row| list(row.iter().copied())).collect();
        format!("[{}]", rows.join(", "))
    };
    let matrices: Vec<String> = (0..layers).map(|l| format!("  {},\n", matrix(l))).collect();
    let _ = writeln!(out, "weights = [\n{}]", matrices.concat());
    let biases = || (0..layers).map(|l| network.biases(l));
    if biases().flatten().all(|b| *b == 0.0) {
        out.push_str("biases = 0\n");
    } else {
        let vectors: Vec<String> = biases().map(|b| list(b.iter().copied())).collect();
        let _ = writeln!(out, "biases = [{}]", vectors.join(", "));
    }
}

/// One name where all layers have it, one more for the outputs, or a list.
fn activations(out: &mut String, network: &Network<f64>) {
    let all: Vec<Activation> = network.layers().iter().map(|layer| layer.activation()).collect();
    let name = |f: &Activation| quoted(f.name());
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    if all[..all.len() - 1].iter().all(|f| f == first) {
        let _ = writeln!(out, "activation = {}", name(first));
        if last != first {
            let _ = writeln!(out, "output_activation = {}", name(last));
        }
    } else {
        let names: Vec<String> = all.iter().map(name).collect();
        let _ = writeln!(out, "activation = [{}]", names.join(", "));
    }
}

fn part(out: &mut String, exercise: &Exercise, part: &Part) {
    let _ = writeln!(out, "\n[[part]]\nname = {}", quoted(&part.name));
    let _ = writeln!(out, "task = {}", quoted(part.task.name()));
    if let Some(earlier) = part.start {
        let _ = writeln!(out, "start = {}", quoted(&exercise.parts[earlier].name));
    }
    if let Some(digits) = part.digits.filter(|_| part.digits != exercise.digits) {
        let _ = writeln!(out, "digits = {digits}");
    }
    if let Task::Update { optimizer, mode, epochs } = &part.task {
        update(out, optimizer, *mode, *epochs);
    }
    options(out, &part.options);
    let examples = part.examples.iter().map(|example| {
        let x = list(example.x.iter().copied());
        let t = example.t.as_ref().map(|t| format!(", t = {}", list(t.iter().copied())));
        format!("{{ x = {x}{} }}", t.unwrap_or_default())
    });
    let examples: Vec<String> = examples.collect();
    match examples.as_slice() {
        [one] => {
            let _ = writeln!(out, "examples = [{one}]");
        }
        many => {
            let _ = writeln!(out, "examples = [\n  {},\n]", many.join(",\n  "));
        }
    }
}

fn update(out: &mut String, optimizer: &Optimizer, mode: Mode, epochs: usize) {
    if optimizer.name() != "sgd" {
        let _ = writeln!(out, "optimizer = {}", quoted(optimizer.name()));
    }
    let _ = writeln!(out, "learning_rate = {}", number(optimizer.learning_rate()));
    for (about, value) in optimizer.parameters() {
        // What is no choice of a person's has no key in a file; the rate stands above.
        if about.role == ParameterRole::Choice && optimizer.rate_key() != Some(about.key) {
            let _ = writeln!(out, "{} = {}", about.key, number(value));
        }
    }
    if mode == Mode::Online {
        out.push_str("mode = \"online\"\n");
    }
    if epochs != 1 {
        let _ = writeln!(out, "epochs = {epochs}");
    }
}

fn options(out: &mut String, options: &TraceOptions) {
    if options.reduction == Reduction::Mean {
        out.push_str("reduction = \"mean\"\n");
    }
    if !options.train_biases {
        out.push_str("train_biases = false\n");
    }
    if options.l2 != 0.0 {
        let _ = writeln!(out, "l2 = {}", number(options.l2));
    }
}
