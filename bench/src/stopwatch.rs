//! Time per epoch, seen from outside: the engine reads no clock.

use std::ops::ControlFlow;
use std::time::Instant;

use deltarule::{Callback, EpochRecord, Float};

/// Epochs before the timed ones.
pub(crate) const WARM_UP: usize = 1;
/// Epochs are timed for at least this long, so that short ones have a median that means something.
pub(crate) const SECONDS: f64 = 2.0;
/// Never more epochs than this.
pub(crate) const MOST: usize = 5_000;

/// Times every epoch of a training, and ends it when there is enough.
pub(crate) struct Stopwatch {
    /// Epochs that are timed at least.
    epochs: usize,
    /// Epochs are timed for at least this long.
    seconds: f64,
    last: Instant,
    /// Seconds of each epoch, the warm-up included.
    times: Vec<f64>,
    /// The loss of each epoch.
    losses: Vec<f64>,
}

impl Stopwatch {
    /// Starts; what is between here and the first epoch counts as warm-up.
    pub(crate) fn start(epochs: usize, seconds: f64) -> Self {
        Self { epochs, seconds, last: Instant::now(), times: Vec::new(), losses: Vec::new() }
    }

    /// The median of the timed epochs, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        median(&self.times[WARM_UP.min(self.times.len())..])
    }

    /// The loss of the last epoch of those that are always there, so that two programs can be compared.
    pub(crate) fn final_loss(&self) -> f64 {
        self.losses.get(WARM_UP + self.epochs - 1).copied().unwrap_or(f64::NAN)
    }

    fn is_enough(&self) -> bool {
        let timed = &self.times[WARM_UP.min(self.times.len())..];
        let enough = timed.len() >= self.epochs && timed.iter().sum::<f64>() >= self.seconds;
        enough || timed.len() >= MOST.max(self.epochs)
    }
}

impl<T: Float> Callback<T> for Stopwatch {
    fn on_epoch_end(&mut self, record: &EpochRecord) -> ControlFlow<()> {
        let now = Instant::now();
        self.times.push(now.duration_since(self.last).as_secs_f64());
        self.losses.push(record.loss);
        self.last = now;
        if self.is_enough() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The middle one, or the mean of the two in the middle; not a number if there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// Calls it again and again, and takes the median over rounds of the seconds of one call.
///
/// A round is as many calls as take a millisecond, so that the clock does not count.
pub(crate) fn time(mut call: impl FnMut(), seconds: f64) -> f64 {
    const ROUND: f64 = 1e-3;
    let mut calls = 1_usize;
    let mut timed = |calls: usize| {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed().as_secs_f64()
    };
    while timed(calls) < ROUND {
        calls *= 2;
    }
    let (mut rounds, mut total) = (Vec::new(), 0.0);
    while total < seconds || rounds.len() < 5 {
        let elapsed = timed(calls);
        rounds.push(elapsed / calls as f64);
        total += elapsed;
    }
    median(&rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_stopwatch_without_a_time_to_fill_sees_as_many_epochs_as_asked() {
        let mut stopwatch = Stopwatch::start(3, 0.0);
        let mut seen = 0;
        loop {
            seen += 1;
            let record = EpochRecord {
                epoch: seen,
                learning_rate: 0.1,
                loss: 1.0 / seen as f64,
                validation_loss: None,
                metrics: Vec::new(),
                validation_metrics: Vec::new(),
            };
            if Callback::<f32>::on_epoch_end(&mut stopwatch, &record).is_break() {
                break;
            }
        }
        assert_eq!(seen, WARM_UP + 3);
        assert_eq!(stopwatch.final_loss(), 1.0 / seen as f64);
        assert!(stopwatch.seconds() >= 0.0);
    }
}
