//! The tables `[[part]]`: task, start, options and examples.

use deltarule::trace::TraceOptions;
use deltarule::{Interval, Loss, Optimizer, ParameterRole, Sgd};

use crate::diagnostic::{Mistakes, Parsed, WithHelp, mistake, nearest};
use crate::exercise::{Example, Mode, Part, PartTask, Task};
use crate::reader::{TomlTable, TomlValue};

use super::network::NetworkRead;
use super::size;

/// More examples are refused.
const MAX_EXAMPLES: usize = 100_000;

/// So many entries of a vector are shown in a hint.
const MOST_SHOWN: usize = 8;

/// The keys of an update beside the parameters of its optimiser.
const UPDATE_KEYS: [&str; 4] = ["learning_rate", "mode", "epochs", "optimizer"];
const GRADIENT_KEYS: [&str; 2] = ["train_biases", "l2"];
const PART_KEYS: [&str; 6] = ["name", "task", "start", "examples", "reduction", "digits"];

pub(super) fn read_all(
    top: &TomlTable<'_>,
    read: &NetworkRead,
    digits: Option<usize>,
) -> Parsed<Vec<Part>> {
    let value = top.need("part", "[[part]] with a task and examples")?;
    let items = value.list("part", "a list of tables: write [[part]]")?;
    if items.is_empty() {
        return mistake(value.span(), "the exercise has no parts", "at least one");
    }
    let names: Vec<String> = items.iter().map(name_of).collect();
    let mut mistakes = Mistakes::default();
    let mut parts: Vec<Part> = Vec::with_capacity(items.len());
    let (mut examples, mut numbers) = (0, 0);
    for (i, item) in items.iter().enumerate() {
        let part = item.table("[[part]]", &part_keys()).and_then(|table| {
            let part = part(&table, read, Names { all: &names, own: i }, digits, &mut examples)?;
            match &read.network {
                Some(network) => size::check(&table, network, &part, &mut numbers).map(|()| part),
                None => Ok(part),
            }
        });
        parts.extend(mistakes.keep(part));
        if mistakes.are_enough() {
            break;
        }
    }
    mistakes.unless(Some(parts))
}

/// The names of the parts, and which of them is looked at.
#[derive(Clone, Copy)]
struct Names<'a> {
    all: &'a [String],
    own: usize,
}

impl<'a> Names<'a> {
    fn before(&self) -> &'a [String] {
        &self.all[..self.own]
    }
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
    read: &NetworkRead,
    names: Names<'_>,
    digits: Option<usize>,
    examples_so_far: &mut usize,
) -> Parsed<Part> {
    let mut mistakes = Mistakes::default();
    mistakes.keep(table.check_keys());
    let name = mistakes.keep(name(table, names));
    let task = table.need("task", "task = \"update\"");
    let kind = mistakes.keep(task.and_then(|task| task.choice::<PartTask>()));
    if let Some(kind) = kind {
        mistakes.keep(refuse_keys(table, kind));
    }
    let start = mistakes.keep(start(table, names));
    let options = mistakes.keep(options(table));
    let examples = mistakes.keep(examples(table, read, kind, examples_so_far));
    let task = kind.and_then(|kind| match kind {
        PartTask::Forward => Some(Task::Forward),
        PartTask::Gradient => Some(Task::Gradient),
        PartTask::Classify => Some(Task::Classify),
        PartTask::Update => mistakes.keep(update(table)),
    });
    let own = mistakes.keep(asked_digits(table));
    let part = (|| {
        let digits = own?.or(digits);
        Some(Part {
            name: name?,
            task: task?,
            start: start?,
            examples: examples?,
            options: options?,
            digits,
        })
    })();
    mistakes.unless(part)
}

fn name(table: &TomlTable<'_>, names: Names<'_>) -> Parsed<String> {
    let value = table.need("name", "name = \"a\"")?;
    let name = value.text("name")?.to_string();
    if names.before().contains(&name) {
        return mistake(value.span(), format!("there are two parts {name:?}"), "the name is taken");
    }
    if name == "initial" || name.is_empty() {
        return mistake(value.span(), format!("a part cannot be named {name:?}"), "another name");
    }
    Ok(name)
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
    let mut mistakes = Mistakes::default();
    for key in refused {
        if let Some(span) = table.key_span(key) {
            let allowed =
                if update_keys().any(|known| known == key) { "task \"update\"" } else { allowed };
            mistakes.keep::<()>(mistake(
                span,
                format!("{key} under task {task:?}"),
                format!("only with {allowed}"),
            ));
        }
    }
    mistakes.end()
}

fn start(table: &TomlTable<'_>, names: Names<'_>) -> Parsed<Option<usize>> {
    let Some(value) = table.get("start") else { return Ok(None) };
    let text = value.text("start")?;
    if text == "initial" {
        return Ok(None);
    }
    if let Some(index) = names.before().iter().position(|name| name == text) {
        return Ok(Some(index));
    }
    let unknown = mistake(
        value.span(),
        format!("unknown part {text:?} in start"),
        "no earlier part has this name",
    );
    if text == names.all[names.own] {
        return unknown.help("a part cannot start from itself");
    }
    if names.all.iter().any(|name| name == text) {
        return unknown
            .help(format!("part {text:?} comes later: a part starts from an earlier one"));
    }
    let names = names.before().iter().map(String::as_str).chain(["initial"]);
    match nearest(text, names.clone()) {
        Some(near) => unknown.help(format!("did you mean {near:?}?")),
        None => unknown.help(format!("known here: {}", names.collect::<Vec<_>>().join(", "))),
    }
}

fn options(table: &TomlTable<'_>) -> Parsed<TraceOptions> {
    let mut options = TraceOptions::default();
    let mut mistakes = Mistakes::default();
    if let Some(value) = table.get("reduction") {
        options.reduction = mistakes.keep(value.choice()).unwrap_or_default();
    }
    if let Some(value) = table.get("l2") {
        let l2 = within(&value, "l2", Interval::at_least(0.0));
        options.l2 = mistakes.keep(l2).unwrap_or_default();
    }
    if let Some(value) = table.get("train_biases") {
        options.train_biases = mistakes.keep(value.boolean("train_biases")).unwrap_or_default();
    }
    mistakes.unless(Some(options))
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
    let mut mistakes = Mistakes::default();
    let mode = match table.get("mode") {
        None => Some(Mode::Batch),
        Some(value) => mistakes.keep(value.choice()),
    };
    let epochs = mistakes.keep(epochs(table));
    let optimizer = mistakes.keep(optimizer(table));
    let task = (|| Some(Task::Update { optimizer: optimizer?, mode: mode?, epochs: epochs? }))();
    mistakes.unless(task)
}

fn epochs(table: &TomlTable<'_>) -> Parsed<usize> {
    let Some(value) = table.get("epochs") else { return Ok(1) };
    match value.count("epochs")? {
        0 => mistake(value.span(), "epochs is 0", "at least 1"),
        epochs if epochs > MAX_EXAMPLES => {
            mistake(value.span(), format!("epochs is {epochs}"), "too many for an exercise")
        }
        epochs => Ok(epochs),
    }
}

fn optimizer(table: &TomlTable<'_>) -> Parsed<Optimizer> {
    let mut optimizer = match table.get("optimizer") {
        None => Sgd::default().into(),
        Some(value) => value.one_of(Optimizer::of_single_steps())?,
    };
    let name = optimizer.name();
    let own = keys(&optimizer);
    let mut mistakes = Mistakes::default();
    for key in own_keys() {
        if let Some(span) = table.key_span(key)
            && !own.contains(&key)
        {
            mistakes.keep::<()>(mistake(
                span,
                format!("{key} with optimizer {name:?}"),
                format!("{name} has no {key}"),
            ));
        }
    }
    for (about, _) in optimizer.parameters() {
        let given = match optimizer.rate_key() {
            Some(key) if key == about.key => mistakes.keep(rate(table, key, name)),
            _ => Some((about.key, table.get(about.key))),
        };
        if let Some((key, Some(value))) = given
            && let Some(number) = mistakes.keep(within(&value, key, about.usual))
        {
            optimizer.set(about.key, number);
        }
    }
    mistakes.unless(Some(optimizer))
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
    read: &NetworkRead,
    kind: Option<PartTask>,
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
    let mut mistakes = Mistakes::default();
    let mut examples: Vec<Example> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let what = format!("example {}", i + 1);
        let first = examples.first().map(|first| first.t.is_some());
        let example = item
            .table(&what, &["x", "t"])
            .and_then(|entry| example(&entry, &what, read, kind, first));
        examples.extend(mistakes.keep(example));
        if mistakes.are_enough() {
            break;
        }
    }
    mistakes.unless(Some(examples))
}

/// An example; `first` says whether that of the part has targets.
fn example(
    entry: &TomlTable<'_>,
    what: &str,
    read: &NetworkRead,
    kind: Option<PartTask>,
    first: Option<bool>,
) -> Parsed<Example> {
    let mut mistakes = Mistakes::default();
    mistakes.keep(entry.check_keys());
    let given = mistakes.keep(entry.need("x", "x = [1, 0]"));
    let t = entry.get("t");
    if let (None, Some(kind @ (PartTask::Gradient | PartTask::Update))) = (&t, kind) {
        let outputs = read.layers.as_ref().and_then(|layers| layers.last()).map_or(1, |n| *n);
        mistakes.keep::<()>(
            mistake(
                entry.span(),
                format!("{what} has no t, which task {:?} needs", kind.name()),
                "t is missing",
            )
            .help(format!("add t = [{}]", vec!["…"; outputs.min(MOST_SHOWN)].join(", "))),
        );
    } else if first.is_some_and(|first| first != t.is_some()) {
        mistakes.keep::<()>(
            mistake(
                entry.span(),
                "some examples of this part have a t and others have none",
                "unlike example 1",
            )
            .help("give every example of the part a t, or none"),
        );
    }
    // Without the layers, nobody knows how many numbers these should be.
    let sizes = read.layers.as_ref().and_then(|layers| Some((*layers.first()?, *layers.last()?)));
    let mut example = Example { x: Vec::new(), t: None };
    if let Some((inputs, outputs)) = sizes {
        let x = given.map(|x| x.vector(&format!("x of {what}"), inputs, "input"));
        example.x = x.and_then(|x| mistakes.keep(x)).unwrap_or_default();
        example.t = t.and_then(|t| {
            let values = mistakes.keep(t.vector(&format!("t of {what}"), outputs, "output"))?;
            if let Some(loss) = read.loss {
                mistakes.keep(check_targets(&t, what, loss, &values));
            }
            Some(values)
        });
    }
    mistakes.unless(Some(example))
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
