//! The sheet's exercises against solutions at full precision from an independent program, and against the numbers that
//! the sheet prints.

mod common;

use deltarule_document::{Block, TextOptions, format_number, render_text};
use deltarule_exercise::{Exercise, Solution, sheet, solve, to_document, to_json};
use serde_json::Value;

const GOLDEN: [&str; 3] = [
    include_str!("golden/1-sigmoid-squared-error.json"),
    include_str!("golden/2-tanh-squared-error.json"),
    include_str!("golden/3-softmax-cross-entropy.json"),
];

fn solution(number: usize) -> Solution {
    solve(&Exercise::parse(sheet(number).unwrap(), "sheet").unwrap()).unwrap()
}

#[test]
fn every_value_of_the_sheet_to_1e_12() {
    for (index, golden) in GOLDEN.iter().enumerate() {
        let golden: Value = serde_json::from_str(golden).unwrap();
        common::assert_close(&to_json(&solution(index + 1)), &golden, "", 1e-12, 0.0);
    }
}

/// What the sheet prints: exercise, part, quantity, layer, then the printed numbers of its rows.
/// (δ^[1] of Exercise 1 is printed there with one digit fewer: 0.00050575 for 0.000505747.)
type Printed = (usize, &'static str, &'static str, usize, &'static [&'static [&'static str]]);

const SHEET: &[Printed] = &[
    (1, "a", "z", 1, &[&["0.2"], &["0.2"], &["0.2"]]),
    (1, "a", "x", 1, &[&["0.549834"], &["0.549834"], &["0.549834"]]),
    (1, "a", "z", 2, &[&["0.16495"], &["0.16495"]]),
    (1, "a", "x", 2, &[&["0.541144"], &["0.541144"]]),
    (1, "a", "delta", 2, &[&["-0.113937"], &["0.13437"]]),
    (1, "a", "delta", 1, &[&["0.000505747"], &["0.000505747"], &["0.000505747"]]),
    (
        1,
        "a",
        "grad_weights",
        2,
        &[&["-0.0626465", "-0.0626465", "-0.0626465"], &["0.0738812", "0.0738812", "0.0738812"]],
    ),
    (1, "a", "grad_biases", 2, &[&["-0.113937"], &["0.13437"]]),
    (
        1,
        "a",
        "weights",
        2,
        &[&["0.162647", "0.162647", "0.162647"], &["0.0261188", "0.0261188", "0.0261188"]],
    ),
    (1, "a", "biases", 2, &[&["0.113937"], &["-0.13437"]]),
    (
        1,
        "a",
        "weights",
        1,
        &[
            &["0.0994943", "0.0994943", "0.1", "0.1", "0.1"],
            &["0.0994943", "0.0994943", "0.1", "0.1", "0.1"],
            &["0.0994943", "0.0994943", "0.1", "0.1", "0.1"],
        ],
    ),
    (1, "b", "z", 1, &[&["0.198989"], &["0.198989"], &["0.198989"]]),
    (1, "b", "x", 1, &[&["0.549584"], &["0.549584"], &["0.549584"]]),
    (1, "b", "z", 2, &[&["0.382101"], &["-0.0913066"]]),
    (1, "b", "x", 2, &[&["0.59438"], &["0.477189"]]),
    (2, "b", "z", 1, &[&["0.3", "1.1"], &["0.3", "1.1"], &["0.3", "1.1"], &["0.3", "1.1"]]),
    (
        2,
        "b",
        "x",
        1,
        &[
            &["0.291313", "0.800499"],
            &["0.291313", "0.800499"],
            &["0.291313", "0.800499"],
            &["0.291313", "0.800499"],
        ],
    ),
    (2, "b", "z", 2, &[&["0.216525", "0.4202"], &["0.216525", "0.4202"], &["0.216525", "0.4202"]]),
    (
        2,
        "b",
        "x",
        2,
        &[&["0.213204", "0.397099"], &["0.213204", "0.397099"], &["0.213204", "0.397099"]],
    ),
    (
        2,
        "b",
        "z",
        3,
        &[&["0.163961", "0.21913"], &["0.163961", "0.21913"], &["0.163961", "0.21913"]],
    ),
    (
        2,
        "b",
        "x",
        3,
        &[&["0.162507", "0.215688"], &["0.162507", "0.215688"], &["0.162507", "0.215688"]],
    ),
    (
        2,
        "b",
        "delta",
        3,
        &[&["0.158216", "0.205654"], &["-0.815376", "0.205654"], &["0.158216", "-0.747824"]],
    ),
    (
        2,
        "b",
        "delta",
        2,
        &[
            &["-0.0476264", "-0.0283452"],
            &["-0.0476264", "-0.0283452"],
            &["-0.0476264", "-0.0283452"],
        ],
    ),
    (
        2,
        "b",
        "delta",
        1,
        &[
            &["-0.0130754", "-0.00305449"],
            &["-0.0130754", "-0.00305449"],
            &["-0.0130754", "-0.00305449"],
            &["-0.0130754", "-0.00305449"],
        ],
    ),
    (
        2,
        "b",
        "grad_weights",
        3,
        &[
            &["0.115397", "0.115397", "0.115397"],
            &["-0.092176", "-0.092176", "-0.092176"],
            &["-0.263228", "-0.263228", "-0.263228"],
        ],
    ),
    (2, "b", "grad_biases", 3, &[&["0.36387"], &["-0.609721"], &["-0.589609"]]),
    (2, "b", "grad_biases", 2, &[&["-0.0759716"], &["-0.0759716"], &["-0.0759716"]]),
    (
        2,
        "b",
        "grad_biases",
        1,
        &[&["-0.0161299"], &["-0.0161299"], &["-0.0161299"], &["-0.0161299"]],
    ),
    (
        2,
        "b",
        "weights",
        3,
        &[
            &["0.0884603", "0.0884603", "0.0884603"],
            &["0.109218", "0.109218", "0.109218"],
            &["0.126323", "0.126323", "0.126323"],
        ],
    ),
    (2, "b", "biases", 3, &[&["0.063613"], &["0.160972"], &["0.158961"]]),
    (2, "b", "biases", 2, &[&["0.107597"], &["0.107597"], &["0.107597"]]),
    (
        2,
        "b",
        "weights",
        1,
        &[
            &["0.101308", "0.1", "0.104362", "0.1"],
            &["0.101308", "0.1", "0.104362", "0.1"],
            &["0.101308", "0.1", "0.104362", "0.1"],
            &["0.101308", "0.1", "0.104362", "0.1"],
        ],
    ),
    (2, "b", "biases", 1, &[&["0.101613"], &["0.101613"], &["0.101613"], &["0.101613"]]),
    (
        3,
        "b",
        "x",
        3,
        &[&["0.333333", "0.333333"], &["0.333333", "0.333333"], &["0.333333", "0.333333"]],
    ),
    (
        3,
        "b",
        "delta",
        3,
        &[&["0.333333", "0.333333"], &["-0.666667", "0.333333"], &["0.333333", "-0.666667"]],
    ),
    (3, "b", "delta", 2, &[&["0", "0"], &["0", "0"], &["0", "0"]]),
    (3, "b", "delta", 1, &[&["0", "0"], &["0", "0"], &["0", "0"], &["0", "0"]]),
    (
        3,
        "b",
        "grad_weights",
        3,
        &[
            &["0.203434", "0.203434", "0.203434"],
            &["-0.0097695", "-0.0097695", "-0.0097695"],
            &["-0.193665", "-0.193665", "-0.193665"],
        ],
    ),
    (3, "b", "grad_biases", 3, &[&["0.666667"], &["-0.333333"], &["-0.333333"]]),
    (
        3,
        "b",
        "weights",
        3,
        &[
            &["0.0796566", "0.0796566", "0.0796566"],
            &["0.100977", "0.100977", "0.100977"],
            &["0.119366", "0.119366", "0.119366"],
        ],
    ),
    (3, "b", "biases", 3, &[&["0.0333333"], &["0.133333"], &["0.133333"]]),
];

#[test]
fn the_document_holds_the_numbers_of_the_sheet_where_the_sheet_has_them() {
    for &(exercise, part, name, layer, rows) in SHEET {
        let document = to_document(&solution(exercise));
        let found = document.blocks.iter().find_map(|block| {
            let Block::Equation(terms) = block else { return None };
            let result = terms.iter().rev().find_map(|term| match term {
                deltarule_document::Term::Matrix(matrix) => Some(matrix),
                _ => None,
            })?;
            let q = result.quantity();
            (q.part == part && q.name == name && q.layer == Some(layer)).then(|| result.clone())
        });
        let matrix =
            found.unwrap_or_else(|| panic!("{exercise} {part} {name}[{layer}] is not there"));
        assert_eq!((matrix.rows(), matrix.columns()), (rows.len(), rows[0].len()));
        for (i, row) in rows.iter().enumerate() {
            for (j, printed) in row.iter().enumerate() {
                let ours = format_number(matrix.at(i, j), 6);
                assert_eq!(
                    ours, *printed,
                    "exercise {exercise} part {part} {name}[{layer}] {i},{j}"
                );
            }
        }
        // And the text shows every one of them.
        let text = render_text(&document, &TextOptions::default());
        for printed in rows.iter().flat_map(|row| row.iter()) {
            assert!(text.contains(printed), "{printed} is not in the text of exercise {exercise}");
        }
    }
}

#[test]
fn text_stays_within_eighty_columns() {
    for number in 1..=3 {
        let text = render_text(&to_document(&solution(number)), &TextOptions::default());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
