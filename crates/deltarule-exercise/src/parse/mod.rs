//! From the text of an exercise file to a validated exercise.

mod network;
mod part;
mod size;

use toml::de::DeTable;

use crate::diagnostic::{Reading, mistake};
use crate::exercise::Exercise;
use crate::reader::Table;

pub(crate) fn exercise(text: &str) -> Reading<Exercise> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len().min(1));
            return mistake(span, format!("not valid TOML: {}", error.message()), "here");
        }
    };
    let top = Table::new(
        document.get_ref(),
        0..text.len().min(1),
        "the exercise",
        &["title", "network", "part"],
    )?;
    let title = match top.get("title") {
        Some(title) => title.text("title")?.to_string(),
        None => "Exercise".to_string(),
    };
    let (network, loss) = network::read(&top)?;
    let parts = part::read_all(&top, &network, loss)?;
    Ok(Exercise { title, network, loss, parts })
}
