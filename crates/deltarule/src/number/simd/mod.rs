//! Vectors of numbers: what the kernels and the elementary functions are written in.
//!
//! A [`Vector`](super::Vector) is 64 bytes, 16 numbers of single or 8 of double precision, on every instruction set: one register of
//! AVX-512, two of AVX2, an array in plain Rust. So there is one layout of buffers and one text of every kernel, and
//! an instruction set is a file that says what its operations are called. A single number is a vector with one lane:
//! the formulas of activations and losses are written once and serve the reference path as well.
//!
//! Every operation is one that IEEE 754 fixes to the bit (or works on the bits themselves), so that all sets agree.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod portable;
mod scalar;

/// Numbers in a vector of the kernels, on every instruction set.
pub(crate) const fn lanes<T>() -> usize {
    64 / size_of::<T>()
}

/// The operators of a vector type, from the functions that compute them.
macro_rules! operators {
    ($name:ident, $neg:expr, $add:expr, $sub:expr, $mul:expr, $div:expr) => {
        impl std::ops::Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                $neg(self)
            }
        }
        operators!(@ $name, Add, add, $add);
        operators!(@ $name, Sub, sub, $sub);
        operators!(@ $name, Mul, mul, $mul);
        operators!(@ $name, Div, div, $div);
    };
    (@ $name:ident, $trait:ident, $method:ident, $function:expr) => {
        impl std::ops::$trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $function(self, other)
            }
        }
    };
}
pub(crate) use operators;
