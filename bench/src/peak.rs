//! The limit of the machine: fused multiply-adds that never leave the registers.
//!
//! Each thread runs x ← x·m + c on 12 vectors that do not depend on each other: more than the latency of a fused
//! multiply-add (4 cycles) times the units that make one (2 at most).
//!
//! Calling such a function is the only unsafe code of this crate.

#![allow(
    unsafe_code,
    reason = "a function with the instructions of a set may be called only where they are"
)]

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a measurement takes, and how many there are; the best counts.
const BURST: Duration = Duration::from_millis(60);
const BURSTS: usize = 5;
/// Rounds of the loop between two looks at the clock.
const ROUNDS: usize = 20_000;
/// Vectors that are independent of each other; with m and c they fit the 16 registers of AVX2 and SSE.
const VECTORS: usize = 12;

/// Compiles the loop for an instruction set, in the terms of that set: a compiler left to find vectors by itself in arrays
/// of numbers may find gathers. The operations are safe where their instruction set is enabled.
macro_rules! rounds {
    ($name:ident, $features:literal, $splat:ident, $fma:ident, $sum:expr) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $features)]
        #[inline(never)]
        fn $name(count: usize, m: f32, c: f32) -> f32 {
            use std::arch::x86_64::*;
            let (m, c) = ($splat(m), $splat(c));
            // Different from each other, or the compiler computes one of them.
            let mut x: [_; VECTORS] = std::array::from_fn(|v| $splat(v as f32));
            for _ in 0..count {
                for x in &mut x {
                    *x = $fma(*x, m, c);
                }
            }
            x.into_iter().map($sum).sum()
        }
    };
}

rounds!(avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps, |x| _mm512_reduce_add_ps(x));
// Every number of a vector is the same.
rounds!(avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps, |x| 8.0 * _mm256_cvtss_f32(x));

/// Where the processor at hand may have no fused multiply-add, `mul_add` is a call of the C library, and the limit is that of
/// a product and a sum.
#[inline(never)]
fn portable(count: usize, m: f32, c: f32) -> f32 {
    let fused = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    let mut x: [[f32; 4]; VECTORS] = std::array::from_fn(|v| [v as f32; 4]);
    for _ in 0..count {
        for number in x.as_flattened_mut() {
            *number = if fused { number.mul_add(m, c) } else { *number * m + c };
        }
    }
    x.as_flattened().iter().sum()
}

/// Runs the loop that this processor has and returns its floating-point operations.
fn burst() -> f64 {
    // The values tend to c / (1 − m) = 1, far from zero, infinity and subnormal numbers.
    let (m, c) = black_box((0.75_f32, 0.25_f32));
    let operations = |lanes: usize| (2 * ROUNDS * VECTORS * lanes) as f64;
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512 F.
            black_box(unsafe { avx512(ROUNDS, m, c) });
            return operations(16);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has AVX2 and FMA.
            black_box(unsafe { avx2(ROUNDS, m, c) });
            return operations(8);
        }
    }
    black_box(portable(ROUNDS, m, c));
    operations(4)
}

/// Floating-point operations a second of this many threads, all at once.
pub(crate) fn measure(threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let once = || {
        barrier.wait();
        let start = Instant::now();
        let mut operations = 0.0;
        while start.elapsed() < BURST {
            operations += burst();
        }
        operations / start.elapsed().as_secs_f64()
    };
    (0..BURSTS)
        .map(|_| {
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|_| scope.spawn(once)).collect();
                workers.into_iter().map(|worker| worker.join().unwrap_or(0.0)).sum()
            })
        })
        .fold(0.0, f64::max)
}

/// How long a cache line takes from one thread to another and back, in seconds: what two threads pay for whatever they
/// hand to each other. It depends on where the system, or the host of a virtual machine, has put them.
pub(crate) fn meeting() -> f64 {
    const TURNS: usize = 20_000;
    /// On lines of their own.
    #[repr(align(128))]
    struct Line(AtomicUsize);
    let (there, back) = (Line(AtomicUsize::new(0)), Line(AtomicUsize::new(0)));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1..=2 * TURNS {
                while there.0.load(Ordering::Acquire) < turn {
                    std::hint::spin_loop();
                }
                back.0.store(turn, Ordering::Release);
            }
        });
        let mut start = Instant::now();
        for turn in 1..=2 * TURNS {
            there.0.store(turn, Ordering::Release);
            while back.0.load(Ordering::Acquire) < turn {
                std::hint::spin_loop();
            }
            // The other thread has to start first.
            if turn == TURNS {
                start = Instant::now();
            }
        }
        start.elapsed().as_secs_f64() / TURNS as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loop_computes_the_same() {
        let limit = portable(1_000, 0.75, 0.25);
        assert_eq!(limit, 4.0 * VECTORS as f32);
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the processor has AVX2 and FMA.
                assert_eq!(unsafe { avx2(1_000, 0.75, 0.25) }, 2.0 * limit);
            }
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the processor has AVX-512 F.
                assert_eq!(unsafe { avx512(1_000, 0.75, 0.25) }, 4.0 * limit);
            }
        }
    }
}
