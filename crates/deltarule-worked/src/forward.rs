//! The forward pass: symbol, substitution, result, layer by layer.

use deltarule::Activation;
use deltarule::trace::Quantity;
use deltarule_document::Math;

use crate::catalogue;
use crate::step::{Context, m, sign};

/// What an earlier step already computed of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The step, in words: `part a`.
    pub(crate) step: String,
    /// Up to which layer z is the same; x of that layer only where the activations are the same too.
    pub(crate) net_inputs: usize,
    /// Up to which layer x is the same.
    pub(crate) outputs: usize,
    /// The columns of this step and those of the earlier one, from 1, where only some are known.
    pub(crate) columns: Vec<(usize, usize)>,
    /// Whether the earlier step has one example only.
    pub(crate) single: bool,
    /// Whether the reader has it before them, in the same document.
    pub(crate) same_document: bool,
}

impl Context<'_, '_> {
    pub(crate) fn forward(&mut self, known: Option<&Known>) {
        self.heading("Forward pass");
        self.remark_on(known);
        // What is worked out elsewhere is not worked out a second time.
        let whole = known.filter(|known| known.columns.is_empty());
        let (skip, skip_outputs) = whole.map_or((0, 0), |known| (known.net_inputs, known.outputs));
        for layer in 1..=self.last() {
            self.net_input(layer, layer <= skip);
            if layer == 1 && self.columns_shown() > 1 && skip == 0 {
                self.paragraph("A column per example; the bias is added to every column.");
            }
            self.output(layer, layer <= skip_outputs);
        }
    }

    fn columns_shown(&self) -> usize {
        if self.column.is_some() { 1 } else { self.examples() }
    }

    fn remark_on(&mut self, known: Option<&Known>) {
        let Some(known) = known else { return };
        let l = known.net_inputs;
        let up_to = if known.outputs == self.last() {
            String::new()
        } else if known.outputs == l {
            format!(" up to $x^[{l}]$")
        } else {
            format!(" up to $z^[{l}]$")
        };
        // The name of a step has words of the exercise in it, which are no formula.
        let prose = |words: &str| self.style.notation.prose(words);
        let prose = if !known.columns.is_empty() {
            let (of, those) = columns_in_words(known, "each of these matrices");
            prose(&of).and_text(&known.step).and_prose(prose(&format!("{up_to}: {those}.")))
        } else {
            let what = match (self.column.is_some(), self.examples()) {
                (true, _) | (_, 1) => "the example",
                _ => "the examples",
            };
            prose(&format!("The parameters and {what} are those of "))
                .and_text(&known.step)
                .and_prose(prose(&format!(
                    ", and so are the results{up_to}; they are not worked out again."
                )))
        };
        self.document.paragraph(prose);
    }

    fn net_input(&mut self, layer: usize, known: bool) {
        let below = layer - 1;
        let z = self.shown(Quantity::Z(layer));
        let symbol = format!("z^[{layer}] = w^[{layer}] x^[{below}] + b^[{layer}]");
        let mut equation = self.formula(&symbol);
        if !known {
            equation = equation.equals(Math::spaced([
                m(self.weights(layer)),
                m(self.outputs(below)),
                sign('+'),
                m(self.biases(layer)),
            ]));
        }
        let (name, input) = (self.variable("z", layer), self.variable("x", below));
        let code = format!("{name} = w{layer} @ {input} + b{layer}");
        self.equation(equation.equals(m(z)), code, &name);
    }

    fn output(&mut self, layer: usize, known: bool) {
        let f = self.numbers.network.layers()[layer - 1].activation();
        let x = self.shown(Quantity::X(layer));
        let symbol = catalogue::activation(f).symbol;
        let applied = if f == Activation::Identity {
            format!("z^[{layer}]")
        } else {
            format!("{}(z^[{layer}])", quoted(symbol))
        };
        let letter = self.f(layer);
        let mut equation =
            self.formula(&format!("x^[{layer}] = {letter}(z^[{layer}]) = {applied}"));
        if f != Activation::Identity && !known {
            let z = m(self.shown(Quantity::Z(layer)));
            equation =
                equation.equals(Math::formula(&format!("{}(z)", quoted(symbol))).put_in('z', &z));
        }
        let (name, z) = (self.variable("x", layer), self.variable("z", layer));
        self.equation(equation.equals(m(x)), format!("{name} = {}({z})", f.name()), &name);
    }
}

/// Which columns of what are those of which: "Column 1 of each of these matrices is that of ", and why.
pub(crate) fn columns_in_words(known: &Known, what: &str) -> (String, &'static str) {
    let joined = |numbers: Vec<usize>| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        match numbers.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            one => one.concat(),
        }
    };
    let (here, there): (Vec<usize>, Vec<usize>) = known.columns.iter().copied().unzip();
    let same = here == there;
    let (here_words, there_words) = (joined(here.clone()), joined(there));
    let why = "every example is computed on its own";
    let of = match (here.as_slice(), known.single) {
        ([_], true) => format!("Column {here_words} of {what} is that of "),
        ([_], false) => {
            format!("Column {here_words} of {what} is column {there_words} of those in ")
        }
        (_, false) if same => {
            format!("Columns {here_words} of {what} are the same as in ")
        }
        (_, false) => {
            format!("Columns {here_words} of {what} are columns {there_words} of those in ")
        }
        (_, true) => format!("Columns {here_words} of {what} are those of "),
    };
    (of, why)
}

/// A name with an underscore in it is words, not a letter with an index.
pub(crate) fn quoted(symbol: &str) -> String {
    if symbol.contains('_') { format!("\"{symbol}\"") } else { symbol.into() }
}
