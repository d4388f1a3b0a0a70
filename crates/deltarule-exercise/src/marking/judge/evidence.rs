//! Whether an explanation is more than a chance: it has to agree with every answered number that hangs on what it changes, and
//! the digits that it explains have to outweigh the number of explanations that were tried.

use std::collections::HashSet;
use std::rc::Rc;

use super::state::{Search, Subject};
use crate::marking::agreement::allowed;
use crate::marking::approx::ApproxMatrix;
use crate::marking::chain::PartRun;
use crate::marking::quantity::Quantity;

/// What speaks for an explanation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// How many decimal digits it explains: the logarithm of how improbable it is that wrong numbers agree with it by chance.
    pub(super) digits: f64,
}

/// The digits that speak for an explanation, and those that speak against it.
#[derive(Default)]
struct Weighed {
    digits: f64,
    against: f64,
    /// Whether what speaks against it forbids it.
    is_contradicted: bool,
}

/// So many digits more than the logarithm of what was tried are asked for: of random wrong numbers with which an explanation might
/// agree, one in ten does.
const MARGIN: f64 = 1.0;

/// Wrong numbers lie near the right ones rather than far away: in an interval this many times as wide as the difference to the
/// explained number they are taken to be equally likely.
const SPREAD: f64 = 3.0;

/// No number is worth more digits than this: rounding, and what is near to it, shows in the last ones.
const MOST_DIGITS: f64 = 6.0;

impl Evidence {
    /// Whether it outweighs a number of explanations that were tried.
    pub(super) fn outweighs(&self, tried: usize) -> bool {
        self.digits >= (tried.max(1) as f64).log10() + MARGIN
    }
}

/// The different numbers that explanations led to.
#[derive(Default)]
pub(super) struct Predictions(HashSet<Vec<u64>>);

impl Predictions {
    /// Notes what an explanation leads to.
    pub(super) fn note(&mut self, numbers: &ApproxMatrix) {
        /// Numbers that agree to so many bits of the mantissa are the same.
        const SAME: u64 = 1 << 28;
        self.0.insert(numbers.iter().map(|a| a.value.to_bits() / SAME).collect());
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

impl Search<'_> {
    /// What speaks for a run beside what is known; none where an answered number speaks against it.
    pub(super) fn evidence(&mut self, run: &PartRun, subject: &Subject<'_>) -> Option<Evidence> {
        let weighed = self.weighed(run, subject)?;
        (!weighed.is_contradicted).then_some(Evidence { digits: weighed.digits - weighed.against })
    }

    /// The same for a habit, which nobody keeps to throughout: what speaks against it is taken off.
    pub(super) fn evidence_of_habit(
        &mut self,
        run: &PartRun,
        subject: &Subject<'_>,
    ) -> Option<Evidence> {
        let weighed = self.weighed(run, subject)?;
        Some(Evidence { digits: weighed.digits - weighed.against })
    }

    fn weighed(&mut self, run: &PartRun, subject: &Subject<'_>) -> Option<Weighed> {
        let known = Rc::clone(self.now(subject.precision));
        let answered: Vec<(usize, Quantity)> = self.answered.clone();
        let mut all = Weighed::default();
        for (step, quantity) in answered {
            let Some(other) = self.subject(step, quantity) else { continue };
            let new = run.steps[step].get(&quantity)?.computed();
            let old = known.steps[step].get(&quantity)?.computed();
            let own = self.digits_of(&other, new, old)?;
            all.digits += own.digits;
            all.against += own.against;
            // A forward pass of its own, made after everything else: what was forgotten before may be in it.
            all.is_contradicted |= own.against > 0.0 && quantity != Quantity::TotalLossAfter;
        }
        Some(all)
    }

    /// The digits of a quantity that a new explanation accounts for and an old one does not; none where it leads beyond all numbers.
    fn digits_of(
        &self,
        subject: &Subject<'_>,
        new: &ApproxMatrix,
        old: &ApproxMatrix,
    ) -> Option<Weighed> {
        let precision = &subject.precision;
        let agrees = self.agreement(subject, new);
        let mut all = Weighed::default();
        for ((at, written), agrees) in subject.written.indexed_iter().zip(&agrees) {
            let (Some(written), Some(new), Some(old)) = (written, new.get(at), old.get(at)) else {
                continue;
            };
            let room = allowed(written, *new, new.value.abs(), precision, &self.judge.options)
                .max(f64::MIN_POSITIVE);
            // A short number that is met in full by the digits of the others is no rounding of anything else.
            let fine = 2.0 * precision.half_unit(new.value) + new.drift;
            let is_met = (written.value - new.value).abs() <= fine;
            let room = if is_met { room.min(fine.max(f64::MIN_POSITIVE)) } else { room };
            let difference = (new.value - old.value).abs();
            if !difference.is_finite() {
                return None;
            }
            if difference <= room {
                // The explanation is about other numbers.
                continue;
            }
            let digits = (SPREAD * difference / room).log10().clamp(0.0, MOST_DIGITS);
            if !agrees {
                // Even where the last digit alone differs.
                all.against += digits.max(f64::MIN_POSITIVE);
                continue;
            }
            if subject.right[at] && (written.value - old.value).abs() <= room {
                // Too few digits to tell.
                continue;
            }
            all.digits += digits;
        }
        Some(all)
    }
}
