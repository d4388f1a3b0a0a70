//! The table `[network]`: shape, activations, loss and initial parameters.

use deltarule::{Activation, Init, Loss, Network};
use ndarray::{Array1, Array2};

use crate::diagnostic::{Mistakes, Parsed, WithHelp, mistake};
use crate::reader::{TomlTable, TomlValue};

/// More parameters are refused.
const MAX_PARAMETERS: usize = 10_000_000;

/// What could be read of the network: what is none was a mistake.
pub(super) struct NetworkRead {
    /// The units per layer, inputs first.
    pub(super) layers: Option<Vec<usize>>,
    pub(super) loss: Option<Loss>,
    /// With its initial parameters.
    pub(super) network: Option<Network<f64>>,
}

/// The network and the loss. The mistakes are kept, and what does not hang on them is read.
pub(super) fn read(top: &TomlTable<'_>, mistakes: &mut Mistakes) -> NetworkRead {
    let mut read = NetworkRead { layers: None, loss: None, network: None };
    let known = ["layers", "activation", "output_activation", "loss", "weights", "biases"];
    let network = top.need("network", "[network] with layers = [5, 3, 2]");
    let table = network.and_then(|network| network.table("[network]", &known));
    let Some(table) = mistakes.keep(table) else { return read };
    mistakes.keep(table.check_keys());
    let layers_value = mistakes.keep(table.need("layers", "layers = [5, 3, 2]"));
    read.layers = layers_value.and_then(|value| mistakes.keep(layer_sizes(&value)));
    let layers = read.layers.as_deref();
    let activations =
        layers.and_then(|layers| mistakes.keep(activations(&table, layers.len() - 1)));
    let loss_value = mistakes.keep(table.need("loss", "loss = \"squared_error\""));
    read.loss = loss_value.and_then(|value| mistakes.keep(value.choice::<Loss>()));
    if let (Some(value), Some(loss), Some(activations)) = (loss_value, read.loss, &activations) {
        mistakes.keep(suits(&value, loss, activations));
    }
    let weights = mistakes.keep(table.need("weights", "weights = 0.1"));
    let weights = weights.and_then(|value| mistakes.keep(self::weights(&value, layers)));
    let biases = mistakes.keep(self::biases(&table, layers));
    read.network = (|| {
        let (layers, place) = (layers?, layers_value?);
        mistakes.keep(build(place, layers, &activations?, weights?, biases?))
    })();
    read
}

/// Refuses a loss that the outputs do not admit.
fn suits(place: &TomlValue<'_>, loss: Loss, activations: &[Activation]) -> Parsed<()> {
    let Some(output) = activations.last() else { return Ok(()) };
    match loss.admits(*output) {
        Ok(()) => Ok(()),
        Err(error) => {
            mistake(place.span(), error.to_string(), format!("not with {output} outputs"))
        }
    }
}

/// Initial parameters: one number for all of them, or each.
enum Initial<T> {
    All(f64),
    Each(Vec<T>),
}

/// The weights; those of each layer only where the layers are known.
fn weights(value: &TomlValue<'_>, layers: Option<&[usize]>) -> Parsed<Initial<Array2<f64>>> {
    match layers {
        Some(layers) if !value.is_number() => matrices(value, layers).map(Initial::Each),
        _ if value.is_number() => value.number("weights").map(Initial::All),
        _ => Ok(Initial::Each(Vec::new())),
    }
}

/// The biases, likewise; 0 where none are given.
fn biases(table: &TomlTable<'_>, layers: Option<&[usize]>) -> Parsed<Initial<Array1<f64>>> {
    match (table.get("biases"), layers) {
        (None, _) => Ok(Initial::All(0.0)),
        (Some(value), _) if value.is_number() => value.number("biases").map(Initial::All),
        (Some(value), Some(layers)) => vectors(&value, layers).map(Initial::Each),
        (Some(_), None) => Ok(Initial::Each(Vec::new())),
    }
}

fn build(
    place: TomlValue<'_>,
    layers: &[usize],
    activations: &[Activation],
    weights: Initial<Array2<f64>>,
    biases: Initial<Array1<f64>>,
) -> Parsed<Network<f64>> {
    let mut builder = Network::<f64>::builder(layers[0]);
    for (&units, &activation) in layers[1..].iter().zip(activations) {
        builder = builder.layer(units, activation);
    }
    builder = match weights {
        Initial::All(value) => builder.init(Init::Constant(value)),
        Initial::Each(matrices) => builder.weights(matrices),
    };
    builder = match biases {
        Initial::All(value) => builder.bias_init(deltarule::BiasInit::Constant(value)),
        Initial::Each(vectors) => builder.biases(vectors),
    };
    match builder.build() {
        Ok(network) => Ok(network),
        Err(error) => mistake(place.span(), error.to_string(), "this network"),
    }
}

/// The units per layer, with the size of the network checked before anything of that size exists.
fn layer_sizes(value: &TomlValue<'_>) -> Parsed<Vec<usize>> {
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
fn activations(table: &TomlTable<'_>, layers: usize) -> Parsed<Vec<Activation>> {
    let name = |value: &TomlValue<'_>| value.choice::<Activation>();
    let given = table.need("activation", "activation = \"sigmoid\"")?;
    let output = table.get("output_activation");
    if given.is_text() {
        let hidden = name(&given)?;
        let last = output.as_ref().map(name).transpose()?.unwrap_or(hidden);
        if hidden == Activation::Softmax && layers > 1 {
            return softmax_below(
                given,
                1,
                "name another activation here and set output_activation = \"softmax\"",
            );
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
            return softmax_below(*item, l + 1, "name another activation here");
        }
        all.push(activation);
    }
    Ok(all)
}

fn softmax_below<T>(place: TomlValue<'_>, layer: usize, help: &str) -> Parsed<T> {
    mistake(
        place.span(),
        format!("softmax in layer {layer}, which is a hidden layer"),
        "on the last layer only",
    )
    .help(help)
}

fn matrices(value: &TomlValue<'_>, layers: &[usize]) -> Parsed<Vec<Array2<f64>>> {
    let items = value.list("weights", "a number, or a list of matrices")?;
    check_count(value, "weights", "matrices", items.len(), layers.len() - 1)?;
    let mut mistakes = Mistakes::default();
    let mut all = Vec::with_capacity(items.len());
    for (l, item) in items.iter().enumerate() {
        let (units, below) = (layers[l + 1], layers[l]);
        let entries = item.matrix(&format!("the weights of layer {}", l + 1), units, below);
        let matrix = entries.and_then(|entries| {
            Array2::from_shape_vec((units, below), entries)
                .or_else(|error| mistake(item.span(), error.to_string(), "this matrix"))
        });
        all.extend(mistakes.keep(matrix));
    }
    mistakes.unless(Some(all))
}

fn vectors(value: &TomlValue<'_>, layers: &[usize]) -> Parsed<Vec<Array1<f64>>> {
    let items = value.list("biases", "a number, or a list of vectors")?;
    check_count(value, "biases", "vectors", items.len(), layers.len() - 1)?;
    let mut mistakes = Mistakes::default();
    let mut all = Vec::with_capacity(items.len());
    for (item, (l, &units)) in items.iter().zip(layers[1..].iter().enumerate()) {
        let what = format!("the biases of layer {}", l + 1);
        let vector = item.vector(&what, units, "unit").map(Array1::from_vec);
        all.extend(mistakes.keep(vector));
    }
    mistakes.unless(Some(all))
}

fn check_count(
    value: &TomlValue<'_>,
    what: &str,
    kind: &str,
    got: usize,
    expected: usize,
) -> Parsed<()> {
    if got == expected {
        return Ok(());
    }
    mistake(
        value.span(),
        format!("{what} has {got} {kind}, expected {expected}"),
        format!("expected {expected}: one per layer after the inputs"),
    )
}
