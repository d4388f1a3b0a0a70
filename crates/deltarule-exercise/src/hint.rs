//! What can be done about an error, where each face calls it by another name.

/// What whoever reads an error can do. The libraries say what is wrong; the command, Python and others add this in words of
/// their own: `--epochs` here, `epochs=` there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExerciseHint {
    /// A file of answers to fill in can be written, of the kind that was read.
    Template {
        /// Whether it was a table of a spreadsheet.
        csv: bool,
    },
    /// An option is for updates: leave it out, or ask for an update.
    NeedsUpdate {
        /// The field of [`RecipeOptions`](crate::generate::RecipeOptions).
        option: &'static str,
    },
    /// An option is for gradients: leave it out, or ask for a gradient or an update.
    NeedsGradient {
        /// The field of [`RecipeOptions`](crate::generate::RecipeOptions).
        option: &'static str,
    },
    /// A momentum is for the optimisers that have one.
    NeedsMomentum,
}
