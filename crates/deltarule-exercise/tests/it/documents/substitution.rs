//! Symbol, substitution, result: no result follows from letters alone.

use deltarule_document::{Block, Equation, Math, Matrix, Prose, TextOptions, render_text};
use deltarule_exercise::{BatchLayout, Style, solve, to_document};

use super::gallery::exercises;

fn holds_numbers(math: &Math) -> bool {
    let mut found = false;
    math.for_each_matrix(&mut |_| found = true);
    found
}

/// What the result is said to be equal to, in letters: an empty text where that is a name only.
fn symbols(equation: &Equation) -> String {
    let sides = equation.relations.iter().map(|relation| &relation.right);
    let of = |math: &Math| math.to_string();
    let last = sides.rev().find(|side| !holds_numbers(side)).map_or(of(&equation.left), of);
    // A gradient's entry, and E after the update, which another forward pass gives, are named only.
    let gradient = |text: &str| text.trim_start_matches('(').starts_with("∂E/∂");
    let name = |text: &str| {
        !text.contains([' ', '(', '/', '∘'])
            || (gradient(text) && !text.contains('∘'))
            || text == "E after the update"
    };
    if name(&last) { String::new() } else { last }
}

#[test]
fn every_result_has_its_numbers_put_in() {
    let mut checked = 0;
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        for batch in [BatchLayout::Vectorised, BatchLayout::Examples] {
            let document = to_document(&solution, &Style { batch, ..Style::default() });
            // Until the next heading, what an earlier part worked out is not worked out again.
            let mut known = false;
            for block in &document.blocks {
                match block {
                    Block::Heading(..) => known = false,
                    Block::Paragraph(words) => {
                        known |= text(words).contains("not worked out again");
                    }
                    Block::Equation(equation) => {
                        let numbers = equation.relations.iter().filter(|r| holds_numbers(&r.right));
                        let symbols = symbols(equation);
                        if known || numbers.clone().count() == 0 || symbols.is_empty() {
                            continue;
                        }
                        // The derivative of the identity is 1: there is nothing to put in.
                        let constant = |matrix: &Matrix| matrix.entries().all(|(_, _, v)| v == 1.0);
                        if symbols.starts_with('f')
                            && symbols.contains("′(z")
                            && equation.result().is_some_and(constant)
                        {
                            continue;
                        }
                        checked += 1;
                        assert!(numbers.count() > 1, "{name}: {symbols} without its numbers");
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(checked > 500, "{checked} equations");
}

fn text(words: &Prose) -> String {
    let mut document = deltarule_document::Document::new("");
    document.paragraph(words.clone());
    let wide = TextOptions { width: usize::MAX, ..TextOptions::default() };
    render_text(&document, &wide)
}
