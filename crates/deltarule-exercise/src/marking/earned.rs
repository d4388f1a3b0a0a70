//! What was earned by work. A 0 follows from a 0, and a 1 from a 1, whoever writes them: where a part shows no work, nothing
//! follows, what was there before is not updated, and a true 0 is not counted on its own.

use super::agreement::is_coarse;
use super::answers::Written;
use super::judge::Shown;
use super::rule::WrongRule;
use super::sentences::{not_updated, too_few_digits};
use super::verdict::{EntryMarking, Finding, QuantityMarking, Verdict};

/// Whether a part shows work once it is judged: what a mistake explains was computed by somebody, too.
pub(super) fn is_explained(quantities: &[QuantityMarking], shown: &Shown) -> bool {
    let reasons = [
        WrongRule::ArithmeticSlip,
        WrongRule::NotUpdated,
        WrongRule::BiasNotUpdated,
        WrongRule::RoundedIntermediates,
    ];
    quantities.iter().any(|quantity| {
        let (step, of) = (quantity.step, quantity.quantity);
        let mut entries = quantity.entries.indexed_iter();
        quantity.findings.iter().any(|finding| !reasons.contains(&finding.rule))
            && entries.any(|(at, entry)| {
                entry.verdict == Verdict::Wrong && !shown.is_trivial(step, of, at)
            })
    })
}

/// Takes back what is not earned.
pub(super) fn take_back(quantities: &mut [QuantityMarking], shown: &Shown) {
    for quantity in quantities.iter_mut() {
        let (step, of) = (quantity.step, quantity.quantity);
        let mut stays = false;
        for (at, entry) in quantity.entries.indexed_iter_mut() {
            let Some(written) = &entry.written else { continue };
            let is_old = shown.before(step, of, at) == Some(written.value);
            let is_trivial = shown.is_trivial(step, of, at);
            match entry.verdict {
                Verdict::FollowThrough if is_trivial => entry.verdict = Verdict::Wrong,
                Verdict::Correct if is_old && entry.right != written.value => {
                    entry.verdict = Verdict::Wrong;
                    stays = true;
                }
                // What is so without any work, and a digit that happens to be near.
                Verdict::Correct if is_old || written.value == 0.0 => entry.counted = false,
                Verdict::Correct if is_coarse(written) && !is_exact(written, entry.right) => {
                    entry.counted = false;
                }
                Verdict::Correct | Verdict::FollowThrough | Verdict::Wrong | Verdict::Missing => {}
            }
        }
        let worst = quantity.entries.iter().map(|entry| entry.verdict).max();
        quantity.verdict = worst.unwrap_or(quantity.verdict);
        quantity.findings.retain(|finding| finding.rule != WrongRule::RoundedIntermediates);
        let is_short = quantity.entries.iter().any(is_too_short);
        if is_short && quantity.findings.is_empty() {
            let (rule, sentence) = (WrongRule::TooFewDigits, too_few_digits());
            quantity.findings.push(Finding { rule, sentence, together: false });
        }
        if stays && quantity.findings.is_empty() {
            let (rule, sentence) = (WrongRule::NotUpdated, not_updated());
            quantity.findings.push(Finding { rule, sentence, together: false });
        }
    }
}

/// Whether a number may be a rounding of the right one, and is too short to tell.
fn is_too_short(entry: &EntryMarking) -> bool {
    let Some(written) = &entry.written else { return false };
    let unit = 10.0_f64.powi(-written.decimals);
    let may_be = (written.value - entry.right).abs() <= 0.5 * unit;
    entry.verdict == Verdict::Wrong && is_coarse(written) && may_be
}

/// Whether a number is the right one, and not a rounding of it.
fn is_exact(written: &Written, right: f64) -> bool {
    (written.value - right).abs() <= 1e-9 * right.abs()
}
