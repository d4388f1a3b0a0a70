//! Activations.

use deltarule::Activation;

/// An activation in formulas; the notation is that of [`deltarule_document::Math::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivationFormulas {
    /// What people call it.
    pub title: &'static str,
    /// How f(z) is written where it is used: `σ`, `tanh`; empty where f(z) is just z.
    pub symbol: &'static str,
    /// f(z).
    pub value: &'static str,
    /// f′(z).
    pub derivative: &'static str,
    /// f′(z) by the output x = f(z), entry by entry, where that is simpler.
    pub by_output: Option<&'static str>,
    /// What the letters mean that stand in no other formula.
    pub letters: Option<&'static str>,
    /// When it is used, and what to look out for.
    pub remark: &'static str,
    /// What the Python of f and f′ needs beside NumPy.
    pub python_needs: Option<&'static str>,
    /// f in Python, of the array z.
    pub python: &'static str,
    /// f′ in Python, of the array z.
    pub python_derivative: &'static str,
    /// ln f(z) in Python, where a loss has it: of z, because f(z) may round to 0.
    pub python_logarithm: Option<&'static str>,
}

/// The formulas of an activation.
pub fn activation(f: Activation) -> ActivationFormulas {
    let formulas =
        |title, symbol, value, derivative, remark, python, python_derivative| ActivationFormulas {
            title,
            symbol,
            value,
            derivative,
            by_output: None,
            letters: None,
            remark,
            python_needs: None,
            python,
            python_derivative,
            python_logarithm: None,
        };
    match f {
        Activation::Identity => formulas(
            "identity",
            "",
            "z",
            "1",
            "The outputs of a regression. Layers of it alone are one linear layer.",
            "z",
            "np.ones_like(z)",
        ),
        Activation::Sigmoid => ActivationFormulas {
            by_output: Some("x ∘ (1 − x)"),
            python_logarithm: Some("-np.logaddexp(0, -z)"),
            ..formulas(
                "sigmoid (logistic function)",
                "σ",
                "frac{1}{1 + e^{−z}}",
                "σ(z) (1 − σ(z))",
                "Outputs between 0 and 1; each on its own can be a probability. The derivative is at most 1/4 and almost 0 for large |z|.",
                "1 / (1 + np.exp(-z))",
                "sigmoid(z) * (1 - sigmoid(z))",
            )
        },
        Activation::Tanh => ActivationFormulas {
            by_output: Some("1 − x ∘ x"),
            ..formulas(
                "hyperbolic tangent",
                "tanh",
                "frac{e^z − e^{−z}}{e^z + e^{−z}}",
                "1 − tanh^2 z",
                "Outputs between −1 and 1 around 0. The derivative is 1 at 0 and almost 0 for large |z|.",
                "np.tanh(z)",
                "1 - np.tanh(z) ** 2",
            )
        },
        Activation::Relu => formulas(
            "rectified linear unit",
            "relu",
            "max(z, 0)",
            "cases{1 : z > 0 ; 0 : \"else\"}",
            "The usual choice for hidden layers. A unit with z ≤ 0 for every example learns nothing any more: it is dead.",
            "np.maximum(z, 0)",
            "np.where(z > 0, 1.0, 0.0)",
        ),
        Activation::LeakyRelu => formulas(
            "leaky rectified linear unit",
            "leaky_relu",
            "cases{z : z > 0 ; 0.01 z : \"else\"}",
            "cases{1 : z > 0 ; 0.01 : \"else\"}",
            "A rectified linear unit that cannot die: a small slope is left for z ≤ 0.",
            "np.where(z > 0, z, 0.01 * z)",
            "np.where(z > 0, 1.0, 0.01)",
        ),
        Activation::Elu => formulas(
            "exponential linear unit",
            "elu",
            "cases{z : z > 0 ; e^z − 1 : \"else\"}",
            "cases{1 : z > 0 ; e^z : \"else\"}",
            "Smooth at 0, and never below −1.",
            "np.where(z > 0, z, np.expm1(np.minimum(z, 0)))",
            "np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))",
        ),
        Activation::Selu => ActivationFormulas {
            letters: Some("$λ$ = 1.0507 and $λ α$ = 1.7581, rounded"),
            ..formulas(
                "scaled exponential linear unit",
                "selu",
                "cases{λ z : z > 0 ; λ α (e^z − 1) : \"else\"}",
                "cases{λ : z > 0 ; λ α e^z : \"else\"}",
                "Its constants keep mean 0 and variance 1 from layer to layer, where weights are drawn to fit (LeCun).",
                "np.where(z > 0, 1.0507009873554805 * z, 1.7580993408473766 * np.expm1(np.minimum(z, 0)))",
                "np.where(z > 0, 1.0507009873554805, 1.7580993408473766 * np.exp(np.minimum(z, 0)))",
            )
        },
        Activation::Softplus => ActivationFormulas {
            // Far below 0 it is e^z.
            python_logarithm: Some("np.where(z < -40, z, np.log(softplus(np.maximum(z, -40))))"),
            ..formulas(
                "softplus function",
                "softplus",
                "ln(1 + e^z)",
                "σ(z)",
                "A smooth rectified linear unit. Outputs above 0: rates and counts.",
                "np.logaddexp(0, z)",
                "1 / (1 + np.exp(-z))",
            )
        },
        Activation::Exp => ActivationFormulas {
            by_output: Some("x"),
            python_logarithm: Some("z"),
            ..formulas(
                "exponential function",
                "exp",
                "e^z",
                "e^z",
                "Outputs above 0, for counts with the Poisson loss.",
                "np.exp(z)",
                "np.exp(z)",
            )
        },
        Activation::Silu => formulas(
            "sigmoid linear unit (swish)",
            "silu",
            "z σ(z)",
            "σ(z) (1 + z (1 − σ(z)))",
            "Smooth; a little below 0 on the negative side.",
            "z / (1 + np.exp(-z))",
            "(1 + z * (1 - 1 / (1 + np.exp(-z)))) / (1 + np.exp(-z))",
        ),
        Activation::Gelu => ActivationFormulas {
            python_needs: Some("erf = np.vectorize(math.erf, otypes=[float])"),
            letters: Some(
                "$Φ(z) = ½ (1 + erf(z / sqrt{2}))$ and $φ(z) = frac{e^{−z^2 / 2}}{sqrt{2 π}}$",
            ),
            ..formulas(
                "Gaussian error linear unit",
                "gelu",
                "z Φ(z)",
                "Φ(z) + z φ(z)",
                "The exact one, with the error function.",
                "z * 0.5 * (1 + erf(z / math.sqrt(2)))",
                "0.5 * (1 + erf(z / math.sqrt(2))) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)",
            )
        },
        Activation::Mish => ActivationFormulas {
            letters: Some("$s = ln(1 + e^z)$"),
            ..formulas(
                "mish function",
                "mish",
                "z tanh(s)",
                "tanh(s) + z σ(z) (1 − tanh^2(s))",
                "Smooth; a little below 0 on the negative side.",
                "z * np.tanh(np.logaddexp(0, z))",
                "np.tanh(np.logaddexp(0, z)) + z / (1 + np.exp(-z)) * (1 - np.tanh(np.logaddexp(0, z)) ** 2)",
            )
        },
        Activation::HardSigmoid => formulas(
            "hard sigmoid",
            "hard_sigmoid",
            "min(max(frac{z}{6} + ½, 0), 1)",
            "cases{frac{1}{6} : |z| < 3 ; 0 : \"else\"}",
            "A sigmoid of straight lines: outputs between 0 and 1 without an exponential. A unit with |z| ≥ 3 for every example learns nothing any more.",
            "np.clip((z + 3) / 6, 0, 1)",
            "np.where(np.abs(z) < 3, 1 / 6, 0.0)",
        ),
        Activation::Softmax => ActivationFormulas {
            python_logarithm: Some(
                "z - z.max(axis=0) - np.log(np.exp(z - z.max(axis=0)).sum(axis=0))",
            ),
            ..formulas(
                "softmax",
                "softmax",
                "frac{e^{z_i}}{Σ_j e^{z_j}}",
                "frac{∂x_i}{∂z_j} = cases{x_i (1 − x_i) : i = j ; −x_i x_j : i ≠ j}",
                "Outputs between 0 and 1 that sum to 1: the probabilities of classes. Each output depends on every net input, so that the derivative is a matrix.",
                "np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0)",
                "",
            )
        },
    }
}
