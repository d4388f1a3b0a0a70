//! Losses.

use deltarule::Loss;

/// A loss in formulas; the notation is that of [`deltarule_document::Math::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossFormulas {
    /// What people call it.
    pub title: &'static str,
    /// E of one example.
    pub value: &'static str,
    /// ∂E/∂x, entry by entry.
    pub slope: &'static str,
    /// What the letters mean that stand in no other formula.
    pub letters: Option<&'static str>,
    /// When it is used.
    pub remark: &'static str,
    /// E of each example in Python: the columns of the arrays x and t; with a logarithm, of z and t, where `ln_x` is
    /// [`ActivationFormulas::python_logarithm`](crate::ActivationFormulas::python_logarithm) and f the activation.
    pub python: &'static str,
    /// ∂E/∂x in Python.
    pub python_slope: &'static str,
}

/// The formulas of a loss.
pub fn loss(loss: Loss) -> LossFormulas {
    let formulas = |title, value, slope, remark, python, python_slope| LossFormulas {
        title,
        value,
        slope,
        letters: None,
        remark,
        python,
        python_slope,
    };
    match loss {
        Loss::SquaredError => formulas(
            "squared error, with ½",
            "½ Σ_i (x_i − t_i)^2",
            "x − t",
            "Regression. The ½ makes the derivative simple.",
            "0.5 * ((x - t) ** 2).sum(axis=0)",
            "x - t",
        ),
        Loss::SumSquaredError => formulas(
            "squared error, without ½",
            "Σ_i (x_i − t_i)^2",
            "2 (x − t)",
            "Regression.",
            "((x - t) ** 2).sum(axis=0)",
            "2 * (x - t)",
        ),
        Loss::MeanSquaredError => LossFormulas {
            letters: Some("$n$ is the number of outputs"),
            ..formulas(
                "mean squared error",
                "frac{1}{n} Σ_i (x_i − t_i)^2",
                "frac{2}{n} (x − t)",
                "Regression; the mean runs over the outputs of an example.",
                "((x - t) ** 2).mean(axis=0)",
                "2 * (x - t) / len(t)",
            )
        },
        Loss::AbsoluteError => formulas(
            "absolute error",
            "Σ_i |x_i − t_i|",
            "sign(x − t)",
            "Regression that a few wild targets should not steer: it aims at the median. Its derivative at 0 is taken as 0.",
            "np.abs(x - t).sum(axis=0)",
            "np.sign(x - t)",
        ),
        Loss::Huber => LossFormulas {
            letters: Some("$h(d) = cases{½ d^2 : |d| ≤ 1 ; |d| − ½ : \"else\"}$"),
            ..formulas(
                "Huber loss, with its bend at 1",
                "Σ_i h(x_i − t_i)",
                "max(−1, min(1, x − t))",
                "Regression: squared near 0, absolute further out.",
                "np.where(np.abs(x - t) <= 1, 0.5 * (x - t) ** 2, np.abs(x - t) - 0.5).sum(axis=0)",
                "np.clip(x - t, -1, 1)",
            )
        },
        Loss::CrossEntropy => formulas(
            "cross-entropy",
            "−Σ_i t_i ln x_i",
            "−frac{t}{x}",
            "Classes, one of several: the distance of the outputs from the targets as distributions. Wants softmax outputs.",
            "-(t * ln_x(z)).sum(axis=0)",
            "-t / x",
        ),
        Loss::BinaryCrossEntropy => formulas(
            "binary cross-entropy",
            "−Σ_i [t_i ln x_i + (1 − t_i) ln(1 − x_i)]",
            "frac{x − t}{x (1 − x)}",
            "Two classes, or several labels that may hold at once. Wants sigmoid outputs.",
            "-(t * ln_x(z) + (1 - t) * ln_x(-z)).sum(axis=0)",
            "(x - t) / (x * (1 - x))",
        ),
        Loss::Poisson => formulas(
            "Poisson loss",
            "Σ_i (x_i − t_i ln x_i)",
            "1 − frac{t}{x}",
            "Counts. Wants outputs above 0: exp or softplus.",
            "(f(z) - t * ln_x(z)).sum(axis=0)",
            "1 - t / x",
        ),
    }
}
