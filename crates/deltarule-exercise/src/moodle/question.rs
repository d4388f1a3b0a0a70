//! The text of a question: what is given, and a table of entries for every quantity.

use std::fmt::Write as _;

use deltarule::trace::BoundedView;
use deltarule_document::{
    Document, Equation, HtmlOptions, Math, Matrix, Prose, QuantityId, render_html_fragment,
};
use deltarule_worked::{Notation, Style};

use crate::document::{given_section, part_heading, part_introduction, step_heading};
use crate::exercise::Part;
use crate::marking::{Quantity, Shape, quantities};
use crate::solve::{Solution, Step};

use super::cloze;
use super::options::MoodleOptions;
use super::tolerance::tolerance;

/// The question as HTML with Cloze entries.
pub(super) fn text(solution: &Solution, options: &MoodleOptions, style: &Style) -> String {
    let mut given = Document::default();
    given_section(&mut given, style, &solution.exercise);
    let digits = solution.exercise.digits.unwrap_or(options.digits);
    given.paragraph(Prose::text(asked(digits)));
    let mut out = fragment(&given, style);
    let shapes = solution.exercise.parts.iter().map(|part| quantities(&solution.exercise, part));
    let shapes: Vec<Vec<Shape>> = shapes.collect();
    let all = solution.parts.iter().zip(&shapes).flat_map(|(solved, shapes)| {
        solved.steps.iter().flat_map(|_| shapes.iter().map(|shape| shape.rows * shape.columns))
    });
    let mut shares = cloze::shares(&all.collect::<Vec<_>>()).into_iter();
    let parts = solution.exercise.parts.iter().zip(&solution.parts).zip(&shapes);
    for ((part, solved), shapes) in parts {
        let mut document = Document::default();
        document.heading(1, part_heading(part));
        document.paragraph(part_introduction(solution, part, solved, style));
        examples(&mut document, part, solution.exercise.network.outputs(), style);
        out += &fragment(&document, style);
        for (index, step) in solved.steps.iter().enumerate() {
            if solved.steps.len() > 1 {
                let mut document = Document::default();
                document.heading(2, step_heading(index + 1, &step.examples));
                out += &fragment(&document, style);
            }
            for shape in shapes {
                let share = shares.next().unwrap_or(1);
                if let Some(numbers) = step.trace.get(shape.quantity) {
                    out += &fragment(&label(shape.quantity, options.notation), style);
                    table(
                        &mut out,
                        step,
                        shape.quantity,
                        &numbers,
                        share,
                        part.digits.unwrap_or(digits),
                    );
                }
            }
        }
    }
    out
}

fn asked(digits: usize) -> String {
    let digits = match digits {
        1 => "1 significant digit".to_string(),
        digits => format!("{digits} significant digits"),
    };
    format!(
        "Write every number with at least {digits}, and calculate with more. A very small number may be written as 1.5e-7."
    )
}

fn fragment(document: &Document, style: &Style) -> String {
    cloze::guarded(&render_html_fragment(document, &HtmlOptions { digits: style.digits }))
}

/// Inputs and targets, a column per example.
fn examples(document: &mut Document, part: &Part, outputs: usize, style: &Style) {
    let place = |name: &str, layer| QuantityId::new(&part.name, 1, name, layer);
    let inputs = part.examples.first().map_or(0, |example| example.x.len());
    let count = part.examples.len();
    let x =
        Matrix::new(inputs, count, |row, column| part.examples[column].x[row], place("x", Some(0)));
    document.equation(matrix("x^[0]", x, style));
    let targets: Option<Vec<&Vec<f64>>> =
        part.examples.iter().map(|example| example.t.as_ref()).collect();
    if let Some(targets) = targets {
        let t = Matrix::new(outputs, count, |row, column| targets[column][row], place("t", None));
        document.equation(matrix("t", t, style));
    }
}

fn matrix(symbol: &str, matrix: Matrix, style: &Style) -> Equation {
    style.notation.equation(symbol).equals(Math::Matrix(matrix))
}

/// What a quantity is, and its symbol.
fn label(quantity: Quantity, notation: Notation) -> Document {
    let words = match quantity {
        Quantity::Z(l) => format!("Net inputs of layer {l}, $z^[{l}]$:"),
        Quantity::X(l) => format!("Outputs of layer {l}, $x^[{l}]$:"),
        Quantity::Loss => "Loss of each example, $E$:".into(),
        Quantity::TotalLoss => "Loss of the examples together:".into(),
        Quantity::Derivative(l) => {
            format!("Derivative of the activation of layer {l}, $f'(z^[{l}])$:")
        }
        Quantity::Delta(l) => format!("Deltas of layer {l}, $δ^[{l}]$:"),
        Quantity::GradWeights(l) => {
            format!("Gradient with respect to the weights of layer {l}, $∂E/∂w^[{l}]$:")
        }
        Quantity::GradBiases(l) => {
            format!("Gradient with respect to the biases of layer {l}, $∂E/∂b^[{l}]$:")
        }
        Quantity::StateWeights(name, l) => {
            format!("For the weights of layer {l}, {} after this step:", state(name))
        }
        Quantity::StateBiases(name, l) => {
            format!("For the biases of layer {l}, {} after this step:", state(name))
        }
        Quantity::CorrectedWeights(name, l) => {
            format!("For the weights of layer {l}, {} with its bias corrected:", state(name))
        }
        Quantity::CorrectedBiases(name, l) => {
            format!("For the biases of layer {l}, {} with its bias corrected:", state(name))
        }
        Quantity::Weights(l) => format!("New weights of layer {l}, $w^[{l}]$:"),
        Quantity::Biases(l) => format!("New biases of layer {l}, $b^[{l}]$:"),
        Quantity::TotalLossAfter => {
            "Loss of the same examples together, with the new weights and biases:".into()
        }
        Quantity::Class => "Class; 1 is that of the first output:".into(),
    };
    let mut document = Document::default();
    document.paragraph(notation.prose(&words));
    document
}

/// What an optimiser's vector is called.
fn state(name: &str) -> String {
    match name {
        "m" | "v" => format!("${name}$"),
        name => format!("the {}", name.replace('_', " ")),
    }
}

fn table(
    out: &mut String,
    step: &Step,
    quantity: Quantity,
    numbers: &BoundedView<'_>,
    share: usize,
    digits: usize,
) {
    out.push_str("<table>\n<tbody>\n");
    if quantity.is_per_example() && numbers.value.ncols() > 1 {
        let heads = step.examples.iter().map(|number| format!("<th>example {number}</th>"));
        let _ = writeln!(out, "<tr>{}</tr>", heads.collect::<String>());
    }
    let classes = step.network.outputs();
    // The losses of the examples together are as uncertain as they are, and more so with the new parameters.
    let together = step.trace.loss.as_ref().map_or(0.0, |loss| loss.bound.sum());
    for (values, bounds) in numbers.shown().rows().into_iter().zip(numbers.bound.rows()) {
        out.push_str("<tr>");
        for (&value, &bound) in values.iter().zip(bounds) {
            let bound = if quantity == Quantity::TotalLoss {
                together
            } else if quantity == Quantity::TotalLossAfter {
                2.0 * together
            } else {
                bound
            };
            let entry = if quantity != Quantity::Class {
                cloze::numerical(share, value, tolerance(value, bound, digits))
            } else if classes > 1 {
                cloze::choice(share, value as usize, classes)
            } else {
                cloze::numerical(share, value, 0.0)
            };
            let _ = write!(out, "<td>{entry}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}
