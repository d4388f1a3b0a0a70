//! What keeps a solution hidden: sentences in which none of its numbers stands.

use deltarule_document::Prose;

use super::hints::of_rule;
use super::slips;
use crate::exercise::Exercise;
use crate::marking::answers::Written;
use crate::marking::likeness::Likeness;
use crate::marking::verdict::{Finding, Marking, PartMarking};

/// The numbers that are not to be shown.
pub(super) struct HiddenNumbers(Vec<f64>);

/// A number of fewer digits is the same as another only if it is all of it.
const TELLING: u32 = 3;

impl HiddenNumbers {
    /// All numbers of the solution, and what the student's own lead to.
    pub(super) fn of(marking: &Marking) -> Self {
        let quantities = marking.parts.iter().flat_map(|part| &part.quantities);
        let entries = quantities.flat_map(|quantity| &quantity.entries);
        let mut all: Vec<f64> = entries
            .flat_map(|e| [Some(e.right), Some(e.expected), e.explained])
            .flatten()
            .map(f64::abs)
            .collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        Self(all)
    }

    /// What a student is told of a finding.
    fn sentence(
        &self,
        exercise: &Exercise,
        part: &PartMarking,
        quantity: usize,
        finding: &Finding,
    ) -> Prose {
        let likeness = self.likeness(part, quantity);
        let sentence = slips::sentence(part, quantity, finding, likeness);
        if self.is_told(&sentence.to_string()) {
            Prose::text(of_rule(finding.rule, exercise, part.quantities[quantity].quantity))
        } else {
            sentence
        }
    }

    /// A likeness without its factor, or what else is said where no mistake is named, if no number of the solution is in it.
    fn likeness(&self, part: &PartMarking, quantity: usize) -> Option<Prose> {
        let quantity = &part.quantities[quantity];
        let likeness = Likeness::of(quantity);
        let is_likeness = |said: &str| likeness.is_some_and(|likeness| likeness.sentence() == said);
        let said = quantity.likeness.as_ref().map(|said| (said, said.to_string()));
        match said.filter(|(_, text)| !is_likeness(text) && !self.is_told(text)) {
            Some((said, _)) => Some(said.clone()),
            None => likeness.map(|likeness| Prose::text(likeness.sentence_without_numbers())),
        }
    }

    /// A remark without the pieces of its sentences in which a number of the solution stands; none where nothing is left.
    pub(super) fn note(&self, note: &str) -> Option<String> {
        if !self.is_told(note) {
            return Some(note.to_string());
        }
        let sentences = note.split_inclusive(". ").filter_map(|sentence| {
            let end = if sentence.trim_end().ends_with('.') { "." } else { "" };
            let mut pieces = sentence.trim_end().trim_end_matches('.').split(", ");
            let first = pieces.next().filter(|first| !self.is_told(first))?;
            let rest = pieces.filter(|piece| !self.is_told(piece)).map(|p| format!(", {p}"));
            Some(format!("{first}{}{end}", rest.collect::<String>()))
        });
        let kept: Vec<String> = sentences.collect();
        (!kept.is_empty()).then(|| kept.join(" "))
    }

    /// Whether a number of the solution stands in a text.
    fn is_told(&self, text: &str) -> bool {
        let is_part = |c: char| c.is_ascii_digit() || "eE.-−+".contains(c);
        text.split(|c: char| !is_part(c)).any(|piece| {
            let number = piece.trim_matches(['.', '-', '−', '+', 'e', 'E']);
            // Layers, units and numbers of examples are whole.
            number.contains(['.', 'e', 'E'])
                && Written::parse(number).is_some_and(|number| self.has(&number))
        })
    }

    fn has(&self, number: &Written) -> bool {
        let value = number.value.abs();
        let off = if number.significant < TELLING {
            1e-9 * value
        } else {
            0.51 * 10_f64.powi(-number.decimals)
        };
        let at = self.0.partition_point(|hidden| *hidden < value - off);
        self.0.get(at).is_some_and(|hidden| *hidden <= value + off)
    }
}

/// What a student is told of a finding; what is hidden is left out.
pub(super) fn told(
    hidden: Option<&HiddenNumbers>,
    exercise: &Exercise,
    part: &PartMarking,
    quantity: usize,
    finding: &Finding,
) -> Prose {
    match hidden {
        None => {
            slips::sentence(part, quantity, finding, part.quantities[quantity].likeness.clone())
        }
        Some(hidden) => hidden.sentence(exercise, part, quantity, finding),
    }
}

/// What is said of wrong numbers without a reason; what is hidden is left out.
pub(super) fn likeness(
    hidden: Option<&HiddenNumbers>,
    part: &PartMarking,
    quantity: usize,
) -> Option<Prose> {
    match hidden {
        None => part.quantities[quantity].likeness.clone(),
        Some(hidden) => hidden.likeness(part, quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_solution_is_told_by_no_remark() {
        let hidden = HiddenNumbers(vec![0.25, 0.251_692_8]);
        let kept = |note: &str| hidden.note(note);
        let note = "The loss rises in the update, from 0.251693 to 0.3. Look for a wrong sign.";
        let without = "The loss rises in the update. Look for a wrong sign.";
        assert_eq!(kept(note).as_deref(), Some(without));
        assert_eq!(kept("It is 0.2517, and no other."), None);
        for harmless in ["η is 0.5 in step 2 of layer 1.", "from 0.2516 to 0.26", "2 in 10"] {
            assert_eq!(kept(harmless).as_deref(), Some(harmless));
        }
        assert!(hidden.is_told("x = 0.25"));
    }
}
