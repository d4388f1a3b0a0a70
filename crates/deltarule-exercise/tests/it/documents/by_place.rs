//! Every number in a document is the quantity that it says it is.
//!
//! What a solution's JSON holds is looked up there, by part, step, quantity, layer, row and column; that JSON is tested
//! against an independent program. What documents add to it is computed again here.

use deltarule::{Activation, Loss, Optimizer};
use deltarule_document::{Matrix, QuantityId};
use deltarule_exercise::{
    BatchLayout, Example, Exercise, Style, Task, compare, solve, to_document, to_json,
};
use serde_json::Value;

use super::gallery::exercises;

struct Place<'a> {
    exercise: &'a Exercise,
    json: &'a Value,
    quantity: &'a QuantityId,
    row: usize,
    column: usize,
    /// What the central difference of the step is taken over: the document chooses it.
    h: f64,
}

#[test]
fn every_number_is_what_its_place_says() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        let json = to_json(&solution);
        for batch in [BatchLayout::Vectorised, BatchLayout::Examples] {
            let document = to_document(&solution, &Style { batch, ..Style::default() });
            let mut halves = std::collections::BTreeMap::new();
            let step = |matrix: &Matrix| {
                let QuantityId { part, step, .. } = matrix.quantity();
                (part.clone(), *step)
            };
            document.for_each_matrix(|matrix| {
                if let ("twice_h", Some((_, _, twice))) =
                    (matrix.quantity().name.as_str(), matrix.entries().next())
                {
                    halves.insert(step(matrix), twice / 2.0);
                }
            });
            document.for_each_matrix(|matrix| {
                seen.insert(matrix.quantity().name.clone());
                let h = halves.get(&step(matrix)).copied().unwrap_or(f64::NAN);
                let expected = |row: usize, column: usize| {
                    let (first_row, first_column) = matrix.first();
                    let (row, column) = (first_row + row, first_column + column);
                    let quantity = matrix.quantity();
                    Place { exercise: &exercise, json: &json, quantity, row, column, h }.value()
                };
                for (row, column, value) in matrix.entries() {
                    let expected = expected(row, column);
                    assert!(
                        close(value, expected, tolerance(matrix)),
                        "{name}: {:?} row {row} column {column}: {value} instead of {expected}",
                        matrix.quantity()
                    );
                }
                if let Some(norm) = matrix.norm() {
                    let places =
                        (0..matrix.rows()).flat_map(|r| (0..matrix.columns()).map(move |c| (r, c)));
                    let squares: f64 = places.map(|(r, c)| expected(r, c).powi(2)).sum();
                    assert!(close(norm, squares.sqrt(), tolerance(matrix)), "{name}: norm {norm}");
                }
            });
        }
    }
    for name in ["z", "x", "t", "loss", "delta", "jacobian", "error_slope", "derivative", "class"] {
        assert!(seen.contains(name), "no document shows {name}");
    }
}

/// Derivatives are compared with difference quotients, and difference quotients with derivatives.
fn tolerance(matrix: &Matrix) -> (f64, f64) {
    match matrix.quantity().name.as_str() {
        "derivative" | "difference_quotient" => (1e-5, 1e-9),
        "central_difference" => (1e-5, 1e-13),
        _ => (1e-11, 1e-12),
    }
}

fn close(a: f64, b: f64, (relative, absolute): (f64, f64)) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs()) + absolute
}

impl Place<'_> {
    fn part_index(&self) -> Option<usize> {
        self.exercise.parts.iter().position(|part| part.name == self.quantity.part)
    }

    fn step(&self) -> &Value {
        let part = self.part_index().expect("a part of the exercise");
        &self.json["parts"][part]["steps"][self.quantity.step - 1]
    }

    fn layer(&self) -> usize {
        self.quantity.layer.expect("a layer")
    }

    fn number(&self, value: &Value) -> f64 {
        value.as_f64().unwrap_or_else(|| panic!("no number at {:?}", self.quantity))
    }

    /// A matrix of the solution at the place's layer, row and column.
    fn matrix(&self, step: &Value, name: &str) -> f64 {
        self.number(&step[name][self.layer() - 1][self.row][self.column])
    }

    fn vector(&self, step: &Value, name: &str) -> f64 {
        self.number(&step[name][self.layer() - 1][self.row])
    }

    /// The same quantity elsewhere.
    fn at(&self, name: &str, layer: Option<usize>, row: usize, column: usize) -> f64 {
        let quantity = QuantityId { name: name.into(), layer, ..self.quantity.clone() };
        Place { quantity: &quantity, row, column, ..*self }.value()
    }

    fn example(&self) -> &deltarule_exercise::Example {
        let part = &self.exercise.parts[self.part_index().unwrap()];
        let number = self.step()["examples"][self.column].as_u64().unwrap() as usize;
        &part.examples[number - 1]
    }

    fn optimizer(&self) -> Optimizer {
        match self.exercise.parts[self.part_index().unwrap()].task {
            Task::Update { optimizer, .. } => optimizer,
            _ => panic!("{:?} in a part without an update", self.quantity),
        }
    }

    /// The weights or biases that the step starts from.
    fn start(&self, name: &str) -> f64 {
        let read = |step: &Value| match name {
            "weights" => self.matrix(step, name),
            _ => self.vector(step, name),
        };
        let initial = || {
            let network = &self.exercise.network;
            match name {
                "weights" => network.weights(self.layer() - 1)[[self.row, self.column]],
                _ => network.biases(self.layer() - 1)[self.row],
            }
        };
        let Some(part) = self.part_index() else { return initial() };
        if self.quantity.step > 1 {
            return read(&self.json["parts"][part]["steps"][self.quantity.step - 2]);
        }
        // A part that changes nothing ends with what it started from.
        let mut start = self.exercise.parts[part].start;
        while let Some(earlier) = start {
            let last = self.json["parts"][earlier]["steps"].as_array().unwrap().last().unwrap();
            if last.get("weights").is_some() {
                return read(last);
            }
            start = self.exercise.parts[earlier].start;
        }
        initial()
    }

    fn activation(&self) -> Activation {
        self.exercise.network.layers()[self.layer() - 1].activation()
    }

    fn value(&self) -> f64 {
        let name = self.quantity.name.as_str();
        match name {
            "x" if self.layer() == 0 => self.example().x[self.row],
            "z" | "x" | "delta" => self.matrix(self.step(), name),
            "t" => self.example().t.as_ref().unwrap()[self.row],
            "grad_weights" | "weights" => self.matrix(self.step(), name),
            "grad_biases" | "biases" => self.vector(self.step(), name),
            "loss" => self.number(&self.step()["loss"][self.column]),
            "total_loss" | "total_loss_after" => self.number(&self.step()[name]),
            "class" => self.number(&self.step()["class"][self.column]),
            "start_weights" => self.start("weights"),
            "start_biases" => self.start("biases"),
            "ones" => 1.0,
            "examples" => self.step()["examples"].as_array().unwrap().len() as f64,
            "outputs" => self.exercise.network.outputs() as f64,
            "h" => self.h,
            "twice_h" => 2.0 * self.h,
            "step" => self.quantity.step as f64,
            "l2" => self.exercise.parts[self.part_index().unwrap()].options.l2,
            "step_increase" => 1.2,
            "step_decrease" => 0.5,
            "learning_rate" | "momentum" | "rho" | "beta1" | "beta2" | "epsilon"
            | "weight_decay" | "initial_step" => self.setting(name),
            "derivative" => self.derivative(),
            "error_slope" => self.error_slope(),
            "difference" => {
                self.at("x", self.quantity.layer, self.row, self.column)
                    - self.at("t", None, self.row, self.column)
            }
            "target_sum" => (0..self.exercise.network.outputs())
                .map(|row| self.at("t", None, row, self.column))
                .sum(),
            "size_factor_weights" | "size_factor_biases" => {
                let kind = name.trim_start_matches("size_factor_");
                match self.at(
                    &format!("agreement_{kind}"),
                    self.quantity.layer,
                    self.row,
                    self.column,
                ) {
                    agrees if agrees > 0.0 => 1.2,
                    agrees if agrees < 0.0 => 0.5,
                    _ => 1.0,
                }
            }
            "jacobian" => self.jacobian(),
            "example_grad_weights" => self.share(),
            "adam_step_weights" | "adam_step_biases" => self.adam_step(),
            "v_root_weights" | "v_root_biases" => self.state(&name.replace("v_root", "v")).sqrt(),
            "rmsprop_step_weights" | "rmsprop_step_biases" => {
                let kind = name.trim_start_matches("rmsprop_step_");
                let root = self.state(&format!("v_{kind}")).sqrt();
                let at = (self.quantity.layer, self.row, self.column);
                let gradient = self.at(&format!("grad_{kind}"), at.0, at.1, at.2);
                gradient / (root + self.setting("epsilon"))
            }
            "m_corrected_weights"
            | "m_corrected_biases"
            | "v_corrected_weights"
            | "v_corrected_biases" => {
                let (letter, kind) = name.split_once("_corrected_").unwrap();
                let beta = self.setting(if letter == "m" { "beta1" } else { "beta2" });
                let k = self.quantity.step as i32;
                self.state(&format!("{letter}_{kind}")) / (1.0 - beta.powi(k))
            }
            "difference_quotient" => {
                self.at("grad_weights", self.quantity.layer, self.row, self.column)
            }
            "central_difference" => {
                2.0 * self.h * self.at("grad_weights", self.quantity.layer, self.row, self.column)
            }
            "decrease" => {
                self.at("total_loss", None, 0, 0) - self.at("total_loss_after", None, 0, 0)
            }
            "first_order_change" => self.first_order().abs(),
            "agreement_weights" | "agreement_biases" => self.agreement(),
            "rprop_step_weights" | "rprop_step_biases" => self.rprop_step(),
            "output_sum" => (0..self.exercise.network.outputs())
                .map(|row| self.at("x", self.quantity.layer, row, self.column))
                .sum(),
            state => self.state(state),
        }
    }

    fn setting(&self, name: &str) -> f64 {
        match (self.optimizer(), name) {
            (Optimizer::Sgd(o), "learning_rate") => o.learning_rate,
            (Optimizer::Sgd(o), "momentum") => o.momentum,
            (Optimizer::Adam(o), "learning_rate") => o.learning_rate,
            (Optimizer::Adam(o), "beta1") => o.beta1,
            (Optimizer::Adam(o), "beta2") => o.beta2,
            (Optimizer::Adam(o), "epsilon") => o.epsilon,
            (Optimizer::AdamW(o), "learning_rate") => o.learning_rate,
            (Optimizer::AdamW(o), "beta1") => o.beta1,
            (Optimizer::AdamW(o), "beta2") => o.beta2,
            (Optimizer::AdamW(o), "epsilon") => o.epsilon,
            (Optimizer::AdamW(o), "weight_decay") => o.weight_decay,
            (Optimizer::Rmsprop(o), "learning_rate") => o.learning_rate,
            (Optimizer::Rmsprop(o), "rho") => o.rho,
            (Optimizer::Rmsprop(o), "epsilon") => o.epsilon,
            (Optimizer::Rprop(o), "initial_step") => o.initial_step,
            (optimizer, name) => panic!("{} has no {name}", optimizer.name()),
        }
    }

    /// A difference quotient of the activation.
    fn derivative(&self) -> f64 {
        let z = self.at("z", self.quantity.layer, self.row, self.column);
        match self.activation() {
            Activation::Softmax => {
                let x = self.at("x", self.quantity.layer, self.row, self.column);
                x * (1.0 - x)
            }
            f => (f.value(z + 1e-6) - f.value(z - 1e-6)) / 2e-6,
        }
    }

    fn error_slope(&self) -> f64 {
        let x = self.at("x", self.quantity.layer, self.row, self.column);
        let t = self.at("t", None, self.row, self.column);
        match self.exercise.loss {
            Loss::SquaredError => x - t,
            Loss::SumSquaredError => 2.0 * (x - t),
            Loss::MeanSquaredError => 2.0 * (x - t) / self.exercise.network.outputs() as f64,
            Loss::AbsoluteError if x == t => 0.0,
            Loss::AbsoluteError => (x - t).signum(),
            Loss::Huber => (x - t).clamp(-1.0, 1.0),
            other => panic!("{other} shows no slope of its own"),
        }
    }

    fn jacobian(&self) -> f64 {
        let example = self.quantity.example.expect("the example of a Jacobian");
        let examples = self.step()["examples"].as_array().unwrap();
        let column = examples.iter().position(|e| e.as_u64() == Some(example as u64)).unwrap();
        let x = |row: usize| self.at("x", self.quantity.layer, row, column);
        let same = if self.row == self.column { 1.0 } else { 0.0 };
        x(self.row) * (same - x(self.column))
    }

    fn share(&self) -> f64 {
        let example = self.quantity.example.expect("the example of a share");
        let examples = self.step()["examples"].as_array().unwrap();
        let column = examples.iter().position(|e| e.as_u64() == Some(example as u64)).unwrap();
        let below = Some(self.layer() - 1);
        self.at("delta", self.quantity.layer, self.row, column)
            * self.at("x", below, self.column, column)
    }

    fn adam_step(&self) -> f64 {
        let kind = self.quantity.name.trim_start_matches("adam_step_");
        let (beta1, beta2, epsilon) =
            (self.setting("beta1"), self.setting("beta2"), self.setting("epsilon"));
        let k = self.quantity.step as i32;
        let state = |letter: &str| self.state(&format!("{letter}_{kind}"));
        let m = state("m") / (1.0 - beta1.powi(k));
        let v = state("v") / (1.0 - beta2.powi(k));
        m / (v.sqrt() + epsilon)
    }

    /// Every entry of the gradient of the loss, without its penalty, times the change of its parameter, added up.
    fn first_order(&self) -> f64 {
        let part = &self.exercise.parts[self.part_index().unwrap()];
        let mut sum = 0.0;
        for (l, layer) in self.exercise.network.layers().iter().enumerate() {
            for row in 0..layer.units() {
                for column in 0..layer.inputs() {
                    let at = |name: &str| self.at(name, Some(l + 1), row, column);
                    let gradient = at("grad_weights") - part.options.l2 * at("start_weights");
                    sum += gradient * (at("weights") - at("start_weights"));
                }
                let at = |name: &str| self.at(name, Some(l + 1), row, 0);
                sum += at("grad_biases") * (at("biases") - at("start_biases"));
            }
        }
        sum
    }

    /// Whether the gradient has the sign of the one that the step before left behind.
    fn agreement(&self) -> f64 {
        let kind = self.quantity.name.trim_start_matches("agreement_");
        let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
        let gradient = self.at(&format!("grad_{kind}"), self.quantity.layer, self.row, self.column);
        let before = format!("previous_gradient_{kind}_before");
        sign(gradient) * sign(self.at(&before, self.quantity.layer, self.row, self.column))
    }

    fn rprop_step(&self) -> f64 {
        let kind = self.quantity.name.trim_start_matches("rprop_step_");
        let at = |name: &str| self.at(name, self.quantity.layer, self.row, self.column);
        at(kind) - at(&format!("start_{kind}"))
    }

    /// What an optimiser remembers, after the step or before it.
    fn state(&self, name: &str) -> f64 {
        let (name, before) = match name.strip_suffix("_before") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let part = self.part_index().expect("a part of the exercise");
        let steps = &self.json["parts"][part]["steps"];
        let step = match (before, self.quantity.step) {
            (false, step) => &steps[step - 1],
            (true, 1) => return 0.0,
            (true, step) => &steps[step - 2],
        };
        let values = &step["optimizer_state"][name];
        assert!(!values.is_null(), "nothing is known of {:?}", self.quantity);
        let layer = &values[self.layer() - 1][self.row];
        self.number(if layer.is_array() { &layer[self.column] } else { layer })
    }
}

/// The numbers of a comparison are those of its cases, whose JSON is a solution like any other.
#[test]
fn every_number_of_a_comparison_is_what_its_place_says() {
    let mut compared = 0;
    // The sheet's, and some with other targets: two hundred updates of each pair take their time.
    let some = exercises().into_iter().enumerate().filter(|(at, _)| *at < 3 || at % 4 == 0);
    for (_, (name, exercise)) in some {
        let Ok(comparison) = compare(&exercise, &[], &[]) else { continue };
        compared += 1;
        let json = comparison.to_json();
        let style = Style::default();
        for (document, least) in
            [(comparison.to_document(&style), 40), (comparison.to_short_document(&style), 12)]
        {
            let mut seen = 0;
            document.for_each_matrix(|matrix| {
                let quantity = matrix.quantity();
                let (first_row, first_column) = matrix.first();
                for (row, column, value) in matrix.entries() {
                    let (row, column) = (first_row + row, first_column + column);
                    let expected = match quantity.part.strip_prefix("case ") {
                        Some(case) => {
                            let case = &json["cases"][case.parse::<usize>().unwrap() - 1];
                            let part = case["solution"]["parts"][0]["name"].as_str();
                            let part =
                                exercise.parts.iter().find(|p| Some(p.name.as_str()) == part);
                            of_case(case, &part.unwrap().examples, quantity, row, column)
                        }
                        None => of_saturated(&json, quantity, row),
                    };
                    let by_differences = quantity.name == "derivative"
                        || (quantity.part == "saturated" && quantity.name == "delta");
                    let tolerance = if by_differences { (1e-5, 1e-8) } else { (1e-11, 1e-12) };
                    assert!(
                        close(value, expected, tolerance),
                        "{name}: {quantity:?} row {row} column {column}: {value} instead of {expected}"
                    );
                    seen += 1;
                }
            });
            assert!(seen >= least, "{name}: {seen} numbers");
        }
    }
    assert!(compared > 4, "{compared} comparisons");
}

fn of_case(
    case: &Value,
    examples: &[Example],
    quantity: &QuantityId,
    row: usize,
    column: usize,
) -> f64 {
    let step = &case["solution"]["parts"][0]["steps"][0];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{quantity:?}"));
    let layer = quantity.layer.map(|layer| layer - 1);
    let last = step["x"].as_array().unwrap().len() - 1;
    match quantity.name.as_str() {
        "z" | "x" | "delta" | "grad_weights" | "weights" => {
            number(&step[&quantity.name][layer.unwrap()][row][column])
        }
        "jacobian" => {
            let x = |i: usize| number(&step["x"][last][i][0]);
            x(row) * (if row == column { 1.0 } else { 0.0 } - x(column))
        }
        "largest_error" => {
            let mut largest = 0.0_f64;
            for (row, outputs) in step["x"][last].as_array().unwrap().iter().enumerate() {
                for (column, x) in outputs.as_array().unwrap().iter().enumerate() {
                    let number_of = step["examples"][column].as_u64().unwrap() as usize;
                    let t = examples[number_of - 1].t.as_ref().unwrap()[row];
                    largest = largest.max((number(x) - t).abs());
                }
            }
            largest
        }
        "largest_delta" => {
            let rows = step["delta"][last].as_array().unwrap().iter();
            let entries = rows.flat_map(|row| row.as_array().unwrap());
            entries.map(|d| number(d).abs()).fold(0.0, f64::max)
        }
        "gradient_norm" => {
            let squares = |name: &str| sum_of_squares(&step[name]);
            (squares("grad_weights") + squares("grad_biases")).sqrt()
        }
        "grad_biases" | "biases" => number(&step[&quantity.name][layer.unwrap()][row]),
        "total_loss" | "total_loss_after" => number(&step[&quantity.name]),
        "output_sum" => {
            let rows = step["x"][last].as_array().unwrap().iter();
            rows.map(|row| number(&row[0])).sum()
        }
        "t" => examples[column].t.as_ref().unwrap()[row],
        "target_sum" => examples[column].t.iter().flatten().sum(),
        "first_loss" => number(&case["total_loss_over_updates"][0]),
        "last_loss" => number(case["total_loss_over_updates"].as_array().unwrap().last().unwrap()),
        "derivative" => {
            let f: Activation = case["output_activation"].as_str().unwrap().parse().unwrap();
            let z = number(&step["z"][last][row][column]);
            match f {
                Activation::Softmax => {
                    let x = number(&step["x"][last][row][column]);
                    x * (1.0 - x)
                }
                f => (f.value(z + 1e-6) - f.value(z - 1e-6)) / 2e-6,
            }
        }
        norm => {
            let name = norm.strip_suffix("_norm").unwrap_or_else(|| panic!("{quantity:?}"));
            sum_of_squares(&step[name][layer.unwrap()]).sqrt()
        }
    }
}

/// The sum of the squares of all numbers in a value.
fn sum_of_squares(value: &Value) -> f64 {
    match value {
        Value::Array(inside) => inside.iter().map(sum_of_squares).sum(),
        number => number.as_f64().unwrap().powi(2),
    }
}

/// The example that is sure and wrong: z is 4 for the first output and −4 for the others, and the target is the second.
fn of_saturated(json: &Value, quantity: &QuantityId, row: usize) -> f64 {
    assert_eq!(quantity.part, "saturated");
    let given = |row: usize| if row == 0 { 4.0_f64 } else { -4.0 };
    if quantity.name == "z" {
        return given(row);
    }
    let case = &json["cases"][quantity.step - 1];
    let n = case["solution"]["layers"].as_array().unwrap().last().unwrap().as_u64().unwrap();
    let n = (n as usize).max(2);
    let f: Activation = case["output_activation"].as_str().unwrap().parse().unwrap();
    let loss: Loss = case["loss"].as_str().unwrap().parse().unwrap();
    let t: Vec<f64> = (0..n).map(|i| if i == 1 { 1.0 } else { 0.0 }).collect();
    let outputs = |z: &[f64]| -> Vec<f64> {
        let sum: f64 = z.iter().map(|z| z.exp()).sum();
        let x = |z: &f64| if f == Activation::Softmax { z.exp() / sum } else { f.value(*z) };
        z.iter().map(x).collect()
    };
    let z: Vec<f64> = (0..n).map(given).collect();
    match quantity.name.as_str() {
        "x" => outputs(&z)[row],
        "error" => outputs(&z)[row] - t[row],
        "delta" => {
            let at = |h: f64| {
                let mut z = z.clone();
                z[row] += h;
                loss.value(f, &z, &outputs(&z), &t)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        }
        other => panic!("{other:?}"),
    }
}
