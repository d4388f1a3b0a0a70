//! A number of the exercise that was copied wrongly: found by solving for it.
//!
//! Somebody who copies a weight wrongly computes rightly with the wrong weight. Which value it would have to be is found by the
//! secant through two runs; it is told only if it looks like a copying mistake: a sign lost, digits swapped, a point shifted,
//! a digit exchanged, or the number that stands beside it.

use super::search::Way;
use super::state::{Search, Subject};
use crate::marking::approx::ApproxMatrix;
use crate::marking::chain::ApproxParameters;
use crate::marking::deviation::{Deviation, GivenNumber};
use crate::marking::quantity::Quantity;

/// So many numbers of an exercise are tried at most.
const MOST_NUMBERS: usize = 64;

/// A digit exchanged for another is one of so many mistakes, beside those that are listed.
const EXCHANGED: usize = 30;

/// A learning rate of two digits is one of so many.
const RATES: usize = 100;

/// The secant is drawn so often.
const ROUNDS: usize = 3;

impl Search<'_> {
    /// The number of the exercise that, read as another, explains a quantity; `tried` is what was tried before.
    pub(super) fn copied(&mut self, subject: &Subject<'_>, tried: usize) -> Option<Way> {
        let given = self.given_numbers(subject.quantity);
        if given.len() > MOST_NUMBERS || !self.judge.affords(2 * given.len(), subject.step + 1) {
            return None;
        }
        let mut alternatives = tried;
        let mut best: Option<(f64, Way)> = None;
        // A number that is off in one digit is more likely a slip than the copying mistake that leads to it.
        let is_slip = self.is_digit_exchanged(subject);
        for (number, value, beside) in given {
            if is_slip && number != GivenNumber::LearningRate {
                continue;
            }
            let Some((solved, room)) = self.solved(subject, number, value) else { continue };
            let (read, of_so_many) = match number {
                GivenNumber::LearningRate => {
                    let Some(rate) = shortest(solved, room, 2).filter(|rate| *rate > 0.0) else {
                        continue;
                    };
                    (rate, RATES)
                }
                _ => {
                    let likely = misreadings(value, &beside);
                    let near = |read: &&f64| (**read - solved).abs() <= room;
                    match likely.iter().find(near) {
                        Some(read) => (*read, likely.len()),
                        None => {
                            let Some(read) = digit_exchanged(value, solved, room) else { continue };
                            (read, likely.len() + EXCHANGED)
                        }
                    }
                }
            };
            alternatives += of_so_many;
            let set = self.with(&[Deviation::Given(number, read)]);
            let run = self.judge.run(Some(self.answers), &set, subject.precision, false);
            let node = &run.steps[subject.step][&subject.quantity];
            if !self.matches(subject, node.computed()) {
                continue;
            }
            let Some(evidence) = self.evidence(&run, subject) else { continue };
            if evidence.outweighs(alternatives)
                && best.as_ref().is_none_or(|(digits, _)| evidence.digits > *digits)
            {
                best = Some((evidence.digits, Way { set, from_z: false }));
            }
        }
        best.map(|(_, way)| way)
    }

    /// The numbers of the exercise that a quantity may be made of, each with those that stand beside it.
    fn given_numbers(&self, quantity: Quantity) -> Vec<(GivenNumber, f64, Vec<f64>)> {
        let (exercise, part) = (self.judge.exercise, self.part);
        let mut all = Vec::new();
        let is_of_update = matches!(
            quantity,
            Quantity::Weights(_)
                | Quantity::Biases(_)
                | Quantity::StateWeights(..)
                | Quantity::StateBiases(..)
                | Quantity::TotalLossAfter
        );
        if is_of_update && let Some(optimizer) = part.task.optimizer() {
            let rate = optimizer.learning_rate();
            if rate > 0.0 {
                all.push((GivenNumber::LearningRate, rate, Vec::new()));
            }
        }
        if part.start.is_none() {
            let initial = ApproxParameters::initial(&exercise.network);
            for (l, (weights, biases)) in initial.weights.iter().zip(&initial.biases).enumerate() {
                let values: Vec<f64> = weights.iter().map(|a| a.value).collect();
                for ((unit, below), a) in weights.indexed_iter() {
                    let number = GivenNumber::Weight { layer: l + 1, unit, below };
                    all.push((number, a.value, values.clone()));
                }
                let values: Vec<f64> = biases.iter().map(|a| a.value).collect();
                for (unit, a) in biases.iter().enumerate() {
                    let number = GivenNumber::Bias { layer: l + 1, unit };
                    all.push((number, a.value, values.clone()));
                }
            }
        }
        for (example, of) in part.examples.iter().enumerate() {
            for (input, x) in of.x.iter().enumerate() {
                all.push((GivenNumber::Input { example, input }, *x, of.x.clone()));
            }
            for (output, t) in of.t.iter().flatten().enumerate() {
                let beside = of.t.clone().unwrap_or_default();
                all.push((GivenNumber::Target { example, output }, *t, beside));
            }
        }
        all
    }

    /// The value that a number would have to have, and how well that is known; none where no value would do.
    fn solved(&self, subject: &Subject<'_>, number: GivenNumber, value: f64) -> Option<(f64, f64)> {
        let near = subject.precision.quick();
        let at = |read: f64| -> Option<ApproxMatrix> {
            let set = self.with(&[Deviation::Given(number, read)]);
            let until = Some((subject.step, subject.quantity));
            let run = self.judge.run_until(Some(self.answers), &set, near, false, until);
            run.steps[subject.step].get(&subject.quantity).map(|node| node.computed().clone())
        };
        let (mut read, mut other) = (value, 1.1 * value + 0.01);
        let (mut here, mut there) = (at(read)?, at(other)?);
        // The wrong number that it moves most.
        let slope = |place: (usize, usize), a: &ApproxMatrix, b: &ApproxMatrix, step: f64| {
            (b[place].value - a[place].value) / step
        };
        let wrong = subject
            .written
            .indexed_iter()
            .filter(|(at, written)| written.is_some() && !subject.right[*at]);
        let steepest = wrong.map(|(place, _)| place).max_by(|a, b| {
            let of = |place: (usize, usize)| slope(place, &here, &there, other - read).abs();
            of(*a).total_cmp(&of(*b))
        })?;
        let written = subject.written[steepest].as_ref()?;
        let mut steepness = slope(steepest, &here, &there, other - read);
        for _ in 0..ROUNDS {
            if steepness == 0.0 || !steepness.is_finite() {
                return None;
            }
            (read, here) = (other, there);
            other = read + (written.value - here[steepest].value) / steepness;
            if !other.is_finite() || (other - read).abs() < 1e-12 * read.abs() {
                break;
            }
            there = at(other)?;
            steepness = slope(steepest, &here, &there, other - read);
        }
        let unit = 10.0_f64.powi(-written.decimals);
        let room = 1.5 * unit / steepness.abs();
        room.is_finite().then_some((other, room))
    }
}

/// What a number is taken for when it is copied wrongly: with the other sign, with a shifted point, with digits swapped, or for
/// one that stands beside it.
fn misreadings(value: f64, beside: &[f64]) -> Vec<f64> {
    let mut all = vec![-value, 10.0 * value, 0.1 * value, 0.0];
    let text = format!("{value}");
    let bytes = text.as_bytes();
    for i in 0..bytes.len() {
        let next = (i + 1..bytes.len()).find(|j| bytes[*j].is_ascii_digit());
        if let Some(j) = next.filter(|_| bytes[i].is_ascii_digit()) {
            let mut swapped = bytes.to_vec();
            swapped.swap(i, j);
            let swapped: Option<f64> =
                std::str::from_utf8(&swapped).ok().and_then(|text| text.parse().ok());
            all.extend(swapped);
        }
    }
    all.extend(beside);
    all.retain(|read| *read != value);
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// The decimal of as many digits as a number that differs from it in one digit, if that is what was solved for.
fn digit_exchanged(value: f64, solved: f64, room: f64) -> Option<f64> {
    let text = format!("{value}");
    let decimals = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let read: f64 = format!("{solved:.decimals$}").parse().ok()?;
    let other = format!("{read:.decimals$}");
    let own = format!("{value:.decimals$}");
    let differ = own.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count();
    (own.len() == other.len() && differ == 1 && (read - solved).abs() <= room).then_some(read)
}

/// The decimal of the fewest significant digits near a number, if that many are enough.
fn shortest(solved: f64, room: f64, most: i32) -> Option<f64> {
    if solved == 0.0 || !solved.is_finite() {
        return None;
    }
    let size = solved.abs().log10().floor() as i32;
    (1..=most).find_map(|digits| {
        let decimals = digits - 1 - size;
        let scale = 10.0_f64.powi(decimals);
        let read: f64 =
            format!("{:.*}", decimals.max(0) as usize, (solved * scale).round() / scale)
                .parse()
                .ok()?;
        ((read - solved).abs() <= room && read != 0.0).then_some(read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_number_is_taken_for() {
        let all = misreadings(0.59, &[0.59, 0.4]);
        for read in [-0.59, 5.9, 0.059, 0.95, 0.4] {
            assert!(all.iter().any(|other| (other - read).abs() < 1e-12), "{read}");
        }
        assert_eq!(digit_exchanged(0.59, 0.490_01, 1e-4), Some(0.49));
        assert_eq!(digit_exchanged(0.59, 0.481, 1e-4), None);
        assert_eq!(shortest(0.050_02, 1e-4, 2), Some(0.05));
        assert_eq!(shortest(0.051_7, 1e-5, 2), None);
    }
}
