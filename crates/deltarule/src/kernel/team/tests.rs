//! The protocol of phases and pieces under threads that come late, never, or more of them than the machine has.

use std::sync::atomic::AtomicUsize;

use super::*;

/// A team whose workers never come.
pub(crate) fn with_absent_workers<R>(threads: usize, body: impl FnOnce(&Team<'_>) -> R) -> R {
    assemble(threads, 1, body)
}

/// Counts who did what.
struct Counting {
    /// Pieces of each phase.
    pieces: Vec<usize>,
    /// How often each piece of each phase was done.
    done: Vec<Vec<AtomicUsize>>,
    /// What is being done by each thread.
    busy: Vec<AtomicBool>,
    guilty: Option<(usize, usize)>,
}

impl Counting {
    fn new(threads: usize, pieces: &[usize]) -> Self {
        let zeros = |n: usize| (0..n).map(|_| AtomicUsize::new(0)).collect();
        Self {
            pieces: pieces.to_vec(),
            done: pieces.iter().map(|&n| zeros(n)).collect(),
            busy: (0..threads).map(|_| AtomicBool::new(false)).collect(),
            guilty: None,
        }
    }

    fn all_done(&self, times: usize) -> bool {
        self.done.iter().flatten().all(|count| count.load(Ordering::Relaxed) == times)
    }
}

impl PhasedWork for Counting {
    fn phases(&self) -> usize {
        self.pieces.len()
    }

    fn pieces(&self, phase: usize) -> usize {
        self.pieces[phase]
    }

    unsafe fn piece(&self, thread: usize, phase: usize, piece: usize) {
        assert!(!self.busy[thread].swap(true, Ordering::Relaxed), "two at once");
        assert!(self.guilty != Some((phase, piece)), "on purpose");
        // Relaxed: it is the team that must make them visible.
        let times = self.done[phase][piece].fetch_add(1, Ordering::Relaxed) + 1;
        for before in self.done[..phase].iter().flatten() {
            assert_eq!(before.load(Ordering::Relaxed), times, "a phase before is not finished");
        }
        for after in self.done[phase + 1..].iter().flatten() {
            assert_eq!(after.load(Ordering::Relaxed), times - 1, "a later phase has begun");
        }
        // Now and then a thread is sent away, or sleeps long enough for the others to park.
        match (times * 31 + phase * 7 + piece) % 97 {
            0 => std::thread::sleep(core::time::Duration::from_micros(300)),
            1..6 => std::thread::yield_now(),
            _ => {}
        }
        self.busy[thread].store(false, Ordering::Relaxed);
    }
}

/// How many runs; fewer where each instruction is looked at.
const RUNS: usize = if cfg!(miri) { 20 } else { 2_000 };

#[test]
fn every_piece_is_done_once_and_after_the_phases_before() {
    for threads in [1, 2, 3, 4, 7] {
        for pieces in [&[2, 4][..], &[1], &[0, 3, 0], &[4, 0, 9, 1, 1, 13], &[0], &[]] {
            let work = Counting::new(threads, pieces);
            with_team(threads, |team| {
                for run in 1..=RUNS / 10 {
                    team.run(&work);
                    assert!(work.all_done(run), "{threads} threads, {pieces:?}");
                }
            });
        }
    }
}

#[test]
fn two_threads_keep_in_step_over_many_runs() {
    let work = Counting::new(2, &[2, 4]);
    with_team(2, |team| {
        for _ in 0..RUNS {
            team.run(&work);
        }
    });
    assert!(work.all_done(RUNS));
}

#[test]
fn threads_that_never_come_are_not_waited_for() {
    let work = Counting::new(4, &[2, 8, 3]);
    with_absent_workers(4, |team| {
        assert_eq!(team.threads(), 4);
        for _ in 0..3 {
            team.run(&work);
        }
    });
    assert!(work.all_done(3));
}

/// Both pieces of each phase are begun before either ends, so both threads must come.
struct Both {
    begun: [AtomicUsize; 2],
    late: AtomicUsize,
}

impl PhasedWork for Both {
    fn phases(&self) -> usize {
        2
    }

    fn pieces(&self, _: usize) -> usize {
        2
    }

    unsafe fn piece(&self, thread: usize, phase: usize, _: usize) {
        let begun = &self.begun[phase];
        let both = begun.fetch_add(1, Ordering::SeqCst) / 2 * 2 + 2;
        while begun.load(Ordering::SeqCst) < both {
            std::thread::yield_now();
        }
        if thread == 1 {
            std::thread::sleep(core::time::Duration::from_micros(200));
            self.late.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn workers_come_to_every_phase_and_what_they_are_in_the_middle_of_is_waited_for() {
    let work = Both { begun: Default::default(), late: AtomicUsize::new(0) };
    with_team(2, |team| {
        for run in 1..=RUNS / 10 {
            team.run(&work);
            assert_eq!(work.late.load(Ordering::Relaxed), 2 * run);
            if run % 10 == 0 {
                // Long enough for the worker to park between two runs.
                std::thread::sleep(core::time::Duration::from_millis(1));
            }
        }
    });
}

#[test]
fn a_panic_in_any_piece_reaches_the_caller_and_leaves_nobody_waiting() {
    for threads in [1, 2, 3] {
        for guilty in [(0, 0), (0, 1), (0, 2), (1, 1)] {
            let outcome = catch_unwind(|| {
                with_team(threads, |team| {
                    let work =
                        Counting { guilty: Some(guilty), ..Counting::new(threads, &[3, 2, 2]) };
                    let outcome = catch_unwind(AssertUnwindSafe(|| team.run(&work)));
                    // The team goes on.
                    let next = Counting::new(threads, &[3, 2]);
                    team.run(&next);
                    assert!(next.all_done(1));
                    if let Err(panic) = outcome {
                        resume_unwind(panic);
                    }
                });
            });
            let panic = outcome.expect_err("a panic");
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
        }
    }
}

#[test]
fn every_piece_is_in_the_share_of_its_thread() {
    for (count, threads) in [(1, 1), (2, 2), (4, 2), (3, 7), (7, 3), (13, 4)] {
        for piece in 0..count {
            let owner = owner_of(count, piece, threads);
            assert!(
                partition(count, owner, threads).contains(&piece),
                "{piece} of {count}, {threads}"
            );
        }
    }
}

#[test]
fn shares_of_the_largest_count_do_not_overflow() {
    for threads in [1, 2, 3, 7, 4095] {
        let mut next = 0;
        for thread in 0..threads {
            let own = partition(usize::MAX, thread, threads);
            assert_eq!(own.start, next);
            next = own.end;
        }
        assert_eq!(next, usize::MAX, "{threads}");
    }
    for count in 0..40 {
        for thread in 0..7 {
            assert_eq!(partition(count, thread, 7), count * thread / 7..count * (thread + 1) / 7);
        }
    }
}
