//! Explanations say what the model does: the step that they show is the one that training makes.

use deltarule::{Adam, AdamW, Optimizer, Rprop, Sgd};
use deltarule_document::{Document, Matrix};
use deltarule_tabular::{
    ExplainOptions, FitOptions, FloatType, NoProgress, ReadOptions, Source, TabularModel, explain,
    fit, resume,
};

fn table(rows: &str) -> Source {
    Source::spool("table.csv", rows.as_bytes(), &ReadOptions::default()).unwrap()
}

const ROWS: &str = "size,kind,label\n1.5,a,yes\n-0.5,b,no\n2.5,a,yes\n0.25,,no\n,b,yes\n-1.25,a,no\n0.75,b,yes\n3,a,no\n";

fn options(optimizer: Optimizer) -> FitOptions {
    FitOptions {
        holdout: 0.0,
        hidden: vec![3],
        epochs: Some(4),
        batch_size: (!optimizer.needs_full_batch()).then_some(8),
        precision: FloatType::F64,
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
        Sgd::default().into(),
        Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() }.into(),
        Adam::default().into(),
        AdamW { weight_decay: 0.3, ..AdamW::default() }.into(),
        Rprop::default().into(),
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
        fit(&source, None, &options(Adam::default().into()), 1, &mut NoProgress).unwrap().model;
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
        fit(&source, None, &options(Adam::default().into()), 1, &mut NoProgress).unwrap().model;
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

/// The sensitivities are difference quotients: of the network for every input, and of what is predicted for a column in
/// its own units.
#[test]
fn sensitivities_are_slopes_in_the_units_of_the_columns() {
    let source = table(ROWS);
    let model =
        fit(&source, None, &options(Adam::default().into()), 1, &mut NoProgress).unwrap().model;
    let document = explained(&model, &source, &[1], false);
    let (mut inputs, mut slopes, mut per_unit) = (Vec::new(), Vec::new(), Vec::new());
    document.for_each_matrix(|matrix| {
        let value = matrix.entries().next().map_or(0.0, |(_, _, value)| value);
        let input = matrix.first().0;
        match (matrix.quantity().name.as_str(), matrix.quantity().layer) {
            ("x", Some(0)) if matrix.columns() == 1 && matrix.rows() > 1 => {
                inputs = matrix.entries().map(|(_, _, value)| value).collect();
            }
            ("sensitivity", _) => slopes.push((input, value)),
            ("sensitivity_per_unit", _) => per_unit.push((input, value)),
            _ => {}
        }
    });
    let network = model.network();
    let outputs = |inputs: &[f64]| {
        let x = ndarray::Array2::from_shape_vec((1, inputs.len()), inputs.to_vec()).unwrap();
        let trace = deltarule::trace::Trace::forward(&network, x.view()).unwrap();
        trace.x.last().unwrap().value.row(0).to_vec()
    };
    let now = outputs(&inputs);
    let best = (0..now.len()).max_by(|a, b| now[*a].total_cmp(&now[*b])).unwrap();
    assert_eq!(slopes.len(), inputs.len());
    for (input, slope) in &slopes {
        let at = |h: f64| {
            let mut moved = inputs.clone();
            moved[*input] += h;
            outputs(&moved)[best]
        };
        let quotient = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((slope - quotient).abs() < 1e-8, "input {input}: {slope} and {quotient}");
    }
    // The first that change most are first.
    assert!(slopes.windows(2).all(|pair| pair[0].1.abs() >= pair[1].1.abs()));
    let predicted = |size: f64| {
        let row = table(&format!("size,kind\n{size:?},a\n"));
        let mut values = Vec::new();
        model
            .predict(&row, |row| {
                values = row.values.to_vec();
                Ok(())
            })
            .unwrap();
        values[best]
    };
    let quotient = (predicted(1.5 + 1e-5) - predicted(1.5 - 1e-5)) / 2e-5;
    assert_eq!(per_unit.len(), 1);
    assert!((per_unit[0].1 - quotient).abs() < 1e-8, "{per_unit:?} and {quotient}");
}

/// A predicted number stands beside what the table says.
#[test]
fn what_the_table_says_stands_beside_a_predicted_number() {
    let rows = "size,price\n1.5,10.25\n-0.5,3.5\n2.5,14.75\n0.25,6\n1,8.5\n";
    let source = table(rows);
    let options = options(Adam::default().into());
    let model = fit(&source, None, &options, 1, &mut NoProgress).unwrap().model;
    let mut predicted = Vec::new();
    model
        .predict(&source, |row| {
            predicted.push(row.values[0]);
            Ok(())
        })
        .unwrap();
    let document = explained(&model, &source, &[3], false);
    let mut found = Vec::new();
    document.for_each_matrix(|matrix| {
        if matches!(matrix.quantity().name.as_str(), "prediction" | "target") {
            found.extend(matrix.entries().map(|(_, _, value)| value));
        }
    });
    assert_eq!(found.len(), 2);
    assert!((found[0] - predicted[2]).abs() < 1e-9, "{found:?} and {predicted:?}");
    assert!((found[1] - 14.75).abs() < 1e-9, "{found:?}");
}

/// As a notebook an explanation computes its numbers again, from the state that the optimiser had.
#[test]
fn an_explanation_has_the_code_of_a_notebook() {
    let source = table(ROWS);
    for optimizer in [Adam::default().into(), Rprop::default().into()] {
        let model = fit(&source, None, &options(optimizer), 1, &mut NoProgress).unwrap().model;
        let style = deltarule_worked::Style { code: true, ..Default::default() };
        let options = ExplainOptions { rows: vec![1, 2], step: true, style };
        let notebook = deltarule_document::render_notebook(
            &explain(&model, &source, &options).unwrap(),
            &Default::default(),
        );
        let state =
            if optimizer == Adam::default().into() { "m_w1 = np.array" } else { "size_w1 = np." };
        for code in ["z1 = w1 @ x0 + b1", "check(w1, ", "w1 = np.array", state, "def check("] {
            assert!(notebook.contains(code), "{code}");
        }
    }
}
