//! Worksheets leave every result out, notations change letters only, and large networks stay readable.

use deltarule::Activation;
use deltarule_document::{
    HtmlOptions, LatexOptions, MarkdownOptions, TextOptions, TypstOptions, render_html,
    render_latex, render_markdown, render_text, render_typst,
};
use deltarule_exercise::{BatchLayout, Example, Exercise, Notation, Style, solve, to_document};

use super::gallery::exercises;

/// Quantities that an exercise gives, or that belong to a formula.
const GIVEN: [&str; 18] = [
    "t",
    "start_weights",
    "start_biases",
    "learning_rate",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "rho",
    "weight_decay",
    "l2",
    "initial_step",
    "step_increase",
    "step_decrease",
    "ones",
    "examples",
    "outputs",
    "step",
];

#[test]
fn a_worksheet_gives_what_is_given_and_hides_every_result() {
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        for batch in [BatchLayout::Vectorised, BatchLayout::Examples] {
            let blank = Style { blank: true, batch, ..Style::default() };
            let document = to_document(&solution, &blank);
            document.for_each_matrix(|matrix| {
                let quantity = matrix.quantity();
                let inputs = quantity.name == "x" && quantity.layer == Some(0);
                let zeros = quantity.name.ends_with("_before") && quantity.step == 1;
                // Parameters are given where a part starts from the initial ones.
                let from_initial = exercise
                    .parts
                    .iter()
                    .find(|part| part.name == quantity.part)
                    .is_none_or(|part| part.start.is_none() && quantity.step == 1);
                let parameters = quantity.name.starts_with("start_");
                let given = inputs
                    || zeros
                    || (GIVEN.contains(&quantity.name.as_str()) && (!parameters || from_initial));
                assert_eq!(matrix.is_hidden(), !given, "{name}: {quantity:?}");
            });
            let text = render_text(&document, &TextOptions::default());
            assert!(text.contains("_______") && !text.contains("What to notice"), "{name}");
            // Room for a name, and what to do, come before everything else.
            let head = text.split("What is given").next().unwrap();
            assert!(head.contains("Name: ___") && head.contains("Marks: ___"), "{name}");
            let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in &exercise.parts {
                let verb = match part.task {
                    deltarule_exercise::Task::Classify => "find",
                    _ => "do",
                };
                assert!(head.contains(&format!("Part {}: {verb} ", part.name)), "{name}: {head}");
            }
            // With a calculator nobody finds E(w + h) − E(w − h).
            assert!(!text.contains("central difference"), "{name}");
        }
    }
}

#[test]
fn the_standard_notation_changes_letters_and_nothing_else() {
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        let sheet = to_document(&solution, &Style::default());
        let standard =
            to_document(&solution, &Style { notation: Notation::Standard, ..Style::default() });
        let matrices = |document: &deltarule_document::Document| {
            let mut all = Vec::new();
            document.for_each_matrix(|matrix| all.push(matrix.clone()));
            all
        };
        assert_eq!(matrices(&sheet), matrices(&standard), "{name}");
        let text = render_text(&standard, &TextOptions::default());
        let forward = ["a^[1] = f(z^[1])", "a^[1] = f₁(z^[1])"];
        assert!(forward.iter().any(|f| text.contains(f)) && !text.contains("x^["), "{name}");
    }
}

/// A network of the size of a classifier of digits, with weights, inputs and examples that are long to print.
#[test]
fn a_large_network_stays_under_300_kilobytes_in_every_format() {
    let sizes = [784, 512, 512, 10];
    let mut builder = deltarule::Network::builder(sizes[0]);
    for units in &sizes[1..3] {
        builder = builder.layer(*units, Activation::Relu);
    }
    let network = builder
        .layer(sizes[3], Activation::Softmax)
        .init(deltarule::Init::GlorotUniform { seed: 0 })
        .build()
        .unwrap();
    let example = |number: usize| Example {
        x: (0..sizes[0]).map(|i| ((i * 37 + number * 11) % 256) as f64 / 255.0).collect(),
        t: Some((0..sizes[3]).map(|i| if i == number % 10 { 1.0 } else { 0.0 }).collect()),
    };
    let mut exercise =
        Exercise::parse(deltarule_exercise::sheet(3).unwrap(), "exercise 3").unwrap();
    exercise.network = network;
    exercise.parts.truncate(1);
    exercise.parts[0].examples = (0..20).map(example).collect();
    let solution = solve(&exercise).unwrap();
    let document = to_document(&solution, &Style::default());
    for (format, output) in [
        ("text", render_text(&document, &TextOptions::default())),
        ("markdown", render_markdown(&document, &MarkdownOptions::default())),
        ("latex", render_latex(&document, &LatexOptions::default())),
        ("html", render_html(&document, &HtmlOptions::default())),
        ("typst", render_typst(&document, &TypstOptions::default())),
    ] {
        assert!(output.len() < 300_000, "{format}: {} bytes", output.len());
        println!("{format}: {} bytes", output.len());
    }
}

/// Words of the exercise are no formulas, whatever signs are in them.
#[test]
fn names_and_titles_with_signs_of_formulas_stay_words() {
    let name = "a$b ` {c} ^_ \\\\ (";
    let part =
        format!("[[part]]\nname = \"{name}\"\ntask = \"forward\"\nexamples = [{{ x = [1] }}]\n");
    let text = format!(
        "title = \"{name}\"\n[network]\nlayers = [1, 2]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = 0.1\n{part}{}",
        part.replacen("name = \"a", "name = \"second a", 1)
    );
    let solution = solve(&Exercise::parse(&text, "test").unwrap()).unwrap();
    let document = to_document(&solution, &Style::default());
    let text = render_text(&document, &TextOptions::default());
    assert!(text.contains("those of part a$b ` {c} ^_"), "{text}");
    for output in [
        render_markdown(&document, &MarkdownOptions::default()),
        render_latex(&document, &LatexOptions::default()),
        render_html(&document, &HtmlOptions::default()),
        render_typst(&document, &TypstOptions::default()),
    ] {
        assert!(output.contains("second a"));
    }
}

/// One letter is one function: f where every layer has the same activation, else f₁, f₂ and so on, each defined once.
#[test]
fn a_letter_is_one_activation() {
    let mut several = 0;
    for (name, exercise) in exercises() {
        let document = to_document(&solve(&exercise).unwrap(), &Style::default());
        let text =
            render_text(&document, &TextOptions { width: usize::MAX, ..TextOptions::default() });
        let layers = exercise.network.layers();
        let same = layers.iter().all(|layer| layer.activation() == layers[0].activation());
        if same {
            assert!(text.contains("= f(z^[1])") && !text.contains("f₁"), "{name}");
            continue;
        }
        several += 1;
        for bare in [" f(z", "(f(z", " f′(z", "f(zᵢ)"] {
            assert!(!text.contains(bare), "{name}: {bare}");
        }
        let given = text.split("What is agreed").next().unwrap();
        assert!(
            given.contains("x^[l] = fₗ(z^[l])") || given.contains("x^[l] = f_l(z^[l])"),
            "{name}: {given}"
        );
        for l in 1..=layers.len() {
            let letter = format!("f{}(z)", ["₁", "₂", "₃", "₄"][l - 1]);
            assert_eq!(given.matches(&letter).count(), 1, "{name}: {letter} in {given}");
        }
    }
    assert!(several > 5, "{several} exercises");
}
