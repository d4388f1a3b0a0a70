//! The tables `[[part]]`: task, start, options and examples.

use deltarule::trace::TraceOptions;
use deltarule::{Interval, Loss, Network, Optimizer, ParameterRole, Sgd};

use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::exercise::{Example, Mode, Part, PartTask, Task};
use crate::reader::{TomlTable, TomlValue};

use super::size;

/// More examples are refused.
const MAX_EXAMPLES: usize = 100_000;

/// The keys of an update beside the parameters of its optimiser.
const UPDATE_KEYS: [&str; 4] = ["learning_rate", "mode", "epochs", "optimizer"];
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
    PART_KEYS.into_iter().chain(update_keys()).chain(GRADIENT_KEYS).collect()
}

fn update_keys() -> impl Iterator<Item = &'static str> {
    UPDATE_KEYS.into_iter().chain(own_keys())
}

/// The parameters that some optimiser has beside its learning rate.
fn own_keys() -> impl Iterator<Item = &'static str> {
    let all = Optimizer::of_single_steps().flat_map(|optimizer| keys(&optimizer));
    let mut keys: Vec<&str> = Vec::new();
    for key in all.filter(|key| *key != "learning_rate") {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.into_iter()
}

/// The keys of an optimiser's parameters.
fn keys(optimizer: &Optimizer) -> Vec<&'static str> {
    let chosen = optimizer.parameters().into_iter();
    chosen
        .filter(|(about, _)| about.role == ParameterRole::Choice)
        .map(|(about, _)| about.key)
        .collect()
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
    let kind = task_value.choice::<PartTask>()?;
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
        PartTask::Gradient => (update_keys().collect(), "task \"update\""),
        PartTask::Forward | PartTask::Classify => {
            (update_keys().chain(GRADIENT_KEYS).collect(), "the tasks that have gradients")
        }
    };
    for key in refused {
        if let Some(span) = table.key_span(key) {
            let allowed =
                if update_keys().any(|known| known == key) { "task \"update\"" } else { allowed };
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
        options.reduction = value.choice()?;
    }
    if let Some(value) = table.get("l2") {
        options.l2 = within(&value, "l2", Interval::at_least(0.0))?;
    }
    if let Some(value) = table.get("train_biases") {
        options.train_biases = value.boolean("train_biases")?;
    }
    Ok(options)
}

/// A number in an interval.
fn within(value: &TomlValue<'_>, what: &str, interval: Interval) -> Parsed<f64> {
    let number = value.number(what)?;
    match interval.broken_by(number) {
        None => Ok(number),
        Some(end) => mistake(value.span(), format!("{what} is {number}"), format!("must be {end}")),
    }
}

fn update(table: &TomlTable<'_>) -> Parsed<Task> {
    let mode = match table.get("mode") {
        None => Mode::Batch,
        Some(value) => value.choice()?,
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
    let mut optimizer = match table.get("optimizer") {
        None => Sgd::default().into(),
        Some(value) => value.one_of(Optimizer::of_single_steps())?,
    };
    let name = optimizer.name();
    let own = keys(&optimizer);
    for key in own_keys() {
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
    for (about, _) in optimizer.parameters() {
        let (key, value) = match optimizer.rate_key() {
            Some(key) if key == about.key => rate(table, key, name)?,
            _ => (about.key, table.get(about.key)),
        };
        if let Some(value) = value {
            optimizer.set(about.key, within(&value, key, about.usual)?);
        }
    }
    Ok(optimizer)
}

/// The size of the steps, and under which name it was given: where it is no learning rate, as that of Rprop's first steps,
/// it may be called one all the same, and may be left out.
fn rate<'a>(
    table: &TomlTable<'a>,
    key: &'static str,
    optimizer: &str,
) -> Parsed<(&'static str, Option<TomlValue<'a>>)> {
    let general = "learning_rate";
    if key == general {
        return Ok((key, Some(table.need(general, "learning_rate = 0.1")?)));
    }
    match (table.get(key), table.get(general)) {
        (Some(_), Some(rate)) => mistake(
            rate.span(),
            format!("learning_rate beside {key} with optimizer {optimizer:?}"),
            "both say how large the first steps are",
        )
        .help("leave learning_rate out"),
        (Some(value), None) => Ok((key, Some(value))),
        (None, value) => Ok((general, value)),
    }
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
    let Some(allowed) = loss.targets() else { return Ok(()) };
    let words = match allowed.high.is_finite() {
        true => format!("between {} and {}", allowed.low, allowed.high),
        false => allowed.to_string(),
    };
    match targets.iter().find(|t| !allowed.contains(**t)) {
        None => Ok(()),
        Some(t) => mistake(
            place.span(),
            format!("t of {example} has {t}, which {loss} does not admit"),
            format!("must be {words}"),
        ),
    }
}

/// How many significant digits answers should have, where a table says so.
pub(crate) fn asked_digits(table: &TomlTable<'_>) -> Parsed<Option<usize>> {
    let Some(value) = table.get("digits") else { return Ok(None) };
    match value.count("digits")? {
        digits @ 1..=17 => Ok(Some(digits)),
        digits => mistake(value.span(), format!("digits is {digits}"), "must be from 1 to 17")
            .help("the number of significant digits that answers should have"),
    }
}
