//! The major differences in three sentences: outputs, deltas, and what is learned.

use deltarule::Activation;
use deltarule_document::Prose;

use super::advice::suits;
use super::case::{Case, UPDATES, first_step};
use super::findings::{largest, reaches_hidden_layers};
use super::pages::{Pages, names};
use super::saturation::factor_stays;

impl Pages<'_, '_> {
    pub(super) fn answer(&mut self) {
        self.document.heading(1, "The major differences");
        let sentences = vec![self.about_outputs(), self.about_deltas(), self.about_learning()];
        self.document.list(sentences);
    }

    /// What the outputs can be; where they are the same in all cases, how wrong they are said to be.
    fn about_outputs(&self) -> Prose {
        let cases = &self.comparison.cases;
        let mut outputs: Vec<(usize, &Case)> = Vec::new();
        for (number, case) in self.cases() {
            if outputs.iter().all(|(_, known)| known.output != case.output) {
                outputs.push((number, case));
            }
        }
        if let [(_, one)] = outputs.as_slice() {
            let mut prose = self.prose(&format!(
                "The outputs, those of {}, are the same in all of them, and only how wrong they are differs: $E$ is ",
                one.output
            ));
            for (number, case) in self.cases() {
                let place = self.quantity(number, "total_loss", None);
                let loss = first_step(case).trace.total_loss.unwrap_or_default();
                prose = prose.and_number(loss, place).and_text(format!(
                    " under {}{}",
                    case.name(),
                    ending(number, cases.len())
                ));
            }
            return prose;
        }
        let mut prose = Prose::text("The outputs: ");
        let several = cases[0].solution.exercise.network.outputs() > 1;
        for (place, (number, case)) in outputs.iter().enumerate() {
            prose = prose.and_text(format!("those of {} {}", case.output, range_words(case)));
            if several && case.output != Activation::Softmax {
                let sum = first_step(case).trace.x.last().map(|x| x.value.row(0).sum());
                prose = prose.and_text(", and those of the first example sum to ").and_number(
                    sum.unwrap_or_default(),
                    self.quantity(*number, "output_sum", None),
                );
            }
            prose = prose.and_text(if place + 1 == outputs.len() { "." } else { "; " });
        }
        prose
    }

    /// What the deltas of the outputs are, and how large they are here.
    fn about_deltas(&self) -> Prose {
        let cases = &self.comparison.cases;
        let mut kinds: Vec<(String, Vec<&Case>)> = Vec::new();
        for case in cases {
            let words = if factor_stays(case) {
                "the derivative of the loss times that of the outputs".to_string()
            } else {
                match Self::delta_formula(case).as_str() {
                    "x − t" => "the plain error $x − t$".into(),
                    formula => format!("${formula}$"),
                }
            };
            match kinds.iter_mut().find(|(known, _)| *known == words) {
                Some((_, under)) => under.push(case),
                None => kinds.push((words, vec![case])),
            }
        }
        let mut words = "The deltas of the outputs: ".to_string();
        for (what, under) in &kinds {
            words += &match under.len() == cases.len() {
                true => format!("{what} in all of them; "),
                false => format!("{what} under {}; ", names(under)),
            };
        }
        let mut prose = self.prose(&(words + "here the largest $|δ|$ is "));
        for (number, case) in self.cases() {
            prose = prose
                .and_number(largest(case).1, self.quantity(number, "largest_delta", None))
                .and_text(format!(" under {}{}", case.name(), ending(number, cases.len())));
        }
        prose
    }

    /// What reaches the hidden layers, what becomes of the losses, and what suits the targets.
    fn about_learning(&self) -> Prose {
        let cases = &self.comparison.cases;
        let mut prose = Prose::text("What is learned: ");
        let (some, none): (Vec<&Case>, Vec<&Case>) =
            cases.iter().partition(|case| reaches_hidden_layers(case));
        let has_hidden = cases[0].solution.exercise.network.layers().len() > 1;
        if has_hidden && !none.is_empty() {
            prose = prose.and_text(if some.is_empty() {
                "no delta reaches the hidden layers in this step; ".to_string()
            } else {
                format!(
                    "no delta reaches the hidden layers under {} in this step, but under {} one does; ",
                    names(&none),
                    names(&some)
                )
            });
        }
        prose =
            prose.and_text(format!("over {UPDATES} updates of gradient descent the loss goes "));
        for (number, case) in self.cases() {
            let (first, last) = (case.curve.first(), case.curve.last());
            prose = match (first, last) {
                (Some(first), Some(last)) => prose
                    .and_text("from ")
                    .and_number(*first, self.quantity(number, "first_loss", None))
                    .and_text(" to ")
                    .and_number(*last, self.quantity(number, "last_loss", None)),
                _ => prose.and_text("beyond all numbers"),
            };
            let between = if number == cases.len() { "; " } else { ", " };
            prose = prose.and_text(format!(" under {}{between}", case.name()));
        }
        let targets = self.targets().in_short();
        let (suited, _) = self.suited();
        prose.and_text(if suited.is_empty() {
            format!("none suits the targets, {targets}, better than the others.")
        } else {
            format!("{} {} the targets best, which are {targets}.", names(&suited), suits(&suited))
        })
    }
}

/// What stands behind one of several.
fn ending(number: usize, of: usize) -> &'static str {
    match of - number {
        0 => ".",
        1 => " and ",
        _ => ", ",
    }
}

/// What the outputs of a case can be.
fn range_words(case: &Case) -> String {
    let single = case.solution.exercise.network.outputs() == 1;
    match (case.output, case.output.range()) {
        (Activation::Softmax, _) if single => "are always 1, since there is one only".into(),
        (Activation::Softmax, _) => {
            "are a distribution over the classes and sum to 1 for every example".into()
        }
        (_, (Some(low), Some(high))) => {
            format!("are between {} and {high}, each on its own", signed(low))
        }
        (_, (Some(low), None)) if low.fract() == 0.0 => {
            format!("are never below {}", signed(low))
        }
        (_, (Some(_), None)) => "are bounded below only".into(),
        (_, (None, _)) => "are numbers without limits".into(),
    }
}

/// A whole number as words have it.
fn signed(number: f64) -> String {
    if number < 0.0 { format!("−{}", -number) } else { number.to_string() }
}
