//! The update: the rule, the optimiser's state, and the new parameters.

use deltarule::trace::Bounded;
use deltarule::{AdamW, Optimizer, Sgd};
use deltarule_document::{Equation, Math, Matrix, Prose};
use ndarray::Array2;

use crate::catalogue;
use crate::step::{Context, WorkedUpdate, m, sign};

/// Weights or biases, which are updated by the same rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ParameterGroup {
    Weights,
    Biases,
}

impl ParameterGroup {
    fn letter(self) -> &'static str {
        match self {
            Self::Weights => "w",
            Self::Biases => "b",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Biases => "biases",
        }
    }
}

impl Context<'_, '_> {
    pub(crate) fn update(&mut self, update: &WorkedUpdate<'_>) {
        self.heading("Update");
        let plain = update.trace.optimizer_state.is_empty();
        if !plain {
            self.rules(update);
        }
        for layer in (1..=self.last()).rev() {
            for kind in [ParameterGroup::Weights, ParameterGroup::Biases] {
                if kind == ParameterGroup::Biases && !self.numbers.options.train_biases {
                    continue;
                }
                match update.optimizer {
                    Optimizer::Sgd(sgd) if plain => self.descent(update, sgd, kind, layer),
                    Optimizer::Sgd(sgd) => self.momentum(update, sgd, kind, layer),
                    Optimizer::Adam(o) => {
                        let o = AdamW {
                            learning_rate: o.learning_rate,
                            beta1: o.beta1,
                            beta2: o.beta2,
                            epsilon: o.epsilon,
                            weight_decay: 0.0,
                        };
                        self.adam(update, &o, kind, layer);
                    }
                    Optimizer::AdamW(o) => self.adam(update, o, kind, layer),
                    // L-BFGS is not traced.
                    Optimizer::Rprop(_) | Optimizer::Lbfgs(_) => self.rprop(update, kind, layer),
                }
            }
        }
        if !self.numbers.options.train_biases {
            self.paragraph("The biases are not trained: they stay as they are.");
        }
    }

    /// The optimiser's rules and what their letters mean.
    fn rules(&mut self, update: &WorkedUpdate<'_>) {
        let formulas = catalogue::optimizer(update.optimizer);
        let mut last_when = "";
        for rule in formulas.rules {
            if !rule.when.is_empty() && rule.when != last_when {
                self.paragraph(&format!("{}:", capital(rule.when)));
                last_when = rule.when;
            }
            self.document.equation(Equation::formula(rule.formula));
        }
        let mut prose = Prose::new(&format!("{}.", capital(formulas.letters)));
        if let Optimizer::Adam(_) | Optimizer::AdamW(_) = update.optimizer {
            prose = prose
                .and(" Here $k$ = ")
                .and_math(self.given("step", self.k(update) as f64))
                .and(".");
        }
        if let Optimizer::Rprop(_) = update.optimizer {
            prose = prose.and(" $s$ is the step, what is added to the parameter.");
        }
        self.document.paragraph(prose);
    }

    /// The number of the update since the optimiser began.
    fn k(&self, update: &WorkedUpdate<'_>) -> u64 {
        update.steps_before + 1
    }

    fn parameter_before(&self, kind: ParameterGroup, layer: usize) -> Math {
        m(match kind {
            ParameterGroup::Weights => self.weights(layer),
            ParameterGroup::Biases => self.biases(layer),
        })
    }

    /// Weights as they are, biases upright.
    fn shaped(&self, kind: ParameterGroup, name: &str, layer: usize, values: &Bounded) -> Matrix {
        match kind {
            ParameterGroup::Weights => self.rows(name, layer, values),
            ParameterGroup::Biases => self.upright(name, layer, values),
        }
    }

    fn gradient(&self, kind: ParameterGroup, layer: usize) -> Math {
        let Some(backward) = &self.numbers.trace.backward else { return Math::Row(Vec::new()) };
        m(match kind {
            ParameterGroup::Weights => {
                self.rows("grad_weights", layer, &backward.grad_weights[layer - 1])
            }
            ParameterGroup::Biases => {
                self.upright("grad_biases", layer, &backward.grad_biases[layer - 1])
            }
        })
    }

    fn gradient_symbol(&self, kind: ParameterGroup, layer: usize) -> Math {
        self.math(&format!("frac{{∂E}}{{∂{}^[{layer}]}}", kind.letter()))
    }

    fn after(&self, update: &WorkedUpdate<'_>, kind: ParameterGroup, layer: usize) -> Math {
        let values = match kind {
            ParameterGroup::Weights => &update.trace.weights,
            ParameterGroup::Biases => &update.trace.biases,
        };
        m(self.shaped(kind, kind.name(), layer, &values[layer - 1]))
    }

    /// One of the optimiser's vectors after the update, or before it.
    fn state(
        &self,
        update: &WorkedUpdate<'_>,
        index: usize,
        kind: ParameterGroup,
        layer: usize,
    ) -> Matrix {
        let (name, weights, biases) = &update.trace.optimizer_state[index];
        let values = if kind == ParameterGroup::Weights { weights } else { biases };
        self.shaped(kind, &format!("{name}_{}", kind.name()), layer, &values[layer - 1])
    }

    fn state_before(
        &self,
        update: &WorkedUpdate<'_>,
        index: usize,
        kind: ParameterGroup,
        layer: usize,
    ) -> Math {
        let name = format!("{}_{}_before", update.trace.optimizer_state[index].0, kind.name());
        match update.state_before.get(index) {
            Some((_, weights, biases)) => {
                let values = if kind == ParameterGroup::Weights { weights } else { biases };
                m(self.shaped(kind, &name, layer, &values[layer - 1]))
            }
            // Every state that is shown before its step is 0 at first.
            None => {
                let after = self.state(update, index, kind, layer);
                let quantity = self.quantity(&name, Some(layer));
                m(Matrix::new(after.rows(), after.columns(), |_, _| 0.0, quantity))
            }
        }
    }

    /// w ← w − η g
    fn descent(
        &mut self,
        update: &WorkedUpdate<'_>,
        sgd: &Sgd,
        kind: ParameterGroup,
        layer: usize,
    ) {
        let p = kind.letter();
        let equation = self
            .formula(&format!("{p}^[{layer}] ← {p}^[{layer}] − η frac{{∂E}}{{∂{p}^[{layer}]}}"))
            .equals(Math::spaced([
                self.parameter_before(kind, layer),
                sign('−'),
                self.given("learning_rate", sgd.learning_rate),
                self.gradient(kind, layer),
            ]))
            .equals(self.after(update, kind, layer));
        let name = format!("{p}{layer}");
        self.equation(equation, format!("{name} = {name} - eta * d{name}"), &name);
    }

    fn momentum(
        &mut self,
        update: &WorkedUpdate<'_>,
        sgd: &Sgd,
        kind: ParameterGroup,
        layer: usize,
    ) {
        let p = kind.letter();
        let name = format!("{p}{layer}");
        let g = self.gradient_symbol(kind, layer);
        let (mu, eta) =
            (self.given("momentum", sgd.momentum), self.given("learning_rate", sgd.learning_rate));
        let velocity = self.state(update, 0, kind, layer);
        let equation =
            Equation::of(self.math(&format!("v_{{{p}^[{layer}]}} ← μ v_{{{p}^[{layer}]}} − η")));
        let equation = with_right(equation, g)
            .equals(Math::spaced([
                mu.clone(),
                self.state_before(update, 0, kind, layer),
                sign('−'),
                eta.clone(),
                self.gradient(kind, layer),
            ]))
            .equals(m(velocity.clone()));
        self.equation(
            equation,
            format!("v_{name} = mu * v_{name} - eta * d{name}"),
            &format!("v_{name}"),
        );
        let (rule, numbers, code) = if sgd.nesterov {
            (
                format!(
                    "{p}^[{layer}] ← {p}^[{layer}] + μ v_{{{p}^[{layer}]}} − η frac{{∂E}}{{∂{p}^[{layer}]}}"
                ),
                vec![sign('+'), mu, m(velocity), sign('−'), eta, self.gradient(kind, layer)],
                format!("{name} = {name} + mu * v_{name} - eta * d{name}"),
            )
        } else {
            (
                format!("{p}^[{layer}] ← {p}^[{layer}] + v_{{{p}^[{layer}]}}"),
                vec![sign('+'), m(velocity)],
                format!("{name} = {name} + v_{name}"),
            )
        };
        let mut pieces = vec![self.parameter_before(kind, layer)];
        pieces.extend(numbers);
        let equation = self
            .formula(&rule)
            .equals(Math::spaced(pieces))
            .equals(self.after(update, kind, layer));
        self.equation(equation, code, &name);
    }

    fn adam(&mut self, update: &WorkedUpdate<'_>, o: &AdamW, kind: ParameterGroup, layer: usize) {
        let p = kind.letter();
        let name = format!("{p}{layer}");
        let k = self.k(update);
        for (index, letter, power, beta, other) in
            [(0, "m", "", o.beta1, "1"), (1, "v", "^2", o.beta2, "2")]
        {
            let rest = Math::spaced([
                Math::Digits("1".into()),
                sign('−'),
                self.given(&format!("beta{other}"), beta),
            ])
            .in_brackets();
            let square = |math: Math| {
                if power.is_empty() {
                    math
                } else {
                    Math::Upper(Box::new(math), Box::new(Math::Digits("2".into())))
                }
            };
            let left = self.math(&format!(
                "{letter}_{{{p}^[{layer}]}} ← β_{other} {letter}_{{{p}^[{layer}]}} + (1 − β_{other}) (frac{{∂E}}{{∂{p}^[{layer}]}}){power}"
            ));
            let equation = Equation::of(left)
                .equals(Math::spaced([
                    self.given(&format!("beta{other}"), beta),
                    self.state_before(update, index, kind, layer),
                    sign('+'),
                    rest,
                    square(self.gradient(kind, layer)),
                ]))
                .equals(m(self.state(update, index, kind, layer)));
            let squared = if power.is_empty() { "" } else { " ** 2" };
            let code = format!(
                "{letter}_{name} = beta{other} * {letter}_{name} + (1 - beta{other}) * d{name}{squared}"
            );
            self.equation(equation, code, &format!("{letter}_{name}"));
        }
        if layer == self.last() && kind == ParameterGroup::Weights {
            self.paragraph("Squares, roots and quotients are taken entry by entry; behind a matrix, ½ as an exponent is the root.");
        }
        let corrected = |index: usize, beta: f64| {
            let (_, weights, biases) = &update.trace.optimizer_state[index];
            let values = if kind == ParameterGroup::Weights { weights } else { biases };
            let scale = 1.0 - beta.powi(i32::try_from(k).unwrap_or(i32::MAX));
            values[layer - 1].shown().mapv(|v| v / scale)
        };
        let (m_hat, v_hat) = (corrected(0, o.beta1), corrected(1, o.beta2));
        for (letter, other, values) in [("m", "1", &m_hat), ("v", "2", &v_hat)] {
            let matrix = self.computed(kind, &format!("{letter}_corrected"), layer, values);
            let formula = format!("frac{{{letter}_{{{p}^[{layer}]}}}}{{1 − β_{other}^k}}");
            let (index, beta) = if letter == "m" { (0, o.beta1) } else { (1, o.beta2) };
            let power = Math::Upper(
                Box::new(self.given(&format!("beta{other}"), beta).in_brackets()),
                Box::new(self.given("step", k as f64)),
            );
            let one = || Math::Digits("1".into());
            let rest = Math::spaced([one(), sign('−'), power]);
            let numbers = Math::spaced([
                Math::Fraction(Box::new(one()), Box::new(rest)),
                m(self.state(update, index, kind, layer)),
            ]);
            let equation = self.formula(&formula).equals(numbers).equals(m(matrix));
            let result = format!("{letter}_{name} / (1 - beta{other} ** {k})");
            self.equation(equation, String::new(), &result);
        }
        let mean = m(self.computed(kind, "m_corrected", layer, &m_hat));
        let spread = Math::Upper(
            Box::new(m(self.computed(kind, "v_corrected", layer, &v_hat))),
            Box::new(sign('½')),
        );
        let numbers = Math::spaced([
            mean,
            sign('/'),
            Math::spaced([spread, sign('+'), self.given("epsilon", o.epsilon)]).in_brackets(),
        ]);
        let mut ratio = m_hat;
        ratio.zip_mut_with(&v_hat, |m, &v| *m /= v.sqrt() + o.epsilon);
        let step = self.computed(kind, "adam_step", layer, &ratio);
        let formula = format!(
            "s_{{{p}^[{layer}]}} = frac{{m_{{{p}^[{layer}]}} / (1 − β_1^k)}}{{sqrt{{v_{{{p}^[{layer}]}} / (1 − β_2^k)}} + ε}}"
        );
        let equation = self.formula(&formula).equals(numbers).equals(m(step.clone()));
        let code = format!(
            "s_{name} = (m_{name} / (1 - beta1 ** {k})) / (np.sqrt(v_{name} / (1 - beta2 ** {k})) + epsilon)"
        );
        self.equation(equation, code, &format!("s_{name}"));
        let eta = self.given("learning_rate", o.learning_rate);
        let mut formula = format!("{p}^[{layer}] ← {p}^[{layer}] − η s_{{{p}^[{layer}]}}");
        let mut numbers = vec![self.parameter_before(kind, layer), sign('−'), eta.clone(), m(step)];
        let mut code = format!("{name} = {name} - eta * s_{name}");
        if o.weight_decay > 0.0 && kind == ParameterGroup::Weights {
            formula += &format!(" − η ω {p}^[{layer}]");
            let omega = self.given("weight_decay", o.weight_decay);
            numbers.extend([sign('−'), eta, sign('·'), omega, self.parameter_before(kind, layer)]);
            code += &format!(" - eta * omega * {name}");
        }
        let equation = self
            .formula(&formula)
            .equals(Math::spaced(numbers))
            .equals(self.after(update, kind, layer));
        self.equation(equation, code, &name);
    }

    /// Numbers in the shape of a parameter, computed for the document.
    fn computed(
        &self,
        kind: ParameterGroup,
        name: &str,
        layer: usize,
        values: &Array2<f64>,
    ) -> Matrix {
        let quantity = self.quantity(&format!("{name}_{}", kind.name()), Some(layer));
        self.result(match kind {
            ParameterGroup::Weights => {
                Matrix::new(values.nrows(), values.ncols(), |r, c| values[[r, c]], quantity)
            }
            ParameterGroup::Biases => {
                Matrix::new(values.ncols(), 1, |r, _| values[[0, r]], quantity)
            }
        })
    }

    /// Whether each sign of the gradient agrees with that of the step before; the step size; the step; the new parameter.
    fn rprop(&mut self, update: &WorkedUpdate<'_>, kind: ParameterGroup, layer: usize) {
        let p = kind.letter();
        let name = format!("{p}{layer}");
        let agreement = self.agreement(update, kind, layer);
        let signs = || Math::word("sign");
        let symbol = format!("sign(frac{{∂E}}{{∂{p}^[{layer}]}}) ∘ sign(p_{{{p}^[{layer}]}})");
        let equation = Equation::new(self.math(&symbol))
            .equals(Math::spaced([
                signs(),
                self.gradient(kind, layer),
                sign('∘'),
                signs(),
                self.state_before(update, 1, kind, layer),
            ]))
            .equals(m(self.computed(kind, "agreement", layer, &agreement)));
        let code = format!("agreement = np.sign(d{name}) * np.sign(previous_{name})\nold = {name}");
        self.equation(equation, code, "agreement");
        self.sizes(update, kind, layer);
        let step = self.computed(kind, "rprop_step", layer, &self.rprop_step(update, kind, layer));
        let mut equation = self.formula(&format!("s_{{{p}^[{layer}]}}"));
        // Where a sign turned, the step is another one: the rules above say which.
        if agreement.iter().all(|agrees| *agrees >= 0.0) {
            equation =
                equation
                    .equals(self.math(&format!(
                        "−sign(frac{{∂E}}{{∂{p}^[{layer}]}}) ∘ Δ_{{{p}^[{layer}]}}"
                    )))
                    .equals(Math::spaced([
                        Math::Row(vec![sign('−'), signs()]),
                        self.gradient(kind, layer),
                        sign('∘'),
                        m(self.state(update, 0, kind, layer)),
                    ]));
        }
        let equation = equation.equals(m(step.clone()));
        self.equation(equation, String::new(), &format!("{name} - old"));
        let equation = self
            .formula(&format!("{p}^[{layer}] ← {p}^[{layer}] + s_{{{p}^[{layer}]}}"))
            .equals(Math::spaced([self.parameter_before(kind, layer), sign('+'), m(step)]))
            .equals(self.after(update, kind, layer));
        self.equation(equation, String::new(), &name);
        let equation = self
            .formula(&format!("p_{{{p}^[{layer}]}}"))
            .equals(m(self.state(update, 1, kind, layer)));
        self.equation(equation, String::new(), &format!("previous_{name}"));
    }

    /// The sizes of the steps: those before, each times the factor that the agreement of the signs asks for.
    fn sizes(&mut self, update: &WorkedUpdate<'_>, kind: ParameterGroup, layer: usize) {
        let p = kind.letter();
        let name = format!("{p}{layer}");
        let after = self.state(update, 0, kind, layer);
        let mut equation = self.formula(&format!("Δ_{{{p}^[{layer}]}}"));
        let before = update.state_before.first().map(|(_, weights, biases)| match kind {
            ParameterGroup::Weights => weights[layer - 1].clone(),
            ParameterGroup::Biases => biases[layer - 1].clone(),
        });
        if let (Some(before), Optimizer::Rprop(o)) = (before, update.optimizer) {
            let factors = self.agreement(update, kind, layer).mapv(|agrees| match agrees {
                a if a > 0.0 => o.increase,
                a if a < 0.0 => o.decrease,
                _ => 1.0,
            });
            let old = format!("step_size_{}_before", kind.name());
            let products = &factors * &before.value;
            let (_, weights, biases) = &update.trace.optimizer_state[0];
            let new = if kind == ParameterGroup::Weights { weights } else { biases };
            // At its limits a size is no product.
            let limited = products
                .iter()
                .zip(&new[layer - 1].value)
                .any(|(product, size)| (product - size).abs() > 1e-12 * size.abs());
            if !limited {
                equation = equation.equals(Math::spaced([
                    m(self.computed(kind, "size_factor", layer, &factors)),
                    sign('∘'),
                    m(self.shaped(kind, &old, layer, &before)),
                ]));
            }
        }
        let code = format!(
            "{name}, size_{name}, previous_{name} = rprop({name}, d{name}, size_{name}, previous_{name}, rose)"
        );
        self.equation(equation.equals(m(after)), code, &format!("size_{name}"));
    }

    /// sign(g) sign(p), entry by entry; what is shown as 0 can still have a sign.
    fn agreement(
        &self,
        update: &WorkedUpdate<'_>,
        kind: ParameterGroup,
        layer: usize,
    ) -> Array2<f64> {
        let mut signs = self.gradient_values(kind, layer).value.mapv(signum);
        match update.state_before.get(1) {
            Some((_, weights, biases)) => {
                let before = if kind == ParameterGroup::Weights { weights } else { biases };
                signs.zip_mut_with(&before[layer - 1].value, |s, p| *s *= signum(*p));
            }
            None => signs.fill(0.0),
        }
        signs
    }

    /// What the rule adds to each parameter.
    fn rprop_step(
        &self,
        update: &WorkedUpdate<'_>,
        kind: ParameterGroup,
        layer: usize,
    ) -> Array2<f64> {
        let mut step = self.agreement(update, kind, layer);
        let gradient = &self.gradient_values(kind, layer).value;
        let of = |(_, weights, biases): &(String, Vec<Bounded>, Vec<Bounded>)| {
            let values = if kind == ParameterGroup::Weights { weights } else { biases };
            values[layer - 1].value.clone()
        };
        let sizes = of(&update.trace.optimizer_state[0]);
        let before = update.state_before;
        let moved = |at: (usize, usize)| {
            let (old, new) = match kind {
                ParameterGroup::Weights => (
                    self.numbers.network.weights(layer - 1)[at],
                    update.trace.weights[layer - 1].value[at],
                ),
                ParameterGroup::Biases => (
                    self.numbers.network.biases(layer - 1)[at.1],
                    update.trace.biases[layer - 1].value[at],
                ),
            };
            old != new
        };
        for (at, s) in step.indexed_iter_mut() {
            *s = if *s < 0.0 {
                // The step before is taken back, where the loss rose.
                match before {
                    [old_sizes, previous, ..] if moved(at) => {
                        signum(of(previous)[at]) * of(old_sizes)[at]
                    }
                    _ => 0.0,
                }
            } else {
                -signum(gradient[at]) * sizes[at]
            };
        }
        step
    }

    fn gradient_values(&self, kind: ParameterGroup, layer: usize) -> Bounded {
        let shape = || Array2::zeros((0, 0));
        let Some(backward) = &self.numbers.trace.backward else {
            return Bounded { value: shape(), bound: shape() };
        };
        match kind {
            ParameterGroup::Weights => backward.grad_weights[layer - 1].clone(),
            ParameterGroup::Biases => backward.grad_biases[layer - 1].clone(),
        }
    }
}

/// −1, 0 or 1.
fn signum(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// The equation with a piece put behind its last relation.
fn with_right(mut equation: Equation, piece: Math) -> Equation {
    if let Some(relation) = equation.relations.last_mut() {
        let right = std::mem::replace(&mut relation.right, Math::Space);
        relation.right = Math::spaced([right, piece]);
    }
    equation
}

/// A sentence begins with a capital, unless it begins with a formula, or with a name such as iRprop+.
///
/// # Example
///
/// ```
/// assert_eq!(deltarule_worked::capital("squared error"), "Squared error");
/// assert_eq!(deltarule_worked::capital("iRprop+"), "iRprop+");
/// ```
pub fn capital(words: &str) -> String {
    if words.chars().nth(1).is_some_and(char::is_uppercase) {
        return words.into();
    }
    let mut characters = words.chars();
    let first = characters.next();
    first.into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
