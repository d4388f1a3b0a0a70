//! The update: the rule, the optimiser's state, and the new parameters.

use deltarule::trace::{ParameterKind, UpdateTrace};
use deltarule::{AdamW, Optimizer, Rmsprop, Sgd};
use deltarule_document::{Equation, Math, Prose};
use ndarray::Array2;

use crate::catalogue;
use crate::step::{Context, m, sign, traced};

/// The letter of a parameter.
fn letter(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::Weights => "w",
        ParameterKind::Biases => "b",
    }
}

impl Context<'_, '_> {
    pub(crate) fn update(&mut self, update: &UpdateTrace) {
        self.heading("Update");
        let plain = update.state.is_empty();
        if !plain {
            self.rules(update);
        }
        for layer in (1..=self.last()).rev() {
            for kind in ParameterKind::BOTH {
                if kind == ParameterKind::Biases && !self.numbers.options.train_biases {
                    continue;
                }
                match &update.optimizer {
                    Optimizer::Sgd(sgd) if plain => self.descent(sgd, kind, layer),
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
                    Optimizer::Rmsprop(o) => self.rmsprop(update, o, kind, layer),
                    Optimizer::Rprop(_) => self.rprop(update, kind, layer),
                    // It has no single step, so that there is none to show.
                    Optimizer::Lbfgs(_) => {}
                }
            }
        }
        if !self.numbers.options.train_biases {
            self.paragraph("The biases are not trained: they stay as they are.");
        }
    }

    /// The optimiser's rules and what their letters mean.
    fn rules(&mut self, update: &UpdateTrace) {
        let formulas = catalogue::optimizer(&update.optimizer);
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
            prose =
                prose.and(" Here $k$ = ").and_math(self.given("step", update.step as f64)).and(".");
        }
        if let Optimizer::Rprop(_) = update.optimizer {
            prose = prose.and(" $s$ is the step, what is added to the parameter.");
        }
        self.document.paragraph(prose);
    }

    fn parameter_before(&self, kind: ParameterKind, layer: usize) -> Math {
        m(match kind {
            ParameterKind::Weights => self.weights(layer),
            ParameterKind::Biases => self.biases(layer),
        })
    }

    fn gradient(&self, kind: ParameterKind, layer: usize) -> Math {
        m(self.shown(kind.gradient(layer)))
    }

    fn gradient_symbol(&self, kind: ParameterKind, layer: usize) -> Math {
        self.math(&format!("frac{{∂E}}{{∂{}^[{layer}]}}", letter(kind)))
    }

    fn after(&self, kind: ParameterKind, layer: usize) -> Math {
        m(self.shown(kind.updated(layer)))
    }

    /// One of the optimiser's vectors after the update.
    fn state(&self, name: &'static str, kind: ParameterKind, layer: usize) -> Math {
        m(self.shown(kind.state(name, layer)))
    }

    /// One of the optimiser's vectors before the update. What it is before the first one is given.
    fn state_before(
        &self,
        update: &UpdateTrace,
        name: &'static str,
        kind: ParameterKind,
        layer: usize,
    ) -> Math {
        let quantity = kind.state(name, layer);
        let numbers = self.numbers.trace.before(quantity);
        let name = format!("{}_before", quantity.family());
        let matrix = traced(self.quantity(&name, Some(layer)), numbers);
        m(if update.step == 1 { matrix } else { self.result(matrix) })
    }

    /// A number on the way to the step, for each parameter.
    fn on_the_way(&self, name: &str, kind: ParameterKind, layer: usize) -> Math {
        let numbers = self.numbers.trace.intermediate(name, kind, layer);
        m(self.result(traced(self.quantity(&kind.suffixed(name), Some(layer)), numbers)))
    }

    /// The same as it was computed.
    fn values_on_the_way(&self, name: &str, kind: ParameterKind, layer: usize) -> Array2<f64> {
        let numbers = self.numbers.trace.intermediate(name, kind, layer);
        numbers.map(|numbers| numbers.value.into_owned()).unwrap_or_default()
    }

    /// w ← w − η g
    fn descent(&mut self, sgd: &Sgd, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let equation = self
            .formula(&format!("{p}^[{layer}] ← {p}^[{layer}] − η frac{{∂E}}{{∂{p}^[{layer}]}}"))
            .equals(Math::spaced([
                self.parameter_before(kind, layer),
                sign('−'),
                self.given("learning_rate", sgd.learning_rate),
                self.gradient(kind, layer),
            ]))
            .equals(self.after(kind, layer));
        let name = format!("{p}{layer}");
        self.equation(equation, format!("{name} = {name} - eta * d{name}"), &name);
    }

    fn momentum(&mut self, update: &UpdateTrace, sgd: &Sgd, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let name = format!("{p}{layer}");
        let g = self.gradient_symbol(kind, layer);
        let (mu, eta) =
            (self.given("momentum", sgd.momentum), self.given("learning_rate", sgd.learning_rate));
        let velocity = self.state("velocity", kind, layer);
        let equation =
            Equation::of(self.math(&format!("v_{{{p}^[{layer}]}} ← μ v_{{{p}^[{layer}]}} − η")));
        let equation = with_right(equation, g)
            .equals(Math::spaced([
                mu.clone(),
                self.state_before(update, "velocity", kind, layer),
                sign('−'),
                eta.clone(),
                self.gradient(kind, layer),
            ]))
            .equals(velocity.clone());
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
                vec![sign('+'), mu, velocity, sign('−'), eta, self.gradient(kind, layer)],
                format!("{name} = {name} + mu * v_{name} - eta * d{name}"),
            )
        } else {
            (
                format!("{p}^[{layer}] ← {p}^[{layer}] + v_{{{p}^[{layer}]}}"),
                vec![sign('+'), velocity],
                format!("{name} = {name} + v_{name}"),
            )
        };
        let mut pieces = vec![self.parameter_before(kind, layer)];
        pieces.extend(numbers);
        let equation =
            self.formula(&rule).equals(Math::spaced(pieces)).equals(self.after(kind, layer));
        self.equation(equation, code, &name);
    }

    fn adam(&mut self, update: &UpdateTrace, o: &AdamW, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let name = format!("{p}{layer}");
        let k = update.step;
        self.running_mean(update, ("m", false), ("beta1", "β_1", o.beta1), kind, layer);
        self.running_mean(update, ("v", true), ("beta2", "β_2", o.beta2), kind, layer);
        self.entry_by_entry(kind, layer);
        for (letter, other, beta) in [("m", "1", o.beta1), ("v", "2", o.beta2)] {
            let formula = format!("frac{{{letter}_{{{p}^[{layer}]}}}}{{1 − β_{other}^k}}");
            let power = Math::Upper(
                Box::new(self.given(&format!("beta{other}"), beta).in_brackets()),
                Box::new(self.given("step", k as f64)),
            );
            let one = || Math::Digits("1".into());
            let rest = Math::spaced([one(), sign('−'), power]);
            let numbers = Math::spaced([
                Math::Fraction(Box::new(one()), Box::new(rest)),
                self.state(letter, kind, layer),
            ]);
            let corrected = self.on_the_way(&format!("{letter}_corrected"), kind, layer);
            let equation = self.formula(&formula).equals(numbers).equals(corrected);
            let result = format!("{letter}_{name} / (1 - beta{other} ** {k})");
            self.equation(equation, String::new(), &result);
        }
        let mean = self.on_the_way("m_corrected", kind, layer);
        let spread =
            Math::Upper(Box::new(self.on_the_way("v_corrected", kind, layer)), Box::new(sign('½')));
        let numbers = Math::spaced([
            mean,
            sign('/'),
            Math::spaced([spread, sign('+'), self.given("epsilon", o.epsilon)]).in_brackets(),
        ]);
        let step = self.on_the_way("adam_step", kind, layer);
        let formula = format!(
            "s_{{{p}^[{layer}]}} = frac{{m_{{{p}^[{layer}]}} / (1 − β_1^k)}}{{sqrt{{v_{{{p}^[{layer}]}} / (1 − β_2^k)}} + ε}}"
        );
        let equation = self.formula(&formula).equals(numbers).equals(step.clone());
        let code = format!(
            "s_{name} = (m_{name} / (1 - beta1 ** {k})) / (np.sqrt(v_{name} / (1 - beta2 ** {k})) + epsilon)"
        );
        self.equation(equation, code, &format!("s_{name}"));
        let eta = self.given("learning_rate", o.learning_rate);
        let mut formula = format!("{p}^[{layer}] ← {p}^[{layer}] − η s_{{{p}^[{layer}]}}");
        let mut numbers = vec![self.parameter_before(kind, layer), sign('−'), eta.clone(), step];
        let mut code = format!("{name} = {name} - eta * s_{name}");
        if o.weight_decay > 0.0 && kind == ParameterKind::Weights {
            formula += &format!(" − η ω {p}^[{layer}]");
            let omega = self.given("weight_decay", o.weight_decay);
            numbers.extend([sign('−'), eta, sign('·'), omega, self.parameter_before(kind, layer)]);
            code += &format!(" - eta * omega * {name}");
        }
        let equation =
            self.formula(&formula).equals(Math::spaced(numbers)).equals(self.after(kind, layer));
        self.equation(equation, code, &name);
    }

    /// m ← β m + (1 − β) g, or the same of g²: the letter and whether of squares; key, letter and value of β.
    fn running_mean(
        &mut self,
        update: &UpdateTrace,
        (letter, of_squares): (&'static str, bool),
        (key, symbol, beta): (&str, &str, f64),
        kind: ParameterKind,
        layer: usize,
    ) {
        let p = self::letter(kind);
        let name = format!("{p}{layer}");
        let rest = Math::spaced([Math::Digits("1".into()), sign('−'), self.given(key, beta)])
            .in_brackets();
        let gradient = self.gradient(kind, layer);
        let (power, squared, gradient) = if of_squares {
            let two = Math::Digits("2".into());
            ("^2", " ** 2", Math::Upper(Box::new(gradient), Box::new(two)))
        } else {
            ("", "", gradient)
        };
        let left = self.math(&format!(
            "{letter}_{{{p}^[{layer}]}} ← {symbol} {letter}_{{{p}^[{layer}]}} + (1 − {symbol}) (frac{{∂E}}{{∂{p}^[{layer}]}}){power}"
        ));
        let equation = Equation::of(left)
            .equals(Math::spaced([
                self.given(key, beta),
                self.state_before(update, letter, kind, layer),
                sign('+'),
                rest,
                gradient,
            ]))
            .equals(self.state(letter, kind, layer));
        let code =
            format!("{letter}_{name} = {key} * {letter}_{name} + (1 - {key}) * d{name}{squared}");
        self.equation(equation, code, &format!("{letter}_{name}"));
    }

    /// Says once what is done entry by entry.
    fn entry_by_entry(&mut self, kind: ParameterKind, layer: usize) {
        if layer == self.last() && kind == ParameterKind::Weights {
            self.paragraph("Squares, roots and quotients are taken entry by entry; behind a matrix, ½ as an exponent is the root.");
        }
    }

    fn rmsprop(&mut self, update: &UpdateTrace, o: &Rmsprop, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let name = format!("{p}{layer}");
        self.running_mean(update, ("v", true), ("rho", "ρ", o.rho), kind, layer);
        self.entry_by_entry(kind, layer);
        let root = self.on_the_way("v_root", kind, layer);
        let half = Math::Upper(Box::new(self.state("v", kind, layer)), Box::new(sign('½')));
        let equation =
            self.formula(&format!("sqrt{{v_{{{p}^[{layer}]}}}}")).equals(half).equals(root.clone());
        self.equation(equation, String::new(), &format!("np.sqrt(v_{name})"));
        let step = self.on_the_way("rmsprop_step", kind, layer);
        let equation = self
            .formula(&format!(
                "s_{{{p}^[{layer}]}} = frac{{∂E / ∂{p}^[{layer}]}}{{sqrt{{v_{{{p}^[{layer}]}}}} + ε}}"
            ))
            .equals(Math::spaced([
                self.gradient(kind, layer),
                sign('/'),
                Math::spaced([root, sign('+'), self.given("epsilon", o.epsilon)]).in_brackets(),
            ]))
            .equals(step.clone());
        let code = format!("s_{name} = d{name} / (np.sqrt(v_{name}) + epsilon)");
        self.equation(equation, code, &format!("s_{name}"));
        let equation = self
            .formula(&format!("{p}^[{layer}] ← {p}^[{layer}] − η s_{{{p}^[{layer}]}}"))
            .equals(Math::spaced([
                self.parameter_before(kind, layer),
                sign('−'),
                self.given("learning_rate", o.learning_rate),
                step,
            ]))
            .equals(self.after(kind, layer));
        self.equation(equation, format!("{name} = {name} - eta * s_{name}"), &name);
    }

    /// Whether each sign of the gradient agrees with that of the step before; the step size; the step; the new parameter.
    fn rprop(&mut self, update: &UpdateTrace, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let name = format!("{p}{layer}");
        let signs = || Math::word("sign");
        let symbol = format!("sign(frac{{∂E}}{{∂{p}^[{layer}]}}) ∘ sign(p_{{{p}^[{layer}]}})");
        let equation = Equation::new(self.math(&symbol))
            .equals(Math::spaced([
                signs(),
                self.gradient(kind, layer),
                sign('∘'),
                signs(),
                self.state_before(update, "previous_gradient", kind, layer),
            ]))
            .equals(self.on_the_way("agreement", kind, layer));
        let code = format!("agreement = np.sign(d{name}) * np.sign(previous_{name})\nold = {name}");
        self.equation(equation, code, "agreement");
        self.sizes(update, kind, layer);
        let step = self.on_the_way("rprop_step", kind, layer);
        let mut equation = self.formula(&format!("s_{{{p}^[{layer}]}}"));
        // Where a sign turned, the step is another one: the rules above say which.
        let agreement = self.values_on_the_way("agreement", kind, layer);
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
                        self.state("step_size", kind, layer),
                    ]));
        }
        let equation = equation.equals(step.clone());
        self.equation(equation, String::new(), &format!("{name} - old"));
        let equation = self
            .formula(&format!("{p}^[{layer}] ← {p}^[{layer}] + s_{{{p}^[{layer}]}}"))
            .equals(Math::spaced([self.parameter_before(kind, layer), sign('+'), step]))
            .equals(self.after(kind, layer));
        self.equation(equation, String::new(), &name);
        let equation = self.formula(&format!("p_{{{p}^[{layer}]}}")).equals(self.state(
            "previous_gradient",
            kind,
            layer,
        ));
        self.equation(equation, String::new(), &format!("previous_{name}"));
    }

    /// The sizes of the steps: those before, each times the factor that the agreement of the signs asks for.
    fn sizes(&mut self, update: &UpdateTrace, kind: ParameterKind, layer: usize) {
        let p = letter(kind);
        let name = format!("{p}{layer}");
        let mut equation = self.formula(&format!("Δ_{{{p}^[{layer}]}}"));
        let sizes = self.numbers.trace.get(kind.state("step_size", layer));
        let products = self.numbers.trace.intermediate("unlimited_size", kind, layer);
        // At its limits a size is no product.
        let limited = match (&sizes, &products) {
            (Some(sizes), Some(products)) => sizes.value != products.value,
            _ => true,
        };
        if update.step > 1 && !limited {
            equation = equation.equals(Math::spaced([
                self.on_the_way("size_factor", kind, layer),
                sign('∘'),
                self.state_before(update, "step_size", kind, layer),
            ]));
        }
        let code = format!(
            "{name}, size_{name}, previous_{name} = rprop({name}, d{name}, size_{name}, previous_{name}, rose)"
        );
        let after = self.state("step_size", kind, layer);
        self.equation(equation.equals(after), code, &format!("size_{name}"));
    }
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
