//! Whether two programs computed the same. Times are compared only where they did.

use std::path::Path;

/// How far apart the losses of a step may be, relative to the larger: rounding in f32, in another order of summation.
const LOSSES: f64 = 1e-3;
/// How far apart two outputs of a softmax may be.
const OUTPUTS: f32 = 1e-5;

/// Compares the losses of the first steps; the error names the first step that differs.
pub(crate) fn losses(ours: &[f64], theirs: &[f64]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("we made {} steps, it made {}", ours.len(), theirs.len()));
    }
    for (step, (&our, &their)) in ours.iter().zip(theirs).enumerate() {
        // What is not a number is not near.
        let near = (our - their).abs() <= LOSSES * our.abs().max(their.abs());
        if !near {
            return Err(format!(
                "the losses differ at step {}: ours is {our}, its is {their}",
                step + 1
            ));
        }
    }
    Ok(())
}

/// Compares two files of outputs, a row of `columns` numbers per example.
pub(crate) fn outputs(ours: &Path, theirs: &Path, columns: usize) -> Result<(), String> {
    compare(&floats(ours)?, &floats(theirs)?, columns)
}

fn compare(ours: &[f32], theirs: &[f32], columns: usize) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("we gave {} outputs, it gave {}", ours.len(), theirs.len()));
    }
    for (index, (our, their)) in ours.iter().zip(theirs).enumerate() {
        // What is not a number is not near.
        let near = (our - their).abs() <= OUTPUTS;
        if !near {
            let (row, column) = (index / columns + 1, index % columns + 1);
            return Err(format!(
                "the outputs differ at example {row}, unit {column}: ours is {our}, its is {their}"
            ));
        }
    }
    Ok(())
}

fn floats(path: &Path) -> Result<Vec<f32>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let numbers = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Ok(numbers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_may_differ_by_rounding_only() {
        let ours = [2.5, 1.25, 0.5];
        assert_eq!(losses(&ours, &[2.5002, 1.2499, 0.5]), Ok(()));
        let error = losses(&ours, &[2.5, 1.26, 0.4]).unwrap_err();
        assert!(error.contains("step 2") && error.contains("1.26"), "{error}");
        assert!(losses(&ours, &[2.5, 1.25, f64::NAN]).unwrap_err().contains("step 3"));
        assert!(losses(&ours, &ours[..2]).unwrap_err().contains("2"));
        assert_eq!(losses(&[0.0], &[0.0]), Ok(()));
    }

    #[test]
    fn outputs_are_named_by_example_and_unit() {
        let ours = [0.25, 0.75, 0.5, 0.5];
        assert_eq!(compare(&ours, &[0.250001, 0.75, 0.5, 0.5], 2), Ok(()));
        let error = compare(&ours, &[0.25, 0.75, 0.5, 0.51], 2).unwrap_err();
        assert!(error.contains("example 2, unit 2"), "{error}");
        assert!(compare(&ours, &[f32::NAN; 4], 2).is_err());
        assert!(compare(&ours, &[0.25], 2).is_err());
    }
}
