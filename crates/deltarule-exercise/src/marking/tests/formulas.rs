//! The formulas that are changed to explain mistakes give, unchanged, what the engine computes.

use super::super::chain::{Conditions, run_part};
use super::super::precision::WorkingPrecision;
use super::super::quantity::{Quantity, quantities, step_count};
use super::super::*;
use super::exercise;

#[test]
fn formulas_give_what_the_engine_computes() {
    let mut compared = 0;
    for seed in 0..150 {
        let exercise = exercise(seed);
        let conditions = Conditions {
            deviations: &[],
            answers: None,
            precision: WorkingPrecision::of_digits(17, 17).quick(),
            options: MarkingOptions::default(),
            derivative_from_z: false,
            until: None,
            shared_biases: false,
            named: &[],
        };
        let part = &exercise.parts[0];
        let run = run_part(&exercise, 0, &[], &conditions);
        for step in 0..step_count(part) {
            for shape in quantities(&exercise, part) {
                let quantity = shape.quantity;
                // Huber's loss has another formula beyond 1, which nobody gets wrong by one change.
                if quantity == Quantity::Loss && exercise.loss == deltarule::Loss::Huber {
                    continue;
                }
                let by_formula = run.by_formula(&exercise, 0, &conditions, step, quantity);
                let Some(by_formula) = by_formula else { continue };
                let node = &run.steps[step][&quantity].plain;
                let by_formula = by_formula.broadcast(node.dim()).unwrap().to_owned();
                for (own, engine) in by_formula.iter().zip(node) {
                    let room = 1e-9 * (1e-6 + engine.value.abs());
                    let near = (own.value - engine.value).abs() <= room
                        || own.value.is_nan() && engine.value.is_nan();
                    assert!(near, "seed {seed}, {quantity}: {} for {}", own.value, engine.value);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5_000, "{compared}");
}
