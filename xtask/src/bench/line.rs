//! A line of the benchmark: what one program took for one workload.

use std::fmt;

use serde_json::Value;

use super::program::{number, text};

/// The fields of a line, in the order in which they are printed, separated by blanks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) workload: String,
    pub(crate) program: String,
    pub(crate) optimizer: String,
    pub(crate) threads: usize,
    pub(crate) seconds_per_epoch: f64,
    pub(crate) samples_per_second: f64,
    pub(crate) gflops: f64,
    pub(crate) percent_of_peak: f64,
    pub(crate) final_loss: f64,
}

impl Line {
    /// From the record of a program's times, and our record, which knows the workload and the limit of the machine.
    ///
    /// Where an epoch repeats its examples, the line is about one repetition: the figure of `step` is seconds per step.
    pub(crate) fn new(program: &str, measured: &Value, ours: &Value) -> Result<Self, String> {
        let repeats = number(ours, "repeats")?;
        let seconds_per_epoch = number(measured, "seconds")? / repeats;
        let flops = number(ours, "operations")? / repeats / seconds_per_epoch;
        Ok(Self {
            workload: text(ours, "workload")?.to_string(),
            program: program.to_string(),
            optimizer: text(ours, "optimizer")?.to_string(),
            threads: number(ours, "threads")? as usize,
            seconds_per_epoch,
            samples_per_second: number(ours, "samples")? / seconds_per_epoch,
            gflops: flops * 1e-9,
            percent_of_peak: 100.0 * flops / number(ours, "peak")?,
            final_loss: number(measured, "final_loss")?,
        })
    }

    /// How many times as fast as another program we are.
    pub(crate) fn ratio(&self, rival: &Self) -> f64 {
        self.samples_per_second / rival.samples_per_second
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<8} {:<15} {:<5} {:>2} {:>11.4e} {:>10.4e} {:>9.3} {:>7.2} {:>11.5e}",
            self.workload,
            self.program,
            self.optimizer,
            self.threads,
            self.seconds_per_epoch,
            self.samples_per_second,
            self.gflops,
            self.percent_of_peak,
            self.final_loss,
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ours() -> Value {
        json!({
            "workload": "step", "optimizer": "adam", "threads": 2, "seconds": 0.05, "samples": 1,
            "repeats": 100_000, "operations": 9.6e6, "peak": 1e11, "final_loss": 0.25,
        })
    }

    #[test]
    fn a_line_has_nine_fields_that_are_numbers_where_they_should_be() {
        let line = Line::new("deltarule", &ours(), &ours()).unwrap().to_string();
        let fields: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(fields[..4], ["step", "deltarule", "adam", "2"]);
        let numbers: Vec<f64> = fields[4..].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(numbers, [5e-7, 2e6, 0.192, 0.19, 0.25]);
    }

    #[test]
    fn programs_are_compared_by_samples_per_second() {
        let ours = ours();
        let line = Line::new("deltarule", &ours, &ours).unwrap();
        let theirs = json!({ "seconds": 0.2, "final_loss": 0.25 });
        let rival = Line::new("jax", &theirs, &ours).unwrap();
        assert!((line.ratio(&rival) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_record_without_times_is_an_error() {
        assert!(Line::new("jax", &json!({}), &ours()).unwrap_err().contains("seconds"));
    }
}
