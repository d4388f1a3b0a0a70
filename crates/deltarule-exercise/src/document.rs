//! A solution as a document: what is given, then part by part what is computed.

use deltarule::trace::{Quantity, Reduction};
use deltarule::{Network, Optimizer, ParameterRole};
use deltarule_document::{Block, Document, Math, Matrix, Prose, QuantityId, Table};
use deltarule_worked::{StepNumbers, StepWriter, Style, capital, given, python};
use ndarray::Array2;

use crate::exercise::{Exercise, Mode, Part, Task, sheet};
use crate::solve::{Solution, SolvedPart, solve};

/// Of more steps than this the losses of the first and the last are listed.
const LOSSES: usize = 20;
const FIRST_LOSSES: usize = 10;
const LAST_LOSSES: usize = 5;

/// The solution as a document.
///
/// # Example
///
/// ```
/// use deltarule_document::{TextOptions, render_text};
/// use deltarule_exercise::{Exercise, Style, sheet, solve, to_document};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let document = to_document(&solve(&exercise)?, &Style::default());
/// assert!(render_text(&document, &TextOptions::default()).contains("0.549834"));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn to_document(solution: &Solution, style: &Style) -> Document {
    let exercise = &solution.exercise;
    let mut document = Document::new(&exercise.title);
    if style.blank {
        worksheet_head(&mut document, exercise);
    }
    given_section(&mut document, style, exercise);
    let mut writer = StepWriter::new(&mut document, *style);
    let earlier = earlier_on_the_sheet(exercise);
    for (number, earlier) in &earlier {
        for (part, solved) in earlier.exercise.parts.iter().zip(&earlier.parts) {
            if let Some(step) = solved.steps.first() {
                writer.knows(&format!("part {} of exercise {number}", part.name), &step.trace);
            }
        }
    }
    for (part, solved) in exercise.parts.iter().zip(&solution.parts) {
        PartWriter { exercise, part, solved, style }.write(&mut writer);
    }
    document
}

/// Room for a name and marks, and what is to be done.
fn worksheet_head(document: &mut Document, exercise: &Exercise) {
    let line = |width: usize| "_".repeat(width);
    document.paragraph(Prose::text(format!("Name: {}   Marks: {}", line(32), line(8))));
    let mut words = "Fill in what is left out. ".to_string();
    for part in &exercise.parts {
        words += &format!("Part {}: {}. ", part.name, to_do(part));
    }
    document.paragraph(Prose::text(words.trim_end()));
}

/// "do one update with gradient descent, for the one example"
fn to_do(part: &Part) -> String {
    let examples = part.examples.len();
    let together = if examples == 1 { "the one example" } else { "all examples together" };
    match &part.task {
        Task::Forward => format!("do the forward pass for {together}"),
        Task::Gradient => format!("do the forward and the backward pass for {together}"),
        Task::Classify => format!("find the class of {together}"),
        Task::Update { optimizer, mode, epochs } => {
            let (each, which) = match (mode, examples) {
                (Mode::Online, 2..) => (examples, "one example after the other"),
                _ => (1, together),
            };
            let count = match each * epochs {
                1 => "one update".to_string(),
                more => format!("{more} updates"),
            };
            let title = deltarule_worked::optimizer(optimizer).title;
            format!("do {count} with {title}, for {which}")
        }
    }
}

/// The sheet's exercises that come before this one, if it is one of them: readers have them at hand.
fn earlier_on_the_sheet(exercise: &Exercise) -> Vec<(usize, Solution)> {
    let parsed = |number: usize| {
        sheet(number).and_then(|text| Exercise::parse(text, "").ok()).map(|e| (number, e))
    };
    let all: Vec<(usize, Exercise)> = (1..=3).filter_map(parsed).collect();
    let same = |other: &Exercise| {
        other.title == exercise.title
            && other.network.layer_sizes() == exercise.network.layer_sizes()
            && other.network.parameters() == exercise.network.parameters()
    };
    let Some(own) = all.iter().position(|(_, other)| same(other)) else { return Vec::new() };
    all.into_iter()
        .take(own)
        .filter_map(|(number, earlier)| Some((number, solve(&earlier).ok()?)))
        .collect()
}

/// What is given and agreed.
pub(crate) fn given_section(document: &mut Document, style: &Style, exercise: &Exercise) {
    let trains = |part: &Part| matches!(part.task, Task::Update { .. } | Task::Gradient);
    document.heading(1, "What is given");
    if style.code {
        document.code(python::prelude(&exercise.network, exercise.loss));
    }
    given::network(document, style, &exercise.network);
    document.paragraph("The parameters at the beginning:");
    given::parameters(document, style, &exercise.network);
    document.heading(2, "What is agreed");
    given::conventions(
        document,
        style,
        &exercise.network,
        exercise.loss,
        exercise.parts.iter().any(trains),
        exercise.parts.iter().any(|part| part.examples.len() > 1),
    );
    if let Some(digits) = exercise.digits {
        let asked = significant_digits(digits);
        document.paragraph(Prose::text(format!("Answers are asked for with {asked}.")));
    }
}

/// "5 significant digits"
fn significant_digits(digits: usize) -> String {
    format!("{digits} significant {}", if digits == 1 { "digit" } else { "digits" })
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

/// "Part a: update"
pub(crate) fn part_heading(part: &Part) -> Prose {
    let title = match part.task {
        Task::Forward => "forward pass",
        Task::Gradient => "gradient",
        Task::Update { .. } => "update",
        Task::Classify => "classification",
    };
    Prose::text(format!("Part {}: {title}", part.name))
}

/// "Step 2: example 2"
pub(crate) fn step_heading(number: usize, examples: &[usize]) -> Prose {
    Prose::text(format!("Step {number}: {}", which_examples(examples)))
}

/// What a part asks for, in words.
pub(crate) fn part_introduction(
    solution: &Solution,
    part: &Part,
    solved: &SolvedPart,
    style: &Style,
) -> Prose {
    PartWriter { exercise: &solution.exercise, part, solved, style }.introduction()
}

/// Writes one part.
struct PartWriter<'a> {
    exercise: &'a Exercise,
    part: &'a Part,
    solved: &'a SolvedPart,
    style: &'a Style,
}

impl PartWriter<'_> {
    fn write(&self, writer: &mut StepWriter<'_>) {
        let part = self.part;
        writer.document().heading(1, part_heading(part));
        let introduction = self.introduction();
        writer.document().paragraph(introduction);
        if self.style.code {
            let code = self.start_code();
            writer.document().code(code);
        }
        let many = self.solved.steps.len() > 1;
        for (index, step) in self.solved.steps.iter().enumerate() {
            let number = index + 1;
            let mut name = format!("part {}", part.name);
            if many {
                name = format!("step {number} of {name}");
                writer.document().heading(2, step_heading(number, &step.examples));
            }
            let targets = self.targets(&step.examples);
            let numbers = StepNumbers {
                part: &part.name,
                step: number,
                examples: &step.examples,
                network: &step.network,
                parameters_are_given: part.start.is_none() && index == 0,
                loss: self.exercise.loss,
                targets: targets.as_ref().map(|t| t.view()),
                trace: &step.trace,
                options: part.options,
            };
            writer.step(&numbers, &name, if many { 3 } else { 2 });
        }
        if many {
            writer.end_part(self.solved.steps.len());
            self.losses(writer.document());
        }
        if self.style.code {
            let names = names(&self.exercise.network).join(", ");
            writer.document().code(format!("parameters[{}] = ({names})", quoted(&part.name)));
        }
    }

    /// What became of the loss from step to step.
    fn losses(&self, document: &mut Document) {
        let steps = &self.solved.steps;
        let online = self.part.task.is_online() && self.part.examples.len() > 1;
        let mut header = vec![Prose::text("step")];
        if online {
            header.push(Prose::text("example"));
        }
        header.extend(["loss before", "loss after"].map(Prose::text));
        let number = |step: usize, quantity: Quantity, value: f64| {
            let place = QuantityId::new(&self.part.name, step, &quantity.family(), None);
            let number = Matrix::number(value, 0, 0, place);
            Prose::default().and_math(Math::Number(if self.style.blank {
                number.hidden()
            } else {
                number
            }))
        };
        let mut rows = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            if steps.len() > LOSSES && (FIRST_LOSSES..steps.len() - LAST_LOSSES).contains(&index) {
                if index == FIRST_LOSSES {
                    rows.push(vec![Prose::text("…"); header.len()]);
                }
                continue;
            }
            let (Some(before), Some(update)) = (step.trace.total_loss, &step.trace.update) else {
                return;
            };
            let mut row = vec![Prose::text((index + 1).to_string())];
            if online {
                let examples: Vec<String> = step.examples.iter().map(usize::to_string).collect();
                row.push(Prose::text(examples.join(", ")));
            }
            row.push(number(index + 1, Quantity::TotalLoss, before));
            row.push(number(index + 1, Quantity::TotalLossAfter, update.total_loss_after));
            rows.push(row);
        }
        document.heading(2, "The losses of the steps");
        document.blocks.push(Block::Table(Table { header, rows }));
        document.paragraph(if online {
            "Each loss is that of the step's own example, with the parameters before and after its update."
        } else {
            "The loss after a step is that before the next one: the examples are the same."
        });
    }

    /// The targets of these examples, a row each.
    fn targets(&self, examples: &[usize]) -> Option<Array2<f64>> {
        let outputs = self.exercise.network.outputs();
        let mut values = Vec::with_capacity(examples.len() * outputs);
        for example in examples {
            values.extend(self.part.examples[example - 1].t.as_ref()?);
        }
        Array2::from_shape_vec((examples.len(), outputs), values).ok()
    }

    /// The code that takes up the parameters which the part starts from.
    fn start_code(&self) -> String {
        let names = names(&self.exercise.network).join(", ");
        let start = self.part.start.map_or("initial", |earlier| &self.exercise.parts[earlier].name);
        let mut code = format!("{names} = parameters[{}]", quoted(start));
        if let Task::Update { optimizer, .. } = &self.part.task {
            code += "\n";
            code += &python::optimizer(optimizer, self.exercise.network.layers().len());
        }
        code
    }

    fn introduction(&self) -> Prose {
        let part = self.part;
        let start = match part.start {
            None => "the initial parameters".to_string(),
            Some(earlier) => {
                format!("the parameters that part {} ended with", self.exercise.parts[earlier].name)
            }
        };
        let mut prose = Prose::text(format!("From {start}."));
        if let Task::Update { optimizer, mode, epochs } = &part.task {
            prose = prose.and_prose(self.optimizer(optimizer));
            prose = prose.and_text(update_words(*mode, *epochs, part.examples.len()));
        }
        if matches!(part.task, Task::Gradient | Task::Update { .. }) {
            let together = !matches!(part.task, Task::Update { mode: Mode::Online, .. });
            if part.examples.len() > 1 && together {
                prose = prose.and(match part.options.reduction {
                    Reduction::Sum => " Losses and gradients of the examples are added up.",
                    Reduction::Mean => {
                        " Losses and gradients are averaged over the examples of a step; deltas are those of each example and are not."
                    }
                });
            }
            if part.options.l2 > 0.0 {
                prose = prose
                    .and(" The gradient of the weights includes $λ w$ of an L2 penalty with $λ$ = ")
                    .and_number(part.options.l2, self.quantity("l2"))
                    .and("; the losses shown do not include the penalty.");
            }
            prose = prose.and(if part.options.train_biases {
                " Weights and biases are both trained."
            } else {
                " The biases are not trained."
            });
        }
        if let Some(digits) = part.digits.filter(|_| part.digits != self.exercise.digits) {
            let asked = significant_digits(digits);
            prose = prose.and_text(format!(" Answers to this part are asked for with {asked}."));
        }
        prose
    }

    fn quantity(&self, name: &str) -> QuantityId {
        QuantityId::new(&self.part.name, 1, name, None)
    }

    fn optimizer(&self, optimizer: &Optimizer) -> Prose {
        let title = deltarule_worked::optimizer(optimizer).title;
        let title = capital(title);
        let chosen = optimizer.parameters().into_iter();
        let settings = chosen.filter(|(about, _)| about.role == ParameterRole::Choice);
        let mut prose = Prose::text(format!(" {title}"));
        for (i, (about, value)) in settings.enumerate() {
            let is_rate = optimizer.rate_key() == Some(about.key);
            let (before, what) = match (i, about.key) {
                (0, "learning_rate") => (" with learning rate ", ""),
                // A size of steps that is no learning rate is that of the first ones.
                (0, _) if is_rate => (" with ", "first step size "),
                (0, _) => (" with ", ""),
                (_, _) => (", ", ""),
            };
            prose = prose
                .and(before)
                .and(&format!("{what}${}$", about.symbol))
                .and(" = ")
                .and_number(value, self.quantity(about.key));
        }
        if let Optimizer::Rprop(o) = optimizer {
            return prose
                .and("; every parameter has a step size of its own, which grows by the factor ")
                .and_number(o.increase, self.quantity("step_increase"))
                .and(" while its gradient keeps the sign and shrinks by ")
                .and_number(o.decrease, self.quantity("step_decrease"))
                .and(" where it turns. There is no learning rate.");
        }
        prose.and(".")
    }
}

fn names(network: &Network<f64>) -> Vec<String> {
    (1..=network.layers().len()).flat_map(|l| [format!("w{l}"), format!("b{l}")]).collect()
}

/// A text as Python writes it.
fn quoted(text: &str) -> String {
    // JSON's escapes are Python's too.
    serde_json::Value::from(text).to_string()
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
