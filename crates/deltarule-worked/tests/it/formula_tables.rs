//! The tables of formulas in the engine's documentation are made from the catalogue, which is the one place where formulas
//! are written for people. After a change there, `DELTARULE_WRITE=1 cargo test -p deltarule-worked` writes them anew.

use std::path::Path;

use deltarule::{Activation, Loss, Optimizer};
use deltarule_document::Math;
use deltarule_worked::{activation, loss_formulas, optimizer};

/// A formula in a cell of a Markdown table, where a bar would end the cell.
fn cell(formula: &str) -> String {
    Math::formula(formula).to_string().replace('|', "\\|").replace('[', "\\[").replace(']', "\\]")
}

/// Words with formulas between dollar signs.
fn words(text: &str) -> String {
    let pieces = text.split('$').enumerate();
    pieces.map(|(i, piece)| if i % 2 == 1 { cell(piece) } else { piece.to_string() }).collect()
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(header.len()));
    let header = line(header.iter().map(|h| h.to_string()).collect());
    header + &rule + &rows.map(line).collect::<String>()
}

fn with_letters<'a>(
    table: String,
    letters: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let letters: Vec<String> = letters
        .filter_map(|(name, letters)| Some(format!("`{name}`: {}", words(letters?))))
        .collect();
    if letters.is_empty() { table } else { format!("{table}\n{}.\n", letters.join("; ")) }
}

fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deltarule/docs").join(file);
    if std::env::var_os("DELTARULE_WRITE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, expected, "crates/deltarule/docs/{file} is not what the catalogue says");
}

#[test]
fn activations() {
    let rows = Activation::ALL.into_iter().map(|f| {
        let formulas = activation(f);
        vec![format!("`{f}`"), cell(formulas.value), cell(formulas.derivative)]
    });
    let letters = Activation::ALL.iter().map(|f| (f.name(), activation(*f).letters));
    check("activations.md", &with_letters(table(&["name", "f(z)", "f′(z)"], rows), letters));
}

#[test]
fn losses() {
    let rows = Loss::ALL.into_iter().map(|e| {
        let formulas = loss_formulas(e);
        let admitted: Vec<&str> =
            Activation::ALL.iter().filter(|f| e.admits(**f).is_ok()).map(|f| f.name()).collect();
        let outputs = match admitted.len() {
            n if n == Activation::ALL.len() => "any".to_string(),
            _ => admitted.join(", "),
        };
        vec![format!("`{e}`"), cell(formulas.value), cell(formulas.slope), outputs]
    });
    let letters = Loss::ALL.iter().map(|e| (e.name(), loss_formulas(*e).letters));
    let header = ["name", "E of one example", "∂E/∂x", "outputs"];
    check("losses.md", &with_letters(table(&header, rows), letters));
}

#[test]
fn optimizers_() {
    let all = Optimizer::ALL;
    let rows = all.iter().map(|o| {
        let formulas = optimizer(o);
        let rules: Vec<String> = formulas
            .rules
            .iter()
            .map(|rule| match rule.when {
                "" => cell(rule.formula),
                when => format!("{}: {}", words(when), cell(rule.formula)),
            })
            .collect();
        vec![format!("`{}`", o.name()), rules.join("; "), words(formulas.letters)]
    });
    let header = ["name", "a step of a parameter w", "letters"];
    check("optimizers.md", &table(&header, rows));
}
