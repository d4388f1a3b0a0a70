//! The formulas of activations, losses and optimisers as documents write them, in the letters of the engine's docs.

use deltarule::{Activation, Loss, Optimizer, Sgd};

/// What an activation does, with the net input as z.
pub(crate) fn activation(f: Activation) -> &'static str {
    match f {
        Activation::Identity => "f(z) = z",
        Activation::Sigmoid => "σ(z) = 1 / (1 + e^−z)",
        Activation::Tanh => "tanh z",
        Activation::Relu => "max(z, 0)",
        Activation::LeakyRelu => "z for z > 0, else 0.01 z",
        Activation::Elu => "z for z > 0, else e^z − 1",
        Activation::Selu => "1.0507 z for z > 0, else 1.7581 (e^z − 1)",
        Activation::Softplus => "ln(1 + e^z)",
        Activation::Exp => "e^z",
        Activation::Silu => "z σ(z)",
        Activation::Gelu => "z Φ(z), Φ(z) = ½ (1 + erf(z/√2))",
        Activation::Mish => "z tanh(ln(1 + e^z))",
        Activation::Softmax => "e^zᵢ / Σⱼ e^zⱼ",
    }
}

/// The derivative of an activation.
pub(crate) fn derivative(f: Activation) -> &'static str {
    match f {
        Activation::Identity => "1",
        Activation::Sigmoid => "σ(z) (1 − σ(z))",
        Activation::Tanh => "1 − tanh² z",
        Activation::Relu => "1 for z > 0, else 0",
        Activation::LeakyRelu => "1 for z > 0, else 0.01",
        Activation::Elu => "1 for z > 0, else e^z",
        Activation::Selu => "1.0507 for z > 0, else 1.7581 e^z",
        Activation::Softplus => "σ(z)",
        Activation::Exp => "e^z",
        Activation::Silu => "σ(z) (1 + z (1 − σ(z)))",
        Activation::Gelu => "Φ(z) + z φ(z), φ(z) = e^(−z²/2) / √(2π)",
        Activation::Mish => "tanh s + z σ(z) (1 − tanh² s), s = ln(1 + e^z)",
        Activation::Softmax => "∂xᵢ/∂zⱼ = xᵢ (1 − xᵢ) for i = j, −xᵢ xⱼ otherwise",
    }
}

/// A formula, and what the letters mean that stand in no other one. They are kept apart so that a result can follow the
/// formula: "δ = x ∘ (g − Σ x ∘ g) = (numbers)" is true, "…, g = x − t = (numbers)" would not be.
pub(crate) struct Formula {
    pub(crate) formula: String,
    pub(crate) letters: Option<String>,
}

/// The loss of one example; sums run over its outputs.
pub(crate) fn loss(loss: Loss) -> Formula {
    let (formula, letters) = match loss {
        Loss::SquaredError => ("E = ½ Σ (x − t)²", None),
        Loss::SumSquaredError => ("E = Σ (x − t)²", None),
        Loss::MeanSquaredError => ("E = Σ (x − t)² / n", Some("n is the number of outputs")),
        Loss::AbsoluteError => ("E = Σ |x − t|", None),
        Loss::Huber => ("E = Σ h(x − t)", Some("h(d) = ½ d² for |d| ≤ 1, else |d| − ½")),
        Loss::CrossEntropy => ("E = −Σ t ln x", None),
        Loss::BinaryCrossEntropy => ("E = −Σ [t ln x + (1 − t) ln(1 − x)]", None),
        Loss::Poisson => ("E = Σ (x − t ln x)", None),
    };
    Formula { formula: formula.into(), letters: letters.map(String::from) }
}

/// δ at the outputs, in the symbols of layer `l`; `sums_to_one` says that the targets of each example do.
pub(crate) fn output_delta(loss: Loss, output: Activation, l: usize, sums_to_one: bool) -> Formula {
    let (x, z) = (format!("x^[{l}]"), format!("z^[{l}]"));
    let plain = |formula: String| Formula { formula, letters: None };
    let slope = match loss {
        Loss::SquaredError => format!("({x} − t)"),
        Loss::SumSquaredError => format!("2 ({x} − t)"),
        Loss::MeanSquaredError => format!("(2/n) ({x} − t)"),
        Loss::AbsoluteError => format!("sign({x} − t)"),
        Loss::Huber => format!("clip({x} − t, −1, 1)"),
        Loss::CrossEntropy => {
            return plain(match output {
                Activation::Softmax if sums_to_one => format!("{x} − t"),
                Activation::Softmax => format!("{x} Σt − t"),
                _ => format!("−t ∘ (1 − {x})"),
            });
        }
        Loss::BinaryCrossEntropy => return plain(format!("{x} − t")),
        Loss::Poisson => {
            return plain(match output {
                Activation::Exp => format!("{x} − t"),
                _ => format!("(1 − t / {x}) ∘ σ({z})"),
            });
        }
    };
    if output == Activation::Softmax {
        Formula {
            formula: format!("{x} ∘ (g − Σ {x} ∘ g)"),
            letters: Some(format!("g = ∂E/∂{x} = {slope}")),
        }
    } else {
        plain(format!("{slope} ∘ f′({z})"))
    }
}

/// The update of a parameter w with gradient g, and of the state; the last one says what the letters mean.
pub(crate) fn optimizer(optimizer: &Optimizer) -> (Vec<&'static str>, &'static str) {
    const MOMENTS: [&str; 2] = ["m ← β₁ m + (1 − β₁) g", "v ← β₂ v + (1 − β₂) g²"];
    match optimizer {
        Optimizer::Sgd(Sgd { momentum: 0.0, .. }) => (vec!["w ← w − η g"], "g is the gradient."),
        Optimizer::Sgd(Sgd { nesterov: false, .. }) => (
            vec!["v ← μ v − η g", "w ← w + v"],
            "g is the gradient and v the velocity, 0 at first; biases likewise.",
        ),
        Optimizer::Sgd(_) => (
            vec!["v ← μ v − η g", "w ← w + μ v − η g"],
            "g is the gradient and v the velocity, 0 at first, the new one in the second line; biases likewise.",
        ),
        Optimizer::Adam(_) => (
            vec![MOMENTS[0], MOMENTS[1], "w ← w − η · m/(1 − β₁^k) / (√(v/(1 − β₂^k)) + ε)"],
            "g is the gradient, k the number of the step; m and v are 0 at first; biases likewise.",
        ),
        Optimizer::AdamW(_) => (
            vec![
                MOMENTS[0],
                MOMENTS[1],
                "w ← w − η · m/(1 − β₁^k) / (√(v/(1 − β₂^k)) + ε) − η ω w",
            ],
            "g is the gradient, k the number of the step; m and v are 0 at first; biases likewise, but without ω.",
        ),
        Optimizer::Rprop(_) => (
            vec![
                "s > 0: Δ ← min(1.2 Δ, 50), w ← w − sign(g) Δ, p ← g",
                "s < 0: if E rose, w ← w + sign(p) Δ; then Δ ← max(0.5 Δ, 1e-6), p ← 0",
                "s = 0: w ← w − sign(g) Δ, p ← g",
            ],
            "g is the gradient, p the one of the step before (0 at first) and s = g p; E includes the L2 penalty; biases likewise.",
        ),
        // A traced exercise refuses L-BFGS, whose step is a search and not a formula.
        Optimizer::Lbfgs(_) => (Vec::new(), ""),
    }
}
