//! The document of a comparison, section by section.

use deltarule_document::{Document, Prose, QuantityId};
use deltarule_worked::{Style, loss_formulas};

use super::case::{Case, Comparison};

/// Writes the document.
pub(super) struct Pages<'a, 'd> {
    pub(super) comparison: &'a Comparison,
    pub(super) style: &'a Style,
    pub(super) document: &'d mut Document,
}

impl Pages<'_, '_> {
    pub(super) fn write(mut self) {
        self.answer();
        self.question();
        self.table();
        self.findings();
        self.derivations();
        if self.style.code {
            self.worked();
        } else {
            self.matrices();
        }
        self.saturation();
        self.distributions();
        self.curves();
        self.advice();
    }

    /// What fits on one page.
    pub(super) fn write_short(mut self) {
        self.answer();
        self.question();
        self.summary();
        self.advice();
    }

    pub(super) fn prose(&self, words: &str) -> Prose {
        self.style.notation.prose(words)
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = (usize, &Case)> {
        self.comparison.cases.iter().enumerate().map(|(i, case)| (i + 1, case))
    }

    fn question(&mut self) {
        self.document.heading(1, "One change at a time");
        self.document.paragraph(Prose::text(format!(
            "The loss and the activation of the outputs are two things, and changing both at once hides which of them does \
             what. So the examples of part {} are computed under {}, from the same parameters:",
            self.comparison.part,
            match self.comparison.cases.len() {
                2 => "both".to_string(),
                n => format!("{n} pairs"),
            }
        )));
        let items: Vec<Prose> = self
            .cases()
            .map(|(number, case)| {
                let formulas = loss_formulas(case.loss);
                let letters =
                    formulas.letters.map_or(String::new(), |letters| format!(", where {letters}"));
                Prose::text(format!("{number}: {}, ", case.name()))
                    .and_prose(self.prose(&format!("$E = {}${letters}", formulas.value)))
            })
            .collect();
        self.document.list(items);
        self.document.paragraph(self.prose(
            "Everything below the outputs is computed alike: $z^[l]$ of every layer, and $x^[l]$ of every hidden layer, are the \
             same in all of them.",
        ));
    }

    pub(super) fn quantity(&self, number: usize, name: &str, layer: Option<usize>) -> QuantityId {
        QuantityId::new(&format!("case {number}"), 1, name, layer)
    }
}

/// "squared error with tanh and cross-entropy with softmax"
pub(super) fn names(cases: &[&Case]) -> String {
    let all: Vec<String> = cases.iter().map(|case| case.name()).collect();
    match all.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        one => one.concat(),
    }
}
