//! Quantities that were written in another shape than they have: a mistake of theirs, and of nothing else.

use super::answers::{Answers, Renamed};
use super::rule::WrongRule;
use super::verdict::{Finding, Marking, PartMarking, Verdict};

/// Marks what could be read but not be compared number by number, and says which names were read as ours.
pub(super) fn mark(marking: &mut Marking, answers: &Answers) {
    for misshapen in &answers.misshapen {
        let Some(part) = marking.parts.get_mut(misshapen.part) else { continue };
        let quantity = part
            .quantities
            .iter_mut()
            .find(|q| q.step == misshapen.step && q.quantity == misshapen.quantity);
        // Whoever wrote it once more in the right shape has answered it.
        let Some(quantity) = quantity.filter(|q| q.verdict == Verdict::Missing) else { continue };
        quantity.verdict = Verdict::Wrong;
        quantity.entries.iter_mut().for_each(|entry| entry.verdict = Verdict::Wrong);
        quantity.findings = vec![Finding {
            rule: WrongRule::WrongShape,
            sentence: misshapen.sentence.clone(),
            together: false,
        }];
    }
    for (index, part) in marking.parts.iter_mut().enumerate() {
        note_names(part, answers.renamed.iter().filter(|renamed| renamed.part == index));
    }
}

fn note_names<'a>(part: &mut PartMarking, renamed: impl Iterator<Item = &'a Renamed>) {
    let mut names: Vec<String> = Vec::new();
    for Renamed { written, read_as, .. } in renamed {
        let name = format!("{written} as {read_as}");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        part.notes.push(format!("Names were read as the exercise has them: {}.", names.join(", ")));
    }
}
