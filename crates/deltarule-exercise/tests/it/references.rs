//! What an earlier part worked out is referred to where it is the same, and worked out where it is not.

use deltarule_document::{Block, Document, TextOptions, render_text};
use deltarule_exercise::{BatchLayout, Exercise, Style, sheet, solve, to_document};

/// A solution, and as running text, its batches example by example or not.
fn solution(text: &str, batch: BatchLayout) -> (Document, String) {
    let exercise = Exercise::parse(text, "test").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let style = Style { batch, ..Style::default() };
    let document = to_document(&solve(&exercise).unwrap(), &style);
    let text = render_text(&document, &TextOptions::default());
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (document, words)
}

const DELTAS: &str =
    "The parameters, the example and its targets are those of part a, and so are the deltas";

/// How often the derivative of the first layer is worked out with its numbers.
fn derivatives(document: &Document) -> usize {
    let worked_out = |block: &&Block| {
        matches!(block, Block::Equation(equation)
            if ["f′(z^[1])", "f₁′(z^[1])"].contains(&equation.left.to_string().as_str()) && equation.result().is_some())
    };
    document.blocks.iter().filter(worked_out).count()
}

#[test]
fn the_deltas_of_an_example_are_worked_out_once() {
    for number in [2, 3] {
        let (document, text) = solution(sheet(number).unwrap(), BatchLayout::Examples);
        assert_eq!(text.matches(DELTAS).count(), 1, "exercise {number}: {text}");
        // Part a has one example, and part b that one and another.
        assert_eq!(derivatives(&document), 2, "exercise {number}");
        let (_, together) = solution(sheet(number).unwrap(), BatchLayout::Vectorised);
        let column =
            "Column 1 of each delta is that of part a: every example is computed on its own.";
        assert!(together.contains(column), "exercise {number}: {together}");
    }
}

#[test]
fn other_targets_have_other_deltas() {
    let exercise = |t: &str| {
        format!(
            "[network]\nlayers = [2, 3, 2]\nactivation = \"tanh\"\nloss = \"squared_error\"\nweights = 0.3\n\
             [[part]]\nname = \"a\"\ntask = \"gradient\"\nexamples = [{{ x = [1, 2], t = [1, 0] }}]\n\
             [[part]]\nname = \"b\"\ntask = \"gradient\"\n\
             examples = [{{ x = [3, 1], t = [0, 1] }}, {{ x = [1, 2], t = {t} }}]\n"
        )
    };
    let (document, same) = solution(&exercise("[1, 0]"), BatchLayout::Examples);
    assert!(same.contains(DELTAS) && derivatives(&document) == 2, "{same}");
    let (document, other) = solution(&exercise("[0, 1]"), BatchLayout::Examples);
    assert!(!other.contains(DELTAS) && derivatives(&document) == 3, "{other}");
    // The forward pass is the same all the same.
    assert!(other.contains("The parameters and the example are those of part a"), "{other}");
}
