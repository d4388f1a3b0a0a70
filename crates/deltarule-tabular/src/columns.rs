//! Columns by the names that a user types.

use crate::error::{Error, Result, nearest};
use crate::source::Source;

/// The places of the columns that were typed: each value is one name, or else several with commas between them, where
/// quotes keep a comma inside a name.
///
/// # Errors
/// When there is no such column, with the nearest name.
pub(crate) fn places(source: &Source, names: &[String], typed: &[String]) -> Result<Vec<usize>> {
    let mut places = Vec::new();
    for value in typed {
        match names.iter().position(|name| name == value) {
            Some(place) => places.push(place),
            None => {
                for piece in pieces(value) {
                    places.push(place(source, names, &piece)?);
                }
            }
        }
    }
    Ok(places)
}

fn place(source: &Source, names: &[String], wanted: &str) -> Result<usize> {
    names.iter().position(|name| name == wanted).ok_or_else(|| {
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => {
                let quoted: Vec<String> =
                    names.iter().take(20).map(|name| format!("{name:?}")).collect();
                let more = if names.len() > 20 { ", …" } else { "" };
                format!("there are {}{more}", quoted.join(", "))
            }
        };
        Error::table(source.name(), format!("there is no column {wanted:?}; {hint}"))
            .hinting(source.header_hint(names))
    })
}

/// The names between the commas that are outside quotes; inside them, two quotes are one.
fn pieces(typed: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let (mut piece, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut characters = typed.chars().chain([',']).peekable();
    while let Some(c) = characters.next() {
        match c {
            // The comma after the last character ends the last name, be its quotes closed or not.
            ',' if !quoted || characters.peek().is_none() => {
                let name = if was_quoted { piece.as_str() } else { piece.trim() };
                pieces.push(name.to_string());
                (quoted, was_quoted) = (false, false);
                piece.clear();
            }
            '"' if quoted && characters.peek() == Some(&'"') => piece.extend(characters.next()),
            '"' if quoted => quoted = false,
            '"' if piece.trim().is_empty() => {
                (quoted, was_quoted) = (true, true);
                piece.clear();
            }
            c => piece.push(c),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_names_unless_they_are_quoted() {
        for (typed, expected) in [
            ("a", &["a"][..]),
            ("a, b", &["a", "b"]),
            (r#""p,q",r"#, &["p,q", "r"]),
            (r#"r,"say ""p,q""""#, &["r", r#"say "p,q""#]),
            (r#"5" disk,b"#, &[r#"5" disk"#, "b"]),
            (r#""open,b"#, &["open,b"]),
            ("", &[""]),
        ] {
            assert_eq!(pieces(typed), expected, "{typed}");
        }
    }
}
