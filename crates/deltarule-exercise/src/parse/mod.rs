//! From the text of an exercise file to a validated exercise.

mod network;
mod part;
mod size;

pub(crate) use part::asked_digits;

use toml::de::DeTable;

use crate::diagnostic::{Diagnostic, Parsed, mistake};
use crate::exercise::Exercise;
use crate::reader::TomlTable;

impl Exercise {
    /// Reads an exercise file; `name` is what a diagnostic calls it.
    ///
    /// # Errors
    /// The first mistake in the file, with its place.
    pub fn parse(text: &str, name: &str) -> Result<Self, Diagnostic> {
        exercise(text).map_err(|mistake| Diagnostic::new(*mistake, name, text))
    }
}

fn exercise(text: &str) -> Parsed<Exercise> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len().min(1));
            return mistake(span, format!("not valid TOML: {}", error.message()), "here");
        }
    };
    let top = TomlTable::new(
        document.get_ref(),
        0..text.len().min(1),
        "the exercise",
        &["title", "digits", "network", "part"],
    )?;
    let title = match top.get("title") {
        Some(title) => title.text("title")?.to_string(),
        None => "Exercise".to_string(),
    };
    let (network, loss) = network::read(&top)?;
    let digits = part::asked_digits(&top)?;
    let parts = part::read_all(&top, &network, loss, digits)?;
    Ok(Exercise { title, network, loss, digits, parts })
}
