//! The table `[network]`: shape, activations, loss and initial parameters.

use deltarule::{Activation, Init, Loss, Network};
use ndarray::{Array1, Array2};

use crate::diagnostic::{Parsed, WithHelp, mistake};
use crate::reader::{TomlTable, TomlValue};

/// More parameters are refused.
const MAX_PARAMETERS: usize = 10_000_000;

/// The network with its initial parameters, and the loss.
pub(super) fn read(top: &TomlTable<'_>) -> Parsed<(Network<f64>, Loss)> {
    let table = top.need("network", "[network] with layers = [5, 3, 2]")?.table(
        "[network]",
        &["layers", "activation", "output_activation", "loss", "weights", "biases"],
    )?;
    let layers_value = table.need("layers", "layers = [5, 3, 2]")?;
    let layers = layer_sizes(&layers_value)?;
    let activations = activations(&table, layers.len() - 1)?;
    let loss_value = table.need("loss", "loss = \"squared_error\"")?;
    let loss = loss_value.choice::<Loss>()?;
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

fn vectors(value: &TomlValue<'_>, layers: &[usize]) -> Parsed<Vec<Array1<f64>>> {
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
