//! StepBuffers for the kernels: aligned to a cache line, and to huge pages where it is large.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::number::Number;

/// A cache line, which is a vector of every instruction set.
const LINE: usize = 64;
/// A huge page of x86-64 and of most other 64-bit systems.
const HUGE: usize = 2 << 20;

/// From this size on, a buffer gets whole huge pages.
const LARGE: usize = HUGE / 2;

/// A slice of numbers that begins on a cache line; made once, never resized.
pub(crate) struct Buffer<T: Number> {
    start: NonNull<T>,
    length: usize,
    owned: PhantomData<T>,
}

// SAFETY: it owns its memory, which no thread in particular has to free.
unsafe impl<T: Number> Send for Buffer<T> {}
// SAFETY: a shared buffer hands out shared references to numbers only.
unsafe impl<T: Number> Sync for Buffer<T> {}

impl<T: Number> Buffer<T> {
    /// This many zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        let layout = Self::layout(length);
        if layout.size() == 0 {
            return Self { start: NonNull::dangling(), length, owned: PhantomData };
        }
        // SAFETY: the size is not 0, and every number of the length is inside it. Every byte is written before anybody reads it: zero bytes are the number 0.
        let start = unsafe {
            let start = alloc(layout);
            if start.is_null() {
                handle_alloc_error(layout);
            }
            ask_for_huge_pages(start, layout);
            start.write_bytes(0, layout.size());
            NonNull::new_unchecked(start.cast())
        };
        Self { start, length, owned: PhantomData }
    }

    fn layout(length: usize) -> Layout {
        let layout = length.checked_mul(size_of::<T>()).and_then(|size| {
            if size < LARGE {
                return Layout::from_size_align(size, LINE).ok();
            }
            Layout::from_size_align(size.checked_next_multiple_of(HUGE)?, HUGE).ok()
        });
        // More than the address space holds: the same end as any allocation that cannot be. A size that wraps round would
        // be a buffer that the kernels write beyond.
        layout.unwrap_or_else(|| panic!("{length} numbers are more than any machine holds"))
    }
}

/// Fewer, larger pages: a matrix is read along rows and columns, and each small page costs a look-up.
///
/// # Safety
/// The memory was allocated with this layout.
unsafe fn ask_for_huge_pages(start: *mut u8, layout: Layout) {
    #[cfg(target_os = "linux")]
    if layout.align() == HUGE {
        unsafe extern "C" {
            fn madvise(start: *mut u8, length: usize, advice: i32) -> i32;
        }
        const MADV_HUGEPAGE: i32 = 14;
        // SAFETY: advice on memory of ours changes no value; whether it is taken does not matter.
        unsafe {
            madvise(start, layout.size(), MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, layout);
}

impl<T: Number> Drop for Buffer<T> {
    fn drop(&mut self) {
        let layout = Self::layout(self.length);
        if layout.size() > 0 {
            // SAFETY: `zeros` allocated it with the layout of this very length, which never changes.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) }
        }
    }
}

impl<T: Number> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `zeros` allocated and wrote so many numbers (for none, a dangling pointer will do), and the memory lives as
        // long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl<T: Number> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `zeros` allocated and wrote so many numbers, and `self`, which alone has them, is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl<T: Number> std::fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({})", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_begin_on_a_cache_line_and_hold_zeros() {
        for length in [0, 1, 15, 16, 17, 1 << 10, 2 << 20] {
            let mut buffer = Buffer::<f32>::zeros(length);
            assert_eq!(buffer.len(), length);
            assert!(length == 0 || (buffer.as_ptr() as usize).is_multiple_of(LINE));
            assert!(buffer.iter().all(|&v| v == 0.0));
            buffer.fill(1.0);
        }
    }

    #[test]
    fn a_size_in_bytes_that_is_no_number_is_refused_and_does_not_wrap_round() {
        for length in [usize::MAX, usize::MAX / 2, usize::MAX / 4 + 17, usize::MAX / 8] {
            let outcome = std::panic::catch_unwind(|| Buffer::<f32>::zeros(length).len());
            let panic = outcome.expect_err("no such buffer");
            let message = panic.downcast_ref::<String>().unwrap();
            assert!(message.contains("more than any machine holds"), "{message}");
        }
    }
}
