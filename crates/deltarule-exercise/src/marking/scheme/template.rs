//! A scheme to start from: every kind of an exercise, worth what it is worth without a scheme.

use std::fmt::Write as _;

use crate::exercise::{Exercise, Part};
use crate::marking::quantity::{Quantity, quantities, step_count};
use crate::marking::twins::{asked, is_one_number};

/// A marking scheme for an exercise, with a remark on every setting and a line for every kind; as it stands it gives the marks
/// that are given without one.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, marking::{MarkingScheme, scheme_template}, sheet};
///
/// let exercise = Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap();
/// let text = scheme_template(&exercise);
/// assert!(text.contains("delta = 2 "));
/// assert!(MarkingScheme::parse(&text, "scheme", &exercise).is_ok());
/// ```
pub fn scheme_template(exercise: &Exercise) -> String {
    let harmless = |text: &str| -> String {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    };
    let mut out = format!(
        "# Marking scheme for: {}\n#\n\
         # A line that begins with # is a remark. Take the sign away to use what stands behind it.\n\n\
         # digits = 4             # the least significant digits of an answer; a number that ends sooner (0.5) is not short\n\
         # few_digits = 0.5       # what a right number with fewer digits earns, of its share\n\
         follow_through = 1.0     # what a number earns, of its share, that follows from the student's own earlier ones\n\
         # round_marks_to = 0.5   # the sum of all marks is rounded to halves\n\n\
         # Each line names a kind, a quantity, or one of them in a part or a step, and the quantities that it names share its\n\
         # marks equally. Where several lines name a quantity, the one that names it most closely counts: a part goes before a\n\
         # layer, and that before a step. What is not named at all is worth nothing; without [marks] each quantity is worth 1.\n\
         [marks]\n",
        harmless(&exercise.title)
    );
    let mut kinds: Vec<Kind> = Vec::new();
    // Where some parts have one number for both losses, a line for all of `total_loss` would be about theirs too.
    let (one, two): (Vec<&Part>, Vec<&Part>) =
        exercise.parts.iter().partition(|part| is_one_number(part));
    let is_mixed = !one.is_empty() && !two.is_empty();
    for part in &exercise.parts {
        for shape in asked(part, quantities(exercise, part)) {
            let name = shape.quantity.to_string();
            let key = match shape.quantity {
                Quantity::TotalLoss if is_mixed => quoted_key(&format!("{}: {name}", part.name)),
                quantity => quantity.family(),
            };
            let steps = step_count(part);
            match kinds.iter_mut().find(|kind| kind.key == key) {
                None => kinds.push(Kind { key, names: vec![name], count: steps }),
                Some(kind) => {
                    kind.count += steps;
                    if !kind.names.contains(&name) {
                        kind.names.push(name);
                    }
                }
            }
        }
    }
    for Kind { key, names, count } in &kinds {
        let line = format!("{key} = {count}");
        let of = match names.len() {
            0..=SOME => names.join(", "),
            all => format!("{}, … {}", names[..SOME - 1].join(", "), names[all - 1]),
        };
        let words = if *count == 1 { "1 quantity" } else { &format!("{count} quantities") };
        let _ = writeln!(out, "{line:<24} # {words}: {of}");
    }
    examples(exercise, &harmless, &mut out);
    out
}

/// A key of any characters, in one line.
fn quoted_key(text: &str) -> String {
    // JSON's escapes are TOML's too, and it leaves one character alone that TOML does not.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// So many names are listed behind a kind.
const SOME: usize = 4;

/// What a line is about.
struct Kind {
    key: String,
    names: Vec<String>,
    count: usize,
}

/// Lines for a quantity, a part and a step, as remarks.
fn examples(exercise: &Exercise, harmless: &impl Fn(&str) -> String, out: &mut String) {
    let all = exercise.parts.iter().map(|part| (part, quantities(exercise, part)));
    // A part with several steps shows most.
    let Some((part, shapes)) = all.max_by_key(|(part, _)| step_count(part) > 1) else { return };
    let Some(shape) = shapes.iter().rev().find(|shape| shape.quantity.layer().is_some()) else {
        return;
    };
    let name = harmless(&part.name).replace(['\\', '"'], " ");
    let quantity = shape.quantity;
    let mut line = |key: String, what: &str| {
        let _ = writeln!(out, "{:<24} # {what}", format!("# \"{key}\" = 5"));
    };
    line(quantity.to_string(), "a quantity, wherever it stands");
    line(format!("{name}: {quantity}"), "in one part");
    if step_count(part) > 1 {
        line(format!("{name}: {quantity} step 2"), "in one step of it");
    }
}
