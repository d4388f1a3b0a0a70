//! What can be said of wrong numbers that no known mistake explains: how they are like the ones that belong there.

use deltarule_document::Prose;

use super::answers::Written;
use super::quantity::Quantity;
use super::rule::WrongRule;
use super::verdict::{EntryMarking, Finding, Marking, QuantityMarking, Verdict};

/// Says it of every quantity of a marking that is wrong without a reason, unless something is said of it already.
pub(super) fn fill(marking: &mut Marking) {
    for quantity in marking.parts.iter_mut().flat_map(|part| &mut part.quantities) {
        if quantity.likeness.is_none() {
            quantity.likeness = likeness(quantity);
        }
    }
}

/// How the wrong numbers of a quantity are like those that belong there, where no mistake was found and they are.
pub(super) fn likeness(quantity: &QuantityMarking) -> Option<Prose> {
    Likeness::of(quantity).map(|likeness| Prose::text(likeness.sentence()))
}

/// A likeness between numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Likeness {
    Signs(HowMany),
    Factor(f64, HowMany),
    Order(Order),
    /// The decimal point of one number.
    Point,
    /// Two neighbouring digits of one number.
    Swapped,
    LastDigits(HowMany),
}

/// Of which numbers something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HowMany {
    /// The one wrong number.
    One,
    /// All wrong numbers, beside right ones.
    Wrong,
    /// All numbers.
    All,
}

/// The same numbers in other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Swapped,
    Reversed,
    Transposed,
    Other,
}

/// A wrong number and the one that belongs there.
#[derive(Clone, Copy)]
struct Compared<'a> {
    written: &'a Written,
    due: f64,
}

/// Two numbers are like each other to so many units of the last digit: what came before was rounded too.
const UNITS: f64 = 2.0;
/// A number of fewer digits shows no factor alone.
const TELLING: u32 = 3;
/// Off in the last digits: by less than this, relatively, and by at most so many units of the last digit.
const SMALL: f64 = 0.02;
const LAST: f64 = 50.0;
/// Factors that a single number shows.
const NEAT: [f64; 11] = [2.0, 0.5, 3.0, 1.0 / 3.0, 4.0, 0.25, 10.0, 0.1, 100.0, 0.01, 1000.0];

impl<'a> Compared<'a> {
    fn of(entry: &'a EntryMarking) -> Option<Self> {
        entry.written.as_ref().map(|written| Self { written, due: entry.expected })
    }

    fn unit(self) -> f64 {
        10_f64.powi(-self.written.decimals)
    }

    fn value(self) -> f64 {
        self.written.value
    }

    fn is(self, due: f64) -> bool {
        (self.value() - due).abs() <= UNITS * self.unit()
    }

    /// A number that is nothing but a few units of its last digit is like any other small one.
    fn is_telling(self) -> bool {
        self.value().abs() > 2.0 * UNITS * self.unit() && self.due.abs() > 2.0 * UNITS * self.unit()
    }

    fn is_sign_turned(self) -> bool {
        self.is_telling() && self.is(-self.due)
    }

    fn is_close(self) -> bool {
        let off = (self.value() - self.due).abs();
        off < SMALL * self.due.abs() && off <= LAST * self.unit()
    }

    /// Between which factors the number lies.
    fn factors(self) -> (f64, f64) {
        let (a, b) = (self.value() - UNITS * self.unit(), self.value() + UNITS * self.unit());
        let (a, b) = (a / self.due, b / self.due);
        (a.min(b), a.max(b))
    }

    /// Its digits without the point, and those of what belongs there, written to the same place.
    fn digits(self) -> (String, String) {
        let decimals = usize::try_from(self.written.decimals.clamp(0, 17)).unwrap_or(0);
        let plain = |value: f64| format!("{:.decimals$}", value.abs()).replace('.', "");
        (plain(self.value()), plain(self.due))
    }

    fn is_swapped(self) -> bool {
        let (written, due) = self.digits();
        let (written, due): (Vec<char>, Vec<char>) =
            (written.chars().collect(), due.chars().collect());
        if written.len() != due.len() || self.value().signum() != self.due.signum() {
            return false;
        }
        (1..written.len()).any(|i| {
            let mut swapped = written.clone();
            swapped.swap(i - 1, i);
            swapped == due && swapped != written
        })
    }
}

impl Likeness {
    /// What is found in a quantity.
    pub(super) fn of(quantity: &QuantityMarking) -> Option<Self> {
        // A slip is no reason: it says that there is none.
        let is_reason = |finding: &Finding| finding.rule != WrongRule::ArithmeticSlip;
        if quantity.findings.iter().any(is_reason) || quantity.quantity == Quantity::Class {
            return None;
        }
        let is_wrong = |entry: &&EntryMarking| entry.verdict == Verdict::Wrong;
        let wrong: Vec<Compared<'_>> =
            quantity.entries.iter().filter(is_wrong).filter_map(Compared::of).collect();
        let answered = quantity.entries.iter().filter_map(Compared::of);
        // A zero has neither sign nor factor.
        let with_value = answered.filter(|pair| pair.value() != 0.0 || pair.due != 0.0).count();
        let scope = match wrong.len() {
            0 => return None,
            1 => HowMany::One,
            n if n == with_value => HowMany::All,
            _ => HowMany::Wrong,
        };
        if wrong.iter().all(|pair| pair.is_sign_turned()) {
            return Some(Self::Signs(scope));
        }
        if let Some(order) = order(quantity) {
            return Some(Self::Order(order));
        }
        if let [one] = wrong.as_slice() {
            if one.is_swapped() {
                return Some(Self::Swapped);
            }
            // The point moves in what is otherwise right; alone, a factor of 10 is one like others.
            if quantity.entries.len() > 1 && is_point_shifted(*one) {
                return Some(Self::Point);
            }
        }
        if wrong.iter().all(|pair| pair.is_close()) {
            return Some(Self::LastDigits(scope));
        }
        factor(quantity, &wrong).map(|factor| Self::Factor(factor, scope))
    }

    /// The likeness in a sentence.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Factor(factor, scope) => {
                let factor = shown(factor);
                format!(
                    "{} {factor} times what belongs here: look for a factor too many or too few.",
                    match scope {
                        HowMany::One => "The wrong number is",
                        HowMany::Wrong => "Each of the wrong numbers is",
                        HowMany::All => "Every number is",
                    }
                )
            }
            _ => self.sentence_without_numbers(),
        }
    }

    /// The likeness in a sentence from which what belongs there cannot be computed by a factor.
    pub(super) fn sentence_without_numbers(self) -> String {
        match self {
            Self::Signs(HowMany::One) => "The sign of the wrong number is turned; its digits fit.",
            Self::Signs(HowMany::Wrong) => "The signs of the wrong numbers are turned; their digits fit.",
            Self::Signs(HowMany::All) => "All signs are turned; the digits fit.",
            Self::Factor(_, HowMany::One) => {
                "The wrong number is a simple multiple of what belongs here: look for a factor too many or too few."
            }
            Self::Factor(_, HowMany::Wrong) => {
                "The wrong numbers are all off by the same factor: look for a factor too many or too few."
            }
            Self::Factor(_, HowMany::All) => {
                "All numbers are off by the same factor: look for a factor too many or too few."
            }
            Self::Order(Order::Swapped) => "The right numbers are there, but two of them have changed places.",
            Self::Order(Order::Reversed) => "The right numbers are there, but in reversed order.",
            Self::Order(Order::Transposed) => "The right numbers are there, with rows for columns.",
            Self::Order(Order::Other) => "The right numbers are there, but in another order.",
            Self::Point => "The digits of the wrong number fit, but its decimal point is shifted.",
            Self::Swapped => "Two neighbouring digits of the wrong number have changed places.",
            Self::LastDigits(HowMany::One) => {
                "The wrong number is off in the last digits: the calculator or rounding, not the method."
            }
            Self::LastDigits(_) => {
                "The numbers are off in the last digits: the calculator or rounding, not the method."
            }
        }
        .into()
    }
}

/// Whether all digits are right and the point is not.
fn is_point_shifted(pair: Compared<'_>) -> bool {
    let is_shifted = |places: i32| {
        let due = pair.due * 10_f64.powi(places);
        pair.is(due) && due.abs() > 2.0 * UNITS * pair.unit()
    };
    pair.written.significant >= 2 && [-3, -2, -1, 1, 2, 3].into_iter().any(is_shifted)
}

/// The same numbers in other places, every place answered.
fn order(quantity: &QuantityMarking) -> Option<Order> {
    let entries = &quantity.entries;
    let pairs: Vec<Compared<'_>> = entries.iter().filter_map(Compared::of).collect();
    if pairs.len() < 2 || pairs.len() < entries.len() {
        return None;
    }
    let (rows, columns) = entries.dim();
    let misplaced: Vec<usize> = (0..pairs.len()).filter(|&i| !pairs[i].is(pairs[i].due)).collect();
    // Where the numbers are nearly alike, any order fits.
    let differ = |i: usize, j: usize| !pairs[i].is(pairs[j].value());
    if let [i, j] = misplaced[..] {
        let swapped = pairs[i].is(pairs[j].due) && pairs[j].is(pairs[i].due) && differ(i, j);
        return swapped.then_some(Order::Swapped);
    }
    if misplaced.len() < 2 {
        return None;
    }
    let transposed = |i: usize| (i % columns) * rows + i / columns;
    if rows > 1
        && rows == columns
        && (0..pairs.len()).all(|i| pairs[i].is(pairs[transposed(i)].due))
    {
        return Some(Order::Transposed);
    }
    let reversed = (0..pairs.len()).all(|i| pairs[i].is(pairs[pairs.len() - 1 - i].due));
    if reversed {
        return Some(Order::Reversed);
    }
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let written = sorted(pairs.iter().map(|pair| pair.value()).collect());
    let due = sorted(pairs.iter().map(|pair| pair.due).collect());
    // A plain 0 has no last digit.
    let with_digits = pairs.iter().filter(|pair| pair.value() != 0.0);
    let unit = with_digits.map(|pair| pair.unit()).fold(0.0, f64::max);
    let same = written.iter().zip(&due).all(|(w, d)| (w - d).abs() <= UNITS * unit);
    let spread = written[written.len() - 1] - written[0];
    (same && spread > LAST * unit).then_some(Order::Other)
}

/// The factor by which all wrong numbers differ from what belongs there, if two show it or it is neat.
fn factor(quantity: &QuantityMarking, wrong: &[Compared<'_>]) -> Option<f64> {
    let is_zero = |pair: &&Compared<'_>| pair.value() != 0.0 || pair.due != 0.0;
    let pairs: Vec<&Compared<'_>> = wrong.iter().filter(is_zero).collect();
    if pairs.iter().any(|pair| pair.due == 0.0) {
        return None;
    }
    let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
    for (low, high) in pairs.iter().map(|pair| pair.factors()) {
        (least, most) = (least.max(low), most.min(high));
    }
    let of_digits = |digits: u32| {
        let enough = |p: &&&Compared<'_>| p.written.significant >= digits && p.is_telling();
        pairs.iter().filter(enough).count()
    };
    let telling = of_digits(TELLING);
    if least > most || least * most <= 0.0 || (telling == 0 && of_digits(TELLING - 1) < 2) {
        return None;
    }
    let (rows, columns) = quantity.entries.dim();
    let sizes = [rows, columns].map(|n| n as f64).into_iter().filter(|n| *n > 1.0);
    let neat = NEAT.into_iter().chain(sizes.flat_map(|n| [n, 1.0 / n]));
    let mut neat = neat.flat_map(|factor| [factor, -factor]);
    if let Some(neat) = neat.find(|factor| (least..=most).contains(factor)) {
        return Some(neat);
    }
    let middle = f64::midpoint(least, most);
    // What is nearly 1 is no factor.
    let is_factor = (middle.abs() - 1.0).abs() > 2.0 * SMALL;
    (telling >= 2 && is_factor).then_some(middle)
}

/// "−½", "2", "0.372"
fn shown(factor: f64) -> String {
    let size = factor.abs();
    let text = match size {
        0.5 => "½".to_string(),
        0.25 => "¼".to_string(),
        _ if size < 0.5 && (1.0 / size - (1.0 / size).round()).abs() < 1e-9 => {
            format!("1/{}", (1.0 / size).round())
        }
        _ => deltarule_document::format_number(size, 3),
    };
    if factor < 0.0 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// What is said of these numbers where those belong, all of them wrong that differ by more than two units.
    fn said(written: &[&[&str]], due: &[&[f64]]) -> Option<Likeness> {
        let entries = Array2::from_shape_fn((written.len(), written[0].len()), |(row, column)| {
            let written = Written::parse(written[row][column]);
            let expected = due[row][column];
            let pair = written.as_ref().map(|written| Compared { written, due: expected });
            let verdict = match pair {
                None => Verdict::Missing,
                Some(pair) if pair.is(expected) => Verdict::Correct,
                Some(_) => Verdict::Wrong,
            };
            let right = expected;
            EntryMarking { written, verdict, right, expected, explained: None, counted: true }
        });
        Likeness::of(&QuantityMarking {
            step: 0,
            quantity: Quantity::GradWeights(1),
            verdict: Verdict::Wrong,
            findings: Vec::new(),
            entries,
            too_short: false,
            likeness: None,
            transposed: false,
        })
    }

    #[test]
    fn numbers_are_like_others() {
        let due: &[&[f64]] = &[&[0.4651, -0.6748], &[0.1234, 0.8088]];
        for (written, likeness) in [
            ([["-0.4651", "0.6748"], ["-0.1234", "-0.8088"]], Likeness::Signs(HowMany::All)),
            ([["0.4651", "0.6748"], ["0.1234", "0.8088"]], Likeness::Signs(HowMany::One)),
            ([["0.4651", "0.6748"], ["-0.1234", "0.8088"]], Likeness::Signs(HowMany::Wrong)),
            ([["0.2326", "-0.3374"], ["0.0617", "0.4044"]], Likeness::Factor(0.5, HowMany::All)),
            ([["0.4651", "-0.6748"], ["0.2468", "0.8088"]], Likeness::Factor(2.0, HowMany::One)),
            ([["0.4651", "0.1234"], ["-0.6748", "0.8088"]], Likeness::Order(Order::Swapped)),
            ([["0.8088", "0.1234"], ["-0.6748", "0.4651"]], Likeness::Order(Order::Reversed)),
            ([["0.8088", "0.4651"], ["-0.6748", "0.1234"]], Likeness::Order(Order::Other)),
            ([["0.4651", "-6.748"], ["0.1234", "0.8088"]], Likeness::Point),
            ([["0.4561", "-0.6748"], ["0.1234", "0.8088"]], Likeness::Swapped),
            ([["0.4655", "-0.6744"], ["0.1234", "0.8088"]], Likeness::LastDigits(HowMany::Wrong)),
        ] {
            assert_eq!(said(&written.each_ref().map(|row| &row[..]), due), Some(likeness));
        }
        // Neither two numbers by different factors nor numbers of one digit are like anything.
        let off: &[&[&str]] = &[&["0.2651", "-0.1748"], &["0.1234", "0.8088"]];
        assert_eq!(said(off, due), None);
        assert_eq!(said(&[&["0.2", "?"]], &[&[0.1, 0.3]]), None);
        assert_eq!(said(&[&["0.26", "?"]], &[&[0.13, 0.3]]), None);
        let two = said(&[&["-0.0043", "0.0014"]], &[&[0.008_64, -0.002_88]]);
        assert_eq!(two, Some(Likeness::Factor(-0.5, HowMany::All)));
        // A zero has no factor, and goes with any.
        let zero = said(&[&["0", "-0.1234", "-0.4044"]], &[&[0.0, 0.2468, 0.8088]]);
        assert_eq!(zero, Some(Likeness::Factor(-0.5, HowMany::All)));
        let of_three = Likeness::Factor(-0.372_04, HowMany::All);
        let words = "Every number is −0.372 times what belongs here: look for a factor too many or too few.";
        assert_eq!(of_three.sentence(), words);
        assert!(!of_three.sentence_without_numbers().contains(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn a_square_that_stands_the_other_way_round() {
        let due: &[&[f64]] = &[&[0.1, 0.2, 0.3], &[0.4, 0.5, 0.6], &[0.7, 0.8, 0.9]];
        let written: &[&[&str]] =
            &[&["0.10", "0.40", "0.70"], &["0.20", "0.50", "0.80"], &["0.30", "0.60", "0.90"]];
        assert_eq!(said(written, due), Some(Likeness::Order(Order::Transposed)));
    }
}
