//! Random numbers, as part of the contract: the same seed draws the same numbers on every machine and in every version 0.x.
//!
//! The generator is ChaCha with 8 rounds. Its key is the seed as eight little-endian bytes followed by 24 zero bytes;
//! its 64-bit stream number is `purpose + 16 · epoch`, so that no purpose and no epoch shares numbers with another
//! and an epoch can be drawn without the ones before it.
//!
//! - A uniform number in [0, 1) is (u64 ≫ 11) · 2⁻⁵³.
//! - Normal numbers come in pairs by Box–Muller from u₁, u₂: r = √(−2 ln(1 − u₁)), then r cos 2πu₂ and r sin 2πu₂.
//! - A number below n is (u64 · n) ≫ 64 in 128-bit arithmetic.
//! - A shuffle is Fisher–Yates from the last place down.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// What numbers are drawn for; each purpose has streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial parameters.
    Parameters = 0,
    /// The order of the examples in an epoch.
    Order = 1,
    /// Which units dropout silences.
    Dropout = 2,
    /// Which rows are held out.
    HoldOut = 3,
    /// The numbers of an exercise.
    Exercise = 4,
    /// The seeds of the variants of an exercise.
    Variants = 5,
}

/// A seeded source of random numbers.
///
/// # Example
///
/// ```
/// use deltarule::random::{Purpose, Random};
///
/// let mut order: Vec<usize> = (0..10).collect();
/// Random::new(0, Purpose::Order, 0).shuffle(&mut order);
/// let mut again: Vec<usize> = (0..10).collect();
/// Random::new(0, Purpose::Order, 0).shuffle(&mut again);
/// assert_eq!(order, again);
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    generator: ChaCha8Rng,
    /// The second number of a Box–Muller pair.
    spare: Option<f64>,
}

impl Random {
    /// The stream of this seed, purpose and epoch.
    pub fn new(seed: u64, purpose: Purpose, epoch: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream((purpose as u64).wrapping_add(epoch.wrapping_mul(16)));
        Self { generator, spare: None }
    }

    /// Goes to the given 32-bit word of the stream, so that any part of it can be drawn on its own.
    pub(crate) fn seek(&mut self, word: u128) {
        self.generator.set_word_pos(word);
    }

    /// 32 random bits.
    pub(crate) fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A uniform number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A number of the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let (u1, u2) = (self.uniform(), self.uniform());
        let radius = (-2.0 * libm::log(1.0 - u1)).sqrt();
        let angle = 2.0 * std::f64::consts::PI * u2;
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }

    /// A number in 0 … n − 1; 0 when n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// Puts the items into random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// Splits rows into those that stay and those that are held out, as evenly from each class as whole rows allow.
///
/// The number held out is the fraction of the rows, rounded to the nearest and at least 1. The rows are put into random
/// order and then, class by class, into one line, of which places at equal distances are held out.
///
/// # Shapes
/// classes: a number per row, all the same where there are no classes; both results are in increasing order.
///
/// # Example
///
/// ```
/// use deltarule::random::hold_out;
///
/// let (kept, held) = hold_out(&[0, 0, 0, 0, 1, 1, 1, 1], 0.25, 7);
/// assert_eq!((kept.len(), held.len()), (6, 2));
/// assert!(held[0] < 4 && held[1] >= 4);
/// ```
pub fn hold_out(classes: &[usize], fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let n = classes.len();
    let count = ((n as f64 * fraction).round() as usize).max(1).min(n);
    let mut line: Vec<usize> = (0..n).collect();
    Random::new(seed, Purpose::HoldOut, 0).shuffle(&mut line);
    line.sort_by_key(|&row| classes[row]);
    let (mut kept, mut held) = (Vec::with_capacity(n), Vec::with_capacity(count));
    // p·count mod n. Place p is held out when p·count/n steps over a whole number. The product itself may be too large for
    // 32 bits.
    let mut remainder = 0;
    for row in line {
        remainder += count;
        if remainder >= n {
            remainder -= n;
            held.push(row);
        } else {
            kept.push(row);
        }
    }
    kept.sort_unstable();
    held.sort_unstable();
    (kept, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_held_out_are_those_of_the_formula() {
        for (n, fraction) in [(1, 0.3), (2, 0.5), (7, 0.3), (97, 0.2), (100, 0.99), (1000, 0.001)] {
            let count = ((n as f64 * fraction).round() as usize).max(1);
            // One class after the other in order: the line is a shuffle that is not sorted any further.
            let mut line: Vec<usize> = (0..n).collect();
            Random::new(5, Purpose::HoldOut, 0).shuffle(&mut line);
            let is_taken = |place: usize| (place + 1) * count / n > place * count / n;
            let mut expected: Vec<usize> =
                (0..n).filter(|&place| is_taken(place)).map(|place| line[place]).collect();
            expected.sort_unstable();
            assert_eq!(hold_out(&vec![0; n], fraction, 5).1, expected, "{n} {fraction}");
        }
    }

    #[test]
    fn a_fraction_above_1_holds_out_all_rows_and_overflows_nothing() {
        for fraction in [1.0, 2.5, 1e300, f64::INFINITY] {
            assert_eq!(hold_out(&[0, 1, 0], fraction, 1), (vec![], vec![0, 1, 2]));
        }
        assert_eq!(hold_out(&[], 0.5, 1), (vec![], vec![]));
    }
}
