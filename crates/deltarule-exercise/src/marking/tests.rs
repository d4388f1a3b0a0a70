//! Answers that are right in some way of writing are never wrong, and a rule that was followed is named, in exercises drawn
//! at random. (Answers from outside are in `tests/marking.rs`.)

mod effort;
mod formulas;
mod grid;

use std::fmt::Write as _;

use super::confusion::{all_candidates, answers_under, same};
use super::precision::{Rounded, Rounding};
use super::*;

/// Small random numbers from a seed: a multiplicative congruence is random enough to draw exercises.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// From −0.9 to 0.9, not 0.
    fn tenth(&mut self) -> f64 {
        let size = 1 + self.below(9);
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        sign * size as f64 / 10.0
    }

    fn vector(&mut self, n: usize) -> String {
        let numbers: Vec<String> = (0..n).map(|_| self.tenth().to_string()).collect();
        format!("[{}]", numbers.join(", "))
    }
}

/// An exercise with one update, whose numbers have one decimal.
fn exercise(seed: u64) -> Exercise {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..8 {
        draw.below(2);
    }
    let depth = 1 + draw.below(3);
    let sizes: Vec<usize> = (0..=depth).map(|_| 1 + draw.below(4)).collect();
    let hidden = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu"];
    let pairs = [
        ("sigmoid", "squared_error"),
        ("tanh", "squared_error"),
        ("identity", "mean_squared_error"),
        ("softmax", "cross_entropy"),
        ("softmax", "squared_error"),
        ("sigmoid", "binary_cross_entropy"),
        ("sigmoid", "cross_entropy"),
        ("tanh", "absolute_error"),
        ("identity", "huber"),
        ("exp", "poisson"),
        ("identity", "sum_squared_error"),
    ];
    let (output, loss) = pairs[draw.below(pairs.len())];
    let mut text = String::new();
    let mut activations: Vec<String> =
        (1..depth).map(|_| format!("{:?}", draw.of(&hidden))).collect();
    activations.push(format!("{output:?}"));
    let _ = writeln!(
        text,
        "[network]\nlayers = {sizes:?}\nactivation = [{}]\nloss = {loss:?}",
        activations.join(", ")
    );
    let mut matrices = Vec::new();
    for pair in sizes.windows(2) {
        let rows: Vec<String> = (0..pair[1]).map(|_| draw.vector(pair[0])).collect();
        matrices.push(format!("[{}]", rows.join(", ")));
    }
    let biases: Vec<String> = sizes[1..].iter().map(|n| draw.vector(*n)).collect();
    let _ = writeln!(text, "weights = [{}]\nbiases = [{}]", matrices.join(", "), biases.join(", "));
    let optimizer = draw.of(&["sgd", "sgd", "sgd", "momentum", "adam"]);
    let mode = draw.of(&["batch", "batch", "online"]);
    let reduction = draw.of(&["sum", "mean"]);
    let epochs = 1 + usize::from(draw.below(4) == 0);
    let frozen = draw.below(5) == 0;
    let _ = writeln!(
        text,
        "[[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 0.{}\noptimizer = {optimizer:?}\nmode = {mode:?}\n\
         reduction = {reduction:?}\nepochs = {epochs}\ntrain_biases = {}\nexamples = [",
        1 + draw.below(9),
        !frozen
    );
    for _ in 0..1 + draw.below(3) {
        let x = draw.vector(sizes[0]);
        let one = draw.below(sizes[depth]);
        let t: Vec<&str> = (0..sizes[depth]).map(|i| if i == one { "1" } else { "0" }).collect();
        let _ = writeln!(text, "  {{ x = {x}, t = [{}] }},", t.join(", "));
    }
    text.push_str("]\n");
    Exercise::parse(&text, "drawn").unwrap_or_else(|d| panic!("{}", d.render(100)))
}

/// Whether some number stands so near a kink that rounding noise decides which side it is on, or a step was so long that
/// everything grew beyond what anybody would compute.
fn is_unfit(exercise: &Exercise) -> bool {
    let Ok(solution) = solve(exercise) else { return true };
    solution.parts.iter().flat_map(|part| &part.steps).any(|step| {
        let z = step.trace.z.iter().flat_map(|z| z.value.iter());
        let x = step.trace.x.last().into_iter().flat_map(|x| x.value.iter());
        let on_kink = z.clone().any(|z| z.abs() < 1e-9)
            || x.clone().any(|x| x.abs() < 1e-9 || (x - 1.0).abs() < 1e-9);
        let after = step.trace.update.as_ref().map_or(0.0, |update| update.total_loss_after);
        on_kink || after > 100.0 || z.chain(x).any(|v| v.abs() > 10.0)
    })
}

/// What is wrong in a marking, and what is said about it.
fn wrong(marking: &Marking) -> Vec<String> {
    let quantities = marking.parts.iter().flat_map(|p| &p.quantities);
    quantities
        .filter(|q| !matches!(q.verdict, Verdict::Correct | Verdict::Missing))
        .map(|q| {
            let numbers: Vec<String> = q
                .entries
                .iter()
                .filter(|e| e.verdict != Verdict::Correct)
                .filter_map(|e| Some(format!("{} for {}", e.written.as_ref()?.text, e.right)))
                .collect();
            let rules: Vec<WrongRule> = q.findings.iter().map(|f| f.rule).collect();
            format!("{} of step {}: {} {rules:?}", q.quantity, q.step + 1, numbers.join(", "))
        })
        .collect()
}

/// The same answer with δ as t − x, or everything turned.
fn rewritten(answers: &Answers, way: usize) -> Answers {
    let mut answers = answers.clone();
    for given in answers.parts.iter_mut().flatten() {
        let delta = matches!(given.quantity, Quantity::Delta(_));
        let gradient = matches!(given.quantity, Quantity::GradWeights(_) | Quantity::GradBiases(_));
        if way == 1 && delta || way == 2 && (delta || gradient) {
            given.entries.iter_mut().flatten().for_each(|written| {
                written.value = -written.value;
                written.text = format!("-({})", written.text);
            });
        }
        if way == 3 && given.quantity.is_like_weights() {
            if given.entries.is_square() {
                given.entries = given.entries.t().to_owned();
            } else {
                given.transposed = true;
            }
        }
    }
    answers
}

#[test]
fn right_answers_are_never_wrong() {
    let mut failures = Vec::new();
    for seed in 0..seeds(2_000) {
        let exercise = exercise(seed);
        if is_unfit(&exercise) {
            continue;
        }
        let digits = 3 + (seed % 4) as u32;
        let noted = match seed / 4 % 3 {
            0 => None,
            1 => Some((Rounding::Significant(digits), Rounded::All)),
            _ => Some((Rounding::Significant(digits), Rounded::Outputs)),
        };
        let answers = answers_under(&exercise, &[], digits, noted);
        let answers = rewritten(&answers, (seed / 12 % 4) as usize);
        let marking = mark(&exercise, &answers, &MarkingOptions::default()).unwrap();
        // What rounding leads further astray follows from the numbers that were written.
        // (The loss after the update has a forward pass of its own, of which nothing is written: what rounding moves too far
        // there follows from nothing.)
        let moved = |q: &QuantityMarking| {
            q.quantity == Quantity::TotalLossAfter
                && q.entries.iter().all(|entry| {
                    let off = entry.written.as_ref().map_or(0.0, |w| w.value - entry.right);
                    off.abs() > agreement::CAP * entry.right.abs()
                })
        };
        let is_wrong = |q: &QuantityMarking| q.verdict == Verdict::Wrong && !moved(q);
        let any = marking.parts.iter().flat_map(|p| &p.quantities).any(is_wrong);
        if any {
            let wrong = wrong(&marking);
            failures.push(format!("seed {seed}, {digits} digits, {noted:?}: {wrong:?}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
}

#[test]
fn the_rule_that_was_followed_is_named() {
    let mut failures = Vec::new();
    let mut tried = 0;
    for seed in 0..seeds(12) {
        let exercise = exercise(seed);
        if is_unfit(&exercise) {
            continue;
        }
        let right = answers_under(&exercise, &[], 6, None);
        for deviation in all_candidates(&exercise) {
            let answers = answers_under(&exercise, &[deviation], 6, None);
            let numbers = answers.parts.iter().flatten().flat_map(|g| g.entries.iter().flatten());
            let is_wild = numbers.map(|number| number.value.abs()).fold(0.0, f64::max) > 1e3;
            if same(&answers, &right) || is_wild {
                continue;
            }
            tried += 1;
            let marking = mark(&exercise, &answers, &MarkingOptions::default()).unwrap();
            let findings: Vec<&Vec<Finding>> = marking
                .parts
                .iter()
                .flat_map(|p| &p.quantities)
                .map(|q| &q.findings)
                .filter(|findings| !findings.is_empty())
                .collect();
            // What is named alone must be the rule, or give the same answer.
            let alike = |rule: &WrongRule| {
                *rule == deviation.rule()
                    || all_candidates(&exercise).iter().any(|other| {
                        other.rule() == *rule
                            && same(&answers, &answers_under(&exercise, &[*other], 6, None))
                    })
            };
            let explained = |findings: &&Vec<Finding>| findings.iter().any(|f| alike(&f.rule));
            if findings.is_empty() || !findings.iter().all(explained) {
                let wrong = wrong(&marking);
                failures.push(format!("seed {seed}: {deviation:?}: {wrong:?}"));
            }
        }
    }
    assert!(tried > 20 * seeds(12), "{tried}");
    assert!(
        failures.is_empty(),
        "{} of {tried} failed:\n{}",
        failures.len(),
        failures[..failures.len().min(30)].join("\n")
    );
}

fn seeds(all: u64) -> u64 {
    std::env::var("SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(all)
}
