//! Marks: how much of what the quantities are worth was reached.

use super::answers::Written;
use super::precision::Rounding;
use super::scheme::MarkingScheme;
use super::verdict::{EntryMarking, Marking, QuantityMarking, Verdict};

/// Marks reached out of marks possible.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// What was reached.
    pub reached: f64,
    /// What could be reached.
    pub possible: f64,
    /// What could be reached with the quantities that were answered.
    pub answered: f64,
}

impl Marks {
    fn add(&mut self, other: Self) {
        self.reached += other.reached;
        self.possible += other.possible;
        self.answered += other.answered;
    }

    /// A number of marks as people write it: at most two digits behind the point.
    pub fn shown(marks: f64) -> String {
        let text = format!("{marks:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    }
}

/// What numbers that are right or follow did not earn all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LostMarks {
    /// Marks of numbers that do not count ([`EntryMarking::counted`]).
    pub not_counted: f64,
    /// Marks of numbers with fewer digits than the scheme asks for.
    pub few_digits: f64,
    /// How many numbers these are.
    pub short: usize,
}

/// The marks of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Grading {
    /// Of the whole; what was reached is rounded as the scheme says.
    pub total: Marks,
    /// What was reached before it was rounded.
    pub exact: f64,
    /// Of each part.
    pub parts: Vec<PartMarks>,
    /// The lines of the scheme whose marks nothing gets: others name the same quantities more closely.
    pub idle: Vec<String>,
    /// How the marks were given.
    pub scheme: MarkingScheme,
}

/// The marks of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartMarks {
    /// Of the part.
    pub total: Marks,
    /// Of each quantity, in the order of the marking.
    pub quantities: Vec<Marks>,
    /// What each quantity did not earn although its numbers are right or follow.
    pub lost: Vec<LostMarks>,
}

/// Gives marks, by a scheme or by weights. A quantity earns the share of its numbers that are right, and of those that follow
/// from an earlier mistake as much as the scheme says; what is wrong, what is missing and what does not count earns nothing.
pub fn grade<S>(marking: &Marking, scheme: &S) -> Grading
where
    for<'a> &'a S: Into<MarkingScheme>,
{
    let scheme: MarkingScheme = scheme.into();
    let (worth, idle) = scheme.worth(marking);
    let mut total = Marks::default();
    let mut parts = Vec::new();
    for (index, (part, worth)) in marking.parts.iter().zip(&worth).enumerate() {
        let mut marks =
            PartMarks { total: Marks::default(), quantities: Vec::new(), lost: Vec::new() };
        for (quantity, &possible) in part.quantities.iter().zip(worth) {
            let answered = if quantity.verdict == Verdict::Missing { 0.0 } else { possible };
            let (reached, lost) = earned(quantity, possible, index, &scheme);
            let of_quantity = Marks { reached, possible, answered };
            marks.total.add(of_quantity);
            marks.quantities.push(of_quantity);
            marks.lost.push(lost);
        }
        total.add(marks.total);
        parts.push(marks);
    }
    let mut grading = Grading { total, exact: 0.0, parts, idle, scheme };
    grading.reach(total.reached);
    grading
}

impl Grading {
    /// Sets what was reached in the whole, which is then rounded as the scheme says.
    pub(super) fn reach(&mut self, exact: f64) {
        self.exact = exact;
        self.total.reached = match self.scheme.round_marks_to() {
            None => exact,
            Some(step) => {
                // Thirds that add up to a half are a little less than a half.
                let rounded = (exact / step + 1e-9).round() * step;
                let rounded = (rounded * 1e9).round() / 1e9;
                rounded.min(self.total.possible.max(exact))
            }
        };
    }
}

/// What the numbers of a quantity earn, and what right ones do not.
fn earned(
    quantity: &QuantityMarking,
    possible: f64,
    part: usize,
    scheme: &MarkingScheme,
) -> (f64, LostMarks) {
    let (mut shares, mut lost) = (0.0, LostMarks::default());
    let all = quantity.entries.len().max(1) as f64;
    let of_one = possible / all;
    for entry in &quantity.entries {
        let share = match entry.verdict {
            Verdict::Correct => 1.0,
            Verdict::FollowThrough => scheme.follow_through(),
            Verdict::Wrong | Verdict::Missing => continue,
        };
        if !entry.counted {
            lost.not_counted += share * of_one;
            continue;
        }
        let short = scheme.digits(part).is_some_and(|digits| is_short(entry, digits));
        if short {
            lost.short += 1;
            lost.few_digits += share * of_one * (1.0 - scheme.few_digits());
            shares += share * scheme.few_digits();
        } else {
            shares += share;
        }
    }
    // All of them are the whole to the bit.
    (possible * (shares / all), lost)
}

/// Whether a number has fewer digits than are asked for, and what it should be does not end there.
fn is_short(entry: &EntryMarking, digits: usize) -> bool {
    let Some(Written { value, decimals, significant, .. }) = &entry.written else { return false };
    let due = match entry.verdict {
        Verdict::FollowThrough => entry.explained.unwrap_or(entry.expected),
        _ => entry.right,
    };
    let kept = Rounding::Decimals(*decimals).apply(due);
    (*significant as usize) < digits && *value != 0.0 && (kept - due).abs() > 1e-12 * due.abs()
}
