//! The memory of a training, against what it cannot do without.

use deltarule::Optimizer;
use serde_json::{Value, json};

use crate::workload::Workload;

/// Trains one epoch and reports the most memory that this process had resident.
pub(crate) fn run(
    workload: &Workload,
    optimizer: Optimizer,
    threads: usize,
) -> Result<Value, Box<dyn std::error::Error>> {
    let (data, mut network) = (workload.data(), workload.network()?);
    let parameters = network.parameter_count();
    workload.trainer(optimizer, threads).epochs(1).fit(
        &mut network,
        data.x.view(),
        data.t.view(),
    )?;
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("the system does not say how much memory it gave: {error}"))?;
    let peak = most_resident(&status).ok_or("no VmHWM in /proc/self/status")?;
    Ok(json!({
        "workload": workload.name,
        "parameters": 4 * 4 * parameters,
        "batch": 4 * batch_numbers(workload),
        "data": 4 * (data.x.len() + data.t.len()),
        "measured": peak,
    }))
}

/// Numbers that a batch needs at once: for each layer after the inputs its outputs and its deltas.
fn batch_numbers(workload: &Workload) -> usize {
    2 * workload.batch * workload.layers[1..].iter().sum::<usize>()
}

/// The field VmHWM, in bytes.
fn most_resident(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_understood() {
        let status = "Name:\tbench\nVmPeak:\t  9000 kB\nVmHWM:\t  1234 kB\n";
        assert_eq!(most_resident(status), Some(1234 * 1024));
        assert_eq!(most_resident("Name:\tbench\n"), None);
    }

    #[test]
    fn a_batch_has_outputs_and_deltas_of_every_layer() {
        let digits = Workload::find("digits").unwrap();
        assert_eq!(batch_numbers(&digits), 200 * (100 + 100 + 10 + 10));
    }
}
