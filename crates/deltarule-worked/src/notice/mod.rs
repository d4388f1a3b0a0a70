//! What to notice: remarks that are found from the numbers of a step.

mod alike;
mod change;
mod flat;
mod zeros;

use deltarule::Activation;
use deltarule_document::{Math, Matrix, Prose};

use crate::step::Context;

impl Context<'_, '_> {
    /// What is to be noticed in the numbers of the step.
    pub(crate) fn remarks(&self) -> Vec<Prose> {
        let mut remarks = Vec::new();
        self.identical_units(&mut remarks);
        if let Some(backward) = &self.numbers.trace.backward {
            self.zero_deltas(backward, &mut remarks);
            self.zero_inputs(backward, &mut remarks);
        }
        self.saturated(&mut remarks);
        self.dead(&mut remarks);
        self.off_for_some(&mut remarks);
        // What is so of every step is said at the first.
        if self.numbers.step == 1 {
            self.sums(&mut remarks);
        }
        if let Some(update) = &self.numbers.trace.update {
            self.change_of_loss(update, &mut remarks);
            self.first_step_of_adam(update, &mut remarks);
            self.rounding(update, &mut remarks);
        }
        remarks
    }

    fn prose(&self, words: &str) -> Prose {
        self.style.notation.prose(words)
    }

    /// What the outputs of an example sum to.
    fn sums(&self, remarks: &mut Vec<Prose>) {
        let last = self.last();
        if self.numbers.network.outputs() < 2 {
            return;
        }
        let x = &self.numbers.trace.x[last - 1].value;
        let sum = |example: usize| {
            Math::Number(Matrix::number(
                x.row(example).sum(),
                0,
                example,
                self.quantity("output_sum", Some(last)),
            ))
        };
        if self.activation(last) == Activation::Softmax {
            remarks.push(self.prose(
                "The outputs of an example sum to 1: softmax turns the net inputs into a distribution over the classes.",
            ));
            if self.numbers.network.outputs() == 2 {
                remarks.push(self.prose(
                    "With two outputs softmax is the sigmoid of the difference of their net inputs: $x_1 = σ(z_1 − z_2)$ and \
                     $x_2 = σ(z_2 − z_1)$.",
                ));
            }
        } else if self.activation(last) == Activation::Sigmoid {
            let of = if self.examples() > 1 { " of the first example" } else { "" };
            remarks.push(
                self.prose(&format!("The outputs{of} sum to "))
                    .and_math(sum(0))
                    .and(": sigmoid outputs are probabilities one by one and need not sum to 1."),
            );
        }
    }

    fn of_example(&self, example: usize) -> String {
        if self.examples() > 1 {
            format!(" for example {}", self.numbers.examples[example])
        } else {
            String::new()
        }
    }

    /// "the example", "example 2", "every example"
    fn which(&self, columns: &[usize]) -> String {
        if self.examples() == 1 {
            return "the example".into();
        }
        if columns.len() == self.examples() {
            return "every example".into();
        }
        let numbers: Vec<String> =
            columns.iter().map(|c| self.numbers.examples[*c].to_string()).collect();
        let word = if numbers.len() == 1 { "example" } else { "examples" };
        format!("{word} {}", list(&numbers, 8))
    }
}

/// "1, 2 and 3"; more than `most` are cut off: "1, 2 and 17 more".
pub(crate) fn list(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        many if many.len() > most => {
            format!("{} and {} more", many[..most].join(", "), many.len() - most)
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
