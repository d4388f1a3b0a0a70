//! The lock-free part of a team: which pieces of which phase are left, and who waits.
//!
//! Everything that threads share is here and is made of what [`super::sync`] names, so that `model.rs` can compile this
//! very file with loom's atomics and try every order in which they may take effect.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::sync::{
    AtomicBool, AtomicU64, AtomicUsize, OnceLock, PATIENCE, SPINS, Thread, UnsafeCell, current,
    fence, park, spin_loop,
};

/// Work for a team.
pub(crate) trait PhasedWork: Sync {
    /// How many phases there are, one after the other.
    fn phases(&self) -> usize;

    /// How many pieces a phase has, at most [`MAX_PIECES`]; of p pieces of t threads, [`partition`] says whose each is.
    fn pieces(&self, phase: usize) -> usize;

    /// Does one piece.
    ///
    /// # Safety
    /// All pieces of the phases before are finished; nobody does this piece twice, nor another one with the same `thread`
    /// at the same time.
    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize);
}

/// More pieces than this do not fit into a [`Queue`].
pub(crate) const MAX_PIECES: usize = (1 << PIECE_BITS) - 1;

const PIECE_BITS: u32 = 12;

/// A cache line (and the one that is fetched with it) of its own: what one thread writes over and over must not disturb
/// those who read something else.
#[repr(align(128))]
struct CachePadded<T>(T);

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

    fn publish(&self, number: u64, pieces: &Range<usize>) {
        let range = (pieces.end << PIECE_BITS | pieces.start) as u64;
        self.word.store(number << (2 * PIECE_BITS) | range, Ordering::Release);
    }

    /// The next piece and the number of its phase.
    fn take(&self) -> Option<(u64, usize)> {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let piece = word as usize & MAX_PIECES;
            if piece == (word >> PIECE_BITS) as usize & MAX_PIECES {
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
    work: *const dyn PhasedWork,
    /// The number of its first phase: phases are numbered through, over all runs.
    first: u64,
}

/// What the threads of a team share.
pub(super) struct Board {
    assignment: UnsafeCell<Option<Assignment>>,
    /// The number of the open phase, or one that no phase has when none is open. It never falls.
    open_phase: CachePadded<AtomicU64>,
    /// Pieces of the open phase that are not finished.
    unfinished: CachePadded<AtomicUsize>,
    queues: Vec<CachePadded<Queue>>,
    /// Whether each thread is parked, or about to be.
    parked: Vec<CachePadded<AtomicBool>>,
    /// Set by each thread before it parks for the first time.
    handles: Vec<OnceLock<Thread>>,
    stop: AtomicBool,
}

// SAFETY: `assignment` is written only by the caller while no phase is open, and read only by a thread that holds a piece
// of an open phase: it took the piece from a queue that was filled after the write (release, acquire), and the phase does
// not end, nor does the caller write again, before the piece is finished (the same, by way of `unfinished` and
// `open_phase`).
unsafe impl Sync for Board {}

impl Board {
    pub(super) fn new(threads: usize) -> Self {
        let each = 0..threads;
        Self {
            assignment: UnsafeCell::new(None),
            open_phase: CachePadded(AtomicU64::new(0)),
            unfinished: CachePadded(AtomicUsize::new(0)),
            queues: each.clone().map(|_| CachePadded(Queue::new())).collect(),
            parked: each.clone().map(|_| CachePadded(AtomicBool::new(false))).collect(),
            handles: each.map(|_| OnceLock::new()).collect(),
            stop: AtomicBool::new(false),
        }
    }

    /// How many threads there are, the caller included.
    pub(super) fn threads(&self) -> usize {
        self.queues.len()
    }

    /// Does all the work, as thread 0, and returns when it is done. No piece may panic.
    ///
    /// # Safety
    /// One thread at a time calls this, and none calls [`Board::serve`] as thread 0.
    pub(super) unsafe fn run(&self, work: &dyn PhasedWork) {
        // A number that the open phase has not had, so that those who wait see it change.
        let first = self.open_phase.0.load(Ordering::Acquire) + 1;
        let phases = work.phases() as u64;
        // SAFETY: only the lifetime is changed. This function does not return before the last phase is finished, after
        // which nobody uses the pointer.
        let work = unsafe {
            std::mem::transmute::<*const (dyn PhasedWork + '_), *const dyn PhasedWork>(work)
        };
        // SAFETY: no phase is open, because the run before has ended, so nobody reads the cell.
        self.assignment.with_mut(|at| unsafe { *at = Some(Assignment { work, first }) });
        // SAFETY: no phase is open, and the end of the work is waited for in the next line.
        unsafe { self.open(first, 0) }
        self.serve(0, first + phases);
    }

    /// Works until the phases before this number are finished, or the team ends.
    pub(super) fn serve(&self, thread: usize, until: u64) {
        self.handles[thread].get_or_init(current);
        loop {
            let phase = self.open_phase.0.load(Ordering::Acquire);
            if phase >= until || self.stop.load(Ordering::Acquire) {
                return;
            }
            if !self.do_pieces(thread, thread) {
                self.wait(thread, phase);
            }
        }
    }

    /// Lets all threads but the caller end.
    pub(super) fn dismiss(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake(0);
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
            // SAFETY: the piece that was taken is not finished, so its phase is open; see `Board`.
            let Assignment { work, first } = unsafe { self.assignment() };
            // SAFETY: the work lives until its last piece is finished. This piece came out of its queue once, after the
            // phases before it, and no other thread has this number.
            unsafe { (*work).piece(thread, (of - first) as usize, piece) }
            done += 1;
        }
        if done > 0 && self.unfinished.0.fetch_sub(done, Ordering::AcqRel) == done {
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
        // SAFETY: it is written only before the first phase is open, and there is work that has not ended.
        match self.assignment.with(|at| unsafe { *at }) {
            Some(assignment) => assignment,
            None => unreachable!("a piece of no work"),
        }
    }

    /// Opens the phase of this number, or the next one that has any pieces, or ends the work; `thread` does so.
    ///
    /// # Safety
    /// No phase is open, and the caller waits for the end of the work.
    unsafe fn open(&self, mut number: u64, thread: usize) {
        // SAFETY: the caller of `run` has not gone on.
        let Assignment { work, first } = unsafe { self.assignment() };
        // SAFETY: the work outlives the run, which has not ended.
        let work = unsafe { &*work };
        let end = first + work.phases() as u64;
        let mut pieces = 0;
        while number < end && pieces == 0 {
            pieces = work.pieces((number - first) as usize);
            number += u64::from(pieces == 0);
        }
        assert!(pieces <= MAX_PIECES, "more pieces than a queue holds: an error in the caller");
        // Nobody takes a piece before its queue is filled, and with it everything that was written before.
        self.unfinished.0.store(pieces, Ordering::Relaxed);
        for (owner, queue) in self.queues.iter().enumerate() {
            let own = partition(pieces, owner, self.queues.len());
            // A queue without pieces is left alone: when the last piece is out, this phase may end and the next one begin
            // before this loop does.
            if !own.is_empty() {
                queue.0.publish(number, &own);
            }
        }
        // Not a plain store, for the same reason.
        self.open_phase.0.fetch_max(number, Ordering::AcqRel);
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

    /// Waits until another phase is open, or helps.
    fn wait(&self, thread: usize, phase: u64) {
        let ready = || {
            self.open_phase.0.load(Ordering::Acquire) != phase || self.stop.load(Ordering::Acquire)
        };
        for spin in 0..SPINS {
            if ready() || ((spin == 0 || spin == PATIENCE) && self.help(thread, spin > 0)) {
                return;
            }
            spin_loop();
        }
        let parked = &self.parked[thread].0;
        loop {
            // Whoever sees that this thread is parked has its handle too.
            parked.store(true, Ordering::Release);
            // Either this thread sees the phase, or whoever opened it sees that the thread is parked.
            fence(Ordering::SeqCst);
            if ready() {
                break;
            }
            park();
        }
        parked.store(false, Ordering::Relaxed);
    }

    /// Wakes all others that are parked, each of them once.
    fn wake(&self, thread: usize) {
        fence(Ordering::SeqCst);
        for (other, (parked, handle)) in self.parked.iter().zip(&self.handles).enumerate() {
            if other != thread
                && parked.0.load(Ordering::Relaxed)
                && parked
                    .0
                    .compare_exchange(true, false, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
                && let Some(handle) = handle.get()
            {
                handle.unpark();
            }
        }
    }
}

/// The part of 0 … `count` that belongs to one thread: contiguous, in order, and nearly equal.
pub(crate) fn partition(count: usize, thread: usize, threads: usize) -> Range<usize> {
    // ⌊count · t / threads⌋, of which the first product may be too large.
    let (each, rest) = (count / threads, count % threads);
    let until = |t: usize| each * t + rest * t / threads;
    until(thread)..until(thread + 1)
}

/// In whose part a piece is.
pub(crate) fn owner_of(count: usize, piece: usize, threads: usize) -> usize {
    ((piece + 1) * threads - 1) / count
}
