//! A line search for the strong Wolfe conditions: first outwards until an interval holds a good length, then into it.

use super::Lbfgs;

/// A point on the line: its distance, its loss φ(α) and the slope φ′(α).
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) length: f64,
    pub(super) loss: f64,
    pub(super) slope: f64,
}

/// The state of a search; it is told of points and names the next length to try.
pub(super) struct LineSearch {
    c1: f64,
    c2: f64,
    start: Point,
    /// The best end of the interval, or the last point while there is none.
    low: Point,
    /// The other end.
    high: Option<Point>,
}

/// How much a step outwards may grow.
const GROWTH: f64 = 4.0;

impl LineSearch {
    pub(super) fn new(options: &Lbfgs, start: Point) -> Self {
        Self { c1: options.c1, c2: options.c2, start, low: start, high: None }
    }

    /// Whether the loss has fallen enough for the length of the step.
    pub(super) fn decreases(&self, point: &Point) -> bool {
        point.loss <= self.start.loss + self.c1 * point.length * self.start.slope
    }

    /// Whether both strong Wolfe conditions hold.
    pub(super) fn accepts(&self, point: &Point) -> bool {
        self.decreases(point) && point.slope.abs() <= -self.c2 * self.start.slope
    }

    /// Takes in a point that was not accepted; the next length, or none when the interval has shrunk to nothing.
    pub(super) fn next(&mut self, point: Point) -> Option<f64> {
        match self.high {
            None => {
                if !self.decreases(&point) || (self.low.length > 0.0 && point.loss >= self.low.loss)
                {
                    self.high = Some(point);
                } else if point.slope >= 0.0 {
                    self.high = Some(self.low);
                    self.low = point;
                } else {
                    let next = point.length * GROWTH;
                    self.low = point;
                    return next.is_finite().then_some(next);
                }
            }
            Some(high) => {
                if !self.decreases(&point) || point.loss >= self.low.loss {
                    self.high = Some(point);
                } else {
                    if point.slope * (high.length - self.low.length) >= 0.0 {
                        self.high = Some(self.low);
                    }
                    self.low = point;
                }
            }
        }
        self.inside()
    }

    /// A length inside the interval: the minimum of the cubic through both ends, kept away from them.
    fn inside(&self) -> Option<f64> {
        let (low, high) = (self.low, self.high?);
        let width = high.length - low.length;
        if width.abs() <= 1e-12 * low.length.abs().max(high.length.abs()) {
            return None;
        }
        let middle = low.length + 0.5 * width;
        if !high.loss.is_finite() {
            return Some(low.length + 0.1 * width);
        }
        // Nocedal and Wright (2006), equation 3.59.
        let d1 = low.slope + high.slope - 3.0 * (low.loss - high.loss) / (low.length - high.length);
        let square = d1 * d1 - low.slope * high.slope;
        if square < 0.0 {
            return Some(middle);
        }
        let d2 = width.signum() * square.sqrt();
        let ratio = (high.slope + d2 - d1) / (high.slope - low.slope + 2.0 * d2);
        let cubic = high.length - width * ratio;
        let (a, b) = (low.length + 0.1 * width, low.length + 0.9 * width);
        let inside = cubic.is_finite() && cubic >= a.min(b) && cubic <= a.max(b);
        Some(if inside { cubic } else { middle })
    }
}
