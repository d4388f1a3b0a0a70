//! The line search of L-BFGS: along one direction, to a point that meets the strong Wolfe conditions.
//!
//! φ(α) is the loss at distance α, φ′(α) its slope there. First a bracket is found that must hold such points, then it is
//! narrowed (Nocedal and Wright 2006, algorithms 3.5 and 3.6), each trial being the minimum of the cubic through values
//! and slopes of both ends (their equation 3.59), kept off the ends.

use super::Lbfgs;
use crate::error::Result;

/// A point on the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// α
    pub(super) alpha: f64,
    /// φ(α)
    pub(super) value: f64,
    /// φ′(α)
    pub(super) slope: f64,
}

impl Point {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.slope.is_finite()
    }
}

/// Finds a point that meets both conditions, or, when the trials are used up, the best that meets the first.
///
/// `start` is the point at 0 and must slope down; `probe` evaluates a point. `None`: no point meets the first condition.
/// The point returned is always the last that was probed: one that was not is probed once more.
pub(super) fn search(
    options: &Lbfgs,
    start: Point,
    first: f64,
    probe: &mut dyn FnMut(f64) -> Result<Point>,
) -> Result<Option<Point>> {
    let falls =
        |p: &Point| p.is_finite() && p.value <= start.value + options.c1 * p.alpha * start.slope;
    let is_flat = |p: &Point| p.slope.abs() <= options.c2 * start.slope.abs();
    let mut trials = options.max_evaluations;

    // Outwards, while each point is lower than the one before and still slopes down.
    let (mut low, mut alpha) = (start, first);
    let mut high = loop {
        if trials == 0 {
            return Ok(if low.alpha > 0.0 { Some(low) } else { None });
        }
        trials -= 1;
        let point = probe(alpha)?;
        if !falls(&point) || (low.alpha > 0.0 && point.value >= low.value) {
            break point;
        }
        if is_flat(&point) {
            return Ok(Some(point));
        }
        if point.slope >= 0.0 {
            break std::mem::replace(&mut low, point);
        }
        alpha = extrapolate(&low, &point);
        low = point;
    };

    // Inwards. `low` is the lowest point that falls enough, and slopes down towards `high`.
    let mut widths = [f64::INFINITY; 2];
    let mut last = alpha;
    while trials > 0 {
        trials -= 1;
        let width = (high.alpha - low.alpha).abs();
        // A bracket that two trials have not brought down to two thirds is halved (Moré and Thuente 1994).
        let alpha = interpolate(&low, &high, width > 0.66 * widths[0]);
        widths = [widths[1], width];
        last = alpha;
        let point = probe(alpha)?;
        if !falls(&point) || point.value >= low.value {
            high = point;
            continue;
        }
        if is_flat(&point) {
            return Ok(Some(point));
        }
        if point.slope * (high.alpha - low.alpha) >= 0.0 {
            high = low;
        }
        low = point;
    }
    if low.alpha == 0.0 {
        return Ok(None);
    }
    Ok(Some(if low.alpha == last { low } else { probe(low.alpha)? }))
}

/// The next α beyond `b`, between 1.1 and 4 times as far from `b` as `b` is from `a` (Moré and Thuente 1994).
fn extrapolate(a: &Point, b: &Point) -> f64 {
    let step = b.alpha - a.alpha;
    let (nearest, farthest) = (b.alpha + 1.1 * step, b.alpha + 4.0 * step);
    let alpha = cubic_minimum(a, b);
    if alpha.is_finite() && alpha > b.alpha { alpha.max(nearest).min(farthest) } else { farthest }
}

/// The next α inside the bracket, at least a tenth of it away from either end.
fn interpolate(low: &Point, high: &Point, halve: bool) -> f64 {
    let width = high.alpha - low.alpha;
    if !high.is_finite() {
        // Nothing is known about the far end but that it is too far.
        return low.alpha + 0.25 * width;
    }
    let part = (cubic_minimum(low, high) - low.alpha) / width;
    let part = if halve || !part.is_finite() { 0.5 } else { part.clamp(0.1, 0.9) };
    low.alpha + part * width
}

/// Where the cubic with these values and slopes at a and b has its minimum; not finite where it has none.
///
/// d₁ = φ′(a) + φ′(b) − 3 (φ(a) − φ(b)) / (a − b), d₂ = sign(b − a) √(d₁² − φ′(a) φ′(b)),
/// α = b − (b − a) (φ′(b) + d₂ − d₁) / (φ′(b) − φ′(a) + 2 d₂)
fn cubic_minimum(a: &Point, b: &Point) -> f64 {
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.alpha - b.alpha);
    let d2 = (b.alpha - a.alpha).signum() * (d1 * d1 - a.slope * b.slope).sqrt();
    b.alpha - (b.alpha - a.alpha) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches along φ and returns the point and all that were probed.
    fn run(
        options: &Lbfgs,
        phi: impl Fn(f64) -> (f64, f64),
        first: f64,
    ) -> (Option<Point>, Vec<f64>) {
        let mut probed = Vec::new();
        let at = |alpha| Point { alpha, value: phi(alpha).0, slope: phi(alpha).1 };
        let found = search(options, at(0.0), first, &mut |alpha| {
            probed.push(alpha);
            Ok(at(alpha))
        });
        (found.unwrap(), probed)
    }

    #[test]
    fn a_cubic_has_its_minimum_found_at_once() {
        // φ = α³ − 3α, lowest at 1, from ends on either side and in either order.
        let at = |alpha: f64| Point {
            alpha,
            value: alpha * alpha * alpha - 3.0 * alpha,
            slope: 3.0 * alpha * alpha - 3.0,
        };
        for (a, b) in [(0.0, 2.0), (2.0, 0.0), (0.25, 0.5), (3.0, 1.5)] {
            assert!((cubic_minimum(&at(a), &at(b)) - 1.0).abs() < 1e-14, "{a} {b}");
        }
    }

    /// Functions 1 and 2 of Moré and Thuente (1994), section 5: from steps far too short and far too long.
    #[test]
    fn both_conditions_hold_from_any_first_step() {
        let function1 = |a: f64| {
            let q = a * a + 2.0;
            (-a / q, (a * a - 2.0) / (q * q))
        };
        let function2 = |a: f64| {
            let b = a + 0.004;
            (b.powi(5) - 2.0 * b.powi(4), 5.0 * b.powi(4) - 8.0 * b.powi(3))
        };
        // The second starts so flat (−5e-7) that a smaller c₂ asks for more than the rounded values can tell.
        type Function<'a> = &'a dyn Fn(f64) -> (f64, f64);
        let functions: [(Function<'_>, &[f64]); 2] =
            [(&function1, &[0.9, 0.1, 0.01]), (&function2, &[0.9])];
        for (phi, flatness) in functions {
            for first in [1e-3, 1e-1, 10.0, 1e3] {
                for &c2 in flatness {
                    let options = Lbfgs { c2, ..Lbfgs::default() };
                    let (found, probed) = run(&options, phi, first);
                    let found = found.expect("a point");
                    let (value, slope) = phi(0.0);
                    assert!(found.value <= value + 1e-4 * found.alpha * slope);
                    assert!(found.slope.abs() <= c2 * slope.abs(), "{first} {c2} {found:?}");
                    assert_eq!(probed.last(), Some(&found.alpha));
                    assert!(probed.len() <= 20);
                }
            }
        }
    }

    #[test]
    fn not_finite_is_too_far() {
        // A wall at 0.01, and a first step of 1.
        for beyond in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let phi = |a: f64| {
                if a > 0.01 {
                    (beyond, beyond)
                } else {
                    ((a - 0.005) * (a - 0.005), 2.0 * (a - 0.005))
                }
            };
            let (found, _) = run(&Lbfgs::default(), phi, 1.0);
            let found = found.expect("a point before the wall");
            assert!(found.alpha > 0.0 && found.alpha <= 0.01);
        }
    }

    #[test]
    fn used_up_trials_leave_the_best_point_or_none() {
        // Down for ever: the first condition always holds, the second never.
        let options = Lbfgs { max_evaluations: 3, ..Lbfgs::default() };
        let (found, probed) = run(&options, |a| (-a, -1.0), 1.0);
        assert_eq!(found.map(|p| p.alpha), probed.last().copied());
        assert_eq!(probed.len(), 3);
        // A slope that promises what the values do not keep.
        let (found, probed) = run(&options, |a| (a, -1.0), 1.0);
        assert_eq!((found, probed.len()), (None, 3));
    }
}
