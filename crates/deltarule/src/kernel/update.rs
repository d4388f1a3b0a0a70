//! The optimiser on blocks of parameters, while their gradient is still in the first-level cache.
//!
//! ```text
//! g ← g + λ w        w, state ← rule(w, state, g)
//! ```

use crate::number::Number;
use crate::number::Vector;
use crate::optimizer::{StepRule, UpdateRule, each_rule};

/// Some parameters in a row, beside their gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateSpan<T> {
    /// λ of ½λΣw²; 0 for biases
    pub(crate) l2: T,
    /// Whether these are weights: biases do not decay.
    pub(crate) is_weight: bool,
    /// The gradient.
    pub(crate) g: *const T,
    /// Its other half, or null.
    pub(crate) g_rest: *const T,
    /// The parameters.
    pub(crate) w: *mut T,
    /// The optimiser's state, laid out as the parameters; the second may be absent, and the first.
    pub(crate) state: [*mut T; 2],
    /// How many vectors there are.
    pub(crate) vectors: usize,
}

/// Updates the parameters.
///
/// # Safety
/// The gradient is readable and the parameters and as much state as the rule has are writable for all vectors,
/// and nobody else uses them; the processor has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn update<V: Vector>(u: &UpdateSpan<V::Scalar>, rule: UpdateRule) {
    // The choice of the rule is made once, and each loop compiled with its own.
    // SAFETY: gradient, parameters and state are those that the caller vouches for, as for the instructions.
    each_rule!(rule.of(u.is_weight), step => unsafe { update_by::<V, _>(u, step) });
}

/// # Safety
/// As [`update`].
#[inline(always)]
unsafe fn update_by<V: Vector, R: StepRule>(u: &UpdateSpan<V::Scalar>, step: R) {
    let l2 = V::splat(u.l2);
    let decays = u.l2 != V::Scalar::ZERO;
    let is_whole = u.g_rest.is_null();
    for i in 0..u.vectors {
        let at = i * V::LANES;
        // SAFETY: i is below the number of vectors, which gradient, parameters and as many states as the rule has all hold;
        // `g_rest` is read where it is not null.
        unsafe {
            let w = V::load(u.w.add(at));
            let g = V::load(u.g.add(at));
            let g = if is_whole { g } else { g + V::load(u.g_rest.add(at)) };
            let g = if decays { l2.mul_add(w, g) } else { g };
            let mut state = [V::zero(); 2];
            for s in [0, 1].into_iter().take(R::STATES) {
                state[s] = V::load(u.state[s].add(at));
            }
            step.apply(&mut state, w, g).store(u.w.add(at));
            for s in [0, 1].into_iter().take(R::STATES) {
                state[s].store(u.state[s].add(at));
            }
        }
    }
}

/// g ← g + λ w on blocks, where the gradient itself is wanted.
///
/// # Safety
/// As [`update`], with `g` writable; nothing of the rule or state is used.
#[inline(always)]
pub(crate) unsafe fn penalize<V: Vector>(u: &UpdateSpan<V::Scalar>) {
    let l2 = V::splat(u.l2);
    for i in 0..u.vectors {
        // SAFETY: i is below the number of vectors that gradient and weights hold; the gradient may be written.
        unsafe {
            let g = u.g.add(i * V::LANES).cast_mut();
            let w = V::load(u.w.add(i * V::LANES));
            l2.mul_add(w, V::load(g)).store(g);
        }
    }
}
