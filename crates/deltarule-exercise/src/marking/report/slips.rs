//! The words for slips: "everything else fits" is said where it does.

use deltarule_document::Prose;

use crate::marking::quantity::Quantity;
use crate::marking::rule::WrongRule;
use crate::marking::verdict::{Finding, PartMarking, QuantityMarking, Verdict};

/// What the student is told of a finding in a quantity of a part; of a slip also how it is like the right number.
pub(super) fn sentence(
    part: &PartMarking,
    quantity: usize,
    finding: &Finding,
    likeness: Option<Prose>,
) -> Prose {
    if !is_slip(finding) {
        return finding.sentence.clone();
    }
    let words = slip(part, quantity, finding);
    match likeness {
        Some(likeness) => words.and(" ").and_prose(likeness),
        None => words,
    }
}

/// The words for a slip: alone, and among other mistakes.
fn slip(part: &PartMarking, quantity: usize, finding: &Finding) -> Prose {
    let is_class = part.quantities[quantity].quantity == Quantity::Class;
    let before = &part.quantities[..quantity];
    let is_further = before.iter().any(|q| q.is_wrong() && q.findings.iter().any(is_slip));
    if is_alone(part) && !is_class {
        return Prose::text(
            "One number is off and everything else fits: a slip of the calculator or the pen rather than of the method. \
             Compute this entry again.",
        );
    }
    if is_further && !is_class {
        return Prose::text("Also a slip: compute this entry again.");
    }
    finding.sentence.clone()
}

/// Whether a finding is a slip. Two slips have no reason in common.
fn is_slip(finding: &Finding) -> bool {
    finding.rule == WrongRule::ArithmeticSlip
}

/// Whether a single number is wrong in the part.
fn is_alone(part: &PartMarking) -> bool {
    let wrong =
        |q: &QuantityMarking| q.entries.iter().filter(|e| e.verdict == Verdict::Wrong).count();
    let mut quantities = part.quantities.iter().filter(|q| q.is_wrong());
    matches!((quantities.next(), quantities.next()), (Some(only), None) if wrong(only) == 1)
}
