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

/// The loss of one example.
pub(crate) fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::SquaredError => "E = ½ Σ (x − t)²",
        Loss::SumSquaredError => "E = Σ (x − t)²",
        Loss::MeanSquaredError => "E = Σ (x − t)² / n, n being the number of outputs",
        Loss::AbsoluteError => "E = Σ |x − t|",
        Loss::Huber => "E = Σ ½ d² for |d| ≤ 1, else |d| − ½, d = x − t",
        Loss::CrossEntropy => "E = −Σ t ln x",
        Loss::BinaryCrossEntropy => "E = −Σ [t ln x + (1 − t) ln(1 − x)]",
        Loss::Poisson => "E = Σ (x − t ln x)",
    }
}

/// δ at the outputs, in the symbols of layer `l`; `one_hot` says that the targets of each example sum to 1.
pub(crate) fn output_delta(loss: Loss, output: Activation, l: usize, one_hot: bool) -> String {
    let (x, z) = (format!("x^[{l}]"), format!("z^[{l}]"));
    let slope = match loss {
        Loss::SquaredError => format!("({x} − t)"),
        Loss::SumSquaredError => format!("2 ({x} − t)"),
        Loss::MeanSquaredError => format!("(2/n) ({x} − t)"),
        Loss::AbsoluteError => format!("sign({x} − t)"),
        Loss::Huber => format!("clip({x} − t, −1, 1)"),
        Loss::CrossEntropy => {
            return match output {
                Activation::Softmax if one_hot => format!("{x} − t"),
                Activation::Softmax => format!("{x} Σt − t"),
                _ => format!("−t ∘ (1 − {x})"),
            };
        }
        Loss::BinaryCrossEntropy => return format!("{x} − t"),
        Loss::Poisson => {
            return match output {
                Activation::Exp => format!("{x} − t"),
                _ => format!("(1 − t / {x}) ∘ σ({z})"),
            };
        }
    };
    if output == Activation::Softmax {
        format!("{x} ∘ (g − Σ {x} ∘ g), g = {slope}")
    } else {
        format!("{slope} ∘ f′({z})")
    }
}

/// The update of a parameter w with gradient g, and of the state.
pub(crate) fn optimizer(optimizer: &Optimizer) -> Vec<&'static str> {
    match optimizer {
        Optimizer::Sgd(Sgd { momentum: 0.0, .. }) => vec!["w ← w − η g"],
        Optimizer::Sgd(Sgd { nesterov: false, .. }) => vec!["v ← μ v − η g", "w ← w + v"],
        Optimizer::Sgd(_) => vec!["v ← μ v − η g", "w ← w + μ v − η g, with the new v"],
        Optimizer::Adam(_) => vec![
            "m ← β₁ m + (1 − β₁) g",
            "v ← β₂ v + (1 − β₂) g²",
            "w ← w − η · m/(1 − β₁^t) / (√(v/(1 − β₂^t)) + ε), t being the number of the step",
        ],
        Optimizer::AdamW(_) => vec![
            "m ← β₁ m + (1 − β₁) g",
            "v ← β₂ v + (1 − β₂) g²",
            "w ← w − η · m/(1 − β₁^t) / (√(v/(1 − β₂^t)) + ε) − η λ w, without the last term for biases",
        ],
        Optimizer::Rprop(_) => vec![
            "with p the previous gradient and s = g p:",
            "s > 0: Δ ← min(1.2 Δ, 50), w ← w − sign(g) Δ, p ← g",
            "s < 0: if the loss rose, w ← w + sign(p) Δ; then Δ ← max(0.5 Δ, 1e-6), p ← 0",
            "s = 0: w ← w − sign(g) Δ, p ← g",
        ],
        // A traced exercise refuses L-BFGS, whose step is a search and not a formula.
        Optimizer::Lbfgs(_) => Vec::new(),
    }
}
