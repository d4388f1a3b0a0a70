//! The fast path: the functions of `backprop.rs` for a batch at a time, vectorised and on several threads.
//!
//! - [`product`]: one loop nest around the microkernels, C = A·B
//! - `microkernel`: the inner loop, written once for every instruction set
//! - `avx512`, `avx2`, `portable`: what an instruction set calls its operations
//! - [`team`]: threads that wait for work between the phases of a step
//! - [`plan`]: buffers and phases of a training step: batch in, loss and gradients out
//!
//! Every entry of every product is one sum over k in index order with fused multiply-adds, so that its bits depend
//! neither on the instruction set, nor on how the work is cut, nor on the number of threads.
//! All `unsafe` of the engine lives in this folder.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod microkernel;
pub(crate) mod plan;
mod portable;
pub(crate) mod product;
pub(crate) mod team;

pub(crate) use plan::Plan;
pub(crate) use product::Kernel;

/// Which vector instructions the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 F: 16 single-precision numbers at a time.
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
    pub(crate) fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
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
