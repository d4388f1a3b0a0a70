//! The two number types that the engine trains in.

use crate::kernel::Kernel;
use crate::number::Number;

/// A real number as the engine trains with it: `f32` or `f64`.
///
/// It is a [`Number`], which has constants, arithmetic and elementary functions, for which there are kernels. The trait is
/// sealed.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Float, Network};
///
/// fn network<T: Float>() -> deltarule::Result<Network<T>> {
///     Network::builder(3).layer(4, Activation::Tanh).layer(2, Activation::Softmax).build()
/// }
/// assert_eq!(network::<f32>()?.parameter_count(), network::<f64>()?.parameter_count());
/// # Ok::<(), deltarule::Error>(())
/// ```
pub trait Float: Number + Kernel {}

impl Float for f32 {}
impl Float for f64 {}
