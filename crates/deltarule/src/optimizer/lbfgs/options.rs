//! What a user of L-BFGS chooses, and what a step tells.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, check};
use crate::interval::Interval;
use crate::optimizer::method::{Method, Parameter, parameters};

/// Limited-memory BFGS with a line search that meets the strong Wolfe conditions.
///
/// d = −H g, with H the estimate of the inverse Hessian that the last m pairs s = Δw, y = Δg imply;
/// w ← w + α d, with α > 0 such that
///
/// - E(w + α d) ≤ E(w) + c₁ α gᵀd (the loss falls enough)
/// - |g(w + α d)ᵀd| ≤ c₂ |gᵀd| (the slope becomes flat enough)
///
/// It has converged when ‖g‖∞ ≤ `gradient_tolerance`, or when a step lowers the loss by no more than
/// `loss_tolerance` · max(|E before|, |E after|, 1).
///
/// # Units
/// For full batches: the pairs compare gradients, and those of two batches differ for another reason. E is the objective,
/// the L2 term included. There is no learning rate.
///
/// # Source
/// Nocedal and Wright (2006), algorithms 7.4 and 7.5, c₁ and c₂ from section 3.1; memory, tolerances and number of
/// evaluations as in SciPy's `L-BFGS-B`, which searches with Moré and Thuente's algorithm under c₁ = 1e-3. scikit-learn's
/// `lbfgs` is SciPy's with its own `tol` (1e-4) as `gradient_tolerance`. PyTorch's `LBFGS` takes fixed steps unless it is
/// told otherwise, with memory 100 and tolerances 1e-7 and 1e-9.
///
/// # Example
///
/// ```
/// use deltarule::{Lbfgs, LbfgsOutcome, LbfgsState};
///
/// // Rosenbrock's valley: (1 − a)² + 100 (b − a²)², lowest at (1, 1).
/// let mut rosenbrock = |w: &[f64], g: &mut [f64]| {
///     let (u, v) = (1.0 - w[0], w[1] - w[0] * w[0]);
///     g[0] = -2.0 * u - 400.0 * w[0] * v;
///     g[1] = 200.0 * v;
///     Ok(u * u + 100.0 * v * v)
/// };
/// let options = Lbfgs::default();
/// let mut state = LbfgsState::new(&options, 2);
/// let mut w = [-1.2, 1.0];
/// while let LbfgsOutcome::Progress { .. } = state.step(&options, &mut w, &mut rosenbrock)? {}
/// assert!((w[0] - 1.0).abs() < 1e-4 && (w[1] - 1.0).abs() < 1e-4);
/// # Ok::<(), deltarule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lbfgs {
    /// m, how many pairs are kept, from 1 to 1000.
    pub memory: usize,
    /// How often one line search may evaluate the loss, at least 1.
    pub max_evaluations: usize,
    /// c₁, above 0 and below c₂
    pub c1: f64,
    /// c₂, above c₁ and below 1
    pub c2: f64,
    /// The largest absolute entry of a gradient that counts as 0.
    pub gradient_tolerance: f64,
    /// The fall of the loss, in parts of it, that counts as none.
    pub loss_tolerance: f64,
}

/// The longest memory; far more than is ever useful, and a bound on what a damaged file can ask for.
pub(super) const LONGEST_MEMORY: usize = 1000;

impl Default for Lbfgs {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Lbfgs {
    pub(in crate::optimizer) const DEFAULT: Self = Self {
        memory: 10,
        max_evaluations: 20,
        c1: 1e-4,
        c2: 0.9,
        gradient_tolerance: 1e-5,
        loss_tolerance: 1e7 * f64::EPSILON,
    };
}

impl Method for Lbfgs {
    const PARAMETERS: &'static [Parameter<Self>] = parameters! {
        memory: usize, "m", "memory", Constant, Interval::at_least(1.0).up_to(LONGEST_MEMORY as f64);
        max_evaluations: usize, "n", "evaluations", Detail, Interval::at_least(1.0);
        c1: f64, "c_1", "c1", Detail, Interval::above(0.0).below(1.0);
        c2: f64, "c_2", "c2", Detail, Interval::above(0.0).below(1.0);
        gradient_tolerance: f64, "ε_g", "gradient tolerance", Detail, Interval::at_least(0.0);
        loss_tolerance: f64, "ε_E", "loss tolerance", Detail, Interval::at_least(0.0);
    };
    const RATE: Option<&'static str> = None;
    const NEEDS_FULL_BATCH: bool = true;
    const TAKES_SINGLE_STEPS: bool = false;

    type Rules = Infallible;

    fn name(&self) -> &'static str {
        "lbfgs"
    }

    /// The whole numbers, which are shown as they are, and c₁ below c₂.
    fn check(&self) -> Result<()> {
        if !(1..=LONGEST_MEMORY).contains(&self.memory) {
            return Err(Error::value("memory", self.memory, format!("from 1 to {LONGEST_MEMORY}")));
        }
        check("c2", self.c2, "between 0 and 1", |v| v > 0.0 && v < 1.0)?;
        check("c1", self.c1, "between 0 and c2", |v| v > 0.0 && v < self.c2)
    }

    /// Its line search evaluates the loss several times a step.
    fn rules(&self) -> Option<Infallible> {
        None
    }

    fn step_by_state(&self, _step: u64, _gradient: f64, _state: &[f64]) -> f64 {
        0.0
    }
}

/// How a step of L-BFGS ended.
///
/// `loss` and `gradient_norm` (the largest absolute entry) are those of the parameters after the step, `evaluations` is
/// how often the step asked for a loss and a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LbfgsOutcome {
    /// The loss fell, and there is more to do.
    Progress {
        /// E
        loss: f64,
        /// ‖g‖∞
        gradient_norm: f64,
        /// Calls of the objective.
        evaluations: usize,
    },
    /// There is nothing left to do; the step may have lowered the loss once more.
    Converged {
        /// By which rule.
        reason: LbfgsConvergence,
        /// E
        loss: f64,
        /// ‖g‖∞
        gradient_norm: f64,
        /// Calls of the objective.
        evaluations: usize,
    },
    /// Neither the estimate's direction nor, with the memory emptied, steepest descent led to a lower loss. The
    /// parameters are those from before the step, the best that were found.
    LineSearchFailed {
        /// E
        loss: f64,
        /// ‖g‖∞
        gradient_norm: f64,
        /// Calls of the objective.
        evaluations: usize,
    },
}

impl LbfgsOutcome {
    /// The loss of the parameters after the step.
    pub fn loss(&self) -> f64 {
        match *self {
            Self::Progress { loss, .. }
            | Self::Converged { loss, .. }
            | Self::LineSearchFailed { loss, .. } => loss,
        }
    }

    pub(super) fn converged(reason: LbfgsConvergence, loss: f64, gradient_norm: f64) -> Self {
        Self::Converged { reason, loss, gradient_norm, evaluations: 0 }
    }

    /// The same outcome with the calls that it took, which only the whole step knows.
    pub(super) fn with_evaluations(mut self, calls: usize) -> Self {
        match &mut self {
            Self::Progress { evaluations, .. }
            | Self::Converged { evaluations, .. }
            | Self::LineSearchFailed { evaluations, .. } => *evaluations = calls,
        }
        self
    }
}

/// The rule by which L-BFGS has converged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LbfgsConvergence {
    /// ‖g‖∞ is within its tolerance.
    Gradient,
    /// The loss fell by no more than its tolerance.
    Loss,
    /// The line search found nothing lower, and what there is to gain is within the rounding errors of the loss.
    Precision,
}
