//! How much work a marking may be: a bound on its size, and one on the search for mistakes.

use std::cell::Cell;

use super::precision::WorkingPrecision;
use super::quantity::{quantities, step_count};
use crate::exercise::{Exercise, Part};
use crate::solve::SolveError;

/// An exercise of more numbers is not marked: nobody writes them down, and every number is computed and kept once for each
/// way in which intermediate results may have been rounded.
const MOST_NUMBERS: usize = 200_000;

/// What the search for mistakes may cost in one answer, in numbers computed. Every answer in `oracle/values/marking` needs less
/// than a quarter of it, which a test holds.
const MOST_EFFORT: usize = 4_000_000;

/// A step costs as much as so many numbers before it has computed any.
const OF_A_STEP: usize = 40;

/// Following errors costs several times as much as values alone.
const OF_ERRORS: usize = 4;

/// How many numbers all steps of a part have together.
pub(super) fn numbers(exercise: &Exercise, part: &Part) -> usize {
    let of_step = quantities(exercise, part).iter().map(|s| s.rows * s.columns).sum::<usize>();
    of_step.saturating_mul(step_count(part))
}

/// How many numbers a whole exercise has.
pub(super) fn all_numbers(exercise: &Exercise) -> usize {
    let parts = exercise.parts.iter();
    parts.fold(0_usize, |sum, part| sum.saturating_add(numbers(exercise, part)))
}

/// Refuses an exercise that is too large to be marked. [`super::mark()`] does so too; a program that reads answers asks first,
/// because reading them takes memory already.
///
/// # Errors
/// When the exercise has more than 200,000 numbers.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::check_size, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// assert!(check_size(&exercise).is_ok());
/// ```
pub fn check_size(exercise: &Exercise) -> Result<(), SolveError> {
    // Each part starts from parameters of its own.
    let parameters = exercise.parts.len().saturating_mul(exercise.network.parameter_count());
    let count = all_numbers(exercise).saturating_add(parameters);
    if count <= MOST_NUMBERS {
        return Ok(());
    }
    Err(SolveError::new(format!(
        "an answer to the exercise has {count} numbers, the parameters that its parts start from among them, and at most \
         {MOST_NUMBERS} are marked: take a smaller network, fewer examples or fewer epochs"
    )))
}

/// What has been computed for an answer, and how much the search for its mistakes may still compute.
#[derive(Debug)]
pub(super) struct Effort {
    /// Since the present search began.
    spent: Cell<usize>,
    /// By the searches before.
    before: Cell<usize>,
    most: usize,
    gave_up: Cell<bool>,
}

impl Effort {
    /// That of each of the parts of an exercise, which share what there is.
    pub(super) fn of(exercise: &Exercise) -> Self {
        let most = MOST_EFFORT / exercise.parts.len().max(1);
        Self { spent: Cell::new(0), before: Cell::new(0), most, gave_up: Cell::new(false) }
    }

    /// Begins a search, which has the whole of what there is.
    pub(super) fn begin(&self) {
        self.before.set(self.total());
        self.spent.set(0);
        self.gave_up.set(false);
    }

    /// Notes that some steps of a part are computed, and gives what that costs.
    pub(super) fn spend(
        &self,
        exercise: &Exercise,
        part: &Part,
        steps: usize,
        precision: &WorkingPrecision,
    ) {
        self.spent.set(self.spent.get().saturating_add(cost(exercise, part, steps, precision)));
    }

    /// Whether the search may go on; if not, that is noted.
    pub(super) fn allows_more(&self) -> bool {
        let allows = self.spent.get() <= self.most;
        self.gave_up.set(self.gave_up.get() || !allows);
        allows
    }

    /// Whether some steps may be computed without using up more than half; if not, that is noted.
    pub(super) fn affords(
        &self,
        exercise: &Exercise,
        part: &Part,
        steps: usize,
        precision: &WorkingPrecision,
    ) -> bool {
        let cost = cost(exercise, part, steps, precision);
        let affords = self.spent.get().saturating_add(cost) <= self.most / 2;
        self.gave_up.set(self.gave_up.get() || !affords);
        affords
    }

    /// Everything that was spent.
    pub(super) fn total(&self) -> usize {
        self.before.get().saturating_add(self.spent.get())
    }

    /// Whether something was not looked for.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.get()
    }
}

/// What computing some steps of a part costs.
fn cost(exercise: &Exercise, part: &Part, steps: usize, precision: &WorkingPrecision) -> usize {
    let numbers = numbers(exercise, part) / step_count(part).max(1) + OF_A_STEP;
    let times = if precision.errors { OF_ERRORS } else { 1 };
    numbers.saturating_mul(steps).saturating_mul(times)
}
