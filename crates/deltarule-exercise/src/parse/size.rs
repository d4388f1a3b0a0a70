//! How many numbers a solution holds, counted before any of them exists.

use deltarule::Network;

use crate::diagnostic::{Parsed, WithHelp, mistake};
use crate::exercise::{Mode, Part, Task};
use crate::reader::TomlTable;

/// A solution of more numbers is refused: it would need gigabytes.
const MAX_NUMBERS: usize = 100_000_000;

/// Refuses a part with which the solution would become too large. An exercise within the other limits can still ask for far
/// more than fits into memory: many examples through a wide layer, or many epochs.
pub(super) fn check(
    table: &TomlTable<'_>,
    network: &Network<f64>,
    part: &Part,
    so_far: &mut usize,
) -> Parsed<()> {
    *so_far = so_far.saturating_add(numbers(network, part));
    if *so_far <= MAX_NUMBERS {
        return Ok(());
    }
    let many = table.get("epochs").or_else(|| table.get("examples"));
    mistake(
        many.map_or(table.span(), |value| value.span()),
        format!(
            "the solution would hold more than {MAX_NUMBERS} numbers up to part {:?}",
            part.name
        ),
        "too many for an exercise",
    )
    .help("fewer epochs, fewer examples, or a smaller network")
}

fn numbers(network: &Network<f64>, part: &Part) -> usize {
    let layers = network.layers().iter();
    let units = layers.fold(0_usize, |sum, layer| sum.saturating_add(layer.units()));
    let examples = part.examples.len();
    // The parameters that a step starts from, its gradients, the new parameters and the optimiser's state.
    let (steps, passes, copies) = match part.task {
        Task::Forward | Task::Classify => (1, 1, 1),
        Task::Gradient => (1, 1, 2),
        Task::Update { optimizer, mode, epochs } => {
            let steps = match mode {
                Mode::Batch => epochs,
                Mode::Online => epochs.saturating_mul(examples),
            };
            (steps, epochs, 3 + optimizer.state_names().len())
        }
    };
    // x^[0], and z, x and delta of every unit.
    let of_example = network.inputs().saturating_add(units.saturating_mul(3));
    let of_examples = passes.saturating_mul(examples).saturating_mul(of_example);
    let of_parameters = steps.saturating_mul(network.parameter_count()).saturating_mul(copies);
    of_examples.saturating_add(of_parameters)
}
