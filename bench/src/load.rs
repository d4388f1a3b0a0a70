//! A training while another process keeps one processor busy.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use deltarule::Optimizer;
use serde_json::{Value, json};

use crate::stopwatch::SECONDS;
use crate::train::time;
use crate::workload::Workload;

/// A process that was forgotten ends by itself.
const LONGEST: Duration = Duration::from_secs(300);

/// Times the training alone, beside the busy process, and alone again.
pub(crate) fn run(
    workload: &Workload,
    optimizer: Optimizer,
    threads: usize,
) -> Result<Value, Box<dyn std::error::Error>> {
    let data = workload.data();
    let measure = || time(workload, &data, optimizer, threads, SECONDS);
    let one_thread = time(workload, &data, optimizer, 1, SECONDS)?.seconds();
    let alone = measure()?.seconds();
    let busy = Busy::start()?;
    let loaded = measure()?.seconds();
    drop(busy);
    let again = measure()?.seconds();
    Ok(json!({
        "workload": workload.name,
        "threads": threads,
        "one_thread": one_thread,
        "alone": alone,
        "loaded": loaded,
        "alone_again": again,
    }))
}

/// Keeps a processor busy; what the busy process does.
pub(crate) fn spin() -> Value {
    let start = Instant::now();
    while start.elapsed() < LONGEST {
        std::hint::spin_loop();
    }
    json!({})
}

/// The busy process; it ends when this is dropped.
struct Busy(Child);

impl Busy {
    fn start() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self(Command::new(program).arg("spin").spawn()?))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
