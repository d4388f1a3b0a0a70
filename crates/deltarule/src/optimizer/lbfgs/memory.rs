//! The pairs that L-BFGS remembers, and the direction that follows from them.

use crate::error::{Error, Result};
use crate::number::{Number, cast};

/// The last m pairs s = Δw, y = Δg, in a ring.
#[derive(Clone, Debug)]
pub(super) struct CorrectionPairs<T> {
    parameters: usize,
    /// (m, parameters), a row per slot of the ring.
    s: Vec<T>,
    y: Vec<T>,
    /// 1 / sᵀy
    rho: Vec<f64>,
    /// sᵀy / yᵀy of the newest pair: the scale of H before the pairs are applied.
    gamma: f64,
    /// The slot of the oldest pair.
    oldest: usize,
    len: usize,
    /// What the first loop of a direction hands to the second.
    weights: Vec<f64>,
}

impl<T: Number> CorrectionPairs<T> {
    pub(super) fn new(capacity: usize, parameters: usize) -> Self {
        // Where the product is beyond an address of 32 bits, there is no such vector either.
        let numbers = capacity.saturating_mul(parameters);
        Self {
            parameters,
            s: vec![T::ZERO; numbers],
            y: vec![T::ZERO; numbers],
            rho: vec![0.0; capacity],
            gamma: 1.0,
            oldest: 0,
            len: 0,
            weights: vec![0.0; capacity],
        }
    }

    /// The same pairs in another number type.
    pub(super) fn cast<U: Number>(&self) -> CorrectionPairs<U> {
        CorrectionPairs {
            parameters: self.parameters,
            s: cast(&self.s),
            y: cast(&self.y),
            rho: self.rho.clone(),
            gamma: self.gamma,
            oldest: self.oldest,
            len: self.len,
            weights: self.weights.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn clear(&mut self) {
        (self.oldest, self.len, self.gamma) = (0, 0, 1.0);
    }

    /// d = −H g by the two-loop recursion.
    pub(super) fn direction(&mut self, gradient: &[T], direction: &mut [f64]) {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -g.to_f64();
        }
        for age in (0..self.len).rev() {
            let slot = self.slot(age);
            let (s, y) = self.pair(slot);
            let weight = self.rho[slot] * dot(s, direction);
            add(direction, -weight, y);
            self.weights[slot] = weight;
        }
        for d in direction.iter_mut() {
            *d *= self.gamma;
        }
        for age in 0..self.len {
            let slot = self.slot(age);
            let (s, y) = self.pair(slot);
            let correction = self.weights[slot] - self.rho[slot] * dot(y, direction);
            add(direction, correction, s);
        }
    }

    /// Keeps the pair of a step if the curvature along it is positive: sᵀy > ε ‖s‖ ‖y‖. The oldest makes room for it.
    ///
    /// The second Wolfe condition sees to that, but for rounding and for searches that ran out of trials. Without it H
    /// would no longer be positive definite, and its directions could lead uphill.
    pub(super) fn store(&mut self, w_before: &[T], w: &[T], g_before: &[T], g: &[T]) {
        // When all slots are taken, the one after the newest is the oldest.
        let slot = self.slot(self.len);
        let range = slot * self.parameters..(slot + 1) * self.parameters;
        difference(&mut self.s[range.clone()], w, w_before);
        difference(&mut self.y[range], g, g_before);
        let (s, y) = self.pair(slot);
        let (sy, ss, yy) = (dot(s, y), dot(s, s), dot(y, y));
        let kept = sy > T::EPSILON.to_f64() * (ss * yy).sqrt() && is_usable(sy, yy);
        let full = self.len == self.rho.len();
        if kept {
            (self.rho[slot], self.gamma) = (1.0 / sy, sy / yy);
            self.len += usize::from(!full);
        }
        if full {
            // The oldest pair is overwritten either way.
            self.oldest = self.slot(1);
            self.len -= usize::from(!kept);
        }
    }

    /// Puts a pair of an earlier run back; there must be room for it.
    pub(super) fn restore(&mut self, s: &[T], y: &[T]) -> Result<()> {
        let (slot, n) = (self.len, self.parameters);
        if s.len() != n || y.len() != n {
            return Err(Error::shape(
                "pair of lbfgs",
                format!("two vectors of {n}"),
                s.len().max(y.len()),
            ));
        }
        let (sy, yy) = (dot(s, y), dot(y, y));
        if !is_usable(sy, yy) {
            let name = format!("curvature of pair {slot}");
            return Err(Error::value(name, sy, "above 0 and finite"));
        }
        self.s[slot * n..(slot + 1) * n].copy_from_slice(s);
        self.y[slot * n..(slot + 1) * n].copy_from_slice(y);
        (self.rho[slot], self.gamma) = (1.0 / sy, sy / yy);
        self.len += 1;
        Ok(())
    }
}

impl<T> CorrectionPairs<T> {
    /// The slot of the pair with this age, 0 being the oldest.
    fn slot(&self, age: usize) -> usize {
        (self.oldest + age) % self.rho.len()
    }

    fn pair(&self, slot: usize) -> (&[T], &[T]) {
        let range = slot * self.parameters..(slot + 1) * self.parameters;
        (&self.s[range.clone()], &self.y[range])
    }

    /// The pairs (s, y), the oldest first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&[T], &[T])> {
        (0..self.len).map(|age| self.pair(self.slot(age)))
    }
}

impl<T: PartialEq> PartialEq for CorrectionPairs<T> {
    /// Compares the pairs, wherever in the ring they lie.
    fn eq(&self, other: &Self) -> bool {
        self.parameters == other.parameters
            && self.len == other.len
            && self.pairs().eq(other.pairs())
    }
}

/// Whether ρ and γ can be made from these, neither being infinite or 0.
fn is_usable(sy: f64, yy: f64) -> bool {
    sy > 0.0 && (1.0 / sy).is_finite() && (sy / yy).is_finite() && sy / yy > 0.0
}

/// a − b, rounded once.
fn difference<T: Number>(to: &mut [T], a: &[T], b: &[T]) {
    for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
        *to = a - b;
    }
}

/// d ← d + weight · v
fn add<T: Number>(d: &mut [f64], weight: f64, v: &[T]) {
    for (d, v) in d.iter_mut().zip(v) {
        *d += weight * v.to_f64();
    }
}

/// aᵀb in double precision.
///
/// Eight sums take turns, so that no addition waits for the one before, and are then added from the first to the last.
/// The order depends on the length alone.
pub(super) fn dot<A: Number, B: Number>(a: &[A], b: &[B]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a.to_f64() * b.to_f64();
        }
    }
    sums.iter().sum()
}

/// The largest absolute entry.
pub(super) fn max_norm<T: Number>(v: &[T]) -> f64 {
    v.iter().fold(0.0, |largest, v| f64::max(largest, v.to_f64().abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offers the pair of a step from the origin, where the gradient is 0.
    fn store(memory: &mut CorrectionPairs<f64>, s: [f64; 2], y: [f64; 2]) {
        memory.store(&[0.0, 0.0], &s, &[0.0, 0.0], &y);
    }

    fn steps(memory: &CorrectionPairs<f64>) -> Vec<f64> {
        memory.pairs().map(|(s, _)| s[0]).collect()
    }

    #[test]
    fn one_pair_gives_the_bfgs_update() {
        // H = (I − ρ s yᵀ) γ (I − ρ y sᵀ) + ρ s sᵀ, multiplied out in plain arithmetic.
        let (s, y, g) = ([1.0, 2.0], [3.0, 1.0], [0.5, -0.7]);
        let mut memory = CorrectionPairs::new(3, 2);
        store(&mut memory, s, y);
        let (sy, yy) = (s[0] * y[0] + s[1] * y[1], y[0] * y[0] + y[1] * y[1]);
        let (rho, gamma) = (1.0 / sy, sy / yy);
        let sg = s[0] * g[0] + s[1] * g[1];
        let v = [gamma * (g[0] - rho * sg * y[0]), gamma * (g[1] - rho * sg * y[1])];
        let yv = y[0] * v[0] + y[1] * v[1];
        let expected = [0, 1].map(|i| -(v[i] - rho * yv * s[i] + rho * sg * s[i]));
        let mut direction = [0.0; 2];
        memory.direction(&g, &mut direction);
        for (got, expected) in direction.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-15, "{got} {expected}");
        }
        // The secant equation: H y = s.
        memory.direction(&y, &mut direction);
        for (got, expected) in direction.iter().zip(s) {
            assert!((got + expected).abs() < 1e-14, "{got} {expected}");
        }
    }

    #[test]
    fn the_ring_keeps_the_newest() {
        let mut memory = CorrectionPairs::new(2, 2);
        for i in 1..=5 {
            store(&mut memory, [f64::from(i), 0.0], [1.0, 0.0]);
        }
        assert_eq!(steps(&memory), [4.0, 5.0]);
    }

    #[test]
    fn a_pair_without_curvature_is_left_out() {
        let mut memory = CorrectionPairs::new(2, 2);
        store(&mut memory, [1.0, 0.0], [-1.0, 0.0]);
        assert!(memory.is_empty());
        store(&mut memory, [1.0, 0.0], [1.0, 0.0]);
        store(&mut memory, [2.0, 0.0], [1.0, 0.0]);
        store(&mut memory, [3.0, 0.0], [0.0, 1.0]);
        // The ring was full: the oldest gave its slot, and the newer one stayed.
        assert_eq!(steps(&memory), [2.0]);
        store(&mut memory, [4.0, 0.0], [1.0, 0.0]);
        store(&mut memory, [5.0, 0.0], [1.0, 0.0]);
        assert_eq!(steps(&memory), [4.0, 5.0]);
    }

    #[test]
    fn dots_have_one_order() {
        let a: Vec<f32> = (0..19).map(|i| i as f32 * 0.1).collect();
        let exact: f64 = a.iter().map(|a| f64::from(*a) * f64::from(*a)).sum();
        assert!((dot(&a, &a) - exact).abs() < 1e-13);
        assert_eq!(dot::<f64, f64>(&[], &[]), 0.0);
    }
}
