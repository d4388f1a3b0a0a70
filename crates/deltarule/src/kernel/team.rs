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

use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, OnceLock};
use std::thread::Thread;

/// How often a waiting thread looks before it parks: some tens of microseconds.
const SPINS: usize = 4_000;

/// How often a thread looks before it takes what belongs to another that is not known to be away: some microseconds.
const PATIENCE: usize = 300;

/// Work for a team.
pub(crate) trait Work: Sync {
    /// How many phases there are, one after the other.
    fn phases(&self) -> usize;

    /// How many pieces a phase has, at most [`MOST_PIECES`]; of p pieces of t threads, [`share`] says whose each is.
    fn pieces(&self, phase: usize) -> usize;

    /// Does one piece.
    ///
    /// # Safety
    /// All pieces of the phases before are finished; nobody does this piece twice, nor another one with the same `thread`
    /// at the same time.
    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize);
}

/// More pieces than this do not fit into a [`Queue`].
pub(crate) const MOST_PIECES: usize = (1 << PIECE_BITS) - 1;

const PIECE_BITS: u32 = 12;

/// A cache line (and the one that is fetched with it) of its own: what one thread writes over and over must not disturb
/// those who read something else.
#[repr(align(128))]
struct Line<T>(T);

/// The pieces of one thread in one phase that nobody has begun: the number of the phase, and below it the end and the
/// beginning of a range of pieces.
///
/// All of it is one word, so that a thread that looked at it long ago cannot take a piece of another phase.
struct Queue {
    word: AtomicU64,
    /// Whether its thread left pieces to others the last time.
    is_away: AtomicBool,
}

impl Queue {
    fn new() -> Self {
        Self { word: AtomicU64::new(0), is_away: AtomicBool::new(false) }
    }

    fn fill(&self, number: u64, pieces: &Range<usize>) {
        let range = (pieces.end << PIECE_BITS | pieces.start) as u64;
        self.word.store(number << (2 * PIECE_BITS) | range, Ordering::Release);
    }

    /// The next piece and the number of its phase.
    fn take(&self) -> Option<(u64, usize)> {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let piece = word as usize & MOST_PIECES;
            if piece == (word >> PIECE_BITS) as usize & MOST_PIECES {
                return None;
            }
            let taken = self.word.compare_exchange_weak(
                word,
                word + 1,
                Ordering::Acquire,
                Ordering::Acquire,
            );
            match taken {
                Ok(_) => return Some((word >> (2 * PIECE_BITS), piece)),
                Err(now) => word = now,
            }
        }
    }
}

/// The work of a run.
#[derive(Clone, Copy)]
struct Assignment {
    work: *const dyn Work,
    /// The number of its first phase: phases are numbered through, over all runs.
    first: u64,
}

/// What the threads of a team share.
struct Board {
    assignment: UnsafeCell<Option<Assignment>>,
    /// The number of the open phase, or one that no phase has when none is open. It never falls.
    turn: Line<AtomicU64>,
    /// Pieces of the open phase that are not finished.
    left: Line<AtomicUsize>,
    queues: Vec<Line<Queue>>,
    /// Whether each thread is parked, or about to be.
    parked: Vec<Line<AtomicBool>>,
    /// Set by each thread before it parks for the first time.
    handles: Vec<OnceLock<Thread>>,
    stop: AtomicBool,
    /// Set when a piece panicked: the pieces after it are passed over.
    panicked: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `assignment` is written only by the caller while no phase is open, and read only by a thread that holds a piece
// of an open phase: it took the piece from a queue that was filled after the write (release, acquire), and the phase does
// not end, nor does the caller write again, before the piece is finished (the same, by way of `left` and `turn`).
unsafe impl Sync for Board {}

impl Board {
    fn new(threads: usize) -> Self {
        let each = 0..threads;
        Self {
            assignment: UnsafeCell::new(None),
            turn: Line(AtomicU64::new(0)),
            left: Line(AtomicUsize::new(0)),
            queues: each.clone().map(|_| Line(Queue::new())).collect(),
            parked: each.clone().map(|_| Line(AtomicBool::new(false))).collect(),
            handles: each.map(|_| OnceLock::new()).collect(),
            stop: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            panic: Mutex::new(None),
        }
    }

    /// Works until the phases before this number are finished, or the team ends.
    fn serve(&self, thread: usize, until: u64) {
        self.handles[thread].get_or_init(std::thread::current);
        loop {
            let turn = self.turn.0.load(Ordering::Acquire);
            if turn >= until || self.stop.load(Ordering::Acquire) {
                return;
            }
            if !self.do_pieces(thread, thread) {
                self.wait(thread, turn);
            }
        }
    }

    /// Does all pieces that there are to take of one owner; says whether there were any.
    fn do_pieces(&self, thread: usize, owner: usize) -> bool {
        let queue = &self.queues[owner].0;
        // They are reported together: the phase cannot end while the thread is at one of them.
        let (mut done, mut number) = (0, 0);
        while let Some((of, piece)) = queue.take() {
            let is_away = owner != thread;
            if queue.is_away.load(Ordering::Relaxed) != is_away {
                queue.is_away.store(is_away, Ordering::Relaxed);
            }
            number = of;
            // SAFETY: the piece that was taken is not finished; see `Board`.
            let Assignment { work, first } = unsafe { self.assignment() };
            if !self.panicked.load(Ordering::Relaxed) {
                // SAFETY: the piece came out of its queue once, after the phases before; no other thread has this number.
                let outcome = catch_unwind(AssertUnwindSafe(|| unsafe {
                    (*work).piece(thread, (of - first) as usize, piece);
                }));
                if let Err(panic) = outcome {
                    self.panicked.store(true, Ordering::Relaxed);
                    // Of several panics, one is enough.
                    *self.panic.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                        Some(panic);
                }
            }
            done += 1;
        }
        if done > 0 && self.left.0.fetch_sub(done, Ordering::AcqRel) == done {
            // SAFETY: the phase is over and no other is open, so the caller waits for what is done here.
            unsafe { self.open(number + 1, thread) }
        }
        done > 0
    }

    /// The work that a phase is open of, or that the caller still waits for.
    ///
    /// # Safety
    /// There is one.
    unsafe fn assignment(&self) -> Assignment {
        // SAFETY: nobody writes it meanwhile, by the contract.
        match unsafe { *self.assignment.get() } {
            Some(assignment) => assignment,
            None => unreachable!("a piece of no work"),
        }
    }

    /// Opens the phase of this number, or the next one that has any pieces, or ends the work; `thread` does so.
    ///
    /// # Safety
    /// No phase is open, and the caller waits for the end of the work.
    unsafe fn open(&self, mut number: u64, thread: usize) {
        // SAFETY: the caller has not gone on.
        let Assignment { work, first } = unsafe { self.assignment() };
        // SAFETY: the work outlives the run, which has not ended.
        let work = unsafe { &*work };
        let end = first + work.phases() as u64;
        let mut pieces = 0;
        while number < end && pieces == 0 {
            pieces = work.pieces((number - first) as usize);
            number += u64::from(pieces == 0);
        }
        assert!(pieces <= MOST_PIECES, "more pieces than a queue holds: an error in the caller");
        // Nobody takes a piece before its queue is filled, and with it everything that was written before.
        self.left.0.store(pieces, Ordering::Relaxed);
        for (owner, queue) in self.queues.iter().enumerate() {
            let own = share(pieces, owner, self.queues.len());
            // A queue without pieces is left alone: when the last piece is out, this phase may end and the next one begin
            // before this loop does.
            if !own.is_empty() {
                queue.0.fill(number, &own);
            }
        }
        // Not a plain store, for the same reason.
        self.turn.0.fetch_max(number, Ordering::AcqRel);
        self.wake(thread);
    }

    /// Does what belongs to others, or only to those who are away.
    fn help(&self, thread: usize, all: bool) -> bool {
        let threads = self.queues.len();
        let others = (1..threads).map(|i| (thread + i) % threads);
        let mut wanted =
            others.filter(|&other| all || self.queues[other].0.is_away.load(Ordering::Relaxed));
        wanted.any(|other| self.do_pieces(thread, other))
    }

    /// Waits until the turn is another, or helps.
    fn wait(&self, thread: usize, turn: u64) {
        let ready =
            || self.turn.0.load(Ordering::Acquire) != turn || self.stop.load(Ordering::Acquire);
        for spin in 0..SPINS {
            if ready() || ((spin == 0 || spin == PATIENCE) && self.help(thread, spin > 0)) {
                return;
            }
            std::hint::spin_loop();
        }
        let parked = &self.parked[thread].0;
        loop {
            parked.store(true, Ordering::Relaxed);
            // Either this thread sees the turn, or whoever changed it sees that the thread is parked.
            fence(Ordering::SeqCst);
            if ready() {
                break;
            }
            std::thread::park();
        }
        parked.store(false, Ordering::Relaxed);
    }

    /// Wakes all others that are parked, each of them once.
    fn wake(&self, thread: usize) {
        fence(Ordering::SeqCst);
        for (other, (parked, handle)) in self.parked.iter().zip(&self.handles).enumerate() {
            if other != thread
                && parked.0.load(Ordering::Relaxed)
                && parked.0.swap(false, Ordering::Relaxed)
                && let Some(handle) = handle.get()
            {
                handle.unpark();
            }
        }
    }
}

/// A team of threads; thread 0 is the caller.
pub(crate) struct Team<'a> {
    /// None for the caller alone.
    board: Option<&'a Board>,
}

/// Runs `body` with a team of this many threads, which end when it returns.
pub(crate) fn with_team<R>(threads: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    assemble(threads, threads, body)
}

/// [`with_team`] of which only some threads ever come, the caller among them.
fn assemble<R>(threads: usize, coming: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    if threads <= 1 {
        return body(&Team { board: None });
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
        body(&Team { board: Some(&board) })
    })
}

struct Dismissal<'a>(&'a Board);

impl Drop for Dismissal<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Release);
        self.0.wake(0);
    }
}

impl Team<'_> {
    /// How many threads there are, the caller included.
    pub(crate) fn threads(&self) -> usize {
        self.board.map_or(1, |board| board.queues.len())
    }

    /// Does all the work and returns when it is done.
    ///
    /// # Panics
    /// When a piece panics on any thread.
    pub(crate) fn run(&self, work: &dyn Work) {
        let Some(board) = self.board else {
            for phase in 0..work.phases() {
                for piece in 0..work.pieces(phase) {
                    // SAFETY: one after the other.
                    unsafe { work.piece(0, phase, piece) }
                }
            }
            return;
        };
        // A number that the turn has not had, so that those who wait see it change.
        let first = board.turn.0.load(Ordering::Acquire) + 1;
        let phases = work.phases() as u64;
        // SAFETY: only the lifetime is changed. This function does not return, nor unwind, before the last phase is
        // finished, after which nobody uses the pointer. No phase is open now, so nobody reads the cell.
        unsafe {
            let work = std::mem::transmute::<*const (dyn Work + '_), *const dyn Work>(work);
            *board.assignment.get() = Some(Assignment { work, first });
            board.open(first, 0);
        }
        board.serve(0, first + phases);
        if board.panicked.swap(false, Ordering::Relaxed) {
            let panic =
                board.panic.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            resume_unwind(panic.unwrap_or_else(|| Box::new("a worker thread panicked")));
        }
    }
}

/// The part of 0 … `count` that belongs to one thread: contiguous, in order, and nearly equal.
pub(crate) fn share(count: usize, thread: usize, threads: usize) -> Range<usize> {
    // ⌊count · t / threads⌋, of which the first product may be too large.
    let (each, rest) = (count / threads, count % threads);
    let until = |t: usize| each * t + rest * t / threads;
    until(thread)..until(thread + 1)
}

/// Whose share a piece is in.
pub(crate) fn share_of(count: usize, piece: usize, threads: usize) -> usize {
    ((piece + 1) * threads - 1) / count
}

#[cfg(test)]
pub(crate) mod tests;
