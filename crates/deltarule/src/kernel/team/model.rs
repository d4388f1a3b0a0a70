//! The board under loom: `board.rs` itself, compiled with loom's atomics, cells and threads.
//!
//! Loom runs a model again and again, with every order of the threads' steps (as far as a bounded number of preemptions
//! goes) and every value that a load may see, stale ones included where no happens-before excludes them. Two accesses to a
//! cell of which one writes and that are not ordered fail the model, and so does a state in which all threads wait.

use std::sync::Arc;

use self::board::{Board, PhasedWork};
use self::sync::UnsafeCell;

#[path = "board.rs"]
#[expect(clippy::duplicate_mod, reason = "it is the engine's own, on other atomics")]
#[expect(dead_code, reason = "the engine alone asks for owners and the number of threads")]
mod board;

/// What `sync.rs` has of the standard library.
mod sync {
    use std::cell::Cell;

    pub(super) use loom::cell::UnsafeCell;
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, fence};
    pub(super) use loom::thread::{Thread, current, park};

    /// A look, a second one at which everything is taken, and then the thread parks: more would be the same again.
    pub(super) const SPINS: usize = 2;
    pub(super) const PATIENCE: usize = 1;

    std::thread_local! {
        pub(super) static SPINS_YIELD: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn spin_loop() {
        if SPINS_YIELD.get() {
            loom::hint::spin_loop();
        }
    }

    /// Loom has none: a value behind a flag, written by one thread.
    pub(super) struct OnceLock<T> {
        is_set: AtomicBool,
        value: UnsafeCell<Option<T>>,
    }

    impl<T> OnceLock<T> {
        pub(super) fn new() -> Self {
            Self { is_set: AtomicBool::new(false), value: UnsafeCell::new(None) }
        }

        pub(super) fn get(&self) -> Option<&T> {
            use std::sync::atomic::Ordering::Acquire;
            // SAFETY: once the flag is set, the value is never written again.
            let value = || self.value.with(|value| unsafe { (*value).as_ref() });
            self.is_set.load(Acquire).then(value).flatten()
        }

        pub(super) fn get_or_init(&self, value: impl FnOnce() -> T) {
            use std::sync::atomic::Ordering::{Relaxed, Release};
            if !self.is_set.load(Relaxed) {
                // SAFETY: only the thread whose handle this is writes it, and nobody reads before the flag is set.
                self.value.with_mut(|at| unsafe { *at = Some(value()) });
                self.is_set.store(true, Release);
            }
        }
    }
}

/// Each piece writes to a cell of its own, and reads those of all phases before.
struct PieceCells {
    /// Which run this is, from 1.
    run: UnsafeCell<usize>,
    /// How often each piece of each phase was done.
    done: Vec<Vec<UnsafeCell<usize>>>,
}

// SAFETY: the cells are loom's, which fails the model where two threads use one of them without an order.
unsafe impl Sync for PieceCells {}

impl PieceCells {
    fn new(pieces: &[usize]) -> Self {
        let zeros = |count: usize| (0..count).map(|_| UnsafeCell::new(0)).collect();
        Self { run: UnsafeCell::new(0), done: pieces.iter().map(|&count| zeros(count)).collect() }
    }

    fn check(&self, phases: usize, expected: usize) {
        for cell in self.done[..phases].iter().flatten() {
            // SAFETY: nobody writes to it now, or the model fails.
            cell.with(|done| assert_eq!(unsafe { *done }, expected));
        }
    }
}

impl PhasedWork for PieceCells {
    fn phases(&self) -> usize {
        self.done.len()
    }

    fn pieces(&self, phase: usize) -> usize {
        self.done[phase].len()
    }

    unsafe fn piece(&self, _: usize, phase: usize, piece: usize) {
        // SAFETY: the caller wrote it before this run.
        let run = self.run.with(|run| unsafe { *run });
        self.check(phase, run);
        // SAFETY: this piece is this thread's, or the model fails.
        self.done[phase][piece].with_mut(|done| unsafe {
            *done += 1;
            assert_eq!(*done, run, "a piece is done once in each run");
        });
    }
}

/// A board that loom's threads, which do not end with a scope, may share.
struct Shared(Board);

// SAFETY: the pointer in a board is to work that is `Sync`, and used only while the run lasts.
unsafe impl Send for Shared {}
// SAFETY: a board may be shared, and this gives no more than references to it.
unsafe impl Sync for Shared {}

/// What is tried.
#[derive(Clone, Copy, Debug)]
struct BoardCase {
    threads: usize,
    /// The pieces of each phase.
    pieces: &'static [usize],
    runs: usize,
    /// How often a thread may be interrupted where it could go on.
    preemptions: usize,
    /// Whether loom knows that a thread spins: it then lets others go first, and the thread sees no more of what is old by
    /// then. That leaves out orders, but more threads and phases can be tried in the same time.
    spins_yield: bool,
}

impl BoardCase {
    fn check(self) {
        let Self { threads, pieces, runs, preemptions, spins_yield } = self;
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemptions);
        model.max_branches = 10_000;
        sync::SPINS_YIELD.set(spins_yield);
        model.check(move || {
            let board = Arc::new(Shared(Board::new(threads)));
            let start = |thread| {
                let board = board.clone();
                loom::thread::spawn(move || board.0.serve(thread, u64::MAX))
            };
            let workers: Vec<_> = (1..threads).map(start).collect();
            let work = PieceCells::new(pieces);
            for run in 1..=runs {
                // SAFETY: the run before has ended, or the model fails.
                work.run.with_mut(|at| unsafe { *at = run });
                // SAFETY: this is the one caller, and the workers have numbers above 0.
                unsafe { board.0.run(&work) }
                work.check(pieces.len(), run);
            }
            board.0.dismiss();
            for worker in workers {
                worker.join().expect("a worker ends");
            }
        });
    }
}

const PLAIN: BoardCase =
    BoardCase { threads: 2, pieces: &[2], runs: 1, preemptions: 2, spins_yield: false };

#[test]
fn a_worker_that_parks_learns_that_it_may_end() {
    BoardCase { pieces: &[], runs: 0, preemptions: 3, ..PLAIN }.check();
}

#[test]
fn phases_follow_each_other_and_each_piece_is_done_once_and_nobody_waits_for_ever() {
    PLAIN.check();
    BoardCase { pieces: &[2, 2], preemptions: 1, ..PLAIN }.check();
    BoardCase { pieces: &[2, 2], spins_yield: true, ..PLAIN }.check();
}

#[test]
fn a_run_sees_nothing_of_the_run_before() {
    BoardCase { runs: 2, preemptions: 1, ..PLAIN }.check();
    BoardCase { runs: 2, spins_yield: true, ..PLAIN }.check();
    BoardCase { pieces: &[2, 1], runs: 2, preemptions: 1, spins_yield: true, ..PLAIN }.check();
}

#[test]
fn a_third_thread_comes_between_the_others_in_every_order() {
    let three = BoardCase { threads: 3, preemptions: 1, spins_yield: true, ..PLAIN };
    BoardCase { pieces: &[3], ..three }.check();
    BoardCase { pieces: &[1], ..three }.check();
}
