//! Slips of the pen: numbers whose digits are right but for one, for the sign, or for the point.

use super::state::{Search, Subject, is_near};
use crate::marking::approx::Approx;
use crate::marking::rule::WrongRule;
use crate::marking::sentences::slip;
use crate::marking::verdict::Finding;

/// The finding that one number is off.
pub(super) fn slip_of(subject: &Subject<'_>) -> Finding {
    let sentence = slip(subject.quantity);
    Finding { rule: WrongRule::ArithmeticSlip, sentence, together: false }
}

impl Search<'_> {
    /// Whether the wrong numbers differ from the right ones in one digit: then it is that digit, and not a method.
    pub(super) fn is_digit_exchanged(&self, subject: &Subject<'_>) -> bool {
        let values = self.judge.values(subject.step, subject.quantity);
        let mut wrong =
            subject.written.indexed_iter().filter(|(at, w)| w.is_some() && !subject.right[*at]);
        wrong.all(|(at, written)| {
            written.as_ref().is_some_and(|written| {
                let decimals = usize::try_from(written.decimals).unwrap_or(0);
                let own = format!("{:.decimals$}", written.value);
                let right = format!("{:.decimals$}", values[at]);
                let differ = own.bytes().zip(right.bytes()).filter(|(a, b)| a != b).count();
                own.len() == right.len() && differ == 1
            })
        })
    }

    /// Whether one number of several is wrong, by its sign or by its decimal point alone.
    pub(super) fn is_of_pen(&mut self, subject: &Subject<'_>) -> bool {
        let answered = subject.written.iter().flatten().count();
        if answered < 2 || self.mismatches(subject) != 1 {
            return false;
        }
        let due = self.now(subject.precision).steps[subject.step][&subject.quantity].plain.clone();
        // As it is where it follows, else with another sign or with the point elsewhere.
        const BY: [f64; 6] = [1.0, -1.0, 0.01, 0.1, 10.0, 100.0];
        let mut wrong = subject.written.indexed_iter().filter(|(at, _)| !subject.right[*at]);
        wrong.all(|(at, written)| {
            let is = |by: f64| {
                let computed = Approx { value: by * due[at].value, drift: due[at].drift };
                is_near(written, computed, &subject.precision)
            };
            BY.into_iter().any(is)
        })
    }
}
