//! A scheme from its file.

use super::line::SchemeLine;
use super::weights::MOST;
use super::{FEW_DIGITS, MarkingScheme};
use crate::diagnostic::{Diagnostic, Mistakes, Parsed, WithHelp, mistake};
use crate::exercise::{Exercise, Part};
use crate::parse::asked_digits;
use crate::reader::{TomlTable, TomlValue};
use crate::syntax;

const KEYS: [&str; 5] = ["digits", "few_digits", "follow_through", "round_marks_to", "marks"];

impl MarkingScheme {
    /// Reads a scheme for an exercise; `name` is what a diagnostic calls the file.
    ///
    /// # Errors
    /// The mistakes in the file, each with its place.
    pub fn parse(text: &str, name: &str, exercise: &Exercise) -> Result<Self, Diagnostic> {
        scheme(text, exercise).map_err(|mistake| Diagnostic::new(*mistake, name, text))
    }
}

fn scheme(text: &str, exercise: &Exercise) -> Parsed<MarkingScheme> {
    let document = syntax::parse(text)?;
    let start = 0..text.len().min(1);
    let top = TomlTable::new(document.get_ref(), start, "the marking scheme", &KEYS);
    let mut mistakes = Mistakes::default();
    mistakes.keep(top.check_keys());
    let of_share = |key: &str| top.get(key).map(|value| share(&value, key)).transpose();
    let few_digits = mistakes.keep(of_share("few_digits")).flatten();
    let follow_through = mistakes.keep(of_share("follow_through")).flatten();
    let step = top.get("round_marks_to").map(|value| rounding(&value)).transpose();
    let round_marks_to = mistakes.keep(step).flatten();
    let digits = mistakes.keep(digits(&top, exercise));
    let marks = top.get("marks").map(|value| marks(&value, exercise)).transpose();
    let marks = mistakes.keep(marks).flatten();
    mistakes.unless(digits.map(|digits| MarkingScheme {
        digits,
        few_digits: few_digits.unwrap_or(FEW_DIGITS),
        follow_through: follow_through.unwrap_or(1.0),
        round_marks_to,
        marks,
    }))
}

/// The least digits of each part.
fn digits(top: &TomlTable<'_>, exercise: &Exercise) -> Parsed<Vec<Option<usize>>> {
    let (own, few_digits) = (asked_digits(top)?, top.key_span("few_digits"));
    let asks = own.is_some() || few_digits.is_some();
    let of_part = |part: &Part| own.or(part.digits.filter(|_| asks));
    let digits: Vec<Option<usize>> = exercise.parts.iter().map(of_part).collect();
    match few_digits {
        Some(span) if digits.iter().all(Option::is_none) => {
            mistake(span, "few_digits without digits", "fewer than how many?")
                .help("say so with digits = 4, here or in the exercise")
        }
        _ => Ok(digits),
    }
}

/// What the sum of the marks is rounded to.
fn rounding(value: &TomlValue<'_>) -> Parsed<f64> {
    let step = value.number("round_marks_to")?;
    if step > 0.0 && step <= MOST {
        return Ok(step);
    }
    let message = format!("round_marks_to is {}", shown(step));
    mistake(value.span(), message, "must be above 0")
        .help("0.5 rounds to half marks, 1 to whole ones")
}

/// A number from 0 to 1.
fn share(value: &TomlValue<'_>, what: &str) -> Parsed<f64> {
    let number = value.number(what)?;
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    mistake(value.span(), format!("{what} is {}", shown(number)), "must be from 0 to 1")
        .help("a share of what the number is worth: 1 is all of it, 0 nothing")
}

fn marks(value: &TomlValue<'_>, exercise: &Exercise) -> Parsed<Vec<SchemeLine>> {
    let mut entries: Vec<SchemeLine> = Vec::new();
    let mut mistakes = Mistakes::default();
    for (key, span, value) in value.entries("[marks]")? {
        let marks = mistakes.keep(worth(key, &value));
        let entry = SchemeLine::read(key, &span, exercise, marks.unwrap_or_default());
        let Some(entry) = mistakes.keep(entry) else { continue };
        if entries.iter().any(|known| known.to_string() == entry.to_string()) {
            mistakes.keep::<()>(mistake(span, format!("{entry} is named twice"), "again"));
        }
        entries.push(entry);
    }
    mistakes.end()?;
    if entries.iter().all(|entry| entry.marks == 0.0) {
        return mistake(value.span(), "all marks are 0", "nothing is worth anything")
            .help("what is not named is worth nothing; without [marks] each quantity is worth 1");
    }
    Ok(entries)
}

/// The marks of a line.
fn worth(key: &str, value: &TomlValue<'_>) -> Parsed<f64> {
    let marks = value.number(key)?;
    if (0.0..=MOST).contains(&marks) {
        return Ok(marks);
    }
    mistake(value.span(), format!("{key} is {}", shown(marks)), "must be a number from 0")
}

/// A number in a sentence.
fn shown(number: f64) -> String {
    number.to_string().replace('-', "−")
}
