//! Draws until every demand is met.

use std::fmt;

use crate::exercise::Exercise;
use crate::hint::ExerciseHint;
use crate::marking::{Alike, indistinguishable};
use crate::solve::{Solution, solve};

use super::demand::{Demand, check, check_given};
use super::draw::candidate;
use super::recipe::{Recipe, RecipeError};

/// How often numbers are drawn before it is given up.
const TRIES: u64 = 20_000;
/// How many exercises that meet every demand are compared by the mistakes that they tell apart.
const CANDIDATES: usize = 12;
/// After so many draws the first that meets every demand is taken.
const LONG: u64 = 2_000;

/// A new exercise.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The exercise.
    pub exercise: Exercise,
    /// Its solution.
    pub solution: Solution,
    /// Pairs of wrong rules that give the same answer in it.
    pub alike: Vec<Alike>,
    /// How often numbers were drawn.
    pub tries: u64,
}

/// Why there is no such exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenerateError {
    /// The recipe cannot be followed.
    Recipe(RecipeError),
    /// No numbers were found that meet every demand.
    Unmet {
        /// How often numbers were drawn.
        tries: u64,
        /// The demand that most of them failed.
        demand: Demand,
    },
}

impl GenerateError {
    /// What can be done about it, where that has another name in each face.
    pub fn hint(&self) -> Option<&ExerciseHint> {
        match self {
            Self::Recipe(error) => error.hint(),
            Self::Unmet { .. } => None,
        }
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipe(error) => error.fmt(f),
            Self::Unmet { tries, demand } => write!(
                f,
                "none of {tries} draws met every demand; most failed this one: {demand}. {}",
                demand.advice()
            ),
        }
    }
}

impl std::error::Error for GenerateError {}

impl From<RecipeError> for GenerateError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(error)
    }
}

/// Makes an exercise.
///
/// # Errors
/// When the recipe cannot be followed, or no numbers were found that meet every demand: which demand was in the way.
pub fn generate(recipe: &Recipe) -> Result<Generated, GenerateError> {
    generate_with(recipe, indistinguishable)
}

/// As [`generate`], with what says which pairs of wrong rules give the same answer in an exercise: of several exercises that
/// meet every demand, the first with the fewest such pairs.
///
/// # Errors
/// As [`generate`].
pub fn generate_with(
    recipe: &Recipe,
    pairs: impl Fn(&Exercise) -> Vec<Alike>,
) -> Result<Generated, GenerateError> {
    recipe.validate()?;
    let mut failed = [0_u64; Demand::ALL.len()];
    let mut best: Option<Generated> = None;
    let mut met = 0;
    for attempt in 0..TRIES {
        match try_once(recipe, attempt) {
            Ok((exercise, solution)) => {
                met += 1;
                let alike = pairs(&exercise);
                let fewest = best.as_ref().map_or(usize::MAX, |best| best.alike.len());
                if alike.len() < fewest {
                    let tries = attempt + 1;
                    best = Some(Generated { exercise, solution, alike, tries });
                }
            }
            Err(demand) => failed[demand as usize] += 1,
        }
        // Some pairs are the same whatever the numbers are: it is no use to look for ever.
        let enough = met == CANDIDATES || attempt + 1 >= LONG && best.is_some();
        if let Some(best) = best.take_if(|best| enough || best.alike.is_empty()) {
            return Ok(best);
        }
    }
    let most = Demand::ALL.iter().copied().max_by_key(|demand| failed[*demand as usize]);
    Err(GenerateError::Unmet { tries: TRIES, demand: most.unwrap_or(Demand::Solvable) })
}

/// One draw: the exercise and its solution, or the first demand that they fail.
fn try_once(recipe: &Recipe, attempt: u64) -> Result<(Exercise, Solution), Demand> {
    let (exercise, special) = candidate(recipe, attempt).map_err(|_| Demand::Solvable)?;
    check_given(&exercise)?;
    let solution = solve(&exercise).map_err(|_| Demand::Solvable)?;
    check(&solution, recipe.feature, special)?;
    Ok((exercise, solution))
}
