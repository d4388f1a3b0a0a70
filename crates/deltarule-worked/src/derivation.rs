//! The deltas derived: for the activation and the loss at hand, in letters.

use deltarule::{Activation, Loss};

use crate::catalogue;
use crate::forward::quoted;
use crate::step::Context;

/// How the delta of the outputs follows from the loss and the activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputDelta {
    /// ∂E/∂x ∘ f′(z): every output depends on its own net input only.
    Elementwise,
    /// The full Jacobian of softmax.
    Jacobian,
    /// Softmax with cross-entropy, or what else simplifies to x − t.
    Simplified(Pair),
}

/// A loss with its natural partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    SoftmaxCrossEntropy,
    SigmoidCrossEntropy,
    SigmoidBinaryCrossEntropy,
    ExpPoisson,
    SoftplusPoisson,
}

pub(crate) fn output_delta(loss: Loss, output: Activation) -> OutputDelta {
    use OutputDelta::{Elementwise, Jacobian, Simplified};
    match (loss, output) {
        (Loss::CrossEntropy, Activation::Softmax) => Simplified(Pair::SoftmaxCrossEntropy),
        (Loss::CrossEntropy, _) => Simplified(Pair::SigmoidCrossEntropy),
        (Loss::BinaryCrossEntropy, _) => Simplified(Pair::SigmoidBinaryCrossEntropy),
        (Loss::Poisson, Activation::Exp) => Simplified(Pair::ExpPoisson),
        (Loss::Poisson, _) => Simplified(Pair::SoftplusPoisson),
        (_, Activation::Softmax) => Jacobian,
        (
            Loss::SquaredError
            | Loss::SumSquaredError
            | Loss::MeanSquaredError
            | Loss::AbsoluteError
            | Loss::Huber,
            _,
        ) => Elementwise,
    }
}

impl Context<'_, '_> {
    /// The derivation, once per document.
    pub(crate) fn derivation(&mut self) {
        self.heading("Backward pass: where the formulas come from");
        self.paragraph(
            "Backpropagation is the chain rule, from the loss back to every parameter. Delta is the derivative of the loss \
             with respect to the net input of a layer, $δ^[l] = ∂E/∂z^[l]$; with it both gradients follow, since \
             $z^[l] = w^[l] x^[l−1] + b^[l]$:",
        );
        for formula in [
            "frac{∂z^[l]}{∂w^[l]} = (x^[l−1])^T",
            "frac{∂z^[l]}{∂b^[l]} = 1",
            "frac{∂E}{∂w^[l]} = frac{∂E}{∂z^[l]} · frac{∂z^[l]}{∂w^[l]} = δ^[l] (x^[l−1])^T",
            "frac{∂E}{∂b^[l]} = frac{∂E}{∂z^[l]} · frac{∂z^[l]}{∂b^[l]} = δ^[l]",
        ] {
            let equation = self.formula(formula);
            self.document.equation(equation);
        }
        self.paragraph(
            "The first of these is shorthand: $w^[l]$ is a matrix, and each $z_i$ depends on row $i$ of it only, \
             $∂z_i/∂w_{ij} = x_j$ with $x$ of the layer below. Entry by entry $∂E/∂w_{ij} = δ_i x_j$, which is what the product \
             holds.",
        );
        self.output_derivation();
        if self.last() > 1 {
            self.hidden_derivation();
        }
    }

    fn show(&mut self, formula: &str) {
        let equation = self.formula(formula);
        self.document.equation(equation);
    }

    fn output_derivation(&mut self) {
        let last = self.last();
        let output = self.numbers.network.output_activation();
        let loss = catalogue::loss(self.numbers.loss);
        self.paragraph(&format!(
            "At the outputs, $L$ = {last}. The loss is $E = {}${}.",
            loss.value,
            loss.letters.map_or(String::new(), |letters| format!(", where {letters}"))
        ));
        match output_delta(self.numbers.loss, output) {
            OutputDelta::Elementwise => self.elementwise(output),
            OutputDelta::Jacobian => self.jacobian_derivation(),
            OutputDelta::Simplified(pair) => self.simplification(pair),
        }
    }

    fn elementwise(&mut self, output: Activation) {
        let slope = catalogue::loss(self.numbers.loss).slope;
        let words = if self.numbers.network.outputs() > 1 {
            "The sum runs over the outputs. The derivative with respect to one output keeps the one term in which that output \
             stands, so that no sum is left:"
        } else {
            "Its derivative with respect to the output:"
        };
        self.paragraph(words);
        self.show(&format!("frac{{∂E}}{{∂x^[L]}} = {}", lettered(slope, "x^[L]", "t")));
        self.activation_derivative(output, "L");
        self.paragraph("Each output depends on its own net input only, so the delta is the product of these two derivatives, entry by entry:");
        let product = if output == Activation::Identity {
            lettered(slope, "x^[L]", "t")
        } else {
            format!(
                "{} ∘ {}",
                factor(&lettered(slope, "x^[L]", "t")),
                self.derivative_factor(output, "L")
            )
        };
        let letter = self.f("L");
        self.show(&format!(
            "δ^[L] = frac{{∂E}}{{∂z^[L]}} = frac{{∂E}}{{∂x^[L]}} ∘ {letter}'(z^[L]) = {product}"
        ));
    }

    /// f′ of a layer, by z and, where simpler, by x.
    fn activation_derivative(&mut self, f: Activation, layer: &str) {
        let formulas = catalogue::activation(f);
        let title = formulas.title;
        let letter = self.f(layer);
        self.paragraph(&format!("The activation is the {title}; its derivative:"));
        if f == Activation::Identity {
            self.show(&format!("{letter}(z) = z"));
        } else {
            let symbol = quoted(formulas.symbol);
            self.show(&format!("{letter}(z) = {symbol}(z) = {}", formulas.value));
        }
        let by_output = formulas.by_output.map_or(String::new(), |by_output| {
            format!(
                "; with $x^[{layer}] = {letter}(z^[{layer}])$ this is ${letter}'(z^[{layer}]) = {}$",
                lettered(by_output, &format!("x^[{layer}]"), "t")
            )
        });
        self.show(&format!("{letter}'(z) = {}", formulas.derivative));
        let letters = formulas.letters.map(|letters| format!("here {letters}"));
        if letters.is_some() || !by_output.is_empty() {
            let words = letters.unwrap_or_default() + &by_output;
            let words = words.trim_start_matches("; ");
            let mut first = words.chars();
            let capital: String =
                first.next().into_iter().flat_map(char::to_uppercase).chain(first).collect();
            self.paragraph(&format!("{capital}."));
        }
    }

    fn jacobian_derivation(&mut self) {
        let slope = catalogue::loss(self.numbers.loss).slope;
        self.paragraph("The derivative with respect to one output keeps the one term in which that output stands:");
        self.show(&format!("g_i = frac{{∂E}}{{∂x_i}} = {}", lettered(slope, "x_i", "t_i")));
        self.softmax();
        self.paragraph(
            "So every output contributes to every delta, and the derivative of the activation is a matrix, its Jacobian $J$. \
             A product entry by entry, as for other activations, would keep its diagonal only and be wrong:",
        );
        self.show("δ_i = frac{∂E}{∂z_i} = Σ_j frac{∂E}{∂x_j} · frac{∂x_j}{∂z_i}");
        self.show("δ_i = g_i x_i (1 − x_i) − Σ_{j ≠ i} g_j x_j x_i = x_i (g_i − Σ_j g_j x_j)");
        self.paragraph("With $J_{ij} = ∂x_i/∂z_j$, that is $J = \"diag\"(x) − x x^T$, where diag has $x$ on its diagonal and 0 elsewhere, this is $δ^[L] = J^T g$.");
    }

    fn softmax(&mut self) {
        let softmax = catalogue::activation(Activation::Softmax);
        self.paragraph("Each output of softmax depends on every net input of its layer:");
        self.show(&format!("x_i = softmax(z)_i = {}", softmax.value));
        self.show(softmax.derivative);
    }

    fn simplification(&mut self, pair: Pair) {
        match pair {
            Pair::SoftmaxCrossEntropy => {
                self.paragraph("The derivative of the loss with respect to one output keeps the one term in which that output stands:");
                self.show("frac{∂E}{∂x_j} = −frac{t_j}{x_j}");
                self.softmax();
                self.paragraph("The chain rule adds up what $z_i$ does to every output, the $j$-th among them; the $x_j$ cancel:");
                self.show("δ_i = frac{∂E}{∂z_i} = Σ_j frac{∂E}{∂x_j} · frac{∂x_j}{∂z_i}");
                self.show(
                    "δ_i = −frac{t_i}{x_i} · x_i (1 − x_i) + Σ_{j ≠ i} frac{t_j}{x_j} · x_j x_i",
                );
                self.show("δ_i = −t_i + t_i x_i + Σ_{j ≠ i} t_j x_i = x_i Σ_j t_j − t_i");
                if self.targets_sum_to_one() {
                    self.paragraph("The targets of each example sum to 1, so that nothing but the difference is left:");
                    self.show("δ^[L] = x^[L] − t");
                } else {
                    self.paragraph("The targets do not all sum to 1 here, so that the sum stays.");
                }
            }
            Pair::SigmoidCrossEntropy => {
                self.show("frac{∂E}{∂x_i} = −frac{t_i}{x_i}");
                self.activation_derivative(Activation::Sigmoid, "L");
                self.paragraph("In the product the $x_i$ cancel:");
                self.show("δ_i = −frac{t_i}{x_i} · x_i (1 − x_i) = −t_i (1 − x_i)");
                self.paragraph(
                    "An output whose target is 0 gets delta 0 whatever it is, and no delta is positive where targets are not \
                     negative: with sigmoid outputs this loss only ever pushes outputs up.",
                );
            }
            Pair::SigmoidBinaryCrossEntropy => {
                self.show("frac{∂E}{∂x_i} = −frac{t_i}{x_i} + frac{1 − t_i}{1 − x_i} = frac{x_i − t_i}{x_i (1 − x_i)}");
                self.activation_derivative(Activation::Sigmoid, "L");
                self.paragraph("In the product $x_i (1 − x_i)$ cancels, and nothing but the difference is left:");
                self.show("δ_i = frac{x_i − t_i}{x_i (1 − x_i)} · x_i (1 − x_i) = x_i − t_i");
            }
            Pair::ExpPoisson => {
                self.show("frac{∂E}{∂x_i} = 1 − frac{t_i}{x_i}");
                self.activation_derivative(Activation::Exp, "L");
                self.paragraph("In the product $x_i$ cancels:");
                self.show("δ_i = (1 − frac{t_i}{x_i}) · x_i = x_i − t_i");
            }
            Pair::SoftplusPoisson => {
                self.show("frac{∂E}{∂x_i} = 1 − frac{t_i}{x_i}");
                self.activation_derivative(Activation::Softplus, "L");
                self.show("δ_i = (1 − frac{t_i}{x_i}) σ(z_i)");
            }
        }
    }

    pub(crate) fn targets_sum_to_one(&self) -> bool {
        self.numbers.targets.is_none_or(|t| t.rows().into_iter().all(|row| row.sum() == 1.0))
    }

    fn hidden_derivation(&mut self) {
        self.paragraph(
            "In a hidden layer the loss depends on $z^[l]$ through the next layer only, \
             $z^[l+1] = w^[l+1] x^[l] + b^[l+1]$, so that the delta of that layer is carried back by its weights:",
        );
        let letter = self.f("l");
        self.show(&format!(
            "δ^[l] = frac{{∂E}}{{∂z^[l]}} = (frac{{∂z^[l+1]}}{{∂x^[l]}})^T δ^[l+1] ∘ {letter}'(z^[l]) = (w^[l+1])^T δ^[l+1] ∘ {letter}'(z^[l])",
        ));
        let output = self.numbers.network.output_activation();
        let shown_above = output_delta(self.numbers.loss, output) != OutputDelta::Jacobian
            && output != Activation::Softmax;
        let mut seen = if shown_above { vec![output] } else { Vec::new() };
        let layers = self.numbers.network.layers();
        let hidden = &layers[..layers.len() - 1];
        let alike = hidden.iter().all(|layer| layer.activation() == hidden[0].activation());
        for (l, layer) in hidden.iter().enumerate() {
            if !seen.contains(&layer.activation()) {
                seen.push(layer.activation());
                let number = if alike { "l".into() } else { (l + 1).to_string() };
                self.activation_derivative(layer.activation(), &number);
            }
        }
        let f = hidden[0].activation();
        if alike && has_factor(f) {
            let words = if hidden.len() == 1 {
                "With the derivative of the activation put in:"
            } else {
                "With the derivative of the activation put in, for every hidden layer:"
            };
            self.paragraph(words);
            let factor = self.derivative_factor(f, "l");
            self.show(&format!("δ^[l] = (w^[l+1])^T δ^[l+1] ∘ {factor}"));
        }
    }

    /// f′(z) of a layer as a factor: by its outputs, where that is simpler, else by its name.
    fn derivative_factor(&self, f: Activation, layer: &str) -> String {
        match catalogue::activation(f).by_output {
            Some(by_output) => factor(&lettered(by_output, &format!("x^[{layer}]"), "t")),
            None if f == Activation::Softplus => format!("σ(z^[{layer}])"),
            None => format!("{}'(z^[{layer}])", self.f(layer)),
        }
    }
}

/// A formula as a factor: a sum or a difference in brackets.
fn factor(formula: &str) -> String {
    let mut depth = 0;
    let sum = formula.char_indices().any(|(at, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && at > 0 && matches!(c, '+' | '−')
    });
    if sum { format!("({formula})") } else { formula.into() }
}

/// Whether f′ is a formula short enough to be put into a product.
fn has_factor(f: Activation) -> bool {
    catalogue::activation(f).by_output.is_some() || f == Activation::Softplus
}

/// A formula with x and t, where they stand for the letters, replaced by these.
pub(crate) fn lettered(formula: &str, x: &str, t: &str) -> String {
    let mut out = String::new();
    let characters: Vec<char> = formula.chars().collect();
    for (i, &c) in characters.iter().enumerate() {
        let alone = |j: Option<usize>| {
            j.and_then(|j| characters.get(j)).is_none_or(|c| !c.is_ascii_alphabetic())
        };
        match c {
            'x' | 't' if alone(i.checked_sub(1)) && alone(Some(i + 1)) => {
                out.push_str(if c == 'x' { x } else { t });
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{factor, lettered};

    #[test]
    fn sums_get_brackets_and_products_do_not() {
        assert_eq!(factor("1 − x ∘ x"), "(1 − x ∘ x)");
        assert_eq!(factor("x ∘ (1 − x)"), "x ∘ (1 − x)");
        assert_eq!(factor("frac{2}{n} (x^[l−1] − t)"), "frac{2}{n} (x^[l−1] − t)");
        assert_eq!(factor("−frac{t}{x}"), "−frac{t}{x}");
    }

    #[test]
    fn letters_are_replaced_and_words_are_not() {
        let formula = lettered("max(−1, min(1, x − t))", "x_i", "t_i");
        assert_eq!(formula, "max(−1, min(1, x_i − t_i))");
        assert_eq!(lettered("−frac{t}{x}", "x^[L]", "t"), "−frac{t}{x^[L]}");
    }
}
