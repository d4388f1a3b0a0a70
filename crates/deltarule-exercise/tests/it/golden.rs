//! The sheet's exercises against solutions at full precision from an independent program, and against the numbers that
//! the sheet prints.

use deltarule_document::{Block, format_number};
use deltarule_exercise::{Exercise, Solution, Style, solve, to_document, to_json};
use serde_json::Value;

const GOLDEN: [&str; 3] = [
    include_str!("../golden/1-sigmoid-squared-error.json"),
    include_str!("../golden/2-tanh-squared-error.json"),
    include_str!("../golden/3-softmax-cross-entropy.json"),
];

fn solution(number: usize) -> Solution {
    solve(&Exercise::parse(deltarule_exercise::sheet(number).unwrap(), "sheet").unwrap()).unwrap()
}

#[test]
fn every_value_of_the_sheet_to_1e_12() {
    for (index, golden) in GOLDEN.iter().enumerate() {
        let golden: Value = serde_json::from_str(golden).unwrap();
        crate::common::assert_close(&to_json(&solution(index + 1)), &golden, "", 1e-12, 0.0);
    }
}

#[test]
fn the_document_holds_the_numbers_of_the_sheet_where_the_sheet_has_them() {
    for &(exercise, part, name, layer, rows) in crate::sheet::PRINTED {
        let document = to_document(&solution(exercise), &Style::default());
        let found = document.blocks.iter().find_map(|block| {
            let Block::Equation(equation) = block else { return None };
            let result = equation.result()?;
            let q = result.quantity();
            (q.part == part && q.name == name && q.layer == Some(layer)).then(|| result.clone())
        });
        let matrix =
            found.unwrap_or_else(|| panic!("{exercise} {part} {name}[{layer}] is not there"));
        assert_eq!((matrix.rows(), matrix.columns()), (rows.len(), rows[0].len()));
        for (i, j, value) in matrix.entries() {
            let place = format!("exercise {exercise} part {part} {name}[{layer}] {i},{j}");
            assert_eq!(format_number(value, 6), rows[i][j], "{place}");
        }
    }
}
