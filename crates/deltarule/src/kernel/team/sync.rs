//! What the board is made of: the standard library's. The model of the board has loom's under the same names.

pub(super) use std::sync::OnceLock;
pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, fence};
pub(super) use std::thread::{Thread, current, park};

/// How often a waiting thread looks before it parks: some tens of microseconds.
pub(super) const SPINS: usize = 4_000;

/// How often a thread looks before it takes what belongs to another that is not known to be away: some microseconds.
pub(super) const PATIENCE: usize = 300;

pub(super) use std::hint::spin_loop;

/// A cell that hands out its address for the time of a call, so that a model can see who reads it and who writes.
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(super) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(super) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    #[inline(always)]
    pub(super) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}
