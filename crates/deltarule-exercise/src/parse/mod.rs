//! From the text of an exercise file to a validated exercise.

mod network;
mod part;
mod size;

pub(crate) use part::asked_digits;

use crate::diagnostic::{Diagnostic, Mistakes, Parsed};
use crate::exercise::Exercise;
use crate::reader::TomlTable;
use crate::syntax;

impl Exercise {
    /// Reads an exercise file; `name` is what a diagnostic calls it.
    ///
    /// # Errors
    /// The mistakes in the file, each with its place.
    pub fn parse(text: &str, name: &str) -> Result<Self, Diagnostic> {
        exercise(text).map_err(|mistake| Diagnostic::new(*mistake, name, text))
    }
}

fn exercise(text: &str) -> Parsed<Exercise> {
    let document = syntax::parse(text)?;
    let top = TomlTable::new(
        document.get_ref(),
        0..text.len().min(1),
        "the exercise",
        &["title", "digits", "network", "part"],
    );
    let mut mistakes = Mistakes::default();
    mistakes.keep(top.check_keys());
    let title = match top.get("title") {
        Some(title) => mistakes.keep(title.text("title").map(String::from)),
        None => Some("Exercise".to_string()),
    };
    let read = network::read(&top, &mut mistakes);
    let digits = mistakes.keep(asked_digits(&top));
    let parts = mistakes.keep(part::read_all(&top, &read, digits.flatten()));
    let whole = (|| {
        let (network, loss) = (read.network?, read.loss?);
        Some(Exercise { title: title?, network, loss, digits: digits?, parts: parts? })
    })();
    mistakes.unless(whole)
}
