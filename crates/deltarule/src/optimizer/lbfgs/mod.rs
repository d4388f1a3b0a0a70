//! L-BFGS: Newton-like steps from the last few changes of the gradient.

mod line_search;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{Error, Result, check};
use crate::float::Float;
use line_search::{LineSearch, Point};

/// Limited-memory BFGS with a line search for the strong Wolfe conditions, for full batches.
///
/// The direction is d = −H g, where H is built by the two-loop recursion from the last `memory` pairs
/// s = w_new − w_old, y = g_new − g_old with yᵀs > 0, starting from (sᵀy / yᵀy) I. The step length α satisfies
/// E(w + αd) ≤ E(w) + c₁ α gᵀd and |g(w + αd)ᵀd| ≤ c₂ |gᵀd|.
///
/// It ends when max |g| ≤ `gradient_tolerance`, or when E fell by no more than
/// `loss_tolerance` · max(|E_old|, |E_new|, 1).
///
/// # Units
/// Sums over the parameters are taken in f64, also for f32 networks.
///
/// # Source
/// Nocedal and Wright (2006), algorithms 7.4, 7.5, 3.5 and 3.6. The defaults of the tolerances and the memory are those
/// of SciPy's L-BFGS-B (gtol 1e-5, ftol 2.2e-9, m = 10); scikit-learn sets gtol to its `tol`. PyTorch's LBFGS has
/// no line search unless asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lbfgs {
    /// How many pairs are kept, at least 1.
    pub memory: usize,
    /// How often a line search may evaluate the loss, at least 1.
    pub max_evaluations: usize,
    /// c₁ of the sufficient decrease, between 0 and c₂.
    pub c1: f64,
    /// c₂ of the curvature, between c₁ and 1.
    pub c2: f64,
    /// Ends when no entry of the gradient is larger.
    pub gradient_tolerance: f64,
    /// Ends when the loss falls by a smaller part of itself.
    pub loss_tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self {
            memory: 10,
            max_evaluations: 20,
            c1: 1e-4,
            c2: 0.9,
            gradient_tolerance: 1e-5,
            loss_tolerance: 1e7 * f64::EPSILON,
        }
    }
}

impl Lbfgs {
    pub(super) fn validate(&self) -> Result<()> {
        for (name, value) in [("memory", self.memory), ("max_evaluations", self.max_evaluations)] {
            if value == 0 {
                return Err(Error::value(name, 0, "at least 1"));
            }
        }
        check("c2", self.c2, "between 0 and 1", |v| v > 0.0 && v < 1.0)?;
        check("c1", self.c1, "between 0 and c2", |v| v > 0.0 && v < self.c2)?;
        check("gradient_tolerance", self.gradient_tolerance, "at least 0", |v| v >= 0.0)?;
        check("loss_tolerance", self.loss_tolerance, "at least 0", |v| v >= 0.0)
    }
}

/// How an iteration of L-BFGS ended; the parameters are at the point with this loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LbfgsOutcome {
    /// A better point was found.
    Progress {
        /// The loss there.
        loss: f64,
    },
    /// A tolerance was reached.
    Converged {
        /// The loss there.
        loss: f64,
    },
    /// No better point was found, not even along the negative gradient; the parameters are unchanged.
    LineSearchFailed {
        /// The loss there.
        loss: f64,
    },
}

/// One step and the change of the gradient along it.
#[derive(Clone, Debug, PartialEq)]
struct Pair<T> {
    s: Vec<T>,
    y: Vec<T>,
    /// 1 / yᵀs
    rho: f64,
}

/// What L-BFGS remembers from iteration to iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct LbfgsState<T> {
    pairs: VecDeque<Pair<T>>,
    /// The gradient where the parameters are.
    gradient: Vec<T>,
    /// The loss where the parameters are; absent before the first iteration.
    loss: Option<f64>,
    /// Pairs that fell out of the memory, whose room is used again.
    spare: Vec<Pair<T>>,
    direction: Vec<f64>,
    candidate: Vec<T>,
    candidate_gradient: Vec<T>,
    alpha: Vec<f64>,
}

impl<T: Float> LbfgsState<T> {
    /// The state before the first iteration; all memory is allocated here.
    pub fn new(options: &Lbfgs, parameters: usize) -> Self {
        let zeros = || vec![T::ZERO; parameters];
        let pair = || Pair { s: zeros(), y: zeros(), rho: 0.0 };
        Self {
            pairs: VecDeque::with_capacity(options.memory + 1),
            gradient: zeros(),
            loss: None,
            spare: (0..=options.memory).map(|_| pair()).collect(),
            direction: vec![0.0; parameters],
            candidate: zeros(),
            candidate_gradient: zeros(),
            alpha: vec![0.0; options.memory],
        }
    }

    /// One iteration: direction, line search, memory.
    ///
    /// `evaluate(w, g)` returns the loss at w and writes its gradient to g.
    ///
    /// # Errors
    /// Those of `evaluate`; `ErrorKind::NonFinite` when the loss or the gradient where it starts is not finite.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule::{Lbfgs, LbfgsOutcome, LbfgsState};
    ///
    /// // E(w) = (w − 3)²
    /// let options = Lbfgs::default();
    /// let mut state = LbfgsState::new(&options, 1);
    /// let mut w = [0.0_f64];
    /// let mut evaluate = |w: &[f64], g: &mut [f64]| {
    ///     g[0] = 2.0 * (w[0] - 3.0);
    ///     Ok((w[0] - 3.0) * (w[0] - 3.0))
    /// };
    /// while let LbfgsOutcome::Progress { .. } = state.step(&options, &mut w, &mut evaluate)? {}
    /// assert!((w[0] - 3.0).abs() < 1e-5);
    /// # Ok::<(), deltarule::Error>(())
    /// ```
    pub fn step(
        &mut self,
        options: &Lbfgs,
        parameters: &mut [T],
        evaluate: &mut dyn FnMut(&[T], &mut [T]) -> Result<f64>,
    ) -> Result<LbfgsOutcome> {
        let loss = match self.loss {
            Some(loss) => loss,
            None => {
                let loss = evaluate(parameters, &mut self.gradient)?;
                if !loss.is_finite() || self.gradient.iter().any(|g| !g.is_finite()) {
                    return Err(Error::non_finite(
                        "the loss or its gradient at the start",
                        None,
                        None,
                    ));
                }
                self.loss = Some(loss);
                loss
            }
        };
        if largest(&self.gradient) <= options.gradient_tolerance {
            return Ok(LbfgsOutcome::Converged { loss });
        }
        // Once with the memory; if that leads nowhere, once more without it, along the negative gradient.
        loop {
            self.find_direction();
            if let Some(after) = self.search(options, parameters, loss, evaluate)? {
                self.remember(options, parameters);
                parameters.copy_from_slice(&self.candidate);
                std::mem::swap(&mut self.gradient, &mut self.candidate_gradient);
                self.loss = Some(after);
                let scale = loss.abs().max(after.abs()).max(1.0);
                let settled = loss - after <= options.loss_tolerance * scale
                    || largest(&self.gradient) <= options.gradient_tolerance;
                return Ok(if settled {
                    LbfgsOutcome::Converged { loss: after }
                } else {
                    LbfgsOutcome::Progress { loss: after }
                });
            }
            if self.pairs.is_empty() {
                return Ok(LbfgsOutcome::LineSearchFailed { loss });
            }
            self.spare.extend(self.pairs.drain(..));
        }
    }

    /// d = −H g by the two-loop recursion.
    fn find_direction(&mut self) {
        let d = &mut self.direction;
        for (d, g) in d.iter_mut().zip(&self.gradient) {
            *d = -g.to_f64();
        }
        for (pair, alpha) in self.pairs.iter().zip(&mut self.alpha).rev() {
            *alpha = pair.rho * dot_with(&pair.s, d);
            for (d, y) in d.iter_mut().zip(&pair.y) {
                *d -= *alpha * y.to_f64();
            }
        }
        if let Some(last) = self.pairs.back() {
            let scale = 1.0 / (last.rho * dot(&last.y, &last.y));
            d.iter_mut().for_each(|d| *d *= scale);
        }
        for (pair, alpha) in self.pairs.iter().zip(&self.alpha) {
            let beta = pair.rho * dot_with(&pair.y, d);
            for (d, s) in d.iter_mut().zip(&pair.s) {
                *d += (alpha - beta) * s.to_f64();
            }
        }
    }

    /// Looks for a step length; the new point is then in `candidate`, and its loss is returned.
    fn search(
        &mut self,
        options: &Lbfgs,
        parameters: &[T],
        loss: f64,
        evaluate: &mut dyn FnMut(&[T], &mut [T]) -> Result<f64>,
    ) -> Result<Option<f64>> {
        let slope = dot_with(&self.gradient, &self.direction);
        if slope >= 0.0 || !slope.is_finite() {
            return Ok(None);
        }
        // A first step without memory has the length of a small change; later ones have length 1 by design.
        let first = if self.pairs.is_empty() {
            let size: f64 = self.gradient.iter().map(|g| g.abs().to_f64()).sum();
            (1.0 / size).min(1.0)
        } else {
            1.0
        };
        let mut search = LineSearch::new(options, Point { length: 0.0, loss, slope });
        let mut length = first;
        // The lowest point that at least satisfies the sufficient decrease, should the search run out of evaluations.
        let mut fallback: Option<f64> = None;
        for _ in 0..options.max_evaluations {
            let point = self.probe(parameters, length, evaluate)?;
            if search.accepts(&point) {
                return Ok(Some(point.loss));
            }
            if search.decreases(&point) && fallback.is_none_or(|best| point.length > best) {
                fallback = Some(point.length);
            }
            match search.next(point) {
                Some(next) => length = next,
                None => break,
            }
        }
        match fallback {
            Some(length) => Ok(Some(self.probe(parameters, length, evaluate)?.loss)),
            None => Ok(None),
        }
    }

    /// Evaluates w + αd.
    fn probe(
        &mut self,
        parameters: &[T],
        length: f64,
        evaluate: &mut dyn FnMut(&[T], &mut [T]) -> Result<f64>,
    ) -> Result<Point> {
        for ((c, w), d) in self.candidate.iter_mut().zip(parameters).zip(&self.direction) {
            *c = T::from_f64(w.to_f64() + length * d);
        }
        let loss = evaluate(&self.candidate, &mut self.candidate_gradient)?;
        let slope = dot_with(&self.candidate_gradient, &self.direction);
        // A point where anything overflowed is too far, whatever its numbers say.
        let loss = if loss.is_finite() && slope.is_finite() { loss } else { f64::INFINITY };
        Ok(Point { length, loss, slope })
    }

    /// Puts the step to `candidate` into the memory, if it tells something about the curvature.
    fn remember(&mut self, options: &Lbfgs, parameters: &[T]) {
        let Some(mut pair) = self.spare.pop() else { return };
        for i in 0..parameters.len() {
            pair.s[i] = self.candidate[i] - parameters[i];
            pair.y[i] = self.candidate_gradient[i] - self.gradient[i];
        }
        let curvature = dot(&pair.y, &pair.s);
        if curvature > f64::EPSILON * dot(&pair.y, &pair.y) {
            pair.rho = 1.0 / curvature;
            self.pairs.push_back(pair);
            if self.pairs.len() > options.memory {
                self.spare.extend(self.pairs.pop_front());
            }
        } else {
            self.spare.push(pair);
        }
    }

    /// The vectors of the memory by name, for a model file.
    pub(crate) fn vectors(&self) -> Vec<(String, &[T])> {
        let mut vectors = vec![("gradient".to_string(), &self.gradient[..])];
        for (i, pair) in self.pairs.iter().enumerate() {
            vectors.push((format!("s.{i}"), &pair.s));
            vectors.push((format!("y.{i}"), &pair.y));
        }
        vectors
    }

    /// The numbers of the memory, for a model file.
    pub(crate) fn scalars(&self) -> Value {
        let rho: Vec<f64> = self.pairs.iter().map(|p| p.rho).collect();
        json!({ "loss": self.loss, "rho": rho })
    }

    /// The state that [`LbfgsState::vectors`] and [`LbfgsState::scalars`] describe.
    pub(crate) fn from_parts(
        options: &Lbfgs,
        parameters: usize,
        scalars: &Value,
        mut vector: impl FnMut(&str) -> Result<Vec<T>>,
    ) -> Result<Self> {
        let mut state = Self::new(options, parameters);
        state.loss = scalars["loss"].as_f64();
        state.gradient = vector("gradient")?;
        let rho = scalars["rho"].as_array().map_or(&[][..], Vec::as_slice);
        if rho.len() > options.memory {
            return Err(Error::model_file("more pairs than the memory of lbfgs holds"));
        }
        for (i, rho) in rho.iter().enumerate() {
            let Some(rho) = rho.as_f64() else {
                return Err(Error::model_file("a pair of lbfgs without its number"));
            };
            let (s, y) = (vector(&format!("s.{i}"))?, vector(&format!("y.{i}"))?);
            state.pairs.push_back(Pair { s, y, rho });
            state.spare.pop();
        }
        Ok(state)
    }
}

/// max |v|
fn largest<T: Float>(v: &[T]) -> f64 {
    v.iter().fold(0.0, |largest, v| v.abs().to_f64().max(largest))
}

/// aᵀb in f64.
fn dot<T: Float>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| a.to_f64().mul_add(b.to_f64(), sum))
}

/// aᵀd in f64.
fn dot_with<T: Float>(a: &[T], d: &[f64]) -> f64 {
    a.iter().zip(d).fold(0.0, |sum, (a, d)| a.to_f64().mul_add(*d, sum))
}
