//! Solutions as text: the numbers of the sheet where the text says that they are, and nothing wider than a terminal.

use deltarule::{Activation, Loss};
use deltarule_document::{TextOptions, render_text};
use deltarule_exercise::{Exercise, Style, solve, to_document};

fn text_of(exercise: &str) -> String {
    let exercise =
        Exercise::parse(exercise, "test").unwrap_or_else(|d| panic!("{}", d.render(100)));
    let solution = solve(&exercise).unwrap();
    render_text(&to_document(&solution, &Style::default()), &TextOptions::default())
}

/// The result of an equation as a reader finds it: in the section of the part, the equation that begins with `label`,
/// the matrix behind its last equals sign.
fn result<'a>(text: &'a str, part: &str, label: &str) -> Vec<Vec<&'a str>> {
    let begin = text.find(&format!("\nPart {part}: ")).unwrap_or_else(|| panic!("no part {part}"));
    let section = &text[begin + 1..];
    let section = &section[..section.find("\nPart ").unwrap_or(section.len())];
    let equation = section
        .split("\n\n")
        .find(|block| block.lines().any(|line| line.trim_start().starts_with(label)))
        .unwrap_or_else(|| panic!("no {label} in part {part}"));
    let lines: Vec<&str> = equation.lines().collect();
    let (row, at) = lines
        .iter()
        .enumerate()
        .rev()
        .find_map(|(row, line)| {
            Some((row, line.chars().collect::<Vec<_>>().iter().rposition(|c| *c == '=')?))
        })
        .unwrap();
    let opens = |row: usize, column: usize| {
        lines.get(row).and_then(|l| l.chars().nth(column)).is_some_and(|c| "⎡⎢⎣[".contains(c))
    };
    let column = at + 2;
    let sign = |row: usize| lines[row].chars().nth(column).unwrap();
    let first = (0..=row).rev().find(|r| opens(*r, column) && "⎡[".contains(sign(*r))).unwrap();
    let last = (first..).find(|r| opens(*r, column) && "⎣[".contains(sign(*r))).unwrap();
    (first..=last)
        .map(|row| {
            let start = lines[row].char_indices().nth(column + 1).unwrap().0;
            lines[row][start..].trim_end_matches(['⎤', '⎥', '⎦', ']']).split_whitespace().collect()
        })
        .collect()
}

#[test]
fn the_text_has_the_numbers_of_the_sheet_where_the_sheet_has_them() {
    let texts = [1, 2, 3].map(|n| text_of(deltarule_exercise::sheet(n).unwrap()));
    for &(exercise, part, name, layer, rows) in crate::sheet::PRINTED {
        let label = match name {
            "z" => format!("z^[{layer}] = w"),
            // f, or where layers have several activations f₁, f₂ and so on.
            "x" => format!("x^[{layer}] = f"),
            "delta" => format!("δ^[{layer}] = "),
            "grad_weights" => format!("∂E/∂w^[{layer}] = "),
            "grad_biases" => format!("∂E/∂b^[{layer}] = "),
            "weights" => format!("w^[{layer}] ← "),
            "biases" => format!("b^[{layer}] ← "),
            other => panic!("{other}"),
        };
        let found = result(&texts[exercise - 1], part, &label);
        assert_eq!(found, rows, "exercise {exercise}, part {part}, {label}");
    }
}

#[test]
fn the_class_of_the_sheet() {
    let text = text_of(deltarule_exercise::sheet(1).unwrap());
    assert!(text.contains("  argmax x^[2] = argmax ⎡ 0.59438  ⎤ = 1\n"), "{text}");
}

fn assert_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn everything_a_file_can_say_stays_within_eighty_columns() {
    for number in 1..=3 {
        assert_narrow(&text_of(deltarule_exercise::sheet(number).unwrap()));
    }
    for optimizer in ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "rprop"] {
        for loss in Loss::ALL {
            for output in Activation::ALL.into_iter().filter(|f| loss.admits(*f).is_ok()) {
                assert_narrow(&text_of(&format!(
                    "title = \"T\"\n[network]\nlayers = [2, 3, 3]\nactivation = [\"mish\", \"{output}\"]\n\
                     loss = \"{loss}\"\nweights = -0.123456789\nbiases = 1e-7\n\
                     [[part]]\nname = \"a\"\ntask = \"update\"\noptimizer = \"{optimizer}\"\nlearning_rate = 0.1\n\
                     epochs = 2\nl2 = 0.1\nreduction = \"mean\"\n\
                     examples = [{{ x = [1, 2], t = [1, 0, 0] }}, {{ x = [3, -1], t = [0, 0.5, 0.25] }}]\n"
                )));
            }
        }
    }
}

#[test]
fn many_examples_and_long_names_stay_within_eighty_columns() {
    let examples = "{ x = [1], t = [1] }, ".repeat(60);
    let text = text_of(&format!(
        "title = \"{}\"\n[network]\nlayers = [1, 1]\nactivation = \"tanh\"\nloss = \"huber\"\nweights = 1\n\
         [[part]]\nname = \"{}\"\ntask = \"update\"\nlearning_rate = 0.1\nepochs = 2\nexamples = [{examples}]\n",
        "a long title ".repeat(20),
        "a long name ".repeat(20),
    ));
    assert_narrow(&text);
    assert!(text.contains("\nStep 2: examples 1 to 60\n"));
}

#[test]
fn a_large_network_stays_readable() {
    let ones = |count: usize| vec!["0.5"; count].join(", ");
    let text = text_of(&format!(
        "title = \"T\"\n[network]\nlayers = [784, 512, 512, 10]\nactivation = \"relu\"\noutput_activation = \"softmax\"\n\
         loss = \"cross_entropy\"\nweights = 0.001\n[[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = 0.1\n\
         examples = [{{ x = [{}], t = [{}] }}]\n",
        ones(784),
        ones(10)
    ));
    assert_narrow(&text);
    assert!(text.len() < 300_000, "{} bytes", text.len());
    assert!(text.contains("(512 × 784, norm "));
}
