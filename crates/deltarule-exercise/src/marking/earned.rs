//! What was earned by work. A 0 follows from a 0, and a 1 from a 1, whoever writes them: where a part shows no work, nothing
//! follows, what was there before is not updated, and a true 0 is not counted on its own.

use super::agreement::{is_coarse, is_exact};
use super::judge::{WorkShown, is_enough};
use super::rule::WrongRule;
use super::sentences::{not_updated, too_few_digits};
use super::verdict::{EntryMarking, Finding, QuantityMarking, Verdict};

/// Whether a part shows work once it is judged: a number that a mistake of method explains was computed by somebody, too.
pub(super) fn is_explained(quantities: &[QuantityMarking], shown: &WorkShown) -> bool {
    let reasons = [
        WrongRule::ArithmeticSlip,
        WrongRule::NotUpdated,
        WrongRule::BiasNotUpdated,
        WrongRule::RoundedIntermediates,
    ];
    let (mut good, mut all) = (0, 0);
    for quantity in quantities {
        let has_method = quantity.findings.iter().any(|finding| !reasons.contains(&finding.rule));
        for (at, entry) in quantity.entries.indexed_iter() {
            let Some(written) = &entry.written else { continue };
            let (step, of) = (quantity.step, quantity.quantity);
            if shown.is_trivial(step, of, at) {
                // What takes no work, in the place of what takes some, shows that none was done.
                let is_idle = shown.is_idle(step, of, at, written.value);
                all += usize::from(is_idle && entry.verdict != Verdict::Correct && !has_method);
                continue;
            }
            all += 1;
            good += usize::from(entry.verdict != Verdict::Wrong || has_method);
        }
    }
    is_enough(good, all)
}

/// Takes back what is not earned.
pub(super) fn take_back(quantities: &mut [QuantityMarking], shown: &WorkShown) {
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
                Verdict::Correct if shown.is_idle(step, of, at, written.value) => {
                    entry.counted = false;
                }
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
