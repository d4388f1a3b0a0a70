//! Threads that live as long as a training and wait for work between the phases of its steps.
//!
//! The caller is thread 0. A worker spins for a few microseconds after its work, because the next phase is near,
//! and then parks, so that a machine with other work to do is not kept busy by waiting.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
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
            board.panicked.store(true, Ordering::Release);
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
        wait_until(|| board.pending.load(Ordering::Acquire) == 0);
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

/// A slice that several threads write to, each its own part.
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    length: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: the only access is `part`, whose contract keeps the threads apart.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), length: slice.len(), slice: PhantomData }
    }

    /// A part of the slice, to write to.
    ///
    /// # Safety
    /// While the result lives, no other part that overlaps it is in use.
    ///
    /// # Panics
    /// When the range is not inside the slice.
    #[expect(clippy::mut_from_ref, reason = "handing out disjoint parts is what this type is for")]
    pub(crate) unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: the range was checked, and the caller keeps parts apart.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}
