//! How the tests run a computation on every path: in vectors of each instruction set, and number by number.

use crate::number::{Number, Vector};

/// Numbers of a block: as many lanes as a vector of this type has.
pub(super) const fn lanes<T>() -> usize {
    64 / size_of::<T>()
}

/// The most inputs and outputs that a lane has.
pub(super) const MOST: usize = 8;

/// A computation, lane by lane, with several inputs and several outputs.
pub(super) trait LaneFunction {
    /// Inputs of a lane, and outputs.
    fn shape(&self) -> [usize; 2];
    /// Marked `inline(always)`, so that it is compiled for the instruction set of its caller.
    fn run<V: Vector>(&self, inputs: &[V], outputs: &mut [V]);
}

/// Runs the task over blocks: in each of them an input is a row of lanes after the other, and so are the outputs.
#[inline(always)]
fn over_blocks<V: Vector>(
    task: &impl LaneFunction,
    inputs: &[V::Scalar],
    outputs: &mut [V::Scalar],
) {
    let lanes = lanes::<V::Scalar>();
    let [n_in, n_out] = task.shape();
    let blocks = inputs.len() / (n_in * lanes);
    assert!(inputs.len() == blocks * n_in * lanes && outputs.len() == blocks * n_out * lanes);
    let mut from = [V::zero(); MOST];
    let mut to = [V::zero(); MOST];
    for block in 0..blocks {
        for lane in (0..lanes).step_by(V::LANES) {
            for (i, v) in from[..n_in].iter_mut().enumerate() {
                let row = &inputs[(block * n_in + i) * lanes..][..lanes];
                // SAFETY: LANES divides the row, so that this part is inside.
                *v = unsafe { V::load(row.as_ptr().add(lane)) };
            }
            task.run(&from[..n_in], &mut to[..n_out]);
            for (i, v) in to[..n_out].iter().enumerate() {
                let row = &mut outputs[(block * n_out + i) * lanes..][..lanes];
                // SAFETY: this row is as long as that of the inputs, so this part is inside it too.
                unsafe { v.store(row.as_mut_ptr().add(lane)) };
            }
        }
    }
}

/// A number type with the paths that this processor has.
pub(super) trait Paths: Number {
    /// The names of the paths, the best first; the last is that of single numbers.
    fn names() -> Vec<&'static str>;
    /// Runs the task on a path.
    fn run(path: &str, task: &impl LaneFunction, inputs: &[Self], outputs: &mut [Self]);
}

macro_rules! paths {
    ($t:ident, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Paths for $t {
            fn names() -> Vec<&'static str> {
                let mut names = Vec::new();
                #[cfg(target_arch = "x86_64")]
                {
                    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
                        names.push("avx512");
                    }
                    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                        names.push("avx2");
                    }
                }
                names.extend(["portable", "single"]);
                names
            }

            fn run(path: &str, task: &impl LaneFunction, inputs: &[$t], outputs: &mut [$t]) {
                use crate::number::simd::portable::$portable;
                #[cfg(target_arch = "x86_64")]
                use crate::number::simd::{avx2::$avx2, avx512::$avx512};

                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
                fn avx512(task: &impl LaneFunction, inputs: &[$t], outputs: &mut [$t]) {
                    over_blocks::<$avx512>(task, inputs, outputs);
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn avx2(task: &impl LaneFunction, inputs: &[$t], outputs: &mut [$t]) {
                    over_blocks::<$avx2>(task, inputs, outputs);
                }
                assert!(Self::names().contains(&path));
                match path {
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: a path is among the names only where the processor has its instructions.
                    "avx512" => unsafe { avx512(task, inputs, outputs) },
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: this name is there only where the processor has AVX2 and FMA.
                    "avx2" => unsafe { avx2(task, inputs, outputs) },
                    "portable" => over_blocks::<$portable>(task, inputs, outputs),
                    "single" => over_blocks::<$t>(task, inputs, outputs),
                    other => unreachable!("the path {other}"),
                }
            }
        }
    };
}

paths!(f32, Avx512F32, Avx2F32, PortableF32);
paths!(f64, Avx512F64, Avx2F64, PortableF64);
