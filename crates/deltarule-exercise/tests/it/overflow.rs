//! Numbers too large for a double are an error that says where, not a 0 and not a NaN in a document.

use deltarule_exercise::{Exercise, solve};

#[track_caller]
fn fails(activation: &str, loss: &str, weights: f64, rate: f64, message: &str) {
    let text = format!(
        "[network]\nlayers = [2, 3, 2]\nactivation = {activation}\nloss = \"{loss}\"\nweights = {weights}\n\
         [[part]]\nname = \"a\"\ntask = \"update\"\nlearning_rate = {rate}\n\
         examples = [{{ x = [1.21, 1.5], t = [100, 100] }}]\n"
    );
    let error = solve(&Exercise::parse(&text, "overflow").unwrap()).unwrap_err().to_string();
    assert_eq!(error, message);
}

#[test]
fn a_loss_that_overflows_after_the_update() {
    let message = "part a, step 1: the loss is too large for a double-precision number";
    fails("[\"selu\", \"exp\"]", "sum_squared_error", 0.347, 1e5, message);
}

#[test]
fn an_output_that_overflows() {
    let message = "part a, step 1: x of layer 2 is too large for a double-precision number";
    fails("[\"identity\", \"exp\"]", "squared_error", 300.0, 1.0, message);
}
