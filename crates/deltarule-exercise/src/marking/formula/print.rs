//! A formula in the letters of the sheet.

use super::expression::{Expression, Function, Operand};
use crate::marking::quantity::Quantity;

/// How tightly a formula holds together: sums, products, what stands alone.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Binding {
    Sum,
    Product,
    Alone,
}

/// A formula of a quantity between the dollar signs of prose: its letters are those of the layer.
pub(in crate::marking) fn printed(
    expression: &Expression,
    quantity: Quantity,
    layer: usize,
    states: &[&str],
) -> String {
    Printer { quantity, layer: layer as i32, states }.print(expression, Binding::Sum)
}

struct Printer<'a> {
    quantity: Quantity,
    layer: i32,
    states: &'a [&'a str],
}

impl Printer<'_> {
    fn print(&self, expression: &Expression, within: Binding) -> String {
        use Expression as E;
        let (text, binding) = match expression {
            E::Noted(a) => return self.print(a, within),
            E::Operand(operand) => (self.operand(*operand), Binding::Alone),
            E::Constant("", value) => (number(*value), Binding::Alone),
            E::Constant(letter, _) => ((*letter).to_string(), Binding::Alone),
            E::Negative(a) => (format!("−{}", self.print(a, Binding::Product)), Binding::Sum),
            E::Sum(a, b) => (
                format!("{} + {}", self.print(a, Binding::Sum), self.print(b, Binding::Sum)),
                Binding::Sum,
            ),
            E::Difference(a, b) => (
                format!("{} − {}", self.print(a, Binding::Sum), self.print(b, Binding::Product)),
                Binding::Sum,
            ),
            E::Times(a, b) => {
                let is_number = |e: &E| matches!(e, E::Constant(..));
                let sign = if is_number(a) || is_number(b) { " " } else { " ∘ " };
                let (a, b) = (self.print(a, Binding::Product), self.print(b, Binding::Product));
                (format!("{a}{sign}{b}"), Binding::Product)
            }
            E::Over(a, b) => {
                let (a, b) = (self.print(a, Binding::Sum), self.print(b, Binding::Sum));
                (format!("frac{{{a}}}{{{b}}}"), Binding::Alone)
            }
            E::Product(a, b) => {
                let (a, b) = (self.print(a, Binding::Product), self.print(b, Binding::Product));
                (format!("{a} {b}"), Binding::Product)
            }
            E::Transposed(a) => (format!("({})^T", self.print(a, Binding::Sum)), Binding::Alone),
            E::Square(a) => (format!("({})^2", self.print(a, Binding::Sum)), Binding::Alone),
            E::Root(a) => (format!("sqrt{{{}}}", self.print(a, Binding::Sum)), Binding::Alone),
            E::Function(function, a) => {
                (function_of(*function, &self.print(a, Binding::Sum)), Binding::Alone)
            }
            E::OverUnits(a) => (format!("Σ {}", self.print(a, Binding::Product)), Binding::Product),
            // One example adds up to itself, and the sheet writes no sum over examples.
            E::OverExamples(a) => {
                (format!("Σ {}", self.print(a, Binding::Product)), Binding::Product)
            }
            E::Ones(_) => ("1".into(), Binding::Alone),
            // The term of a sum with this number, of units or of examples.
            E::OnlyUnit(term, a) | E::OnlyExample(term, a) => {
                let a = self.print(a, Binding::Sum);
                (format!("({a})_{{\"term {}\"}}", term + 1), Binding::Alone)
            }
            E::Reversed(a) => {
                let a = self.print(a, Binding::Sum);
                (format!("\"reversed\"({a})"), Binding::Alone)
            }
            E::RowFrom(to, from, a) | E::ColumnFrom(to, from, a) => {
                let a = self.print(a, Binding::Sum);
                (format!("({a})_{{\"{} for {}\"}}", from + 1, to + 1), Binding::Alone)
            }
        };
        if binding < within { format!("({text})") } else { text }
    }

    fn operand(&self, operand: Operand) -> String {
        let at = |near: i32| self.layer + near;
        let (letter, gradient) = match self.quantity {
            quantity if quantity.is_like_biases() => ("b", "∂E/∂b"),
            _ => ("w", "∂E/∂w"),
        };
        let l = self.layer;
        match operand {
            Operand::Weights(near) => format!("w^[{}]", at(near)),
            Operand::NewWeights(near) => format!("\"new\" w^[{}]", at(near)),
            Operand::Biases(near) => format!("b^[{}]", at(near)),
            Operand::Z(near) => format!("z^[{}]", at(near)),
            Operand::X(near) => format!("x^[{}]", at(near)),
            Operand::Inputs => "x^[0]".into(),
            Operand::Targets => "t".into(),
            Operand::Derivative => format!("f'(z^[{l}])"),
            Operand::Delta(near) => format!("δ^[{}]", at(near)),
            Operand::Error => "(x − t)".into(),
            Operand::Losses => "E".into(),
            Operand::Gradient => format!("{gradient}^[{l}]"),
            Operand::GradientBefore => format!("\"earlier\" {gradient}^[{l}]"),
            Operand::Parameter => format!("{letter}^[{l}]"),
            Operand::ParameterAtStart => format!("\"initial\" {letter}^[{l}]"),
            Operand::State(k) => self.state(k),
            Operand::StateBefore(k) => format!("\"old\" {}", self.state(k)),
            Operand::Corrected(k) => format!("\"corrected\" {}", self.state(k)),
        }
    }

    fn state(&self, k: usize) -> String {
        match self.states.get(k) {
            Some(&"velocity") | None => "v".into(),
            Some(name) if name.chars().count() == 1 => (*name).to_string(),
            Some(name) => format!("\"{}\"", name.replace('_', " ")),
        }
    }
}

fn function_of(function: Function, a: &str) -> String {
    use deltarule::Activation as A;
    let name = |activation: A| match activation {
        A::Sigmoid => "σ".to_string(),
        A::Tanh => "tanh".to_string(),
        A::Exp => "exp".to_string(),
        other => format!("\"{other}\""),
    };
    match function {
        Function::Activation(activation) => format!("{}({a})", name(activation)),
        Function::Mirrored(activation) => format!("{}(−{a})", name(activation)),
        Function::Derivative(activation) => format!("{}'({a})", name(activation)),
        Function::Ln => format!("ln({a})"),
        Function::Log10 => format!("\"log\"_{{10}}({a})"),
        Function::Log2 => format!("\"log\"_2({a})"),
        Function::Absolute => format!("|{a}|"),
        Function::Sign => format!("\"sign\"({a})"),
        Function::NegativePart => format!("min({a}, 0)"),
        Function::Clipped => format!("\"cut\"({a})"),
    }
}

/// "½", "2", "0.05"
fn number(value: f64) -> String {
    if value == 0.5 { "½".into() } else { deltarule_document::format_number(value, 6) }
}
