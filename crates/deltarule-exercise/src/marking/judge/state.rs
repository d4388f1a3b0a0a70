//! Where a search stands: what was written, what is known of it, and the runs that are kept.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use deltarule_document::Prose;
use ndarray::Array2;

use super::part::Judge;
use super::runs::Runs;
use super::shown::Work;
use super::truth::Truth;
use crate::exercise::Part;
use crate::marking::agreement::agrees_for_size;
use crate::marking::answers::Written;
use crate::marking::approx::{Approx, ApproxMatrix};
use crate::marking::chain::{Conditions, PartAnswers, PartRun, run_part};
use crate::marking::deviation::Deviation;
use crate::marking::graph::{parents, uses_parameters};
use crate::marking::precision::{Digits, Rounded, Rounding, WorkingPrecision};
use crate::marking::quantity::Quantity;
use crate::marking::rule::WrongRule;

/// Where a search stands.
pub(super) struct Search<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) part: &'a Part,
    pub(super) answers: &'a PartAnswers,
    /// The answered quantities in the order of computation.
    pub(super) answered: Vec<(usize, Quantity)>,
    /// The place of each in that order.
    pub(super) places: HashMap<(usize, Quantity), usize>,
    /// Quantities that nothing wrong leads to.
    pub(super) clean: HashSet<(usize, Quantity)>,
    pub(super) typical: WorkingPrecision,
    /// The same counted both ways.
    pub(super) usual: WorkingPrecision,
    pub(super) digits: Digits,
    /// What is known of the answered quantities.
    pub(super) subjects: HashMap<(usize, Quantity), Subject<'a>>,
    pub(super) truths: Vec<(WorkingPrecision, Truth)>,
    pub(super) base: Runs,
    /// By a right method, earlier parts included.
    pub(super) from_written: Runs,
    /// With the deviations that were found.
    pub(super) adopted: Vec<Deviation>,
    pub(super) now: Runs,
    /// Formulas whose deviation has cost marks already.
    pub(super) charged: Vec<(usize, Quantity)>,
    pub(super) charged_structures: Vec<WrongRule>,
    /// How intermediate results were found to be rounded.
    pub(super) rounded: Option<(Rounding, Rounded)>,
    /// Whether f′ is taken at z although x was found not to be f(z).
    pub(super) from_z: bool,
    pub(super) candidates: Vec<Deviation>,
    /// What would fit where too few digits were written to tell.
    pub(super) doubts: HashMap<(usize, Quantity), Prose>,
    /// Whether the part shows work, and not just numbers.
    pub(super) work: Work,
    /// In how many quantities no single change was found.
    pub(super) unexplained: usize,
}

/// A quantity that is being judged.
#[derive(Clone)]
pub(super) struct Subject<'a> {
    pub(super) step: usize,
    pub(super) quantity: Quantity,
    pub(super) written: &'a Array2<Option<Written>>,
    pub(super) precision: WorkingPrecision,
    /// Where the entry agrees with the solution.
    pub(super) right: Rc<Array2<bool>>,
    /// Whether a short number stands for all the digits that the others have.
    pub(super) in_full: bool,
    /// What parameters were before the step.
    pub(super) old: Option<Rc<Array2<f64>>>,
    /// Whether every number that it is computed from was written, or is given.
    pub(super) from_written: bool,
}

/// The digits that whoever updates a parameter keeps of it at least.
const LEAST_DIGITS: u32 = 2;

impl Subject<'_> {
    /// The same where numbers are compared with what follows from others: if all of these were written, rounding them can lead
    /// wherever their last digits let it.
    fn room_of(&self, at: (usize, usize), computed: Approx) -> f64 {
        if self.from_written { f64::INFINITY } else { self.size(at, computed) }
    }

    /// How large what a number is made of is: itself, or the step that a parameter makes.
    pub(super) fn size(&self, at: (usize, usize), computed: Approx) -> f64 {
        let old = self.old.as_ref().and_then(|old| old.get(at));
        old.map_or(computed.value.abs(), |old| (computed.value - old).abs())
    }

    /// Whether a parameter still has its old value, although its change could be read at the precision of the others.
    pub(super) fn is_not_updated(&self, at: (usize, usize), computed: Approx) -> bool {
        let Some(old) = self.old.as_ref().and_then(|old| old.get(at)) else { return false };
        let Some(written) = &self.written[at] else { return false };
        let noise = 1e-12 * old.abs();
        let stays = (written.value - old).abs() <= noise;
        // A change of less than a unit of the last digit may be lost on the way by honest rounding. (Where nothing changed, one
        // digit is no sign that no more were kept.)
        let precision = WorkingPrecision {
            decimals: self.precision.decimals.max(LEAST_DIGITS as i32),
            significant: self.precision.significant.max(LEAST_DIGITS),
            ..self.precision
        };
        let unit = 2.0 * precision.half_unit(computed.value);
        stays && (computed.value - old).abs() > unit.max(noise)
    }
}

impl Search<'_> {
    /// Whether every number that a quantity is computed from was written, or is given.
    pub(super) fn is_from_written(&self, step: usize, quantity: Quantity) -> bool {
        // The loss after the update has a forward pass of its own, which nobody writes down.
        if quantity == Quantity::TotalLossAfter {
            return false;
        }
        let is_given = step > 0 || self.part.start.is_none() || !uses_parameters(quantity);
        let mut sources = self.parents(step, quantity).into_iter();
        let written = |source| {
            let numbers = self.answers.get(&source);
            numbers.is_some_and(|numbers| numbers.iter().all(Option::is_some))
        };
        is_given && sources.all(written)
    }

    /// The quantities that one is computed from, those on the way as far as the student names them.
    pub(super) fn parents(&self, step: usize, quantity: Quantity) -> Vec<(usize, Quantity)> {
        let mut all = parents(step, quantity, self.depth(), self.states());
        all.retain(|parent| !parent.1.is_on_the_way() || self.judge.named.contains(parent));
        all
    }

    pub(super) fn is_answered(&self, key: &(usize, Quantity)) -> bool {
        self.places.contains_key(key)
    }

    pub(super) fn agree(
        &self,
        quantity: Quantity,
        written: &Option<Written>,
        computed: Approx,
        size: f64,
        precision: &WorkingPrecision,
    ) -> bool {
        let Some(written) = written else { return true };
        if quantity == Quantity::Class {
            return written.value == computed.value;
        }
        agrees_for_size(written, computed, size, precision, &self.judge.options)
    }

    /// Where the entries agree with a computed matrix.
    pub(super) fn agreement(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> Array2<bool> {
        Array2::from_shape_fn(subject.written.dim(), |at| {
            computed.get(at).is_some_and(|computed| {
                if subject.is_not_updated(at, *computed) {
                    return false;
                }
                if subject.in_full {
                    return is_near(&subject.written[at], *computed, &subject.precision);
                }
                let size = subject.room_of(at, *computed);
                self.agree(
                    subject.quantity,
                    &subject.written[at],
                    *computed,
                    size,
                    &subject.precision,
                )
            })
        })
    }

    /// Whether every entry is right or agrees with a computed matrix.
    pub(super) fn explained(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> bool {
        self.agreement(subject, computed)
            .iter()
            .zip(subject.right.iter())
            .all(|(a, right)| *a || *right)
    }

    /// Whether every entry agrees with a computed matrix, the right ones included.
    pub(super) fn matches(&self, subject: &Subject<'_>, computed: &ApproxMatrix) -> bool {
        self.agreement(subject, computed).iter().all(|a| *a)
    }

    pub(super) fn depth(&self) -> usize {
        self.judge.exercise.network.layers().len()
    }

    pub(super) fn states(&self) -> &'static [&'static str] {
        self.part.task.optimizer().map_or(&[], |optimizer| optimizer.state_names())
    }

    /// From what was written, under no deviation.
    pub(super) fn base(&mut self, precision: WorkingPrecision) -> &Rc<PartRun> {
        let (judge, answers) = (self.judge, self.answers);
        self.base.get(precision, false, || judge.run(Some(answers), &[], precision, false))
    }

    /// The same where earlier parts are computed rightly as well, as far as they were not written.
    pub(super) fn rightly_from_written(&mut self, precision: WorkingPrecision) -> &Rc<PartRun> {
        if self.judge.starts_rightly() {
            return self.base(precision);
        }
        let (judge, answers) = (self.judge, self.answers);
        self.from_written.get(precision, false, || {
            let conditions = Conditions {
                deviations: &[],
                answers: Some(answers),
                precision,
                options: judge.options,
                derivative_from_z: false,
                until: None,
                shared_biases: judge.shared_biases,
                named: judge.named,
            };
            run_part(judge.exercise, judge.index, judge.right_ends, &conditions)
        })
    }

    /// From what was written, under the deviations that were found.
    pub(super) fn now(&mut self, precision: WorkingPrecision) -> &Rc<PartRun> {
        if self.adopted.is_empty() {
            return self.base(precision);
        }
        self.now_at(precision, self.from_z)
    }

    pub(super) fn now_at(&mut self, precision: WorkingPrecision, from_z: bool) -> &Rc<PartRun> {
        let (judge, answers) = (self.judge, self.answers);
        let adopted = &self.adopted;
        self.now.get(precision, from_z, || judge.run(Some(answers), adopted, precision, from_z))
    }
}

/// Whether a number agrees with a computed one to the digits that the student keeps elsewhere.
pub(super) fn is_near(
    written: &Option<Written>,
    computed: Approx,
    precision: &WorkingPrecision,
) -> bool {
    let allowed = computed.drift + 2.0 * precision.half_unit(computed.value);
    written.as_ref().is_none_or(|written| (written.value - computed.value).abs() <= allowed)
}
