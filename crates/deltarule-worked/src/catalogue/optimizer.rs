//! Optimisers.

use deltarule::{Optimizer, Sgd};

/// An optimiser in formulas; the notation is that of [`deltarule_document::Math::parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptimizerFormulas {
    /// What people call it.
    pub title: &'static str,
    /// The step of a parameter w with gradient g, line by line.
    pub rules: &'static [StepFormula],
    /// What the letters mean.
    pub letters: &'static str,
    /// When it is used.
    pub remark: &'static str,
    /// What it does to gradients so that the size of the step is not theirs, and rounding moves parameters: "This optimiser …".
    pub rescales: Option<&'static str>,
    /// Why its step need not be against the gradient, once it remembers something.
    pub goes_on: &'static str,
}

/// One line of an optimiser's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepFormula {
    /// When it applies; empty: always.
    pub when: &'static str,
    /// The formula.
    pub formula: &'static str,
}

const fn always(formula: &'static str) -> StepFormula {
    StepFormula { when: "", formula }
}

const M: StepFormula = always("m ← β_1 m + (1 − β_1) g");
const V: StepFormula = always("v ← β_2 v + (1 − β_2) g^2");
const MOMENTS: &str = "$g$ is the gradient, $k$ the number of the step, $m$ and $v$ are running means of $g$ and $g^2$, 0 at first; biases likewise";

/// The formulas of an optimiser.
pub fn optimizer(optimizer: &Optimizer) -> OptimizerFormulas {
    let formulas = |title, rules, letters, remark, rescales, goes_on| OptimizerFormulas {
        title,
        rules,
        letters,
        remark,
        rescales,
        goes_on,
    };
    match optimizer {
        Optimizer::Sgd(Sgd { momentum: 0.0, .. }) => formulas(
            "gradient descent",
            const { &[always("w ← w − η g")] },
            "$g$ is the gradient and $η$ the learning rate; biases likewise",
            "The step goes against the gradient, where the loss falls fastest.",
            None,
            "the velocity goes on with the steps before",
        ),
        Optimizer::Sgd(Sgd { nesterov: false, .. }) => formulas(
            "gradient descent with momentum",
            const { &[always("v ← μ v − η g"), always("w ← w + v")] },
            "$g$ is the gradient and $v$ the velocity, 0 at first; biases likewise",
            "Steps that agree add up; steps that contradict each other cancel.",
            None,
            "the velocity goes on with the steps before",
        ),
        Optimizer::Sgd(_) => formulas(
            "gradient descent with Nesterov momentum",
            const { &[always("v ← μ v − η g"), always("w ← w + μ v − η g")] },
            "$g$ is the gradient and $v$ the velocity, 0 at first, the new one in the second line; biases likewise",
            "As momentum, with the velocity used one step ahead.",
            None,
            "the velocity goes on with the steps before",
        ),
        Optimizer::Adam(_) => formulas(
            "Adam",
            const {
                &[M, V, always("w ← w − η frac{m / (1 − β_1^k)}{sqrt{v / (1 − β_2^k)} + ε}")]
            },
            MOMENTS,
            "Every parameter gets a step of about the learning rate, however large its gradient is.",
            Some("divides by the size of the gradient"),
            "the running means go on with the gradients before",
        ),
        Optimizer::AdamW(_) => formulas(
            "Adam with decoupled weight decay",
            const {
                &[
                    M,
                    V,
                    always("w ← w − η frac{m / (1 − β_1^k)}{sqrt{v / (1 − β_2^k)} + ε} − η ω w"),
                ]
            },
            "$g$ is the gradient, $k$ the number of the step, $m$ and $v$ are running means of $g$ and $g^2$, 0 at first; $ω$ is the weight decay; biases likewise, but without $ω$",
            "As Adam, with the decay of the weights kept out of the running means.",
            Some("divides by the size of the gradient"),
            "the running means go on with the gradients before",
        ),
        Optimizer::Rmsprop(_) => formulas(
            "RMSProp",
            const {
                &[always("v ← ρ v + (1 − ρ) g^2"), always("w ← w − η frac{g}{sqrt{v} + ε}")]
            },
            "$g$ is the gradient and $v$ a running mean of $g^2$, 0 at first; biases likewise",
            "Every parameter gets a step of about the learning rate, however large its gradient is; the first steps are larger, because $v$ begins at 0.",
            Some("divides by the size of the gradient"),
            "each gradient is divided by its own running mean",
        ),
        Optimizer::Rprop(_) => formulas(
            "iRprop+ (resilient backpropagation)",
            const {
                &[
                    StepFormula { when: "$g p > 0$", formula: "Δ ← min(1.2 Δ, 50)" },
                    StepFormula { when: "$g p > 0$", formula: "w ← w − sign(g) Δ" },
                    StepFormula {
                        when: "$g p < 0$, and the loss rose",
                        formula: "w ← w + sign(p) Δ",
                    },
                    StepFormula { when: "$g p < 0$", formula: "Δ ← max(0.5 Δ, 0.000001)" },
                    StepFormula { when: "$g p = 0$", formula: "w ← w − sign(g) Δ" },
                    StepFormula {
                        when: "in the end",
                        formula: "p ← cases{0 : g p < 0 ; g : \"else\"}",
                    },
                ]
            },
            "$g$ is the gradient, $p$ the one of the step before, 0 at first, and $Δ$ the size of the parameter's step; the loss includes the L2 penalty; biases likewise",
            "Only the signs of the gradient count. Full batches only.",
            Some("looks at the sign of the gradient only"),
            "where a sign turned, the step before is taken back",
        ),
        Optimizer::Lbfgs(_) => formulas(
            "L-BFGS",
            const { &[always("w ← w − α H g")] },
            "$g$ is the gradient, $H$ an estimate of the inverse Hessian from the last steps and gradients, and $α$ found by a line search that meets the strong Wolfe conditions",
            "Full batches and small networks: few steps, each with several evaluations of the loss.",
            None,
            "its estimate of the curvature goes on with the steps before",
        ),
    }
}
