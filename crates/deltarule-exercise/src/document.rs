//! A solution as a document: formula first, then the numbers put in, then the result.

use deltarule::trace::{BackwardTrace, Bounded, Reduction, UpdateTrace};
use deltarule::{Network, Optimizer};
use deltarule_document::{Document, Matrix, Quantity, Term};
use ndarray::ArrayView2;

use crate::exercise::{Mode, Part, Task};
use crate::formulas;
use crate::solve::{Solution, SolvedPart, Step};

/// The solution as a document.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::{Exercise, sheet, solve, to_document};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let text = render_text(&to_document(&solve(&exercise)?), &TextOptions::default());
/// assert!(text.contains("0.549834"));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn to_document(solution: &Solution) -> Document {
    let exercise = &solution.exercise;
    let mut document = Document { title: exercise.title.clone(), blocks: Vec::new() };
    given(&mut document, solution);
    for (part, solved) in exercise.parts.iter().zip(&solution.parts) {
        PartWriter { solution, part, document: &mut document, pass_level: 2 }.write(solved);
    }
    document
}

/// "1 unit", "3 units"
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn given(document: &mut Document, solution: &Solution) {
    let exercise = &solution.exercise;
    let network = &exercise.network;
    document.heading(1, "What is given");
    let layers: Vec<String> = network
        .layers()
        .iter()
        .enumerate()
        .map(|(l, layer)| {
            format!(
                "layer {} with {} ({})",
                l + 1,
                counted(layer.units(), "unit"),
                layer.activation()
            )
        })
        .collect();
    document.paragraph(format!(
        "A network of {} and {}. Each layer computes its net input z^[l] = w^[l] x^[l−1] + b^[l] and its output \
         x^[l] = f(z^[l]); x^[0] is the input and t the target.",
        counted(network.inputs(), "input"),
        layers.join(", ")
    ));
    let mut seen = Vec::new();
    for layer in network.layers() {
        let f = layer.activation();
        if !seen.contains(&f) {
            seen.push(f);
            document.paragraph(format!(
                "{f}: f(z) = {}; f′(z) = {}.",
                formulas::activation(f).trim_start_matches("f(z) = "),
                formulas::derivative(f)
            ));
        }
    }
    let loss = formulas::loss(exercise.loss);
    document.paragraph(format!(
        "The loss of one example is the {}, {}{}; the sum runs over the outputs.",
        exercise.loss.name().replace('_', " "),
        loss.formula,
        loss.letters.map_or(String::new(), |letters| format!(", where {letters}"))
    ));
    document.paragraph(
        "Delta is the derivative of the loss with respect to the net input, δ^[l] = ∂E/∂z^[l]; ∘ multiplies entry by \
         entry; ᵀ transposes. Matrices hold one column per example. Numbers are rounded when they are printed, never \
         in between.",
    );
    parameters(document, network, "initial", 1);
}

/// A number of the file in a sentence: all its digits, scientific where documents write numbers so.
fn given_number(value: f64) -> String {
    if value == 0.0 || (1e-5..1e7).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// "example 3", "examples 1, 2, 4", "examples 1 to 60"
fn which_examples(numbers: &[usize]) -> String {
    let adjacent = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match numbers {
        [one] => format!("example {one}"),
        [first, .., last] if adjacent && numbers.len() > 2 => format!("examples {first} to {last}"),
        _ => {
            let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
            format!("examples {}", numbers.join(", "))
        }
    }
}

fn parameters(document: &mut Document, network: &Network<f64>, part: &str, step: usize) {
    for l in 0..network.layers().len() {
        document.equation(vec![
            symbol(&format!("w^[{}] =", l + 1)),
            weights_term(network, l, part, step),
            symbol(&format!(", b^[{}] =", l + 1)),
            biases_term(network, l, part, step),
        ]);
    }
}

fn symbol(text: &str) -> Term {
    Term::text(text)
}

fn weights_term(network: &Network<f64>, l: usize, part: &str, step: usize) -> Term {
    let quantity = Quantity::new(part, step, "start_weights", Some(l + 1));
    Term::Matrix(upright(network.weights(l), quantity))
}

fn biases_term(network: &Network<f64>, l: usize, part: &str, step: usize) -> Term {
    let values: Vec<f64> = network.biases(l).iter().copied().map(positive_zero).collect();
    let quantity = Quantity::new(part, step, "start_biases", Some(l + 1));
    Term::Matrix(Matrix::new(values.len(), 1, values, quantity))
}

/// −0 is written 0.
fn positive_zero(value: f64) -> f64 {
    value + 0.0
}

fn upright(matrix: ArrayView2<'_, f64>, quantity: Quantity) -> Matrix {
    let values = matrix.iter().copied().map(positive_zero).collect();
    Matrix::new(matrix.nrows(), matrix.ncols(), values, quantity)
}

/// A row per example becomes a column per example.
fn turned(matrix: ArrayView2<'_, f64>, quantity: Quantity) -> Matrix {
    upright(matrix.t(), quantity)
}

/// Writes one part.
struct PartWriter<'a> {
    solution: &'a Solution,
    part: &'a Part,
    document: &'a mut Document,
    /// The level of the headings of forward pass, loss, …: below the steps, where there are several.
    pass_level: u8,
}

impl PartWriter<'_> {
    fn write(&mut self, solved: &SolvedPart) {
        let exercise = &self.solution.exercise;
        let title = match self.part.task {
            Task::Forward => "forward pass",
            Task::Gradient => "gradient",
            Task::Update { .. } => "update",
            Task::Classify => "classification",
        };
        self.document.heading(1, format!("Part {}: {title}", self.part.name));
        let start = match self.part.start {
            None => "the initial parameters".to_string(),
            Some(earlier) => {
                format!("the parameters that part {} ended with", exercise.parts[earlier].name)
            }
        };
        let mut words = format!("From {start}.");
        if matches!(self.part.task, Task::Gradient | Task::Update { .. }) {
            words += match self.part.options.reduction {
                Reduction::Sum => " Losses and gradients of the examples are added up.",
                Reduction::Mean => {
                    " Losses and gradients are averaged over the examples of a step; deltas are not."
                }
            };
            if self.part.options.l2 > 0.0 {
                words += &format!(
                    " The gradient of the weights includes λ w with λ = {}.",
                    given_number(self.part.options.l2)
                );
            }
        }
        if let Task::Update { optimizer, mode, epochs } = &self.part.task {
            words += &optimizer_words(optimizer);
            words += &update_words(*mode, *epochs, self.part.examples.len());
            if !self.part.options.train_biases {
                words += " The biases are not trained.";
            }
        }
        self.document.paragraph(words);
        let many = solved.steps.len() > 1;
        self.pass_level = if many { 3 } else { 2 };
        for (number, step) in solved.steps.iter().enumerate() {
            if many {
                let which = which_examples(&step.examples);
                self.document.heading(2, format!("Step {}: {which}", number + 1));
            }
            self.step(step, number + 1);
        }
    }

    fn quantity(&self, step: usize, name: &str, layer: Option<usize>) -> Quantity {
        Quantity::new(&self.part.name, step, name, layer)
    }

    fn columns(&self, step: usize, name: &str, l: usize, values: &Bounded) -> Term {
        let quantity = self.quantity(step, name, Some(l + 1));
        Term::Matrix(turned(values.shown().view(), quantity))
    }

    fn rows(&self, step: usize, name: &str, l: usize, values: &Bounded) -> Term {
        let quantity = self.quantity(step, name, Some(l + 1));
        Term::Matrix(upright(values.shown().view(), quantity))
    }

    fn step(&mut self, step: &Step, number: usize) {
        self.forward(step, number);
        self.loss(step, number);
        if let Some(backward) = &step.trace.backward {
            self.backward(step, backward, number);
        }
        if let Some(update) = &step.update {
            self.update(step, update, number);
        }
        if let Some(classes) = &step.classes {
            self.document.heading(self.pass_level, "Classification");
            let last = step.trace.x.len();
            self.document.paragraph(format!(
                "The class of an example is the place of the largest entry of its column of x^[{last}], the first on \
                 a tie."
            ));
            for (&example, &class) in step.examples.iter().zip(classes) {
                self.document.equation(vec![
                    symbol(&format!("example {example}: argmax x^[{last}] =")),
                    Term::number(class as f64, self.quantity(number, "class", None)),
                ]);
            }
        }
    }

    fn forward(&mut self, step: &Step, number: usize) {
        self.document.heading(self.pass_level, "Forward pass");
        for l in 0..step.trace.z.len() {
            let (up, below) = (l + 1, l);
            let input = if l == 0 {
                let quantity = self.quantity(number, "x", Some(0));
                Term::Matrix(turned(step.trace.input.view(), quantity))
            } else {
                self.columns(number, "x", l - 1, &step.trace.x[l - 1])
            };
            self.document.equation(vec![
                symbol(&format!("z^[{up}] = w^[{up}] x^[{below}] + b^[{up}] =")),
                weights_term(&step.network, l, &self.part.name, number),
                input,
                symbol("+"),
                biases_term(&step.network, l, &self.part.name, number),
                symbol("="),
                self.columns(number, "z", l, &step.trace.z[l]),
            ]);
            let f = step.network.layers()[l].activation();
            self.document.equation(vec![
                symbol(&format!("x^[{up}] = f(z^[{up}]) = {f}(z^[{up}]) =")),
                self.columns(number, "x", l, &step.trace.x[l]),
            ]);
            if l == 0 && step.examples.len() > 1 {
                self.document.paragraph("The bias is added to every column.");
            }
        }
    }

    fn loss(&mut self, step: &Step, number: usize) {
        let (Some(loss), Some(total)) = (&step.trace.loss, step.trace.total_loss) else { return };
        self.document.heading(self.pass_level, "Loss");
        let targets: Vec<f64> = step
            .examples
            .iter()
            .flat_map(|e| self.part.examples[e - 1].t.clone().unwrap_or_default())
            .collect();
        let outputs = targets.len() / step.examples.len();
        if let Ok(t) = ndarray::Array2::from_shape_vec((step.examples.len(), outputs), targets) {
            let quantity = self.quantity(number, "t", None);
            self.document.equation(vec![symbol("t ="), Term::Matrix(turned(t.view(), quantity))]);
        }
        let quantity = self.quantity(number, "loss", None);
        self.document.equation(vec![
            symbol(&format!("{} =", formulas::loss(self.solution.exercise.loss).formula)),
            Term::Matrix(upright(loss.shown().view(), quantity)),
        ]);
        if step.examples.len() > 1 {
            let word = match self.part.options.reduction {
                Reduction::Sum => "sum over the examples =",
                Reduction::Mean => "mean over the examples =",
            };
            let quantity = self.quantity(number, "total_loss", None);
            self.document.equation(vec![symbol(word), Term::number(total, quantity)]);
        }
    }

    fn backward(&mut self, step: &Step, backward: &BackwardTrace, number: usize) {
        let exercise = &self.solution.exercise;
        let last = backward.delta.len() - 1;
        self.document.heading(self.pass_level, "Backward pass");
        for l in (0..=last).rev() {
            let up = l + 1;
            let formula = if l == last {
                let output = step.network.output_activation();
                let sums_to_one = self.sums_to_one(step);
                let delta = formulas::output_delta(exercise.loss, output, up, sums_to_one);
                if let Some(letters) = delta.letters {
                    self.document.equation(vec![symbol(&letters)]);
                }
                delta.formula
            } else {
                format!("(w^[{}])ᵀ δ^[{}] ∘ f′(z^[{up}])", up + 1, up + 1)
            };
            self.document.equation(vec![
                symbol(&format!("δ^[{up}] = ∂E/∂z^[{up}] = {formula} =")),
                self.columns(number, "delta", l, &backward.delta[l]),
            ]);
        }
        self.document.heading(self.pass_level, "Gradients");
        let mean = self.part.options.reduction == Reduction::Mean && step.examples.len() > 1;
        let share = if mean { format!("1/{} · ", step.examples.len()) } else { String::new() };
        let ones = if step.examples.len() > 1 { " · 1 (a vector of ones)" } else { "" };
        for l in (0..=last).rev() {
            let (up, below) = (l + 1, l);
            let decay =
                if self.part.options.l2 > 0.0 { format!(" + λ w^[{up}]") } else { String::new() };
            self.document.equation(vec![
                symbol(&format!("∂E/∂w^[{up}] = {share}δ^[{up}] (x^[{below}])ᵀ{decay} =")),
                self.rows(number, "grad_weights", l, &backward.grad_weights[l]),
            ]);
            self.document.equation(vec![
                symbol(&format!("∂E/∂b^[{up}] = {share}δ^[{up}]{ones} =")),
                self.columns(number, "grad_biases", l, &backward.grad_biases[l]),
            ]);
        }
    }

    /// Whether the targets of every example of the step sum to 1.
    fn sums_to_one(&self, step: &Step) -> bool {
        step.examples.iter().all(|e| {
            let t = self.part.examples[e - 1].t.as_deref().unwrap_or_default();
            t.iter().sum::<f64>() == 1.0
        })
    }

    fn update(&mut self, step: &Step, update: &UpdateTrace, number: usize) {
        self.document.heading(self.pass_level, "Update");
        let Task::Update { optimizer, .. } = &self.part.task else { return };
        let plain = update.optimizer_state.is_empty();
        if !plain {
            let (lines, letters) = formulas::optimizer(optimizer);
            for line in lines {
                self.document.equation(vec![symbol(line)]);
            }
            self.document.paragraph(letters);
        }
        for l in (0..update.weights.len()).rev() {
            let up = l + 1;
            for (name, weights, biases) in &update.optimizer_state {
                let letter = state_letter(name);
                self.document.equation(vec![
                    symbol(&format!("{letter} of w^[{up}] =")),
                    self.rows(number, &format!("{name}_weights"), l, &weights[l]),
                    symbol(&format!(", {letter} of b^[{up}] =")),
                    self.columns(number, &format!("{name}_biases"), l, &biases[l]),
                ]);
            }
            let rule = |p: &str| {
                if plain {
                    format!("{p}^[{up}] ← {p}^[{up}] − η ∂E/∂{p}^[{up}] =")
                } else {
                    format!("{p}^[{up}] =")
                }
            };
            self.document.equation(vec![
                symbol(&rule("w")),
                self.rows(number, "weights", l, &update.weights[l]),
            ]);
            let frozen = format!("b^[{up}] (not trained) =");
            self.document.equation(vec![
                symbol(&if self.part.options.train_biases { rule("b") } else { frozen }),
                self.columns(number, "biases", l, &update.biases[l]),
            ]);
        }
        let quantity = self.quantity(number, "total_loss_after", None);
        let word = if step.examples.len() > 1 { "these examples" } else { "this example" };
        self.document.equation(vec![
            symbol(&format!("loss of {word} with the new parameters =")),
            Term::number(update.total_loss_after, quantity),
        ]);
    }
}

fn state_letter(name: &str) -> &str {
    match name {
        "velocity" => "v",
        "step_size" => "Δ",
        "previous_gradient" => "p",
        other => other,
    }
}

fn optimizer_words(optimizer: &Optimizer) -> String {
    let n = given_number;
    match optimizer {
        Optimizer::Sgd(o) if o.momentum == 0.0 => {
            format!(" Gradient descent with learning rate η = {}.", n(o.learning_rate))
        }
        Optimizer::Sgd(o) => format!(
            " Gradient descent with {} μ = {} and learning rate η = {}.",
            if o.nesterov { "Nesterov momentum" } else { "momentum" },
            n(o.momentum),
            n(o.learning_rate)
        ),
        Optimizer::Adam(o) => format!(
            " Adam with η = {}, β₁ = {}, β₂ = {}, ε = {}.",
            n(o.learning_rate),
            n(o.beta1),
            n(o.beta2),
            n(o.epsilon)
        ),
        // Its λ is called ω, since an exercise can have both it and the λ of the L2 term.
        Optimizer::AdamW(o) => format!(
            " AdamW with η = {}, β₁ = {}, β₂ = {}, ε = {}, weight decay ω = {}.",
            n(o.learning_rate),
            n(o.beta1),
            n(o.beta2),
            n(o.epsilon),
            n(o.weight_decay)
        ),
        Optimizer::Rprop(o) => {
            format!(" iRprop+ with first step size Δ = {}.", n(o.initial_step))
        }
        Optimizer::Lbfgs(_) => String::new(),
    }
}

fn update_words(mode: Mode, epochs: usize, examples: usize) -> String {
    let words = match (mode, examples) {
        (_, 1) => " One update with the one example",
        (Mode::Batch, _) => " One joint update of all examples",
        (Mode::Online, _) => " One update per example, in order",
    };
    match epochs {
        1 => format!("{words}."),
        2 => format!("{words}, twice over."),
        more => format!("{words}, {more} times over."),
    }
}
