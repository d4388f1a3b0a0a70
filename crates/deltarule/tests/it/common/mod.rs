//! What several test files go through.

use deltarule::{Activation, Loss};

/// Calls `check` with every hidden and output activation, admissible loss, number of outputs, size of a batch and λ.
pub(crate) fn every_case(mut check: impl FnMut(Activation, Activation, Loss, usize, usize, f64)) {
    let mut checked = 0;
    for hidden in Activation::ALL.into_iter().filter(|&a| a != Activation::Softmax) {
        for output in Activation::ALL {
            for loss in Loss::ALL.into_iter().filter(|l| l.admits(output).is_ok()) {
                for outputs in [1, 2, 3] {
                    for (batch, l2) in [(1, 0.0), (1, 0.1), (5, 0.0), (5, 0.1)] {
                        check(hidden, output, loss, outputs, batch, l2);
                        checked += 1;
                    }
                }
            }
        }
    }
    // Hidden activations, pairs of a loss with its outputs, shapes.
    let pairs: usize =
        Loss::ALL.iter().map(|l| l.outputs().map_or(Activation::ALL.len(), <[_]>::len)).sum();
    assert_eq!(checked, (Activation::ALL.len() - 1) * pairs * 12);
}

/// Between what targets lie in the domain of a loss, away from the kinks of |x − t| and the Huber loss.
pub(crate) fn domain(loss: Loss) -> (f64, f64) {
    match loss {
        Loss::CrossEntropy | Loss::BinaryCrossEntropy => (0.0, 1.0),
        Loss::Poisson => (0.1, 3.0),
        _ => (4.2, 6.0),
    }
}
