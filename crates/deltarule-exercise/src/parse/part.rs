//! The tables `[[part]]`: task, start, options and examples.

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Adam, AdamW, Loss, Network, Optimizer, Rprop, Sgd};

use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::exercise::{Example, ExerciseOptimizer, Mode, Part, PartTask, Task};
use crate::reader::{TomlTable, TomlValue};

use super::size;

/// More examples are refused.
const MAX_EXAMPLES: usize = 100_000;

const UPDATE_KEYS: [&str; 10] = [
    "learning_rate",
    "mode",
    "epochs",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "weight_decay",
    "initial_step",
];
const GRADIENT_KEYS: [&str; 2] = ["train_biases", "l2"];
const PART_KEYS: [&str; 6] = ["name", "task", "start", "examples", "reduction", "digits"];

pub(super) fn read_all(
    top: &TomlTable<'_>,
    network: &Network<f64>,
    loss: Loss,
    digits: Option<usize>,
) -> Parsed<Vec<Part>> {
    let value = top.need("part", "[[part]] with a task and examples")?;
    let items = value.list("part", "a list of tables: write [[part]]")?;
    if items.is_empty() {
        return mistake(value.span(), "the exercise has no parts", "at least one");
    }
    let mut parts: Vec<Part> = Vec::with_capacity(items.len());
    let later: Vec<String> = items.iter().map(name_of).collect();
    let (mut examples, mut numbers) = (0, 0);
    for item in &items {
        let table = item.table("[[part]]", &part_keys())?;
        let mut part = part(&table, network, loss, &parts, &later, &mut examples)?;
        part.digits = asked_digits(&table)?.or(digits);
        size::check(&table, network, &part, &mut numbers)?;
        parts.push(part);
    }
    Ok(parts)
}

fn part_keys() -> Vec<&'static str> {
    PART_KEYS.iter().chain(&UPDATE_KEYS).chain(&GRADIENT_KEYS).copied().collect()
}

/// The name of a part as far as it can be read; used for hints only.
fn name_of(item: &TomlValue<'_>) -> String {
    let table = item.table("[[part]]", &part_keys()).ok();
    let name = table.and_then(|table| table.get("name"));
    name.and_then(|name| name.text("name").ok()).unwrap_or_default().to_string()
}

fn part(
    table: &TomlTable<'_>,
    network: &Network<f64>,
    loss: Loss,
    before: &[Part],
    all_names: &[String],
    examples_so_far: &mut usize,
) -> Parsed<Part> {
    let name_value = table.need("name", "name = \"a\"")?;
    let name = name_value.text("name")?.to_string();
    if before.iter().any(|part| part.name == name) {
        return mistake(
            name_value.span(),
            format!("there are two parts {name:?}"),
            "the name is taken",
        );
    }
    if name == "initial" || name.is_empty() {
        return mistake(
            name_value.span(),
            format!("a part cannot be named {name:?}"),
            "another name",
        );
    }
    let task_value = table.need("task", "task = \"update\"")?;
    let kind = task_value.name("task", PartTask::ALL, |kind| kind.name())?;
    refuse_keys(table, kind)?;
    let start = start(table, &name, before, all_names)?;
    let options = options(table)?;
    let examples = examples(table, network, loss, kind, examples_so_far)?;
    let task = match kind {
        PartTask::Forward => Task::Forward,
        PartTask::Gradient => Task::Gradient,
        PartTask::Classify => Task::Classify,
        PartTask::Update => update(table)?,
    };
    Ok(Part { name, task, start, examples, options, digits: None })
}

/// A key that the task would ignore is a misunderstanding, and is named.
fn refuse_keys(table: &TomlTable<'_>, kind: PartTask) -> Parsed<()> {
    let task = kind.name();
    let (refused, allowed): (Vec<&str>, &str) = match kind {
        PartTask::Update => return Ok(()),
        PartTask::Gradient => (UPDATE_KEYS.to_vec(), "task \"update\""),
        PartTask::Forward | PartTask::Classify => (
            UPDATE_KEYS.iter().chain(&GRADIENT_KEYS).copied().collect(),
            "the tasks that have gradients",
        ),
    };
    for key in refused {
        if let Some(span) = table.key_span(key) {
            let allowed = if UPDATE_KEYS.contains(&key) { "task \"update\"" } else { allowed };
            return mistake(
                span,
                format!("{key} under task {task:?}"),
                format!("only with {allowed}"),
            );
        }
    }
    Ok(())
}

fn start(
    table: &TomlTable<'_>,
    own: &str,
    before: &[Part],
    all_names: &[String],
) -> Parsed<Option<usize>> {
    let Some(value) = table.get("start") else { return Ok(None) };
    let text = value.text("start")?;
    if text == "initial" {
        return Ok(None);
    }
    if let Some(index) = before.iter().position(|part| part.name == text) {
        return Ok(Some(index));
    }
    let unknown = mistake(
        value.span(),
        format!("unknown part {text:?} in start"),
        "no earlier part has this name",
    );
    if text == own {
        return unknown.help("a part cannot start from itself");
    }
    if all_names.iter().any(|name| name == text) {
        return unknown
            .help(format!("part {text:?} comes later: a part starts from an earlier one"));
    }
    let names = before.iter().map(|part| part.name.as_str()).chain(["initial"]);
    match nearest(text, names.clone()) {
        Some(near) => unknown.help(format!("did you mean {near:?}?")),
        None => unknown.help(format!("known here: {}", names.collect::<Vec<_>>().join(", "))),
    }
}

fn options(table: &TomlTable<'_>) -> Parsed<TraceOptions> {
    let mut options = TraceOptions::default();
    if let Some(value) = table.get("reduction") {
        let all = [("sum", Reduction::Sum), ("mean", Reduction::Mean)];
        options.reduction = value.name("reduction", all, |r| r.0)?.1;
    }
    if let Some(value) = table.get("l2") {
        options.l2 = at_least(&value, "l2", 0.0)?;
    }
    if let Some(value) = table.get("train_biases") {
        options.train_biases = value.boolean("train_biases")?;
    }
    Ok(options)
}

fn at_least(value: &TomlValue<'_>, what: &str, least: f64) -> Parsed<f64> {
    let number = value.number(what)?;
    if number < least {
        let label = format!("must be at least {least}");
        return mistake(value.span(), format!("{what} is {number}"), label);
    }
    Ok(number)
}

fn above_zero(value: &TomlValue<'_>, what: &str) -> Parsed<f64> {
    let number = value.number(what)?;
    if number <= 0.0 {
        return mistake(value.span(), format!("{what} is {number}"), "must be above 0");
    }
    Ok(number)
}

fn update(table: &TomlTable<'_>) -> Parsed<Task> {
    let mode = match table.get("mode") {
        None => Mode::Batch,
        Some(value) => {
            value.name("mode", [("batch", Mode::Batch), ("online", Mode::Online)], |m| m.0)?.1
        }
    };
    let epochs = match table.get("epochs") {
        None => 1,
        Some(value) => match value.count("epochs")? {
            0 => return mistake(value.span(), "epochs is 0", "at least 1"),
            epochs if epochs > MAX_EXAMPLES => {
                return mistake(
                    value.span(),
                    format!("epochs is {epochs}"),
                    "too many for an exercise",
                );
            }
            epochs => epochs,
        },
    };
    Ok(Task::Update { optimizer: optimizer(table)?, mode, epochs })
}

fn optimizer(table: &TomlTable<'_>) -> Parsed<Optimizer> {
    use ExerciseOptimizer as Name;
    let optimizer = match table.get("optimizer") {
        None => Name::Sgd,
        Some(value) => value.name("optimizer", Name::ALL, |name| name.name())?,
    };
    let name = optimizer.name();
    let own: &[&str] = match optimizer {
        Name::Sgd => &[],
        Name::Momentum | Name::Nesterov => &["momentum"],
        Name::Adam => &["beta1", "beta2", "epsilon"],
        Name::AdamW => &["beta1", "beta2", "epsilon", "weight_decay"],
        Name::Rprop => &["initial_step"],
    };
    for key in ["momentum", "beta1", "beta2", "epsilon", "weight_decay", "initial_step"] {
        if let Some(span) = table.key_span(key)
            && !own.contains(&key)
        {
            return mistake(
                span,
                format!("{key} with optimizer {name:?}"),
                format!("{name} has no {key}"),
            );
        }
    }
    let learning_rate =
        || above_zero(&table.need("learning_rate", "learning_rate = 0.1")?, "learning_rate");
    let share = |key: &str, default: f64| -> Parsed<f64> {
        let Some(value) = table.get(key) else { return Ok(default) };
        let number = at_least(&value, key, 0.0)?;
        if number >= 1.0 {
            return mistake(value.span(), format!("{key} is {number}"), "must be below 1");
        }
        Ok(number)
    };
    let with_momentum = |nesterov| -> Parsed<Optimizer> {
        let learning_rate = learning_rate()?;
        Ok(Sgd { learning_rate, momentum: share("momentum", 0.9)?, nesterov }.into())
    };
    let adam = || -> Parsed<Adam> {
        let learning_rate = learning_rate()?;
        let standard = Adam::default();
        let epsilon = table.get("epsilon").map(|v| above_zero(&v, "epsilon")).transpose()?;
        Ok(Adam {
            learning_rate,
            beta1: share("beta1", standard.beta1)?,
            beta2: share("beta2", standard.beta2)?,
            epsilon: epsilon.unwrap_or(standard.epsilon),
            ..Adam::default()
        })
    };
    Ok(match optimizer {
        Name::Sgd => Sgd { learning_rate: learning_rate()?, ..Sgd::default() }.into(),
        Name::Momentum => with_momentum(false)?,
        Name::Nesterov => with_momentum(true)?,
        Name::Adam => adam()?.into(),
        Name::Rprop => rprop(table)?,
        Name::AdamW => {
            let Adam { learning_rate, beta1, beta2, epsilon, .. } = adam()?;
            let decay = table.get("weight_decay").map(|v| at_least(&v, "weight_decay", 0.0));
            let weight_decay = decay.transpose()?.unwrap_or(AdamW::default().weight_decay);
            AdamW { learning_rate, beta1, beta2, epsilon, weight_decay }.into()
        }
    })
}

/// Rprop has no learning rate: its steps have sizes of their own. What is given as one is the size that they begin with.
fn rprop(table: &TomlTable<'_>) -> Parsed<Optimizer> {
    let first = match (table.get("initial_step"), table.get("learning_rate")) {
        (Some(_), Some(rate)) => {
            return mistake(
                rate.span(),
                "learning_rate beside initial_step with optimizer \"rprop\"",
                "both say how large the first steps are",
            )
            .help("leave learning_rate out");
        }
        (Some(step), None) => above_zero(&step, "initial_step")?,
        (None, Some(rate)) => above_zero(&rate, "learning_rate")?,
        (None, None) => Rprop::default().initial_step,
    };
    Ok(Rprop { initial_step: first, ..Rprop::default() }.into())
}

fn examples(
    table: &TomlTable<'_>,
    network: &Network<f64>,
    loss: Loss,
    kind: PartTask,
    so_far: &mut usize,
) -> Parsed<Vec<Example>> {
    let value = table.need("examples", "examples = [{ x = [1, 0], t = [1] }]")?;
    let items = value.list("examples", "a list of { x = […], t = […] }")?;
    if items.is_empty() {
        return mistake(value.span(), "the part has no examples", "at least one");
    }
    *so_far += items.len();
    if *so_far > MAX_EXAMPLES {
        let message = format!("the exercise has more than {MAX_EXAMPLES} examples");
        return mistake(value.span(), message, "too many");
    }
    let mut examples: Vec<Example> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let what = format!("example {}", i + 1);
        let entry = item.table(&what, &["x", "t"])?;
        let x = entry.need("x", "x = [1, 0]")?;
        let x = x.vector(&format!("x of {what}"), network.inputs(), "input")?;
        let t = match entry.get("t") {
            Some(t) => {
                let values = t.vector(&format!("t of {what}"), network.outputs(), "output")?;
                check_targets(&t, &what, loss, &values)?;
                Some(values)
            }
            None if matches!(kind, PartTask::Gradient | PartTask::Update) => {
                return mistake(
                    entry.span(),
                    format!("{what} has no t, which task {:?} needs", kind.name()),
                    "t is missing",
                )
                .help(format!("add t = [{}]", vec!["…"; network.outputs()].join(", ")));
            }
            None => None,
        };
        if let Some(first) = examples.first()
            && first.t.is_some() != t.is_some()
        {
            return mistake(
                entry.span(),
                "some examples of this part have a t and others have none",
                "unlike example 1",
            )
            .help("give every example of the part a t, or none");
        }
        examples.push(Example { x, t });
    }
    Ok(examples)
}

/// The targets that a loss with a logarithm is defined for.
fn check_targets(place: &TomlValue<'_>, example: &str, loss: Loss, targets: &[f64]) -> Parsed<()> {
    let (allowed, words) = match loss {
        Loss::BinaryCrossEntropy => (0.0..=1.0, "between 0 and 1"),
        Loss::CrossEntropy | Loss::Poisson => (0.0..=f64::MAX, "at least 0"),
        Loss::SquaredError
        | Loss::SumSquaredError
        | Loss::MeanSquaredError
        | Loss::AbsoluteError
        | Loss::Huber => return Ok(()),
    };
    match targets.iter().find(|t| !allowed.contains(*t)) {
        None => Ok(()),
        Some(t) => mistake(
            place.span(),
            format!("t of {example} has {t}, which {loss} does not admit"),
            format!("must be {words}"),
        ),
    }
}

/// How many significant digits answers should have, where a table says so.
pub(super) fn asked_digits(table: &TomlTable<'_>) -> Parsed<Option<usize>> {
    let Some(value) = table.get("digits") else { return Ok(None) };
    match value.count("digits")? {
        digits @ 1..=17 => Ok(Some(digits)),
        digits => mistake(value.span(), format!("digits is {digits}"), "must be from 1 to 17")
            .help("the number of significant digits that answers should have"),
    }
}
