//! Whether an explanation is more than a chance: it has to agree with every answered number that hangs on what it changes, and
//! the digits that it explains have to outweigh the number of explanations that were tried.

use std::collections::HashSet;

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
    /// How many quantities it makes another number of that was written.
    pub(super) quantities: usize,
}

/// Of wrong explanations so small a share may be given: 10^−1.3 is one in twenty of those that agree with a random number,
/// which few do.
const MARGIN: f64 = 1.3;

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
        let known = self.now(subject.precision).clone();
        let answered: Vec<(usize, Quantity)> = self.answered.clone();
        let mut evidence = Evidence { digits: 0.0, quantities: 0 };
        for (step, quantity) in answered {
            let Some(other) = self.subject(step, quantity) else { continue };
            let new = run.steps[step].get(&quantity)?.computed();
            let old = known.steps[step].get(&quantity)?.computed();
            let digits = self.digits_of(&other, new, old)?;
            if digits > 0.0 {
                evidence.quantities += 1;
            }
            evidence.digits += digits;
        }
        Some(evidence)
    }

    /// The digits of a quantity that a new explanation accounts for and an old one does not; none where it gets something wrong.
    fn digits_of(
        &self,
        subject: &Subject<'_>,
        new: &ApproxMatrix,
        old: &ApproxMatrix,
    ) -> Option<f64> {
        let precision = &subject.precision;
        let agrees = self.agreement(subject, new);
        let mut digits = 0.0;
        for ((at, written), agrees) in subject.written.indexed_iter().zip(&agrees) {
            let (Some(written), Some(new), Some(old)) = (written, new.get(at), old.get(at)) else {
                continue;
            };
            let room =
                allowed(written, *new, precision, &self.judge.options).max(f64::MIN_POSITIVE);
            let difference = (new.value - old.value).abs();
            if !difference.is_finite() {
                return None;
            }
            if difference <= room {
                // The explanation is about other numbers.
                continue;
            }
            if !agrees {
                return None;
            }
            if subject.right[at] && (written.value - old.value).abs() <= room {
                // Too few digits to tell.
                continue;
            }
            digits += (SPREAD * difference / room).log10().clamp(0.0, MOST_DIGITS);
        }
        Some(digits)
    }
}
