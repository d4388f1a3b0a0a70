//! Explanations say what the model does: the step that they show is the one that training makes.

use deltarule_document::{Document, Matrix};
use deltarule_tabular::{
    ExplainOptions, FitOptions, NoProgress, OptimizerName, Precision, ReadOptions, Source,
    TabularModel, explain, fit, resume,
};

fn table(rows: &str) -> Source {
    Source::spool("table.csv", rows.as_bytes(), &ReadOptions::default()).unwrap()
}

const ROWS: &str = "size,kind,label\n1.5,a,yes\n-0.5,b,no\n2.5,a,yes\n0.25,,no\n,b,yes\n-1.25,a,no\n0.75,b,yes\n3,a,no\n";

fn options(optimizer: OptimizerName) -> FitOptions {
    FitOptions {
        holdout: 0.0,
        hidden: vec![3],
        epochs: Some(4),
        batch_size: (optimizer != OptimizerName::Rprop).then_some(8),
        precision: Precision::F64,
        optimizer,
        ..FitOptions::default()
    }
}

fn explained(model: &TabularModel, source: &Source, rows: &[usize], step: bool) -> Document {
    let options = ExplainOptions { rows: rows.to_vec(), step, style: Default::default() };
    explain(model, source, &options).unwrap()
}

/// The last matrix of this quantity and layer.
fn matrix(document: &Document, name: &str, layer: usize) -> Matrix {
    let mut found = None;
    document.for_each_matrix(|matrix| {
        if matrix.quantity().name == name && matrix.quantity().layer == Some(layer) {
            found = Some(matrix.clone());
        }
    });
    found.unwrap_or_else(|| panic!("no {name} of layer {layer}"))
}

#[test]
fn the_step_shown_is_the_step_that_training_makes() {
    let source = table(ROWS);
    for optimizer in [
        OptimizerName::Sgd,
        OptimizerName::Nesterov,
        OptimizerName::Adam,
        OptimizerName::AdamW,
        OptimizerName::Rprop,
    ] {
        let options = options(optimizer);
        let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
        let document = explained(&model, &source, &[1, 2, 3, 4, 5, 6, 7, 8], true);
        let one_more = FitOptions { epochs: Some(1), ..options };
        let next = resume(model, &source, None, &one_more, 1, &mut NoProgress).unwrap().model;
        for layer in 1..=2 {
            let shown = matrix(&document, "weights", layer);
            let network = next.network();
            for (row, column, value) in shown.entries() {
                let trained = network.weights(layer - 1)[[row, column]];
                assert!((value - trained).abs() < 1e-12, "{optimizer:?}: {value} and {trained}");
            }
        }
    }
}

#[test]
fn the_outputs_shown_are_those_of_predict() {
    let source = table(ROWS);
    let model =
        fit(&source, None, &options(OptimizerName::Adam), 1, &mut NoProgress).unwrap().model;
    let mut predicted = Vec::new();
    model
        .predict(&source, |row| {
            predicted.push(row.values.to_vec());
            Ok(())
        })
        .unwrap();
    let document = explained(&model, &source, &[4, 5], false);
    let mut seen = 0;
    document.for_each_matrix(|matrix| {
        if matrix.quantity().name == "x" && matrix.quantity().layer == Some(2) {
            let (first_row, first_column) = matrix.first();
            for (row, column, value) in matrix.entries() {
                let expected = predicted[[3, 4][first_column + column]][first_row + row];
                assert!((value - expected).abs() < 1e-12);
                seen += 1;
            }
        }
    });
    assert!(seen >= 8);
}

#[test]
fn a_row_that_is_not_there_and_a_step_without_targets_are_refused() {
    let source = table(ROWS);
    let model =
        fit(&source, None, &options(OptimizerName::Adam), 1, &mut NoProgress).unwrap().model;
    let refused = |source: &Source, row: usize, step: bool| {
        let options = ExplainOptions { rows: vec![row], step, style: Default::default() };
        explain(&model, source, &options).unwrap_err().to_string()
    };
    assert!(refused(&source, 9, false).contains("there is no row 9: the table has 8 rows"));
    let without = table("size,kind\n1,a\n");
    assert!(refused(&without, 1, true).contains("no target column"));
    let document = explained(&model, &without, &[1], false);
    assert!(document.title.contains("row 1"));
}
