//! A scheme from its file.

use toml::de::DeTable;

use super::line::SchemeLine;
use super::weights::MOST;
use super::{FEW_DIGITS, MarkingScheme};
use crate::diagnostic::{Diagnostic, Parsed, WithHelp, mistake};
use crate::exercise::Exercise;
use crate::parse::asked_digits;
use crate::reader::{TomlTable, TomlValue};

const KEYS: [&str; 5] = ["digits", "few_digits", "follow_through", "round_marks_to", "marks"];

impl MarkingScheme {
    /// Reads a scheme for an exercise; `name` is what a diagnostic calls the file.
    ///
    /// # Errors
    /// The first mistake in the file, with its place.
    pub fn parse(text: &str, name: &str, exercise: &Exercise) -> Result<Self, Diagnostic> {
        scheme(text, exercise).map_err(|mistake| Diagnostic::new(*mistake, name, text))
    }
}

fn scheme(text: &str, exercise: &Exercise) -> Parsed<MarkingScheme> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len().min(1));
            return mistake(span, format!("not valid TOML: {}", error.message()), "here");
        }
    };
    let start = 0..text.len().min(1);
    let top = TomlTable::new(document.get_ref(), start, "the marking scheme", &KEYS)?;
    let few_digits = top.get("few_digits").map(|value| share(&value, "few_digits")).transpose()?;
    let follow_through = top.get("follow_through");
    let follow_through = follow_through.map(|value| share(&value, "follow_through")).transpose()?;
    let round_marks_to = match top.get("round_marks_to") {
        None => None,
        Some(value) => match value.number("round_marks_to")? {
            step if step > 0.0 && step <= MOST => Some(step),
            step => {
                let message = format!("round_marks_to is {}", shown(step));
                return mistake(value.span(), message, "must be above 0")
                    .help("0.5 rounds to half marks, 1 to whole ones");
            }
        },
    };
    let own = asked_digits(&top)?;
    let asks = own.is_some() || few_digits.is_some();
    let of_part = |part: &crate::exercise::Part| own.or(part.digits.filter(|_| asks));
    let digits: Vec<Option<usize>> = exercise.parts.iter().map(of_part).collect();
    if let (Some(_), true, Some(span)) =
        (few_digits, digits.iter().all(Option::is_none), top.key_span("few_digits"))
    {
        return mistake(span, "few_digits without digits", "fewer than how many?")
            .help("say so with digits = 4, here or in the exercise");
    }
    let marks = top.get("marks").map(|value| marks(&value, exercise)).transpose()?;
    Ok(MarkingScheme {
        digits,
        few_digits: few_digits.unwrap_or(FEW_DIGITS),
        follow_through: follow_through.unwrap_or(1.0),
        round_marks_to,
        marks,
    })
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
    for (key, span, value) in value.entries("[marks]")? {
        let marks = value.number(key)?;
        if !(0.0..=MOST).contains(&marks) {
            let message = format!("{key} is {}", shown(marks));
            return mistake(value.span(), message, "must be a number from 0");
        }
        let entry = SchemeLine::read(key, &span, exercise, marks)?;
        if entries.iter().any(|known| known.to_string() == entry.to_string()) {
            return mistake(span, format!("{entry} is named twice"), "again");
        }
        entries.push(entry);
    }
    if entries.iter().all(|entry| entry.marks == 0.0) {
        return mistake(value.span(), "all marks are 0", "nothing is worth anything")
            .help("what is not named is worth nothing; without [marks] each quantity is worth 1");
    }
    Ok(entries)
}

/// A number in a sentence.
fn shown(number: f64) -> String {
    number.to_string().replace('-', "−")
}
