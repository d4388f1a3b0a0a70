//! Marks that a teacher sets by hand, in place of those that were computed.

use super::marks::{Grading, Marks};
use super::quantity::{Quantity, step_count};
use super::twins::stands_for_both;
use super::verdict::{Marking, PartMarking, QuantityMarking};
use crate::exercise::Exercise;

/// Marks that were set by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct SetByHand {
    /// Of which quantity, with its part and, where there are several, its step; none for the marks of the whole.
    pub quantity: Option<String>,
    /// The marks that were computed.
    pub computed: f64,
    /// The marks that count.
    pub marks: f64,
}

impl SetByHand {
    /// What was set, in a few words: `total 3 in place of 2.5`.
    pub fn words(&self) -> String {
        let what = self.quantity.as_deref().unwrap_or("total");
        format!("{what} {} in place of {}", Marks::shown(self.marks), Marks::shown(self.computed))
    }
}

impl Grading {
    /// Sets the marks of a quantity, `z[1]`, `a: z[1]` or `a: z[1] step 2`, or, without one, of the whole. What it is a part of
    /// gains or loses as much, and is rounded as the scheme says. A name without a step means the last one, as in answers.
    ///
    /// # Errors
    /// When no quantity has this name, when several parts have it and none is named, or when the marks are not from 0 to what
    /// can be reached.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_exercise::marking::{Answers, MarkWeights, MarkingOptions, grade, mark};
    /// use deltarule_exercise::{Exercise, sheet};
    ///
    /// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
    /// let answers = Answers { parts: vec![Vec::new(); 2], ..Answers::default() };
    /// let marking = mark(&exercise, &answers, &MarkingOptions::default())?;
    /// let mut grading = grade(&marking, &MarkWeights::default());
    /// let set = grading.set_by_hand(&exercise, &marking, "a: z[1]", 0.5).unwrap();
    /// assert_eq!(set.words(), "a: z[1] 0.5 in place of 0");
    /// assert_eq!(grading.total.reached, 0.5);
    /// assert!(grading.set_by_hand(&exercise, &marking, "z[1]", 0.5).unwrap_err().contains("which part"));
    /// # Ok::<(), deltarule_exercise::SolveError>(())
    /// ```
    pub fn set_by_hand(
        &mut self,
        exercise: &Exercise,
        marking: &Marking,
        quantity: &str,
        marks: f64,
    ) -> Result<SetByHand, String> {
        let within = |possible: f64| {
            // What is printed with two digits may be typed so.
            if (0.0..=possible + 0.005).contains(&marks) {
                Ok(())
            } else {
                Err(format!("the marks must be from 0 to {}", Marks::shown(possible)))
            }
        };
        if quantity.trim().is_empty() {
            within(self.total.possible)?;
            // What a teacher says of the whole is not rounded.
            self.exact = marks;
            let computed = std::mem::replace(&mut self.total.reached, marks);
            return Ok(SetByHand { quantity: None, computed, marks });
        }
        let (part, index, name) = find(exercise, marking, quantity)?;
        let of_part = &mut self.parts[part];
        within(of_part.quantities[index].possible)?;
        let computed = std::mem::replace(&mut of_part.quantities[index].reached, marks);
        of_part.total.reached += marks - computed;
        self.reach(self.exact + (marks - computed));
        Ok(SetByHand { quantity: Some(name), computed, marks })
    }
}

/// The part and the place of the quantity that is meant, and its full name.
fn find(
    exercise: &Exercise,
    marking: &Marking,
    quantity: &str,
) -> Result<(usize, usize, String), String> {
    let wanted = plain(quantity);
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (p, (part, marked)) in exercise.parts.iter().zip(&marking.parts).enumerate() {
        let steps = step_count(part);
        for (q, quantity) in marked.quantities.iter().enumerate() {
            let step = quantity.step + 1;
            let long = |short: &str| format!("{short} step {step}");
            let in_part = |name: &str| plain(&format!("{}: {name}", part.name));
            let is_wanted = |name: &str| plain(name) == wanted || in_part(name) == wanted;
            let is_meant =
                |short: &String| is_wanted(&long(short)) || step == steps && is_wanted(short);
            if names(quantity, marked).iter().any(is_meant) {
                let short = quantity.quantity.to_string();
                let name = if steps == 1 { short } else { long(&short) };
                found.push((p, q, format!("{}: {name}", part.name)));
            }
        }
    }
    match found.len() {
        0 => Err(format!("the exercise has no quantity {:?}", quantity.trim())),
        1 => Ok(found.remove(0)),
        _ => {
            let names: Vec<&str> = found.iter().map(|(_, _, name)| name.as_str()).collect();
            Err(format!("which part? {}", names.join(", ")))
        }
    }
}

/// What a quantity is called: with one example, `loss` and `total_loss` are one number.
fn names(quantity: &QuantityMarking, part: &PartMarking) -> Vec<String> {
    let mut names = vec![quantity.quantity.to_string()];
    if stands_for_both(quantity, part) {
        names.extend([Quantity::Loss, Quantity::TotalLoss].map(|quantity| quantity.to_string()));
    }
    names
}

/// A name without what may be written in several ways: blanks, capitals, `x^[1]` for `x[1]`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '^').flat_map(char::to_lowercase).collect()
}
