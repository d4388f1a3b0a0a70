//! L-BFGS: full-batch steps along an estimate of Newton's direction.

mod line_search;
mod memory;
mod options;

pub use options::{Lbfgs, LbfgsConvergence, LbfgsOutcome};

use serde_json::{Value, json};

use self::line_search::{Point, search};
use self::memory::{CorrectionPairs, dot, max_norm};
use self::options::LONGEST_MEMORY;
use crate::error::{Error, Result};
use crate::number::{Number, cast};
use crate::optimizer::method::Method;

/// Writes the gradient at the parameters into its second argument and returns their loss.
type ObjectiveFn<'a, T> = dyn FnMut(&[T], &mut [T]) -> Result<f64> + 'a;

/// What L-BFGS remembers from step to step.
///
/// A continuation needs the pairs of the memory and nothing else: a state that was read from a file goes on with the same
/// bits, at the price of one evaluation. Loss and gradient of the last point are kept as well, to save that evaluation,
/// but are no part of what two states are compared by.
#[derive(Clone, Debug)]
pub struct LbfgsState<T> {
    memory: CorrectionPairs<T>,
    /// The loss at `origin`, if `origin` and `gradient` are of a point that was evaluated.
    loss: Option<f64>,
    origin: Vec<T>,
    gradient: Vec<T>,
    trial_gradient: Vec<T>,
    /// In double precision for both number types: it is a difference of much larger terms.
    direction: Vec<f64>,
}

impl<T: PartialEq> PartialEq for LbfgsState<T> {
    fn eq(&self, other: &Self) -> bool {
        self.memory == other.memory
    }
}

impl<T: Number> LbfgsState<T> {
    /// The state before the first step on this many parameters. Everything that the steps need is allocated here.
    ///
    /// # Panics
    /// Never: a memory out of range is taken as the nearest that is allowed, and refused by [`LbfgsState::step`].
    pub fn new(options: &Lbfgs, parameters: usize) -> Self {
        let zeros = || vec![T::ZERO; parameters];
        Self {
            memory: CorrectionPairs::new(options.memory.clamp(1, LONGEST_MEMORY), parameters),
            loss: None,
            origin: zeros(),
            gradient: zeros(),
            trial_gradient: zeros(),
            direction: vec![0.0; parameters],
        }
    }

    /// The same memory in another number type. The next step evaluates the loss where it stands.
    pub fn cast<U: Number>(&self) -> LbfgsState<U> {
        LbfgsState {
            memory: self.memory.cast(),
            loss: None,
            origin: cast(&self.origin),
            gradient: cast(&self.gradient),
            trial_gradient: cast(&self.trial_gradient),
            direction: self.direction.clone(),
        }
    }

    /// One iteration: a direction, and a line search along it.
    ///
    /// The first direction, and that after the memory was emptied, is −g with 1/‖g‖₂ (at most 1) as the first α to try;
    /// later ones try 1. A loss or slope that is not finite counts as too far. Sums over parameters run in double
    /// precision, in an order that depends on their number alone.
    ///
    /// - `parameters`: w, and after the step w + α d
    /// - `evaluate`: writes the gradient at the given parameters into its second argument and returns their loss. The same
    ///   parameters must give the same loss until [`LbfgsState::forget_point`] is called.
    ///
    /// # Shapes
    /// parameters, gradient: as long as [`LbfgsState::new`] was told
    ///
    /// # Errors
    /// `ErrorKind::Value` when an option is out of range; `ErrorKind::Shape` when the parameters are not as many as the
    /// state's; `ErrorKind::NonFinite` when the loss or the gradient of the given parameters is not finite; whatever
    /// `evaluate` returns. The parameters are unchanged after an error.
    pub fn step(
        &mut self,
        options: &Lbfgs,
        parameters: &mut [T],
        evaluate: &mut ObjectiveFn<'_, T>,
    ) -> Result<LbfgsOutcome> {
        options.validate()?;
        let mut evaluations = 0;
        let mut evaluate = |w: &[T], g: &mut [T]| {
            evaluations += 1;
            evaluate(w, g)
        };
        let outcome = self.iterate(options, parameters, &mut evaluate)?;
        Ok(outcome.with_evaluations(evaluations))
    }

    /// Makes the next step evaluate the loss where it stands, instead of trusting the step before.
    ///
    /// To be called when the objective has changed: other examples, other weights, another penalty.
    pub fn forget_point(&mut self) {
        self.loss = None;
    }

    fn iterate(
        &mut self,
        options: &Lbfgs,
        parameters: &mut [T],
        evaluate: &mut ObjectiveFn<'_, T>,
    ) -> Result<LbfgsOutcome> {
        let loss = self.settle(parameters, evaluate)?;
        let gradient_norm = max_norm(&self.gradient);
        if gradient_norm <= options.gradient_tolerance {
            return Ok(LbfgsOutcome::converged(LbfgsConvergence::Gradient, loss, gradient_norm));
        }
        loop {
            let steepest = self.memory.is_empty();
            self.memory.direction(&self.gradient, &mut self.direction);
            let slope = dot(&self.gradient, &self.direction);
            let first = if steepest { (1.0 / (-slope).sqrt()).min(1.0) } else { 1.0 };
            // Rounding may have turned the direction uphill; emptying the memory is the cure for that too.
            if slope < 0.0 && slope.is_finite() {
                let start = Point { alpha: 0.0, value: loss, slope };
                match self.search(options, start, first, parameters, evaluate) {
                    Ok(Some(value)) => return Ok(self.accept(options, parameters, value)),
                    Ok(None) => parameters.copy_from_slice(&self.origin),
                    Err(error) => {
                        parameters.copy_from_slice(&self.origin);
                        return Err(error);
                    }
                }
                // What the slope promises for the first α would be lost in the last digits of the loss.
                if -slope * first <= 10.0 * T::EPSILON.to_f64() * loss.abs() {
                    let reason = LbfgsConvergence::Precision;
                    return Ok(LbfgsOutcome::converged(reason, loss, gradient_norm));
                }
            }
            if steepest {
                return Ok(LbfgsOutcome::LineSearchFailed { loss, gradient_norm, evaluations: 0 });
            }
            self.memory.clear();
        }
    }

    /// Loss and gradient of the point the step starts from, evaluated if they are not known.
    fn settle(&mut self, parameters: &[T], evaluate: &mut ObjectiveFn<'_, T>) -> Result<f64> {
        if parameters.len() != self.origin.len() {
            let expected = format!("{}, as the state of lbfgs has", self.origin.len());
            return Err(Error::shape("parameters", expected, parameters.len()));
        }
        if let Some(loss) = self.loss
            && self.origin == parameters
        {
            return Ok(loss);
        }
        self.loss = None;
        let loss = evaluate(parameters, &mut self.gradient)?;
        if !loss.is_finite() {
            return Err(Error::non_finite("loss at the start of a step of lbfgs", None, None));
        }
        if self.gradient.iter().any(|g| !g.is_finite()) {
            return Err(Error::non_finite("gradient at the start of a step of lbfgs", None, None));
        }
        self.origin.copy_from_slice(parameters);
        self.loss = Some(loss);
        Ok(loss)
    }

    /// Moves the parameters along the direction and returns the loss there; `None` if nothing lower was found.
    fn search(
        &mut self,
        options: &Lbfgs,
        start: Point,
        first: f64,
        parameters: &mut [T],
        evaluate: &mut ObjectiveFn<'_, T>,
    ) -> Result<Option<f64>> {
        let (origin, direction, gradient) =
            (&self.origin, &self.direction, &mut self.trial_gradient);
        let mut probe = |alpha: f64| {
            for ((w, o), d) in parameters.iter_mut().zip(origin).zip(direction) {
                *w = T::from_f64(o.to_f64() + alpha * d);
            }
            let value = evaluate(parameters, gradient)?;
            Ok(Point { alpha, value, slope: dot(gradient, direction) })
        };
        let found = search(options, start, first, &mut probe)?;
        Ok(found.map(|point| point.value))
    }

    /// Makes the point that was found the next origin.
    fn accept(&mut self, options: &Lbfgs, parameters: &[T], loss: f64) -> LbfgsOutcome {
        self.memory.store(&self.origin, parameters, &self.gradient, &self.trial_gradient);
        self.origin.copy_from_slice(parameters);
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
        let before = self.loss.replace(loss).unwrap_or(loss);
        let gradient_norm = max_norm(&self.gradient);
        if gradient_norm <= options.gradient_tolerance {
            LbfgsOutcome::converged(LbfgsConvergence::Gradient, loss, gradient_norm)
        } else if before - loss <= options.loss_tolerance * before.abs().max(loss.abs()).max(1.0) {
            LbfgsOutcome::converged(LbfgsConvergence::Loss, loss, gradient_norm)
        } else {
            LbfgsOutcome::Progress { loss, gradient_norm, evaluations: 0 }
        }
    }

    /// The vectors of the memory by name, for a model file.
    pub(crate) fn vectors(&self) -> Vec<(String, &[T])> {
        let mut vectors = Vec::new();
        for (i, (s, y)) in self.memory.pairs().enumerate() {
            vectors.push((format!("s.{i}"), s));
            vectors.push((format!("y.{i}"), y));
        }
        vectors
    }

    /// What a file needs beside the vectors.
    pub(crate) fn scalars(&self) -> Value {
        json!({ "pairs": self.memory.pairs().count() })
    }

    /// The state that [`LbfgsState::vectors`] and [`LbfgsState::scalars`] describe; their content may be hostile.
    pub(crate) fn from_parts(
        options: &Lbfgs,
        parameters: usize,
        scalars: &Value,
        mut vector: impl FnMut(&str) -> Result<Vec<T>>,
    ) -> Result<Self> {
        options.validate().map_err(Error::model_file)?;
        let pairs = scalars["pairs"].as_u64().filter(|&pairs| pairs <= options.memory as u64);
        let Some(pairs) = pairs else {
            let message = format!("the memory of lbfgs holds {} pairs", scalars["pairs"]);
            return Err(Error::model_file(message));
        };
        let mut state = Self::new(options, parameters);
        for i in 0..pairs {
            let (s, y) = (vector(&format!("s.{i}"))?, vector(&format!("y.{i}"))?);
            state.memory.restore(&s, &y).map_err(Error::model_file)?;
        }
        Ok(state)
    }
}
