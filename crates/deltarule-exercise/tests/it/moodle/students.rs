//! Students who calculate by hand: every intermediate result rounded, every answer within its tolerance. The arithmetic here
//! is the textbook's, and knows nothing of the engine.

use deltarule::{Activation, Loss};
use deltarule_exercise::generate::{Recipe, generate_with};
use deltarule_exercise::{Solution, Task};

use super::answers::question;

/// A matrix, row by row.
type Rows = Vec<Vec<f64>>;

/// A student who writes down so many digits of everything.
struct Student {
    digits: usize,
    /// Cuts off instead of rounding when answers are written.
    truncates: bool,
}

impl Student {
    fn note(&self, value: f64) -> f64 {
        format!("{value:.*e}", self.digits - 1).parse().unwrap()
    }

    fn noted(&self, rows: Rows) -> Rows {
        rows.into_iter().map(|row| row.into_iter().map(|v| self.note(v)).collect()).collect()
    }

    /// An answer as it is handed in, from what was noted.
    fn answer(&self, value: f64) -> f64 {
        if !self.truncates || value == 0.0 {
            return value;
        }
        let scale = 10f64.powi(self.digits as i32 - 1 - value.abs().log10().floor() as i32);
        (value * scale).trunc() / scale
    }

    /// Works through the first part, an update by plain gradient descent; the answers in the order of the question.
    fn work(&self, solution: &Solution, rate: f64) -> Vec<f64> {
        let exercise = &solution.exercise;
        let examples = &exercise.parts[0].examples;
        let layers = exercise.network.layers();
        let weights: Vec<Rows> = (0..layers.len())
            .map(|l| exercise.network.weights(l).rows().into_iter().map(|r| r.to_vec()).collect())
            .collect();
        let biases: Vec<Vec<f64>> =
            (0..layers.len()).map(|l| exercise.network.biases(l).to_vec()).collect();
        let activations: Vec<Activation> = layers.iter().map(|l| l.activation()).collect();
        let inputs: Rows = examples.iter().map(|e| e.x.clone()).collect();
        let targets: Rows = examples.iter().map(|e| e.t.clone().unwrap()).collect();
        let mut answers = Vec::new();
        let (zs, xs) = self.forward(&inputs, &weights, &biases, &activations);
        for (z, x) in zs.iter().zip(&xs[1..]) {
            by_column(&mut answers, z);
            by_column(&mut answers, x);
        }
        let losses = |outputs: &Rows| -> Vec<f64> {
            outputs
                .iter()
                .zip(&targets)
                .map(|(x, t)| self.note(loss(exercise.loss, x, t)))
                .collect()
        };
        let before = losses(xs.last().unwrap());
        answers.extend(&before);
        answers.push(self.note(before.iter().sum()));
        // δ of every layer, a row per example.
        let mut deltas: Vec<Rows> = Vec::new();
        for l in (0..layers.len()).rev() {
            let delta: Rows = (0..examples.len())
                .map(|e| {
                    let units = 0..layers[l].units();
                    if l + 1 == layers.len() {
                        let (x, t) = (&xs[l + 1][e], &targets[e]);
                        if exercise.loss == Loss::CrossEntropy {
                            return x.iter().zip(t).map(|(x, t)| x - t).collect();
                        }
                        return units
                            .map(|i| self.note(x[i] - t[i]) * self.slope(activations[l], x[i]))
                            .collect();
                    }
                    let above = deltas.last().unwrap();
                    let sum = |i: usize| -> f64 {
                        above[e].iter().zip(&weights[l + 1]).map(|(d, w)| d * w[i]).sum()
                    };
                    units
                        .map(|i| self.note(sum(i)) * self.slope(activations[l], xs[l + 1][e][i]))
                        .collect()
                })
                .collect();
            deltas.push(self.noted(delta));
            by_column(&mut answers, deltas.last().unwrap());
        }
        deltas.reverse();
        let (mut new_weights, mut new_biases) = (weights.clone(), biases.clone());
        for l in 0..layers.len() {
            for i in 0..layers[l].units() {
                for j in 0..layers[l].inputs() {
                    let g =
                        self.note((0..examples.len()).map(|e| deltas[l][e][i] * xs[l][e][j]).sum());
                    answers.push(g);
                    new_weights[l][i][j] = self.note(weights[l][i][j] - self.note(rate * g));
                }
            }
            for i in 0..layers[l].units() {
                let g = self.note((0..examples.len()).map(|e| deltas[l][e][i]).sum());
                answers.push(g);
                new_biases[l][i] = self.note(biases[l][i] - self.note(rate * g));
            }
        }
        for (w, b) in new_weights.iter().zip(&new_biases) {
            answers.extend(w.iter().flatten());
            answers.extend(b);
        }
        let (_, after) = self.forward(&inputs, &new_weights, &new_biases, &activations);
        answers.push(self.note(losses(after.last().unwrap()).iter().sum()));
        answers.into_iter().map(|v| self.answer(v)).collect()
    }

    /// z of every layer, and x of every layer with the inputs first; a row per example.
    fn forward(
        &self,
        inputs: &Rows,
        weights: &[Rows],
        biases: &[Vec<f64>],
        activations: &[Activation],
    ) -> (Vec<Rows>, Vec<Rows>) {
        let (mut zs, mut xs): (Vec<Rows>, Vec<Rows>) = (Vec::new(), vec![inputs.clone()]);
        for ((w, b), f) in weights.iter().zip(biases).zip(activations) {
            let unit =
                |x: &[f64], i: usize| x.iter().zip(&w[i]).map(|(x, w)| x * w).sum::<f64>() + b[i];
            let z: Rows = xs
                .last()
                .unwrap()
                .iter()
                .map(|x| (0..b.len()).map(|i| unit(x, i)).collect())
                .collect();
            let z = self.noted(z);
            let x: Rows = z
                .iter()
                .map(|z| match f {
                    Activation::Sigmoid => z.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
                    Activation::Tanh => z.iter().map(|z| z.tanh()).collect(),
                    Activation::Softmax => {
                        let e: Vec<f64> = z.iter().map(|z| self.note(z.exp())).collect();
                        e.iter().map(|v| v / e.iter().sum::<f64>()).collect()
                    }
                    other => panic!("no student knows {other}"),
                })
                .collect();
            zs.push(z);
            xs.push(self.noted(x));
        }
        (zs, xs)
    }

    fn slope(&self, f: Activation, x: f64) -> f64 {
        self.note(match f {
            Activation::Sigmoid => x * (1.0 - x),
            Activation::Tanh => 1.0 - x * x,
            other => panic!("no student knows {other}"),
        })
    }
}

fn loss(loss: Loss, x: &[f64], t: &[f64]) -> f64 {
    let pairs = x.iter().zip(t);
    match loss {
        Loss::SquaredError => pairs.map(|(x, t)| 0.5 * (x - t).powi(2)).sum(),
        Loss::CrossEntropy => pairs.map(|(x, t)| if *t == 0.0 { 0.0 } else { -t * x.ln() }).sum(),
        other => panic!("no student knows {other}"),
    }
}

/// Units are rows of an answer, examples its columns.
fn by_column(answers: &mut Vec<f64>, rows: &Rows) {
    for unit in 0..rows[0].len() {
        answers.extend(rows.iter().map(|row| row[unit]));
    }
}

#[test]
fn whoever_rounds_every_intermediate_result_is_right() {
    let settings = [
        (Activation::Sigmoid, Activation::Sigmoid, Loss::SquaredError),
        (Activation::Tanh, Activation::Tanh, Loss::SquaredError),
        (Activation::Tanh, Activation::Softmax, Loss::CrossEntropy),
    ];
    // Tolerances in units of the last digit asked for.
    let mut widths: Vec<f64> = Vec::new();
    for (activation, output_activation, loss) in settings {
        for layers in [vec![3, 2, 2], vec![4, 4, 3, 3], vec![2, 3]] {
            for seed in 0..20 {
                let tasks = vec![Recipe::default().tasks[0]];
                let layers = layers.clone();
                let recipe = Recipe {
                    layers,
                    activation,
                    output_activation,
                    loss,
                    tasks,
                    seed,
                    ..Recipe::default()
                };
                let made = generate_with(&recipe, |_| Vec::new()).unwrap();
                let Task::Update { optimizer, .. } = recipe.tasks[0] else { panic!("no update") };
                for digits in 3..=6 {
                    let question = question(&made.solution, digits);
                    widths.extend(question.entries.iter().map(|entry| {
                        let (right, tolerance) = entry.right();
                        tolerance / unit(right, digits)
                    }));
                    for truncates in [false, true] {
                        let student = Student { digits, truncates };
                        let answers = student.work(&made.solution, optimizer.learning_rate());
                        assert_eq!(answers.len(), question.entries.len());
                        for (entry, answer) in question.entries.iter().zip(&answers) {
                            let (right, tolerance) = entry.right();
                            let place = format!("{recipe:?}, {digits} digits, {truncates}");
                            assert!(
                                (answer - right).abs() <= tolerance,
                                "{place}: {answer}, right {right} ± {tolerance}"
                            );
                        }
                    }
                }
            }
        }
    }
    // Wide enough for all, and no wider than that: where terms nearly cancel a unit of the result is small.
    widths.sort_by(f64::total_cmp);
    let quantile = |q: f64| widths[(widths.len() as f64 * q) as usize];
    assert!(quantile(0.5) < 12.0 && quantile(0.9) < 90.0, "{} {}", quantile(0.5), quantile(0.9));
}

/// One unit of the last of so many digits.
fn unit(value: f64, digits: usize) -> f64 {
    let exponent = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    10f64.powi(exponent + 1 - digits as i32)
}
