//! The fast path: the functions of `backprop.rs` for a batch at a time, vectorised and on several threads.
//!
//! - [`tile`]: the microkernel, with what happens to a sum before it leaves the registers
//! - [`product`]: one loop nest around the microkernel
//! - [`examples`], [`update`], [`reduce`]: activations and losses, optimisers, sums; `small_step`: the step of a small network
//! - [`updating`]: the update with gradients that lie in memory; [`prefetch`]: the next batch on its way
//! - [`table`]: all of these compiled for each instruction set
//! - [`layout`]: where a layer's numbers lie in blocks; [`buffer`]: the memory; [`cache`]: hints to the caches
//! - [`team`]: threads that share the pieces of a step
//! - [`batch`]: what a step is given; `phases` and `step_buffers`: what it is cut into, and its buffers
//! - [`pass`]: examples through the layers and back; [`plan`]: a training step, and [`planning`] which; [`blocks`] and
//!   [`step`] that of most networks, [`small`] that of a network of a few units; [`inference`]: the forward pass alone;
//!   [`workspace`]: a thread's memory
//!
//! Every entry of every product is one sum over k in index order with fused multiply-adds, so that its bits depend
//! neither on the instruction set, nor on how the work is cut, nor on the number of threads.
//! All `unsafe` of the engine lives in this folder and in `number`, whose vectors these are.

#![allow(unsafe_code, reason = "vector instructions, aligned memory, and threads that share it")]

pub(crate) mod batch;
pub(crate) mod blocks;
pub(crate) mod buffer;
mod cache;
mod examples;
pub(crate) mod inference;
mod layout;
mod pass;
mod phases;
pub(crate) mod plan;
pub(crate) mod planning;
mod prefetch;
mod product;
mod reduce;
mod small;
mod small_step;
mod step;
mod step_buffers;
pub(crate) mod table;
pub(crate) mod team;
mod tile;
mod update;
mod updating;
mod workspace;

pub(crate) use table::Kernel;

/// Which vector instructions the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstructionSet {
    /// AVX-512 F and DQ: 16 single-precision numbers at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA: 8 single-precision numbers at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain Rust.
    Portable,
}

impl InstructionSet {
    /// The best set that this processor has.
    pub(crate) fn detect() -> Self {
        Self::available()[0]
    }

    /// Every set that this processor has, the best first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
            {
                sets.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(Self::Avx2);
            }
        }
        sets.push(Self::Portable);
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests run on every set of [`InstructionSet::available`]: this one fails where a path that the processor has would
    /// be left out of them.
    #[test]
    fn every_path_that_the_processor_has_is_run() {
        let sets = InstructionSet::available();
        assert!(sets.contains(&InstructionSet::Portable));
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            assert_eq!(sets.contains(&InstructionSet::Avx2), avx2);
            let avx512 =
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
            assert_eq!(sets.contains(&InstructionSet::Avx512), avx512 && avx2);
        }
        assert_eq!(InstructionSet::detect(), sets[0]);
    }
}
