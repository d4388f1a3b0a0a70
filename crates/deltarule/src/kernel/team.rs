//! Threads that live as long as a training and wait for work between the phases of its steps.
//!
//! The caller is thread 0. A worker spins for a few microseconds after its work, because the next phase is near,
//! and then parks, so that a machine with other work to do is not kept busy by waiting.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Thread;

/// How often a waiting thread looks before it parks: some ten microseconds.
const SPINS: usize = 4_000;

type Job = dyn Fn(usize) + Sync;

/// What the threads of a team share.
struct Board {
    /// The work of the current round; meaningful while `round` is odd-numbered news to a worker.
    job: UnsafeCell<Option<*const Job>>,
    /// Rises by one for each job.
    round: AtomicUsize,
    /// Workers that have not finished the current job.
    pending: AtomicUsize,
    stop: AtomicBool,
    panicked: AtomicBool,
    /// How often threads have come to a meeting, over all meetings.
    arrived: AtomicUsize,
    caller: Thread,
}

// SAFETY: `job` is written only by the caller while no worker is between a round and its end (`pending` is 0), and
// read by workers only after they saw `round` rise, which happens after the write (release, acquire).
unsafe impl Sync for Board {}

/// A team of threads; thread 0 is the caller.
pub(crate) struct Team<'a> {
    threads: usize,
    board: Option<&'a Board>,
    workers: Vec<Thread>,
}

/// Runs `body` with a team of this many threads, which end when it returns.
pub(crate) fn with_team<R>(threads: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    if threads <= 1 {
        return body(&Team { threads: 1, board: None, workers: Vec::new() });
    }
    let board = Board {
        job: UnsafeCell::new(None),
        round: AtomicUsize::new(0),
        pending: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        panicked: AtomicBool::new(false),
        arrived: AtomicUsize::new(0),
        caller: std::thread::current(),
    };
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for index in 1..threads {
            let board = &board;
            // A machine that gives no more threads trains with those it gave: the bits do not depend on them.
            match std::thread::Builder::new().spawn_scoped(scope, move || work(index, board)) {
                Ok(handle) => workers.push(handle.thread().clone()),
                Err(_) => break,
            }
        }
        let team = Team { threads: workers.len() + 1, board: Some(&board), workers };
        // Workers must end also when the body panics, or the scope would wait for them for ever.
        let _dismissal = Dismissal(&team);
        body(&team)
    })
}

struct Dismissal<'a, 'b>(&'a Team<'b>);

impl Drop for Dismissal<'_, '_> {
    fn drop(&mut self) {
        if let Some(board) = self.0.board {
            board.stop.store(true, Ordering::Release);
            self.0.workers.iter().for_each(Thread::unpark);
        }
    }
}

fn work(index: usize, board: &Board) {
    let mut seen = 0;
    loop {
        wait_until(|| {
            board.round.load(Ordering::Acquire) != seen || board.stop.load(Ordering::Acquire)
        });
        if board.round.load(Ordering::Acquire) == seen {
            return;
        }
        seen += 1;
        // SAFETY: the round rose, so the caller has written the job and waits in `run` until `pending` is 0:
        // the pointer is valid, and nobody writes it.
        let job = unsafe { (*board.job.get()).map(|job| &*job) };
        if let Some(job) = job
            && catch_unwind(AssertUnwindSafe(|| job(index))).is_err()
        {
            // Others may wait for this thread at a meeting: the caller, which waits in any case, wakes them.
            board.panicked.store(true, Ordering::Release);
            board.caller.unpark();
        }
        if board.pending.fetch_sub(1, Ordering::AcqRel) == 1 {
            board.caller.unpark();
        }
    }
}

fn wait_until(ready: impl Fn() -> bool) {
    for _ in 0..SPINS {
        if ready() {
            return;
        }
        std::hint::spin_loop();
    }
    while !ready() {
        std::thread::park();
    }
}

impl Team<'_> {
    /// How many threads there are, the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Waits until every thread of the team has come here; to be called from within a job, by all of them.
    ///
    /// # Panics
    /// When another thread panicked and will not come.
    pub(crate) fn meet(&self) {
        let Some(board) = self.board else { return };
        let before = board.arrived.fetch_add(1, Ordering::AcqRel);
        let all = (before / self.threads + 1) * self.threads;
        if before + 1 == all {
            // The last one: whoever does not spin any more is woken.
            board.caller.unpark();
            self.workers.iter().for_each(Thread::unpark);
            return;
        }
        let came = || board.arrived.load(Ordering::Acquire) >= all;
        wait_until(|| came() || board.panicked.load(Ordering::Acquire));
        assert!(came(), "another thread panicked");
    }

    /// Runs `job(thread)` on every thread and returns when all are done.
    ///
    /// # Panics
    /// When the job panics on any thread.
    pub(crate) fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        let Some(board) = self.board else {
            return job(0);
        };
        // SAFETY: only the lifetime is changed. This function does not return, nor unwind, before `pending` is 0,
        // after which no worker uses the pointer; so the job outlives every use. No worker reads the cell now,
        // because the round before has ended.
        unsafe {
            *board.job.get() =
                Some(std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const Job>(job));
        }
        board.pending.store(self.workers.len(), Ordering::Relaxed);
        board.round.fetch_add(1, Ordering::Release);
        self.workers.iter().for_each(Thread::unpark);
        let own = catch_unwind(AssertUnwindSafe(|| job(0)));
        if own.is_err() {
            board.panicked.store(true, Ordering::Release);
        }
        wait_until(|| {
            if board.panicked.load(Ordering::Acquire) {
                self.workers.iter().for_each(Thread::unpark);
            }
            board.pending.load(Ordering::Acquire) == 0
        });
        match own {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) if board.panicked.load(Ordering::Acquire) => {
                panic!("a worker thread panicked")
            }
            Ok(()) => {}
        }
    }
}

/// The part of 0 … `count` that belongs to one thread: contiguous, in order, and nearly equal.
pub(crate) fn share(count: usize, thread: usize, threads: usize) -> Range<usize> {
    count * thread / threads..count * (thread + 1) / threads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_passes_a_meeting_before_all_have_come() {
        for threads in [1, 2, 3, 4] {
            let counts: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            with_team(threads, |team| {
                for _ in 0..50 {
                    team.run(&|thread| {
                        for _ in 0..3 {
                            let own = counts[thread].fetch_add(1, Ordering::SeqCst) + 1;
                            team.meet();
                            assert!(counts.iter().all(|c| c.load(Ordering::SeqCst) >= own));
                            team.meet();
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_panic_on_any_thread_reaches_the_caller_and_leaves_nobody_waiting() {
        for guilty in 0..3 {
            let outcome = catch_unwind(|| {
                with_team(3, |team| {
                    team.run(&|thread| {
                        assert!(thread != guilty, "on purpose");
                        team.meet();
                    });
                });
            });
            assert!(outcome.is_err());
        }
    }
}
