//! What the targets of an exercise are: a distribution over classes, labels, counts, or numbers.

use crate::exercise::sums_to_one;

/// What the targets of an exercise are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Targets {
    /// One output of several is 1 and the others are 0.
    OneHot,
    /// Shares of several outputs that sum to 1.
    Shares,
    /// 0 or 1 output by output, or between.
    Labels,
    /// Whole numbers that are not negative.
    Counts,
    /// Any numbers.
    Numbers,
}

impl Targets {
    pub(super) fn of<'a>(targets: impl Iterator<Item = &'a [f64]> + Clone) -> Self {
        let every = |holds: &dyn Fn(f64) -> bool| targets.clone().flatten().all(|t| holds(*t));
        let several = targets.clone().all(|t| t.len() > 1);
        let sums = targets.clone().all(sums_to_one);
        if every(&|t| (0.0..=1.0).contains(&t)) {
            match (several && sums, every(&|t| t == 0.0 || t == 1.0)) {
                (true, true) => Self::OneHot,
                (true, false) => Self::Shares,
                (false, _) => Self::Labels,
            }
        } else if every(&|t| t >= 0.0 && t.fract() == 0.0) {
            Self::Counts
        } else {
            Self::Numbers
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        for (targets, expected) in [
            (&[&[1.0, 0.0][..], &[0.0, 1.0]][..], Targets::OneHot),
            (&[&[1.0, 0.0], &[0.2, 0.8]], Targets::Shares),
            (&[&[1.0, 0.0], &[1.0, 1.0]], Targets::Labels),
            (&[&[1.0], &[0.0]], Targets::Labels),
            (&[&[3.0, 0.0], &[1.0, 2.0]], Targets::Counts),
            (&[&[0.5, 2.0]], Targets::Numbers),
            (&[&[-1.0, 1.0]], Targets::Numbers),
        ] {
            assert_eq!(Targets::of(targets.iter().copied()), expected, "{targets:?}");
        }
    }
}
