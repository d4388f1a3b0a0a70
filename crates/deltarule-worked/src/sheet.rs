//! The note sheet: the formulas of activations, losses and optimisers on one page.

use std::fmt;

use deltarule::{Activation, Choice, Loss, Optimizer, ParameterRole};
use deltarule_document::{
    Block, Curve, Document, Drawing, Equation, Figure, Inline, Math, Plot, Prose, Table,
};

use crate::catalogue::{activation, loss, optimizer};
use crate::python;

/// A name that stands for no activation, loss or optimiser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    name: String,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |names: Vec<&str>| names.join(", ");
        write!(
            f,
            "there is no activation, loss or optimiser called {:?}\n  activations: {}\n  losses: {}\n  optimisers: {}",
            self.name,
            names(Activation::names()),
            names(Loss::names()),
            names(Optimizer::names()),
        )
    }
}

impl std::error::Error for UnknownName {}

/// The formulas of the named activations, losses and optimisers, or of all, on one page.
///
/// # Errors
/// When a name stands for nothing; the message lists the names.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_worked::formula_sheet;
///
/// let sheet = formula_sheet(&["tanh".to_string()])?;
/// assert!(render_text(&sheet, &TextOptions::default()).contains("1 − tanh² z"));
/// # Ok::<(), deltarule_worked::UnknownName>(())
/// ```
pub fn formula_sheet(names: &[String]) -> Result<Document, UnknownName> {
    let (mut activations, mut losses, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        if let Ok(f) = Activation::of_name(name) {
            activations.push(f);
        } else if let Ok(e) = Loss::of_name(name) {
            losses.push(e);
        } else if let Ok(o) = Optimizer::of_name(name) {
            chosen.push(o);
        } else {
            return Err(UnknownName { name: name.clone() });
        }
    }
    if names.is_empty() {
        activations = Activation::ALL.to_vec();
        losses = Loss::ALL.to_vec();
        chosen = Optimizer::ALL.to_vec();
    }
    let mut document = Document::new("Formulas of the multilayer perceptron");
    document.compact = names.is_empty();
    if names.is_empty() {
        backpropagation(&mut document);
    }
    if !activations.is_empty() {
        document.heading(1, "Activations");
        let header = if names.is_empty() {
            vec!["".into(), "".into(), "$f(z)$".into(), "$f'(z)$".into()]
        } else {
            ["", "", "$f(z)$", "$f'(z)$", "when"].map(Prose::new).to_vec()
        };
        let rows = activations.iter().map(|f| activation_row(*f, !names.is_empty())).collect();
        document.blocks.push(Block::Table(Table { header, rows }));
        letters(
            &mut document,
            activations.iter().filter_map(|f| Some((f.name(), activation(*f).letters?))),
        );
    }
    if !losses.is_empty() {
        document.heading(1, "Losses");
        let mut header = ["", "$E$ of one example", "$∂E/∂x$"].map(Prose::new).to_vec();
        if !names.is_empty() {
            header.push("when".into());
        }
        let rows = losses.iter().map(|e| loss_row(*e, !names.is_empty())).collect();
        document.blocks.push(Block::Table(Table { header, rows }));
        letters(&mut document, losses.iter().filter_map(|e| Some((e.name(), loss(*e).letters?))));
        document.paragraph(
            "Natural pairs: $δ = x − t$ for softmax with cross-entropy (targets that sum to 1), sigmoid with binary cross-entropy, \
             exp with Poisson, identity with squared error.",
        );
    }
    if !chosen.is_empty() {
        document.heading(1, "Optimisers");
        let header = ["", "a step of a parameter $w$ with gradient $g$"].map(Prose::new).to_vec();
        let rows = chosen.iter().map(optimizer_row).collect();
        document.blocks.push(Block::Table(Table { header, rows }));
        if names.is_empty() {
            document.paragraph(Prose::new(&format!(
                "$η$ learning rate, $μ$ momentum, {} constants, $ω$ weight decay, $k$ number of the step, \
                 $v$ velocity or mean of $g^2$, $m$ mean of $g$, $p$ last gradient, $Δ$ step size, $H$ estimate of the inverse \
                 Hessian, $α$ from a line search. $v$, $m$ and $p$ begin at 0, $Δ$ at 0.1.",
                constants()
            )));
        } else {
            for o in &chosen {
                let formulas = optimizer(o);
                document.paragraph(
                    Prose::text(format!("{}: ", o.name()))
                        .and(formulas.letters)
                        .and(". ")
                        .and(formulas.remark),
                );
            }
        }
    }
    if !names.is_empty() {
        for f in activations {
            figure(&mut document, f);
        }
    }
    Ok(document)
}

/// The passes, a line each.
fn backpropagation(document: &mut Document) {
    document.heading(1, "Backpropagation");
    let header = ["", "first", "then"].map(Prose::new).to_vec();
    let rows = vec![
        ["forward", "$z^[l] = w^[l] x^[l−1] + b^[l]$", "$x^[l] = f(z^[l])$"],
        [
            "backward",
            "$δ^[L] = ∂E/∂x^[L] ∘ f'(z^[L])$",
            "$δ^[l] = (w^[l+1])^T δ^[l+1] ∘ f'(z^[l])$",
        ],
        ["gradients", "$∂E/∂w^[l] = δ^[l] (x^[l−1])^T$", "$∂E/∂b^[l] = δ^[l]$, a batch: $δ^[l] 1$"],
        ["update", "$w^[l] ← w^[l] − η ∂E/∂w^[l]$", "$b^[l] ← b^[l] − η ∂E/∂b^[l]$"],
    ];
    let rows = rows.into_iter().map(|row| row.map(Prose::new).to_vec()).collect();
    document.blocks.push(Block::Table(Table { header, rows }));
}

fn math(formula: &str) -> Prose {
    Prose(vec![Inline::Math(Math::formula(formula))])
}

fn activation_row(f: Activation, with_remark: bool) -> Vec<Prose> {
    let formulas = activation(f);
    let sketch = if f.is_elementwise() {
        Prose(vec![Inline::Sketch(curves(f, 4.0))])
    } else {
        Prose::default()
    };
    let mut row =
        vec![Prose::text(f.name()), sketch, math(formulas.value), math(formulas.derivative)];
    if with_remark {
        row.push(Prose::new(formulas.remark));
    }
    row
}

fn loss_row(e: Loss, with_remark: bool) -> Vec<Prose> {
    let formulas = loss(e);
    let mut row = vec![Prose::text(e.name()), math(formulas.value), math(formulas.slope)];
    if with_remark {
        row.push(Prose::new(formulas.remark));
    }
    row
}

fn optimizer_row(o: &Optimizer) -> Vec<Prose> {
    let mut rules = Prose::default();
    for (i, rule) in optimizer(o).rules.iter().enumerate() {
        if i > 0 {
            rules = rules.and("; ");
        }
        if !rule.when.is_empty() {
            rules = rules.and(rule.when).and(": ");
        }
        rules = rules.and_math(Math::formula(rule.formula));
    }
    vec![Prose::text(o.name()), rules]
}

/// What letters mean that stand in no other formula.
fn letters(document: &mut Document, letters: impl Iterator<Item = (&'static str, &'static str)>) {
    let mut prose = Prose::default();
    for (name, words) in letters {
        if !prose.0.is_empty() {
            prose = prose.and("; ");
        }
        prose = prose.and_text(format!("{name}: ")).and(words);
    }
    if !prose.0.is_empty() {
        document.paragraph(prose.and("."));
    }
}

/// f and f′ over net inputs from −range to range.
fn curves(f: Activation, range: f64) -> Plot {
    const POINTS: usize = 81;
    let z = |i: usize| range * (2.0 * i as f64 / (POINTS - 1) as f64 - 1.0);
    let value = |z: f64| f.value::<f64>(z);
    let derivative = |z: f64| f.derivative::<f64>(z, value(z));
    // e^z outgrows every other one: its curve is cut at the height that the others reach.
    let points = |g: &dyn Fn(f64) -> f64| {
        (0..POINTS).map(|i| (z(i), g(z(i)))).filter(|(_, y)| *y <= range).collect()
    };
    Plot {
        x_label: "z".into(),
        y_label: String::new(),
        curves: vec![
            Curve { name: "f(z)".into(), points: points(&value) },
            Curve { name: "f′(z)".into(), points: points(&derivative) },
        ],
    }
}

/// One activation and its derivative, large.
fn figure(document: &mut Document, f: Activation) {
    if f == Activation::Softmax {
        return;
    }
    let formulas = activation(f);
    document.heading(2, Prose::text(format!("{} ({})", f.name(), formulas.title)));
    document.equation(Equation::formula(&format!("f(z) = {}", formulas.value)));
    document.equation(Equation::formula(&format!("f'(z) = {}", formulas.derivative)));
    document.blocks.push(Block::Figure(Figure {
        caption: Prose::text(format!("{} and its derivative.", f.name())),
        drawing: Drawing::Plot(curves(f, 4.0)),
    }));
}

/// The letters of the optimisers' constants, those that people call by the letter.
fn constants() -> String {
    let mut letters: Vec<String> = Vec::new();
    for (about, _) in Optimizer::ALL.iter().flat_map(Optimizer::parameters) {
        let letter = format!("${}$", about.symbol);
        let has_words = python::letter(about.symbol) != about.words;
        if about.role == ParameterRole::Choice && !has_words && !letters.contains(&letter) {
            letters.push(letter);
        }
    }
    let last = letters.pop().unwrap_or_default();
    format!("{} and {last}", letters.join(", "))
}
