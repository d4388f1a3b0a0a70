//! The slope of E along one weight by a central difference: an h for which rounding and the bend of E both do little, how
//! many digits of the quotient hold, and whether a slope jumps within h.

use deltarule::backprop;
use deltarule::trace::{Reduction, Trace};
use deltarule::{Activation, Loss, Network};
use deltarule_document::{decimal, exponent, format_number};

use crate::step::StepNumbers;

/// The h that is taken wherever enough digits of its quotient hold.
const USUAL: f64 = 1e-5;
/// So many digits are enough.
const ENOUGH: usize = 6;
/// A double has no more.
const MOST_DIGITS: usize = 17;
/// How many powers of ten are tried from where weight and input say that h should be.
const TRIED: usize = 40;
/// Beyond this share of the quotient, rounding shows that h became too small for anything to be learnt from a smaller one.
const DROWNED: f64 = 0.01;
/// Two slopes on the sides of a kink differ by more than this; ELU and the Huber loss only bend.
const JUMP: f64 = 1e-3;

/// A weight of a step, along which E is looked at; layer, row and column from 0.
pub(crate) struct Direction<'a> {
    pub(crate) numbers: &'a StepNumbers<'a>,
    pub(crate) layer: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// ∂E/∂w as it was computed, and the bound of its rounding error.
    pub(crate) slope: (f64, f64),
}

/// (E(w + h) − E(w − h)) / 2h
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotient {
    pub(crate) h: f64,
    pub(crate) difference: f64,
    /// How far rounding can have moved it.
    pub(crate) rounding: f64,
    /// How far it is from the slope because E is no straight line.
    pub(crate) bend: f64,
    /// Whether the slope of an activation or of the loss jumps between w − h and w + h.
    pub(crate) jumps: bool,
}

impl Quotient {
    pub(crate) fn value(&self) -> f64 {
        self.difference / (2.0 * self.h)
    }

    pub(crate) fn error(&self) -> f64 {
        self.rounding + self.bend
    }

    /// How many significant digits of it hold.
    pub(crate) fn digits(&self) -> usize {
        if self.value() == 0.0 {
            return 0;
        }
        let first = exponent(self.value().abs());
        let half_a_unit = |digits: usize| decimal(5, first - digits as i32);
        (1..=MOST_DIGITS).rev().find(|digits| half_a_unit(*digits) >= self.error()).unwrap_or(0)
    }

    fn relative_error(&self) -> f64 {
        self.error() / self.value().abs()
    }
}

/// E of every example, and what of it depends on the weight beside.
struct Losses {
    of_examples: Vec<f64>,
    penalty: f64,
}

impl Direction<'_> {
    /// The quotient for the h that serves best; none where E is no finite number near w.
    pub(crate) fn quotient(&self) -> Option<Quotient> {
        let usual = self.with(USUAL);
        let is_good = |q: &Quotient| q.digits() >= ENOUGH && !self.misled(q);
        if usual.as_ref().is_some_and(is_good) {
            return usual;
        }
        let mut tried: Vec<Quotient> = usual.into_iter().collect();
        let mut power = exponent(USUAL * self.scale());
        let mut before = 0;
        for _ in 0..TRIED {
            let found = self.with(decimal(1, power));
            let towards = match &found {
                Some(q) if is_good(q) => return found,
                Some(q) if !self.misled(q) && q.bend < q.rounding => 1,
                // A smaller one shows nothing any more.
                Some(q) if q.rounding > DROWNED * q.value().abs() => 0,
                _ => -1,
            };
            tried.extend(found);
            if towards == 0 || before + towards == 0 {
                break;
            }
            before = towards;
            power += towards;
        }
        let best = best_of(tried.iter().filter(|q| !self.misled(q)));
        let Some(best) = best else { return best_of(tried.iter()) };
        let near = exponent(best.h);
        let finer = [(2, near - 1), (5, near - 1), (2, near), (5, near)];
        tried.extend(finer.iter().filter_map(|(digit, power)| self.with(decimal(*digit, *power))));
        best_of(tried.iter().filter(|q| !self.misled(q)))
    }

    /// Whether the quotient is that of the slope, as far as rounding and the bend of E let it.
    pub(crate) fn agrees(&self, quotient: &Quotient) -> bool {
        let (slope, bound) = self.slope;
        (quotient.value() - slope).abs() <= quotient.error() + bound + f64::EPSILON * slope.abs()
    }

    fn misled(&self, quotient: &Quotient) -> bool {
        quotient.jumps && !self.agrees(quotient)
    }

    /// How large a change of the weight is that changes the net input by about 1, or the weight itself.
    fn scale(&self) -> f64 {
        let trace = self.numbers.trace;
        let below = match self.layer.checked_sub(1) {
            None => &trace.input,
            Some(below) => &trace.x[below].value,
        };
        let largest = below.column(self.column).fold(0.0, |a: f64, x| a.max(x.abs()));
        let by_input = if largest > 0.0 { 1.0 / largest } else { 1.0 };
        by_input.max(self.weight().abs()).clamp(1e-300, 1e300)
    }

    fn weight(&self) -> f64 {
        self.numbers.network.weights(self.layer)[[self.row, self.column]]
    }

    /// The network with the weight moved.
    fn moved(&self, h: f64) -> Network<f64> {
        let mut network = self.numbers.network.clone();
        network.weights_mut(self.layer)[[self.row, self.column]] += h;
        network
    }

    fn with(&self, h: f64) -> Option<Quotient> {
        let (numbers, t) = (self.numbers, self.numbers.targets?);
        let (input, loss) = (numbers.trace.input.view(), numbers.loss);
        let penalty = |w: f64| 0.5 * numbers.options.l2 * w * w;
        let w = self.weight();
        // With bounds at w ± h, without at w ± 2h, whose quotient only says how E bends.
        let bounded = |h: f64| {
            let trace = Trace::loss(&self.moved(h), loss, input, t, Reduction::Sum).ok()?;
            let of_examples = trace.loss.as_ref()?.value.iter().copied().collect();
            Some((Losses { of_examples, penalty: penalty(w + h) }, trace))
        };
        let plain = |h: f64| {
            let network = self.moved(h);
            let pass = backprop::forward(&network, input);
            let of_examples = backprop::losses(&network, loss, &pass, t).to_vec();
            Losses { of_examples, penalty: penalty(w + h) }
        };
        let ((above, trace_above), (below, trace_below)) = (bounded(h)?, bounded(-h)?);
        let difference = self.minus(&above, &below);
        let value = difference / (2.0 * h);
        let twice = self.minus(&plain(2.0 * h), &plain(-2.0 * h)) / (4.0 * h);
        let bounds: f64 = [&trace_above, &trace_below]
            .iter()
            .filter_map(|trace| trace.loss.as_ref())
            .map(|loss| loss.bound.sum())
            .sum();
        let of_penalty = f64::EPSILON * (above.penalty + below.penalty);
        let of_weight = f64::EPSILON * (w.abs() + h) / h * value.abs();
        let quotient = Quotient {
            h,
            difference,
            rounding: (bounds / self.divisor(t.nrows()) + of_penalty) / (2.0 * h) + of_weight,
            // Three times what a bend of the third order does, and what one of the second does in one of the halves.
            bend: (twice - value).abs(),
            jumps: self.jumps(&trace_below, &trace_above),
        };
        (quotient.value().is_finite() && quotient.error().is_finite()).then_some(quotient)
    }

    /// Example by example, so that what does not change cancels exactly. The other terms of the penalty do not change.
    fn minus(&self, above: &Losses, below: &Losses) -> f64 {
        let pairs = above.of_examples.iter().zip(&below.of_examples);
        let difference: f64 = pairs.map(|(above, below)| above - below).sum();
        difference / self.divisor(above.of_examples.len()) + (above.penalty - below.penalty)
    }

    fn divisor(&self, examples: usize) -> f64 {
        match self.numbers.options.reduction {
            Reduction::Sum => 1.0,
            Reduction::Mean => examples as f64,
        }
    }

    /// Whether a net input or an output changes the side of a kink.
    fn jumps(&self, below: &Trace, above: &Trace) -> bool {
        let layers = self.numbers.network.layers();
        let here = self.numbers.trace;
        let sides = |trace: &Trace, l: usize, kink: f64| -> Vec<bool> {
            trace.z[l].value.iter().flat_map(|z| [*z > kink, *z < kink]).collect()
        };
        let changes = |side: &dyn Fn(&Trace) -> Vec<bool>| {
            let middle = side(here);
            side(below) != middle || side(above) != middle
        };
        let of_layers = (self.layer..layers.len()).any(|l| {
            let f = layers[l].activation();
            f.kinks()
                .iter()
                .filter(|kink| jumps_at(f, **kink))
                .any(|kink| changes(&|trace: &Trace| sides(trace, l, *kink)))
        });
        let Some(t) = self.numbers.targets.filter(|_| self.numbers.loss == Loss::AbsoluteError)
        else {
            return of_layers;
        };
        let last = layers.len() - 1;
        of_layers
            || changes(&|trace: &Trace| {
                let x = &trace.x[last].value;
                x.iter().zip(&t).flat_map(|(x, t)| [x > t, x < t]).collect()
            })
    }
}

/// The quotient of which most holds.
fn best_of<'q>(quotients: impl Iterator<Item = &'q Quotient>) -> Option<Quotient> {
    quotients.min_by(|a, b| a.relative_error().total_cmp(&b.relative_error())).copied()
}

/// Whether f′ jumps at one of its kinks.
fn jumps_at(f: Activation, kink: f64) -> bool {
    let slope = |z: f64| f.derivative(z, f.value(z));
    (slope(kink + 1e-6) - slope(kink - 1e-6)).abs() > JUMP
}

/// A number with so many significant digits, and zeros after them.
pub(crate) fn rounded(value: f64, digits: usize) -> f64 {
    format_number(value, digits).parse().unwrap_or(value)
}
