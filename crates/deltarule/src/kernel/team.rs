//! Threads that live as long as a training and share the work of its steps.
//!
//! Work comes in phases, and a phase in pieces, each of which belongs to a thread. A thread takes its own pieces in their
//! order. If the others are not through then, it waits a little, because what they work on is in their caches, and takes
//! whatever nobody has begun. So a thread that the operating system has sent away, or that sleeps, holds up nobody but
//! for the piece that it is in the middle of: a phase ends when its pieces are finished, not when all threads have come.
//! Who does a piece must not matter for what comes out.
//!
//! The caller is thread 0. Whoever finishes the last piece of a phase opens the next one. A thread without work spins for
//! some microseconds, because the next phase is near, and then parks, so that a machine with other work to do is not kept
//! busy by waiting.
//!
//! `board.rs` has what the threads share, which is lock-free; `model.rs` checks it with loom. Here they start and end.

mod board;
mod sync;

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use self::board::Board;
pub(crate) use self::board::{MAX_PIECES, PhasedWork, owner_of, partition};

/// A team of threads; thread 0 is the caller.
pub(crate) struct Team<'a> {
    /// None for the caller alone.
    board: Option<&'a Board>,
    /// Only the thread that has the team can give it work.
    not_sync: PhantomData<Cell<()>>,
}

impl<'a> Team<'a> {
    fn new(board: Option<&'a Board>) -> Self {
        Self { board, not_sync: PhantomData }
    }
}

/// Runs `body` with a team of this many threads, which end when it returns.
pub(crate) fn with_team<R>(threads: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    assemble(threads, threads, body)
}

/// [`with_team`] of which only some threads ever come, the caller among them.
fn assemble<R>(threads: usize, coming: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    if threads <= 1 {
        return body(&Team::new(None));
    }
    let board = Board::new(threads);
    std::thread::scope(|scope| {
        for index in 1..coming {
            let board = &board;
            let work = move || board.serve(index, u64::MAX);
            // A machine that gives no more threads trains with those it gave, which do the work of the others.
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        // Workers must end also when the body panics, or the scope would wait for them for ever.
        let _dismissal = Dismissal(&board);
        body(&Team::new(Some(&board)))
    })
}

struct Dismissal<'a>(&'a Board);

impl Drop for Dismissal<'_> {
    fn drop(&mut self) {
        self.0.dismiss();
    }
}

impl Team<'_> {
    /// How many threads there are, the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.board.map_or(1, Board::threads)
    }

    /// Does all the work and returns when it is done.
    ///
    /// # Panics
    /// When a piece panics on any thread.
    pub(crate) fn run(&self, work: &dyn PhasedWork) {
        let Some(board) = self.board else {
            for phase in 0..work.phases() {
                for piece in 0..work.pieces(phase) {
                    // SAFETY: the only thread does one piece after the other, each once, in the order of the phases.
                    unsafe { work.piece(0, phase, piece) }
                }
            }
            return;
        };
        let work = CatchPanics { work, panicked: AtomicBool::new(false), panic: Mutex::new(None) };
        // SAFETY: a team is not `Sync`, so this is the thread that made the board, which is its thread 0, and it is not in
        // the middle of another run: a piece, which may be done by any thread, cannot have a reference to the team.
        unsafe { board.run(&work) }
        if work.panicked.into_inner() {
            let panic = work.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
            resume_unwind(panic.unwrap_or_else(|| Box::new("a worker thread panicked")));
        }
    }
}

/// Work whose panics are kept until all threads have left it.
struct CatchPanics<'a> {
    work: &'a dyn PhasedWork,
    /// Set when a piece panicked: the pieces after it are passed over.
    panicked: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl PhasedWork for CatchPanics<'_> {
    fn phases(&self) -> usize {
        self.work.phases()
    }

    fn pieces(&self, phase: usize) -> usize {
        self.work.pieces(phase)
    }

    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize) {
        if self.panicked.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: what this piece may rely on, the inner one may, with the same numbers.
        let outcome = catch_unwind(AssertUnwindSafe(|| unsafe {
            self.work.piece(thread, phase, piece);
        }));
        if let Err(panic) = outcome {
            self.panicked.store(true, Ordering::Relaxed);
            // Of several panics, one is enough.
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
pub(crate) mod tests;
