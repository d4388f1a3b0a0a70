//! What is given: the network drawn, its parameters, and every convention in words.

use deltarule::{Loss, Network};
use deltarule_document::{
    Block, Document, Drawing, DrawnLayer, Equation, Figure, Math, Matrix, Prose, QuantityId,
};

use crate::catalogue;
use crate::forward::quoted;
use crate::step::{BatchLayout, Style, activation_letter, has_several_activations};

/// Draws a network and says what it computes.
pub fn network(document: &mut Document, style: &Style, network: &Network<f64>) {
    let layers = network.layers();
    let counted = |count: usize, what: &str| {
        if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
    };
    let mut words = format!(
        "A multilayer perceptron with {} and {}: ",
        counted(network.inputs(), "input"),
        counted(layers.len(), "layer")
    );
    for (l, layer) in layers.iter().enumerate() {
        if l > 0 {
            words += if l + 1 == layers.len() { " and " } else { ", " };
        }
        words += &format!(
            "layer {} with {} ({})",
            l + 1,
            counted(layer.units(), "unit"),
            layer.activation()
        );
    }
    words +=
        ". The inputs are as many as an example has features, however many examples there are.";
    document.paragraph(Prose::text(words));
    let mut drawn = vec![DrawnLayer {
        units: network.inputs(),
        label: "input".into(),
        symbol: style.notation.math("x^[0]"),
    }];
    drawn.extend(layers.iter().enumerate().map(|(l, layer)| DrawnLayer {
        units: layer.units(),
        label: layer.activation().name().into(),
        symbol: style.notation.math(&format!("x^[{}]", l + 1)),
    }));
    document.blocks.push(Block::Figure(Figure {
        caption: Prose::text(
            "The network: every unit gets the outputs of all units of the layer before it.",
        ),
        drawing: Drawing::Network(drawn),
    }));
    document.paragraph(style.notation.prose(
        "Layer $l$ computes its net input $z^[l]$ from the outputs $x^[l−1]$ of the layer before it, and from that its own \
         output; $x^[0]$ is the example:",
    ));
    document.equation(style.notation.equation("z^[l] = w^[l] x^[l−1] + b^[l]"));
    let letter = activation_letter(network, "l");
    document.equation(style.notation.equation(&format!("x^[l] = {letter}(z^[l])")));
    let mut seen = Vec::new();
    for layer in layers {
        let f = layer.activation();
        if seen.contains(&f) {
            continue;
        }
        seen.push(f);
        let formulas = catalogue::activation(f);
        let index = if f.is_elementwise() { "" } else { "_i" };
        let mut names: Vec<String> = Vec::new();
        if has_several_activations(network) {
            let with = (1..=layers.len()).filter(|l| layers[l - 1].activation() == f);
            names.extend(with.map(|l| format!("{}(z){index}", activation_letter(network, l))));
        }
        if !formulas.symbol.is_empty() {
            names.push(format!("{}(z){index}", quoted(formulas.symbol)));
        } else if names.is_empty() {
            names.push("f(z)".into());
        }
        document.equation(Equation::formula(&format!(
            "{} = {}",
            names.join(" = "),
            formulas.value
        )));
        if let Some(letters) = formulas.letters {
            document.paragraph(Prose::new(&format!("Here {letters}.")));
        }
    }
}

/// The parameters of a network as they are given, and what a notebook needs to have them.
pub fn parameters(document: &mut Document, style: &Style, network: &Network<f64>) {
    for l in 0..network.layers().len() {
        let layer = l + 1;
        let quantity = |name: &str| QuantityId::new("initial", 1, name, Some(layer));
        let (w, b) = (network.weights(l), network.biases(l));
        let weights =
            Matrix::new(w.nrows(), w.ncols(), |r, c| w[[r, c]], quantity("start_weights"));
        let biases = Matrix::new(b.len(), 1, |r, _| b[r], quantity("start_biases"));
        for (letter, matrix) in [("w", weights), ("b", biases)] {
            let equation = style
                .notation
                .equation(&format!("{letter}^[{layer}]"))
                .equals(Math::Matrix(matrix));
            document.equation(equation);
        }
    }
    if style.code {
        document.code(crate::python::parameters(network));
    }
}

/// What training is, and the conventions that differ from course to course, in words.
pub fn conventions(
    document: &mut Document,
    style: &Style,
    network: &Network<f64>,
    loss: Loss,
    trains: bool,
    batches: bool,
) {
    let formulas = catalogue::loss(loss);
    let half = match loss {
        Loss::SquaredError => " with the factor ½, which cancels in the derivative",
        Loss::SumSquaredError => " without a factor ½, so that its derivative has a factor 2",
        Loss::MeanSquaredError => " with the mean over the outputs",
        Loss::AbsoluteError
        | Loss::Huber
        | Loss::CrossEntropy
        | Loss::BinaryCrossEntropy
        | Loss::Poisson => "",
    };
    let letters = formulas.letters.map_or(String::new(), |letters| format!("; {letters}"));
    if trains {
        document.paragraph(style.notation.prose(
            "Training goes through epochs. In each there is a forward pass, which computes the outputs; a backward pass, which \
             computes the gradient of the loss with respect to every weight and bias; and an update, which moves them so \
             that the loss falls. The loss is what is minimised, gradient descent is how.",
        ));
    }
    let mut items = vec![
        style.notation.prose("$w^[l]$ has a row per unit of layer $l$ and a column per unit of layer $l−1$; $b^[l]$ has an entry per unit of layer $l$."),
        style.notation.prose(&format!(
            "The loss of one example with outputs $x$ = $x^[{}]$ and targets $t$ is the {}, $E = {}${half}{letters}.",
            network.layers().len(),
            formulas.title.split(", with").next().unwrap_or(formulas.title),
            formulas.value
        )),
    ];
    if trains {
        items.push(style.notation.prose("Delta is the derivative of the loss with respect to the net input, $δ^[l] = ∂E/∂z^[l]$. $∘$ multiplies entry by entry, after the products of matrices, $^T$ transposes.".replace("$^T$ transposes", "and $A^T$ is $A$ transposed").as_str()));
    }
    if batches {
        items.push(match style.batch {
            BatchLayout::Vectorised => style.notation.prose("Matrices of $x$, $z$ and $δ$ have a column per example."),
            BatchLayout::Examples => Prose::text("The examples of a batch are shown one after the other, and their contributions added up at the end. Matrices with a column per example give the same numbers."),
        });
    }
    let digits = match style.digits {
        1 => "1 significant digit".to_string(),
        digits => format!("{digits} significant digits"),
    };
    items.push(Prose::text(format!(
        "Numbers are rounded when they are printed, to {digits}, never in between. What is zero but for the rounding of the \
         computation is printed as 0."
    )));
    document.list(items);
}
