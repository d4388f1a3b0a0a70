//! From the text of an exercise file to a validated exercise.

use deltarule::trace::{Reduction, TraceOptions};
use deltarule::{Activation, Adam, AdamW, Init, Loss, Network, Optimizer, Rprop, Sgd};
use ndarray::{Array1, Array2};
use toml::de::DeTable;

use crate::diagnostic::{Reading, WithHelp, mistake, nearest};
use crate::exercise::{Example, Exercise, Mode, Part, Task};
use crate::reader::{Table, Value};

/// More parameters are refused.
const MAX_PARAMETERS: usize = 10_000_000;
/// More examples are refused.
const MAX_EXAMPLES: usize = 100_000;

const UPDATE_KEYS: [&str; 9] = [
    "learning_rate",
    "mode",
    "epochs",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "weight_decay",
];
const GRADIENT_KEYS: [&str; 2] = ["train_biases", "l2"];
const PART_KEYS: [&str; 5] = ["name", "task", "start", "examples", "reduction"];

pub(crate) fn exercise(text: &str) -> Reading<Exercise> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len().min(1));
            return mistake(span, format!("not valid TOML: {}", error.message()), "here");
        }
    };
    let top = Table::new(
        document.get_ref(),
        0..text.len().min(1),
        "the exercise",
        &["title", "network", "part"],
    )?;
    let title = match top.get("title") {
        Some(title) => title.text("title")?.to_string(),
        None => "Exercise".to_string(),
    };
    let (network, loss) = network(&top)?;
    let parts = parts(&top, &network, loss)?;
    Ok(Exercise { title, network, loss, parts })
}

/// The network with its initial parameters, and the loss.
fn network(top: &Table<'_>) -> Reading<(Network<f64>, Loss)> {
    let table = top.need("network", "[network] with layers = [5, 3, 2]")?.table(
        "[network]",
        &["layers", "activation", "output_activation", "loss", "weights", "biases"],
    )?;
    let layers_value = table.need("layers", "layers = [5, 3, 2]")?;
    let layers = layer_sizes(&layers_value)?;
    let activations = activations(&table, layers.len() - 1)?;
    let loss_value = table.need("loss", "loss = \"squared_error\"")?;
    let loss = loss_value.name("loss", Loss::ALL, |l| l.name())?;
    let output = activations[activations.len() - 1];
    if let Err(error) = loss.admits(output) {
        return mistake(loss_value.span(), error.to_string(), format!("not with {output} outputs"));
    }
    let weights = table.need("weights", "weights = 0.1")?;
    let mut builder = Network::<f64>::builder(layers[0]);
    for (&units, &activation) in layers[1..].iter().zip(&activations) {
        builder = builder.layer(units, activation);
    }
    if weights.is_number() {
        builder = builder.init(Init::Constant(weights.number("weights")?));
    } else {
        builder = builder.weights(matrices(&weights, &layers)?);
    }
    match table.get("biases") {
        None => {}
        Some(biases) if biases.is_number() => {
            let value = biases.number("biases")?;
            builder = builder.bias_init(deltarule::BiasInit::Constant(value));
        }
        Some(biases) => builder = builder.biases(vectors(&biases, &layers)?),
    }
    match builder.build() {
        Ok(network) => Ok((network, loss)),
        Err(error) => mistake(layers_value.span(), error.to_string(), "this network"),
    }
}

/// The units per layer, with the size of the network checked before anything of that size exists.
fn layer_sizes(value: &Value<'_>) -> Reading<Vec<usize>> {
    let items = value.list("layers", "a list of whole numbers")?;
    if items.len() < 2 {
        return mistake(
            value.span(),
            "a network needs its inputs and at least one layer",
            "at least two numbers",
        )
        .help("units per layer, inputs first: layers = [5, 3, 2]");
    }
    let mut layers: Vec<usize> = Vec::with_capacity(items.len());
    let mut parameters = 0_usize;
    for (i, item) in items.iter().enumerate() {
        let units = item.count(&format!("layer {i} of layers"))?;
        if units == 0 {
            return mistake(item.span(), format!("layer {i} has no units"), "at least 1");
        }
        if let Some(&below) = layers.last() {
            parameters = below
                .checked_add(1)
                .and_then(|b| b.checked_mul(units))
                .and_then(|p| p.checked_add(parameters))
                .unwrap_or(usize::MAX);
            if parameters > MAX_PARAMETERS {
                return mistake(
                    value.span(),
                    format!("the network has more than {MAX_PARAMETERS} parameters"),
                    "too large for an exercise",
                );
            }
        }
        layers.push(units);
    }
    Ok(layers)
}

/// The activation of each layer.
fn activations(table: &Table<'_>, layers: usize) -> Reading<Vec<Activation>> {
    let name = |value: &Value<'_>| value.name("activation", Activation::ALL, |a| a.name());
    let given = table.need("activation", "activation = \"sigmoid\"")?;
    let output = table.get("output_activation");
    if given.is_text() {
        let hidden = name(&given)?;
        let last = output.as_ref().map(name).transpose()?.unwrap_or(hidden);
        if hidden == Activation::Softmax && layers > 1 {
            return softmax_below(given, 1);
        }
        let mut all = vec![hidden; layers];
        all[layers - 1] = last;
        return Ok(all);
    }
    if let Some(span) = table.key_span("output_activation") {
        return mistake(
            span,
            "output_activation stands only beside a single activation",
            "not with a list",
        )
        .help("put the last layer's activation into the list");
    }
    let items = given.list("activation", "a name, or a list of names")?;
    if items.len() != layers {
        return mistake(
            given.span(),
            format!("activation has {} names, expected {layers}", items.len()),
            format!("expected {layers}: one per layer after the inputs"),
        );
    }
    let mut all = Vec::with_capacity(layers);
    for (l, item) in items.iter().enumerate() {
        let activation = name(item)?;
        if activation == Activation::Softmax && l + 1 < layers {
            return softmax_below(*item, l + 1);
        }
        all.push(activation);
    }
    Ok(all)
}

fn softmax_below<T>(place: Value<'_>, layer: usize) -> Reading<T> {
    mistake(
        place.span(),
        format!("softmax in layer {layer}, which is a hidden layer"),
        "on the last layer only",
    )
    .help("name another activation here and set output_activation = \"softmax\"")
}

fn matrices(value: &Value<'_>, layers: &[usize]) -> Reading<Vec<Array2<f64>>> {
    let items = value.list("weights", "a number, or a list of matrices")?;
    check_count(value, "weights", "matrices", items.len(), layers.len() - 1)?;
    let mut all = Vec::with_capacity(items.len());
    for (l, item) in items.iter().enumerate() {
        let (units, below) = (layers[l + 1], layers[l]);
        let entries = item.matrix(&format!("the weights of layer {}", l + 1), units, below)?;
        match Array2::from_shape_vec((units, below), entries) {
            Ok(matrix) => all.push(matrix),
            Err(error) => return mistake(item.span(), error.to_string(), "this matrix"),
        }
    }
    Ok(all)
}

fn vectors(value: &Value<'_>, layers: &[usize]) -> Reading<Vec<Array1<f64>>> {
    let items = value.list("biases", "a number, or a list of vectors")?;
    check_count(value, "biases", "vectors", items.len(), layers.len() - 1)?;
    let layers = layers[1..].iter().enumerate();
    items
        .iter()
        .zip(layers)
        .map(|(item, (l, &units))| {
            let what = format!("the biases of layer {}", l + 1);
            item.vector(&what, units, "unit").map(Array1::from_vec)
        })
        .collect()
}

fn check_count(
    value: &Value<'_>,
    what: &str,
    kind: &str,
    got: usize,
    expected: usize,
) -> Reading<()> {
    if got == expected {
        return Ok(());
    }
    mistake(
        value.span(),
        format!("{what} has {got} {kind}, expected {expected}"),
        format!("expected {expected}: one per layer after the inputs"),
    )
}

fn parts(top: &Table<'_>, network: &Network<f64>, loss: Loss) -> Reading<Vec<Part>> {
    let value = top.need("part", "[[part]] with a task and examples")?;
    let items = value.list("part", "a list of tables: write [[part]]")?;
    if items.is_empty() {
        return mistake(value.span(), "the exercise has no parts", "at least one");
    }
    let mut parts: Vec<Part> = Vec::with_capacity(items.len());
    let later: Vec<String> = items.iter().map(name_of).collect();
    let mut examples = 0;
    for item in &items {
        let part = part(item, network, loss, &parts, &later, &mut examples)?;
        parts.push(part);
    }
    Ok(parts)
}

/// The name of a part as far as it can be read; used for hints only.
fn name_of(item: &Value<'_>) -> String {
    let known: Vec<&str> =
        PART_KEYS.iter().chain(&UPDATE_KEYS).chain(&GRADIENT_KEYS).copied().collect();
    let table = item.table("[[part]]", &known).ok();
    let name = table.and_then(|table| table.get("name"));
    name.and_then(|name| name.text("name").ok()).unwrap_or_default().to_string()
}

#[derive(Clone, Copy)]
enum Kind {
    Forward,
    Gradient,
    Update,
    Classify,
}

fn part(
    item: &Value<'_>,
    network: &Network<f64>,
    loss: Loss,
    before: &[Part],
    all_names: &[String],
    examples_so_far: &mut usize,
) -> Reading<Part> {
    let known: Vec<&str> =
        PART_KEYS.iter().chain(&UPDATE_KEYS).chain(&GRADIENT_KEYS).copied().collect();
    let table = item.table("[[part]]", &known)?;
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
    let kinds = [
        ("forward", Kind::Forward),
        ("gradient", Kind::Gradient),
        ("update", Kind::Update),
        ("classify", Kind::Classify),
    ];
    let task_value = table.need("task", "task = \"update\"")?;
    let (task_name, kind) = task_value.name("task", kinds, |k| k.0)?;
    refuse_keys(&table, task_name, kind)?;
    let start = start(&table, &name, before, all_names)?;
    let options = options(&table)?;
    let examples = examples(&table, network, loss, task_name, kind, examples_so_far)?;
    let task = match kind {
        Kind::Forward => Task::Forward,
        Kind::Gradient => Task::Gradient,
        Kind::Classify => Task::Classify,
        Kind::Update => update(&table)?,
    };
    Ok(Part { name, task, start, examples, options })
}

/// A key that the task would ignore is a misunderstanding, and is named.
fn refuse_keys(table: &Table<'_>, task: &str, kind: Kind) -> Reading<()> {
    let (refused, allowed): (Vec<&str>, &str) = match kind {
        Kind::Update => return Ok(()),
        Kind::Gradient => (UPDATE_KEYS.to_vec(), "task \"update\""),
        Kind::Forward | Kind::Classify => (
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
    table: &Table<'_>,
    own: &str,
    before: &[Part],
    all_names: &[String],
) -> Reading<Option<usize>> {
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

fn options(table: &Table<'_>) -> Reading<TraceOptions> {
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

fn at_least(value: &Value<'_>, what: &str, least: f64) -> Reading<f64> {
    let number = value.number(what)?;
    if number < least {
        let label = format!("must be at least {least}");
        return mistake(value.span(), format!("{what} is {number}"), label);
    }
    Ok(number)
}

fn above_zero(value: &Value<'_>, what: &str) -> Reading<f64> {
    let number = value.number(what)?;
    if number <= 0.0 {
        return mistake(value.span(), format!("{what} is {number}"), "must be above 0");
    }
    Ok(number)
}

fn update(table: &Table<'_>) -> Reading<Task> {
    let learning_rate =
        above_zero(&table.need("learning_rate", "learning_rate = 0.1")?, "learning_rate")?;
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
    Ok(Task::Update { optimizer: optimizer(table, learning_rate)?, mode, epochs })
}

fn optimizer(table: &Table<'_>, learning_rate: f64) -> Reading<Optimizer> {
    const NAMES: [&str; 6] = ["sgd", "momentum", "nesterov", "adam", "adamw", "rprop"];
    let name = match table.get("optimizer") {
        None => "sgd",
        Some(value) => value.name("optimizer", NAMES, |n| n)?,
    };
    let own: &[&str] = match name {
        "momentum" | "nesterov" => &["momentum"],
        "adam" => &["beta1", "beta2", "epsilon"],
        "adamw" => &["beta1", "beta2", "epsilon", "weight_decay"],
        _ => &[],
    };
    for key in ["momentum", "beta1", "beta2", "epsilon", "weight_decay"] {
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
    let share = |key: &str, default: f64| -> Reading<f64> {
        let Some(value) = table.get(key) else { return Ok(default) };
        let number = at_least(&value, key, 0.0)?;
        if number >= 1.0 {
            return mistake(value.span(), format!("{key} is {number}"), "must be below 1");
        }
        Ok(number)
    };
    let adam = || -> Reading<Adam> {
        let standard = Adam::default();
        let epsilon = table.get("epsilon").map(|v| above_zero(&v, "epsilon")).transpose()?;
        Ok(Adam {
            learning_rate,
            beta1: share("beta1", standard.beta1)?,
            beta2: share("beta2", standard.beta2)?,
            epsilon: epsilon.unwrap_or(standard.epsilon),
        })
    };
    Ok(match name {
        "momentum" | "nesterov" => {
            let momentum = share("momentum", 0.9)?;
            Sgd { learning_rate, momentum, nesterov: name == "nesterov" }.into()
        }
        "adam" => adam()?.into(),
        "adamw" => {
            let Adam { learning_rate, beta1, beta2, epsilon } = adam()?;
            let decay = table.get("weight_decay").map(|v| at_least(&v, "weight_decay", 0.0));
            let weight_decay = decay.transpose()?.unwrap_or(AdamW::default().weight_decay);
            AdamW { learning_rate, beta1, beta2, epsilon, weight_decay }.into()
        }
        "rprop" => Rprop { initial_step: learning_rate, ..Rprop::default() }.into(),
        _ => Sgd { learning_rate, ..Sgd::default() }.into(),
    })
}

fn examples(
    table: &Table<'_>,
    network: &Network<f64>,
    loss: Loss,
    task: &str,
    kind: Kind,
    so_far: &mut usize,
) -> Reading<Vec<Example>> {
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
            None if matches!(kind, Kind::Gradient | Kind::Update) => {
                return mistake(
                    entry.span(),
                    format!("{what} has no t, which task {task:?} needs"),
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
fn check_targets(place: &Value<'_>, example: &str, loss: Loss, targets: &[f64]) -> Reading<()> {
    let (allowed, words) = match loss {
        Loss::BinaryCrossEntropy => (0.0..=1.0, "between 0 and 1"),
        Loss::CrossEntropy | Loss::Poisson => (0.0..=f64::MAX, "at least 0"),
        _ => return Ok(()),
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
