//! New exercises: numbers that are kind to a person, and results that teach.
//!
//! A [`Recipe`] says what the exercise is about. [`generate`] draws parameters and examples with one decimal, solves the
//! exercise, and looks at every number of the solution; what does not meet every [`Demand`] is drawn again. The same recipe
//! makes the same exercise on every machine. [`RecipeOptions`] is the recipe as a person says it: what is left out is chosen.

mod demand;
mod draw;
mod options;
mod recipe;
mod search;
mod unit;

pub use demand::Demand;
pub use options::{RecipeOptions, exercise_file};
pub use recipe::{Feature, Recipe, RecipeError, StartFrom, variant_seeds};
pub use search::{GenerateError, Generated, generate, generate_with};
