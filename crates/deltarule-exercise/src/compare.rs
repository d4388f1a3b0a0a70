//! What changes when the loss does: the same exercise with other outputs and another loss, one change at a time.

use std::fmt;

use deltarule::trace::{Bounded, Trace};
use deltarule::{Activation, Init, Loss, Network, Optimizer, Sgd};
use deltarule_document::{
    Block, Curve, Document, Drawing, Equation, Figure, Math, Matrix, Plot, Prose, Quantity, Table,
};
use deltarule_worked::{
    StepNumbers, Style, Update, Writer, activation, capital, loss_formulas, python,
};
use ndarray::{Array2, array};
use serde_json::{Value, json};

use crate::exercise::{Exercise, Mode, Part, Task};
use crate::json::to_json;
use crate::solve::{Solution, SolveError, solve};

/// How many updates the curves of the losses show.
const UPDATES: usize = 200;
/// Where an exercise has no learning rate of its own.
const LEARNING_RATE: f64 = 0.1;
/// The net input of the saturated output, which is wrong.
const SATURATED: f64 = 4.0;
/// Matrices with more entries than this are not put into the table entry by entry.
const ENTRIES: usize = 12;

/// An exercise under several losses and output activations.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The exercise that is compared.
    title: String,
    /// The part whose examples are used.
    part: String,
    cases: Vec<Case>,
}

/// One loss with one output activation.
#[derive(Clone, Debug)]
struct Case {
    loss: Loss,
    output: Activation,
    solution: Solution,
    /// The total loss before the first update and after each.
    curve: Vec<f64>,
    /// One example that is as wrong as can be: z, and what follows.
    saturated: Saturated,
}

#[derive(Clone, Debug)]
struct Saturated {
    x: Array2<f64>,
    delta: Array2<f64>,
}

/// Why an exercise cannot be compared.
#[derive(Debug)]
pub struct CompareError(String);

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompareError {}

impl From<SolveError> for CompareError {
    fn from(error: SolveError) -> Self {
        Self(error.to_string())
    }
}

/// Solves the exercise under each of these losses and outputs, one change at a time: the first loss with every output
/// activation, then the other losses with the last. Where none are named, the losses are squared error and
/// cross-entropy, and the outputs those of the exercise, or of its hidden layers where these are softmax, and softmax.
///
/// The examples are those of the part that has the most with targets.
///
/// # Errors
/// When no example has targets, when outputs do not admit a loss, or when a number overflows.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::{Exercise, Style, compare, sheet};
///
/// let exercise = Exercise::parse(sheet(3).unwrap(), "exercise 3").unwrap();
/// let comparison = compare(&exercise, &[], &[])?;
/// let text = render_text(&comparison.to_document(&Style::default()), &TextOptions::default());
/// assert!(text.contains("cross-entropy with softmax"));
/// # Ok::<(), deltarule_exercise::CompareError>(())
/// ```
pub fn compare(
    exercise: &Exercise,
    losses: &[Loss],
    outputs: &[Activation],
) -> Result<Comparison, CompareError> {
    let with_targets = |part: &&Part| part.examples.iter().all(|example| example.t.is_some());
    // The first of the largest ones.
    let part = exercise
        .parts
        .iter()
        .filter(with_targets)
        .rev()
        .max_by_key(|part| part.examples.len())
        .ok_or_else(|| {
            CompareError("no part has examples with targets `t`: a loss needs them".into())
        })?;
    let losses = if losses.is_empty() { &[Loss::SquaredError, Loss::CrossEntropy] } else { losses };
    let given = exercise.network.output_activation();
    let hidden = exercise.network.layers().first().map_or(Activation::Tanh, |l| l.activation());
    let first = match (given, hidden) {
        (Activation::Softmax, Activation::Softmax) => Activation::Tanh,
        (Activation::Softmax, hidden) => hidden,
        (given, _) => given,
    };
    let standard = [first, Activation::Softmax];
    let outputs = if outputs.is_empty() { &standard } else { outputs };
    let mut pairs: Vec<(Loss, Activation)> = Vec::new();
    let last = outputs[outputs.len() - 1];
    let changes =
        outputs.iter().map(|f| (losses[0], *f)).chain(losses[1..].iter().map(|e| (*e, last)));
    for pair in changes {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if pairs.len() < 2 {
        return Err(CompareError(
            "there is nothing to compare: name two losses or two outputs".into(),
        ));
    }
    let cases = pairs
        .into_iter()
        .map(|(loss, output)| Case::new(exercise, part, loss, output))
        .collect::<Result<_, _>>()?;
    Ok(Comparison { title: exercise.title.clone(), part: part.name.clone(), cases })
}

impl Case {
    fn new(
        exercise: &Exercise,
        part: &Part,
        loss: Loss,
        output: Activation,
    ) -> Result<Self, CompareError> {
        let invalid = |error: deltarule::Error| CompareError(error.to_string());
        loss.admits(output).map_err(invalid)?;
        let network = with_output(&exercise.network, output).map_err(invalid)?;
        let (rate, optimizer) = match part.task {
            Task::Update { optimizer, .. } => (optimizer.learning_rate(), optimizer),
            _ => (LEARNING_RATE, Sgd { learning_rate: LEARNING_RATE, ..Sgd::default() }.into()),
        };
        let one = |epochs: usize, optimizer: Optimizer| Exercise {
            title: format!("{} with {}", title(loss), output),
            network: network.clone(),
            loss,
            digits: exercise.digits,
            parts: vec![Part {
                name: part.name.clone(),
                task: Task::Update { optimizer, mode: Mode::Batch, epochs },
                start: None,
                examples: part.examples.clone(),
                options: part.options,
                digits: part.digits,
            }],
        };
        let solution = solve(&one(1, optimizer))?;
        let mut curve = Vec::with_capacity(UPDATES + 1);
        let descent = Sgd { learning_rate: rate, ..Sgd::default() };
        // A curve that leaves the numbers ends there.
        if let Ok(run) = solve(&one(UPDATES, descent.into())) {
            curve = losses(&run);
        }
        let saturated = Saturated::new(network.outputs(), loss, output).map_err(invalid)?;
        Ok(Self { loss, output, solution, curve, saturated })
    }

    fn name(&self) -> String {
        format!("{} with {}", title(self.loss), self.output)
    }
}

/// The total loss before the first update and after each.
fn losses(run: &Solution) -> Vec<f64> {
    let steps = run.parts.iter().flat_map(|part| &part.steps);
    let before = steps.clone().take(1).filter_map(|step| step.trace.total_loss);
    let after = steps.filter_map(|step| Some(step.update.as_ref()?.total_loss_after));
    before.chain(after).collect()
}

impl Saturated {
    /// x, x − t or δ of an output.
    fn value(&self, name: &str, output: usize) -> f64 {
        let x = self.x[[0, output]];
        match name {
            "x" => x,
            "error" if output == 1 => x - 1.0,
            "error" => x,
            _ => self.delta[[0, output]],
        }
    }

    /// The first output is at z = 4 and the others at −4, and the target is the second.
    fn new(outputs: usize, loss: Loss, output: Activation) -> deltarule::Result<Self> {
        let n = outputs.max(2);
        let network = Network::<f64>::builder(n)
            .layer(n, output)
            .init(Init::Constant(0.0))
            .weights(vec![Array2::eye(n)])
            .build()?;
        let z = Array2::from_shape_fn((1, n), |(_, i)| if i == 0 { SATURATED } else { -SATURATED });
        let t = Array2::from_shape_fn((1, n), |(_, i)| if i == 1 { 1.0 } else { 0.0 });
        let trace = Trace::gradient(&network, loss, z.view(), t.view(), &Default::default())?;
        let delta = trace.backward.map_or(array![[]], |b| b.delta[0].shown());
        Ok(Self { x: trace.x[0].value.clone(), delta })
    }
}

/// The same parameters under another output activation.
fn with_output(network: &Network<f64>, output: Activation) -> deltarule::Result<Network<f64>> {
    let layers = network.layers();
    let mut builder = Network::builder(network.inputs());
    for (l, layer) in layers.iter().enumerate() {
        let f = if l + 1 == layers.len() { output } else { layer.activation() };
        builder = builder.layer(layer.units(), f);
    }
    let indices = 0..layers.len();
    builder
        .weights(indices.clone().map(|l| network.weights(l).to_owned()).collect())
        .biases(indices.map(|l| network.biases(l).to_owned()).collect())
        .build()
}

fn title(loss: Loss) -> &'static str {
    let title = loss_formulas(loss).title;
    title.split(',').next().unwrap_or(title)
}

impl Comparison {
    /// Every case solved, as JSON.
    pub fn to_json(&self) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|case| {
                json!({
                    "loss": case.loss.name(),
                    "output_activation": case.output.name(),
                    "solution": to_json(&case.solution),
                    "total_loss_over_updates": case.curve,
                })
            })
            .collect();
        json!({ "format": "deltarule-comparison/1", "title": self.title, "cases": cases })
    }

    /// The comparison as a document.
    pub fn to_document(&self, style: &Style) -> Document {
        let mut document =
            Document::new(format!("What changes when the loss does: {}", self.title));
        let writer = Pages { comparison: self, style, document: &mut document };
        writer.write();
        document
    }
}

/// Writes the document.
struct Pages<'a, 'd> {
    comparison: &'a Comparison,
    style: &'a Style,
    document: &'d mut Document,
}

impl Pages<'_, '_> {
    fn write(mut self) {
        self.question();
        self.table();
        self.findings();
        self.derivations();
        if self.style.code {
            self.worked();
        } else {
            self.matrices();
        }
        self.saturation();
        self.distributions();
        self.curves();
        self.advice();
    }

    fn prose(&self, words: &str) -> Prose {
        self.style.notation.prose(words)
    }

    fn cases(&self) -> impl Iterator<Item = (usize, &Case)> {
        self.comparison.cases.iter().enumerate().map(|(i, case)| (i + 1, case))
    }

    fn question(&mut self) {
        self.document.heading(1, "One change at a time");
        self.document.paragraph(Prose::text(format!(
            "The loss and the activation of the outputs are two things, and changing both at once hides which of them does \
             what. So the examples of part {} are computed under {}, from the same parameters:",
            self.comparison.part,
            match self.comparison.cases.len() {
                2 => "both".to_string(),
                n => format!("{n} pairs"),
            }
        )));
        let items: Vec<Prose> = self
            .cases()
            .map(|(number, case)| {
                let formula = loss_formulas(case.loss).value;
                Prose::text(format!("{number}: {}, ", case.name()))
                    .and_prose(self.prose(&format!("$E = {formula}$")))
            })
            .collect();
        self.document.list(items);
        self.document.paragraph(self.prose(
            "Everything below the outputs is computed alike: $z^[l]$ of every layer, and $x^[l]$ of every hidden layer, are the \
             same in all of them.",
        ));
    }

    /// The delta of the outputs in letters.
    fn delta_formula(&self, case: &Case) -> String {
        let slope = loss_formulas(case.loss).slope;
        match (case.loss, case.output) {
            (Loss::CrossEntropy, Activation::Softmax)
            | (Loss::BinaryCrossEntropy, _)
            | (Loss::Poisson, Activation::Exp) => "x − t".into(),
            (Loss::CrossEntropy, _) => "−t ∘ (1 − x)".into(),
            (Loss::Poisson, _) => "(1 − t / x) ∘ σ(z)".into(),
            (_, Activation::Softmax) => format!("J^T ({slope})"),
            (_, Activation::Identity) => slope.into(),
            _ => format!("({slope}) ∘ f'(z)"),
        }
    }

    fn quantity(&self, number: usize, name: &str, layer: Option<usize>) -> Quantity {
        Quantity::new(&format!("case {number}"), 1, name, layer)
    }

    /// Everything in one table: a row per quantity, or per entry where there are few.
    fn table(&mut self) {
        self.document.heading(1, "Everything side by side");
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let mut header = vec![Prose::text("")];
        header.extend(self.cases().map(|(_, case)| Prose::text(case.name())));
        let mut rows: Vec<Vec<Prose>> = Vec::new();
        let mut formulas = vec![self.prose(&format!("$δ^[{layers}]$"))];
        formulas.extend(
            self.cases().map(|(_, case)| self.prose(&format!("${}$", self.delta_formula(case)))),
        );
        rows.push(formulas);
        let last = Some(layers);
        self.entries(&mut rows, "z", &format!("z^[{layers}]"), last, |case| {
            first_step(case).trace.z.last().map(|z| z.shown().t().to_owned())
        });
        self.entries(&mut rows, "x", &format!("x^[{layers}]"), last, |case| {
            first_step(case).trace.x.last().map(|x| x.shown().t().to_owned())
        });
        self.single(&mut rows, "total_loss", "$E$ before", |case| {
            first_step(case).trace.total_loss
        });
        self.entries(&mut rows, "delta", &format!("δ^[{layers}]"), last, |case| {
            let backward = first_step(case).trace.backward.as_ref()?;
            backward.delta.last().map(|d| d.shown().t().to_owned())
        });
        for layer in (1..=layers).rev() {
            let l = layer - 1;
            let symbol = format!("∂E/∂w^[{layer}]");
            self.entries(&mut rows, "grad_weights", &symbol, Some(layer), |case| {
                let backward = first_step(case).trace.backward.as_ref()?;
                Some(backward.grad_weights[l].shown())
            });
            let symbol = format!("∂E/∂b^[{layer}]");
            self.entries(&mut rows, "grad_biases", &symbol, Some(layer), |case| {
                let backward = first_step(case).trace.backward.as_ref()?;
                Some(backward.grad_biases[l].shown().t().to_owned())
            });
        }
        for layer in (1..=layers).rev() {
            let l = layer - 1;
            let symbol = format!("\"new\" w^[{layer}]");
            self.entries(&mut rows, "weights", &symbol, Some(layer), |case| {
                Some(first_step(case).update.as_ref()?.weights[l].shown())
            });
            let symbol = format!("\"new\" b^[{layer}]");
            self.entries(&mut rows, "biases", &symbol, Some(layer), |case| {
                Some(first_step(case).update.as_ref()?.biases[l].shown().t().to_owned())
            });
        }
        self.single(&mut rows, "total_loss_after", "$E$ after", |case| {
            Some(first_step(case).update.as_ref()?.total_loss_after)
        });
        self.document.blocks.push(Block::Table(Table { header, rows }));
        self.document.paragraph(self.prose(
            "An index is row and column; a column of $x$ and $δ$ is an example. $J$ is the Jacobian of softmax. The norm of a \
             matrix is the root of the sum of the squares of its entries.",
        ));
    }

    fn single(
        &self,
        rows: &mut Vec<Vec<Prose>>,
        name: &str,
        symbol: &str,
        value: impl Fn(&Case) -> Option<f64>,
    ) {
        let mut row = vec![self.prose(symbol)];
        for (number, case) in self.cases() {
            let quantity = self.quantity(number, name, None);
            let cell = value(case).map(|v| Prose::default().and_number(v, quantity));
            row.push(cell.unwrap_or_default());
        }
        rows.push(row);
    }

    /// A row per entry, or one with the norms where there are too many.
    fn entries(
        &self,
        rows: &mut Vec<Vec<Prose>>,
        name: &str,
        symbol: &str,
        layer: Option<usize>,
        values: impl Fn(&Case) -> Option<Array2<f64>>,
    ) {
        let all: Option<Vec<Array2<f64>>> = self.comparison.cases.iter().map(&values).collect();
        let Some(all) = all else { return };
        let (height, width) = all[0].dim();
        let index = |r: usize, c: usize| match (height, width) {
            (1, 1) => String::new(),
            (_, 1) => format!("_{}", r + 1),
            _ => format!("_{{{},{}}}", r + 1, c + 1),
        };
        // The outputs are what differs; of the layers below the size says enough, and their matrices follow.
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        if all[0].len() > ENTRIES || layer.is_some_and(|layer| layer < layers) {
            let mut row = vec![self.prose(&format!("norm of ${symbol}$"))];
            for (i, values) in all.iter().enumerate() {
                let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
                let quantity = self.quantity(i + 1, &format!("{name}_norm"), layer);
                row.push(Prose::default().and_number(norm, quantity));
            }
            rows.push(row);
            return;
        }
        for r in 0..height {
            for c in 0..width {
                let mut row = vec![self.prose(&format!("$({symbol}){}$", index(r, c)))];
                for (i, values) in all.iter().enumerate() {
                    let quantity = self.quantity(i + 1, name, layer);
                    row.push(Prose::default().and_math(Math::number(
                        values[[r, c]],
                        r,
                        c,
                        quantity,
                    )));
                }
                rows.push(row);
            }
        }
    }

    fn derivations(&mut self) {
        self.document.heading(1, "Where the deltas come from");
        self.document.paragraph(self.prose(
            "In all of them $δ^[L]$ is the derivative of the loss with respect to the net inputs of the outputs, by the chain rule \
             over the outputs:",
        ));
        self.document.equation(
            self.style
                .notation
                .equation("δ_i = frac{∂E}{∂z_i} = Σ_j frac{∂E}{∂x_j} · frac{∂x_j}{∂z_i}"),
        );
        let cases: Vec<(usize, Loss, Activation, String)> =
            self.cases().map(|(n, case)| (n, case.loss, case.output, case.name())).collect();
        for (_, loss, output, name) in cases {
            self.document.heading(2, Prose::text(capital(&name)));
            let show = |this: &mut Self, formula: &str| {
                let equation = this.style.notation.equation(formula);
                this.document.equation(equation);
            };
            show(self, &format!("frac{{∂E}}{{∂x}} = {}", loss_formulas(loss).slope));
            let words = match (loss, output) {
                (Loss::CrossEntropy, Activation::Softmax) => {
                    show(self, activation(output).derivative);
                    show(
                        self,
                        "δ_i = −frac{t_i}{x_i} · x_i (1 − x_i) + Σ_{j ≠ i} frac{t_j}{x_j} · x_j x_i = x_i Σ_j t_j − t_i",
                    );
                    "The outputs cancel. With targets that sum to 1 the plain error $x − t$ is left, and no factor makes it small."
                }
                (_, Activation::Softmax) => {
                    show(self, activation(output).derivative);
                    show(self, "δ_i = x_i (g_i − Σ_j g_j x_j)");
                    "Here $g = ∂E/∂x$. The factor $x_i$ makes the delta small for every output that is almost 0, however wrong it is."
                }
                (Loss::BinaryCrossEntropy, _) | (Loss::Poisson, Activation::Exp) => {
                    show(self, "δ = x − t");
                    "The derivative of the activation cancels, and the plain error is left."
                }
                (Loss::CrossEntropy, _) => {
                    show(self, "δ = −t ∘ (1 − x)");
                    "The outputs cancel in part."
                }
                (Loss::Poisson, _) => {
                    show(self, "δ = (1 − frac{t}{x}) ∘ σ(z)");
                    "The outputs cancel in part."
                }
                (_, Activation::Identity) => {
                    show(self, "δ = frac{∂E}{∂x}");
                    "The outputs are the net inputs, so that no factor is added."
                }
                _ => {
                    show(self, &format!("f'(z) = {}", activation(output).derivative));
                    show(self, "δ = frac{∂E}{∂x} ∘ f'(z)");
                    "The factor $f'(z)$ stays: where an output is saturated, it makes the delta small, however wrong the output is."
                }
            };
            let words = self.prose(words);
            self.document.paragraph(words);
        }
    }

    /// Each case worked out from beginning to end, with what computes it again.
    fn worked(&mut self) {
        self.document.heading(1, "Deltas, gradients and new parameters");
        let comparison = self.comparison;
        for (index, case) in comparison.cases.iter().enumerate() {
            let part = format!("case {}", index + 1);
            self.document.heading(2, Prose::text(capital(&case.name())));
            let exercise = &case.solution.exercise;
            self.document.code(python::prelude(&exercise.network, exercise.loss));
            self.document.code(python::parameters(&exercise.network));
            let Task::Update { optimizer, .. } = &exercise.parts[0].task else { continue };
            let layers = exercise.network.layers().len();
            self.document.code(python::optimizer(optimizer, layers));
            let step = first_step(case);
            let t: Vec<f64> = exercise.parts[0]
                .examples
                .iter()
                .flat_map(|e| e.t.iter().flatten().copied())
                .collect();
            let shape = (step.examples.len(), exercise.network.outputs());
            let targets = Array2::from_shape_vec(shape, t).ok();
            let numbers = StepNumbers {
                part: &part,
                step: 1,
                examples: &step.examples,
                network: &step.network,
                parameters_are_given: true,
                loss: case.loss,
                targets: targets.as_ref().map(|t| t.view()),
                trace: &step.trace,
                options: exercise.parts[0].options,
                update: step.update.as_ref().map(|trace| Update {
                    optimizer,
                    steps_before: 0,
                    state_before: &[],
                    trace,
                }),
                classes: None,
            };
            Writer::new(self.document, *self.style).step(&numbers, &case.name(), 3);
        }
    }

    /// The matrices of each case, layer by layer.
    fn matrices(&mut self) {
        self.document.heading(1, "Deltas, gradients and new parameters");
        let mut equations: Vec<(String, Vec<Equation>)> = Vec::new();
        for (number, case) in self.cases() {
            let step = first_step(case);
            let (Some(backward), Some(update)) = (&step.trace.backward, &step.update) else {
                continue;
            };
            let mut list = Vec::new();
            let mut add = |symbol: String, name: &str, layer: usize, values: Array2<f64>| {
                let quantity = self.quantity(number, name, Some(layer));
                let matrix =
                    Matrix::new(values.nrows(), values.ncols(), |r, c| values[[r, c]], quantity);
                let symbol = self.style.notation.math(&symbol);
                list.push(Equation::new(symbol).equals(Math::Matrix(matrix)));
            };
            for l in (0..backward.delta.len()).rev() {
                let layer = l + 1;
                let turned = |b: &deltarule::trace::Bounded| b.shown().t().to_owned();
                add(format!("δ^[{layer}]"), "delta", layer, turned(&backward.delta[l]));
                add(
                    format!("frac{{∂E}}{{∂w^[{layer}]}}"),
                    "grad_weights",
                    layer,
                    backward.grad_weights[l].shown(),
                );
                add(
                    format!("frac{{∂E}}{{∂b^[{layer}]}}"),
                    "grad_biases",
                    layer,
                    turned(&backward.grad_biases[l]),
                );
                add(format!("\"new\" w^[{layer}]"), "weights", layer, update.weights[l].shown());
                add(format!("\"new\" b^[{layer}]"), "biases", layer, turned(&update.biases[l]));
            }
            equations.push((case.name(), list));
        }
        for (name, list) in equations {
            self.document.heading(2, Prose::text(capital(&name)));
            for equation in list {
                self.document.equation(equation);
            }
        }
    }

    /// What the numbers of this exercise say about the change of the outputs and that of the loss.
    fn findings(&mut self) {
        let mut items = Vec::new();
        let reached = |case: &Case| {
            let Some(backward) = &first_step(case).trace.backward else { return false };
            let hidden = &backward.delta[..backward.delta.len() - 1];
            hidden.iter().any(|delta| delta.shown().iter().any(|d| *d != 0.0))
        };
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let (some, none): (Vec<&Case>, Vec<&Case>) =
            self.comparison.cases.iter().partition(|case| reached(case));
        if layers > 1 && !none.is_empty() {
            let mut words = format!("Under {} nothing reaches the hidden layers.", names(&none));
            let network = &self.comparison.cases[0].solution.exercise.network;
            let w = network.weights(layers - 1);
            let equal_rows = w.rows().into_iter().all(|row| row == w.row(0));
            let sums_to_zero = |case: &&Case| {
                first_step(case).trace.backward.as_ref().is_some_and(|backward| {
                    let delta = &backward.delta[layers - 1];
                    delta.value.rows().into_iter().zip(delta.bound.rows()).all(|(row, bound)| {
                        row.sum().abs() <= bound.sum() + 1e-15 * row.mapv(f64::abs).sum()
                    })
                })
            };
            if equal_rows && w.nrows() > 1 && none.iter().all(sums_to_zero) {
                words += &format!(
                    " The deltas of the outputs of an example sum to 0 there, and the rows of $w^[{layers}]$ are equal, so that every \
                     hidden unit gets one weight times that sum."
                );
                if none.iter().all(|case| case.output == Activation::Softmax) {
                    words += " It is softmax that makes them sum to 0, since its outputs always sum to 1, whatever the loss.";
                }
            }
            if !some.is_empty() {
                words += &format!(" Under {} the hidden layers do learn.", names(&some));
            }
            items.push(self.prose(&words));
        }
        for (number, case) in self.cases() {
            let Some(backward) = &first_step(case).trace.backward else { continue };
            let square = |values: &Array2<f64>| values.iter().map(|v| v * v).sum::<f64>();
            let gradients = backward.grad_weights.iter().chain(&backward.grad_biases);
            let norm = gradients.map(|g| square(&g.shown())).sum::<f64>().sqrt();
            let (error, delta) = largest(case);
            items.push(
                Prose::text(format!("{}: ", capital(&case.name())))
                    .and_prose(self.prose("the largest error $|x − t|$ of an output is "))
                    .and_number(error, self.quantity(number, "largest_error", None))
                    .and_prose(self.prose(", the largest $|δ|$ "))
                    .and_number(delta, self.quantity(number, "largest_delta", None))
                    .and_text(", and the norm of all gradients together ")
                    .and_number(norm, self.quantity(number, "gradient_norm", None))
                    .and_text("."),
            );
        }
        self.document.heading(1, "What the numbers say");
        self.document.list(items);
    }

    /// What becomes of the error of an output that is wrong and saturated.
    fn saturation(&mut self) {
        let stays: Vec<&Case> =
            self.comparison.cases.iter().filter(|case| factor_stays(case)).collect();
        if stays.is_empty() {
            return;
        }
        let squared = stays.iter().all(|case| is_squared(case.loss));
        let title = if squared {
            "Why squared error learns slowly where outputs are saturated"
        } else {
            "What the derivative of the outputs does where they are saturated"
        };
        self.document.heading(1, title);
        self.document.paragraph(self.prose(&format!(
            "Under {} the derivative of the outputs stays in the delta: as a factor $f'(z)$ entry by entry, or for softmax as \
             the matrix $J^T$, whose entries are small where the outputs are near 0 or 1. In this exercise:",
            names(&stays)
        )));
        let stays: Vec<(usize, Activation)> = self
            .cases()
            .filter(|(_, case)| factor_stays(case))
            .map(|(number, case)| (number, case.output))
            .collect();
        for (number, output) in stays {
            if output == Activation::Softmax {
                self.own_jacobian(number);
            } else {
                self.own_derivative(number);
            }
        }
        let n = self.comparison.cases[0].saturated.x.len();
        let made = Quantity::new("saturated", 1, "z", None);
        let prose = self
            .prose("What it does where an output is saturated is plain in an example made for the purpose: the net input of the first output is ")
            .and_math(Math::number(SATURATED, 0, 0, made.clone()))
            .and(if n > 2 { ", that of the others " } else { ", that of the other " })
            .and_math(Math::number(-SATURATED, 1, 0, made))
            .and(&format!(", and the target is the second of the {n} outputs. The network is sure, and wrong."));
        self.document.paragraph(prose);
        let mut header = vec![Prose::text("")];
        header.extend(self.cases().map(|(_, case)| Prose::text(case.name())));
        let mut rows = Vec::new();
        for (name, letter) in [("x", "x"), ("error", "x − t"), ("delta", "δ")] {
            for i in 0..n.min(3) {
                let symbol = match name {
                    "error" => format!("$x_{0} − t_{0}$", i + 1),
                    _ => format!("${letter}_{}$", i + 1),
                };
                let mut row = vec![self.prose(&symbol)];
                for (number, case) in self.cases() {
                    let value = case.saturated.value(name, i);
                    let quantity = Quantity::new("saturated", number, name, None);
                    row.push(Prose::default().and_math(Math::number(value, i, 0, quantity)));
                }
                rows.push(row);
            }
        }
        self.document.blocks.push(Block::Table(Table { header, rows }));
        let kept = |case: &&Case| {
            (case.saturated.value("delta", 1) / case.saturated.value("error", 1)).abs()
        };
        let all: Vec<&Case> = self.comparison.cases.iter().collect();
        let slow: Vec<&Case> = all.iter().copied().filter(|case| kept(case) < 0.1).collect();
        let whole: Vec<&Case> = all
            .iter()
            .copied()
            .filter(|case| {
                (0..n).all(|i| {
                    let (delta, error) =
                        (case.saturated.value("delta", i), case.saturated.value("error", i));
                    (delta - error).abs() <= 1e-9 * error.abs()
                })
            })
            .collect();
        let mut words = String::new();
        if !slow.is_empty() {
            words += &format!(
                "Look at the second output, which should be 1. Under {} hardly anything of its error is left in its delta: learning \
                 is slow just where most is to be learned. ",
                names(&slow)
            );
        }
        if !whole.is_empty() {
            words += &format!("Under {} the delta is the error itself.", names(&whole));
        }
        if !words.is_empty() {
            let words = self.prose(words.trim_end());
            self.document.paragraph(words);
        }
    }

    /// f′(z) of the exercise's own outputs, and what that means.
    fn own_derivative(&mut self, number: usize) {
        let case = &self.comparison.cases[number - 1];
        let step = first_step(case);
        let (Some(z), Some(x)) = (step.trace.z.last(), step.trace.x.last()) else { return };
        let layer = Some(step.trace.x.len());
        let quantity = self.quantity(number, "derivative", layer);
        let value = |r: usize, c: usize| case.output.derivative(z.value[[c, r]], x.value[[c, r]]);
        let (height, width) = (z.value.ncols(), z.value.nrows());
        let places = || (0..height).flat_map(|r| (0..width).map(move |c| (r, c)));
        let smallest = places().map(|(r, c)| (value(r, c).abs(), r, c));
        let smallest = smallest.min_by(|a, b| a.0.total_cmp(&b.0));
        let matrix = Matrix::new(height, width, value, quantity.clone());
        let left = Math::word(format!("f′(z), {}", case.name()));
        self.document.equation(Equation::new(left).equals(Math::Matrix(matrix)));
        let Some((size, r, c)) = smallest else { return };
        let number = Math::number(value(r, c), r, c, quantity);
        let prose = Prose::text("The smallest is ").and_math(number).and(if size < 0.05 {
            ": of $∂E/∂x$ of that output hardly anything is left in its delta."
        } else {
            ": no output is saturated here, and at least this part of every $∂E/∂x$ is left in its delta."
        });
        self.document.paragraph(prose);
    }

    /// The Jacobian of the exercise's first example, and what that means.
    fn own_jacobian(&mut self, number: usize) {
        let case = &self.comparison.cases[number - 1];
        let step = first_step(case);
        let Some(x) = step.trace.x.last() else { return };
        let n = x.value.ncols();
        let value = |i: usize, j: usize| {
            let own = if i == j { x.value[[0, i]] } else { 0.0 };
            own - x.value[[0, i]] * x.value[[0, j]]
        };
        let quantity = self.quantity(number, "jacobian", Some(step.trace.x.len()));
        let matrix = Matrix::new(n, n, value, quantity.clone());
        let left = Math::word(format!("J of the first example, {}", case.name()));
        self.document.equation(Equation::new(left).equals(Math::Matrix(matrix)));
        let largest = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .max_by(|a, b| value(a.0, a.1).abs().total_cmp(&value(b.0, b.1).abs()));
        let Some((i, j)) = largest else { return };
        let prose = Prose::text("Its largest entry is ")
            .and_math(Math::number(value(i, j), i, j, quantity))
            .and_text(
                ". No entry can be above 1/4, and near a sure answer all of them are near 0.",
            );
        self.document.paragraph(prose);
    }

    fn distributions(&mut self) {
        let has_cross_entropy =
            self.comparison.cases.iter().any(|case| case.loss == Loss::CrossEntropy);
        if !has_cross_entropy {
            return;
        }
        self.document.heading(1, "Cross-entropy compares distributions");
        self.document.paragraph(self.prose(
            "Targets that are not negative and sum to 1 are a distribution over the classes. For outputs that are one too,",
        ));
        self.document.equation(
            self.style
                .notation
                .equation("E = −Σ_i t_i ln x_i = −Σ_i t_i ln t_i + Σ_i t_i ln(frac{t_i}{x_i})"),
        );
        self.document.paragraph(self.prose(
            "The first sum is the entropy of the targets, 0 where one class is certain. The second is the Kullback–Leibler \
             divergence of the outputs from the targets: never negative, and 0 only where $x = t$, though no distance in the strict sense, since it is not the same with $x$ and $t$ exchanged; $0 ln 0$ counts as 0. With one class certain $E$ is \
             just $−ln x$ of that class. All of this needs outputs that sum to 1. Otherwise the loss could fall by making every \
             output large, and outputs of tanh can be negative, where $ln x$ is not defined. The outputs of the first example sum to:",
        ));
        let mut sums = Vec::new();
        for (number, case) in self.cases() {
            let Some(x) = first_step(case).trace.x.last() else { continue };
            let quantity = self.quantity(number, "output_sum", None);
            sums.push(
                Prose::text(format!("{}: ", case.name()))
                    .and_number(x.value.row(0).sum(), quantity),
            );
        }
        self.document.list(sums);
    }

    fn curves(&mut self) {
        self.document.heading(1, format!("The losses over {UPDATES} updates").as_str());
        let curves: Vec<Curve> = self
            .comparison
            .cases
            .iter()
            .filter(|case| case.curve.first().is_some_and(|first| *first > 0.0))
            .map(|case| Curve {
                name: case.name(),
                points: case
                    .curve
                    .iter()
                    .enumerate()
                    .map(|(i, loss)| (i as f64, loss / case.curve[0]))
                    .collect(),
            })
            .collect();
        if !curves.is_empty() {
            self.document.blocks.push(Block::Figure(Figure {
                caption: Prose::text(
                    "The total loss of these examples over gradient descent from the same parameters, each divided by its value at \
                     the beginning: the losses have different units, and only the shapes compare.",
                ),
                drawing: Drawing::Plot(Plot {
                    x_label: "update".into(),
                    y_label: "loss / loss at the beginning".into(),
                    curves,
                }),
            }));
        }
        let mut items = Vec::new();
        for (number, case) in self.cases() {
            let name = capital(&case.name());
            let (Some(first), Some(last)) = (case.curve.first(), case.curve.last()) else {
                items.push(Prose::text(format!(
                    "{name}: the loss grows beyond all numbers with this learning rate."
                )));
                continue;
            };
            items.push(
                Prose::text(format!("{name}: from "))
                    .and_number(*first, self.quantity(number, "first_loss", None))
                    .and_text(" to ")
                    .and_number(*last, self.quantity(number, "last_loss", None))
                    .and_text("."),
            );
        }
        self.document.list(items);
    }

    fn advice(&mut self) {
        self.document.heading(1, "When each is the right one");
        self.document.list(vec![
            Prose::text("Squared error, with outputs that are the net inputs (identity): regression. It is what a normal distribution of the errors asks for."),
            Prose::text("Squared error with tanh, sigmoid or softmax outputs: it works, and its errors are bounded, which can help where some targets are wrong; but it learns slowly from outputs that are badly wrong."),
            Prose::text("Cross-entropy with softmax: one class of several. It is what a distribution over the classes asks for, and its delta is the plain error."),
            Prose::text("Binary cross-entropy with sigmoid: two classes, or labels that may hold at once."),
        ]);
        self.document.paragraph(Prose::text(
            "A loss and an activation are not rivals: softmax says what the outputs mean, the loss says how wrong they are.",
        ));
    }
}

/// "squared error with tanh and cross-entropy with softmax"
fn names(cases: &[&Case]) -> String {
    let all: Vec<String> = cases.iter().map(|case| case.name()).collect();
    match all.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        one => one.concat(),
    }
}

fn is_squared(loss: Loss) -> bool {
    matches!(loss, Loss::SquaredError | Loss::SumSquaredError | Loss::MeanSquaredError)
}

/// The largest |x − t| and the largest |δ| of the outputs.
fn largest(case: &Case) -> (f64, f64) {
    let step = first_step(case);
    let examples = &case.solution.exercise.parts[0].examples;
    let (Some(x), Some(backward)) = (step.trace.x.last(), &step.trace.backward) else {
        return (0.0, 0.0);
    };
    let errors = x.value.rows().into_iter().zip(examples).flat_map(|(row, example)| {
        let t = example.t.iter().flatten();
        row.iter().zip(t).map(|(x, t)| (x - t).abs()).collect::<Vec<f64>>()
    });
    let deltas = backward.delta.last().map(Bounded::shown).unwrap_or_default();
    (errors.fold(0.0, f64::max), deltas.iter().map(|d| d.abs()).fold(0.0, f64::max))
}

/// Whether the derivative of the activation stays in the delta.
fn factor_stays(case: &Case) -> bool {
    !matches!(case.loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy | Loss::Poisson)
        && case.output != Activation::Identity
}

fn first_step(case: &Case) -> &crate::solve::Step {
    // A part with task `update` has at least one step.
    &case.solution.parts[0].steps[0]
}
