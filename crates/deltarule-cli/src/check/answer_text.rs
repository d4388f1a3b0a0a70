//! An answer file as text, whatever its format is.

use deltarule_exercise::marking::AnswerFormat;

use crate::exercise;
use crate::failure::Failure;

/// Spreadsheets that are read.
const SPREADSHEETS: [&str; 3] = ["xlsx", "xlsm", "ods"];

/// Whether a file of this name may be an answer.
pub(super) fn is_answer(name: &str) -> bool {
    AnswerFormat::of_ending(name).is_some() || is_spreadsheet(name)
}

fn is_spreadsheet(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| SPREADSHEETS.contains(&ending.as_str()))
}

/// The text of an answer, what messages call it, and its format.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<(String, String, AnswerFormat), Failure> {
    if is_spreadsheet(name) {
        let (text, sheet) = table(bytes, name)?;
        return Ok((text, format!("{name}, sheet {sheet:?}"), AnswerFormat::Csv));
    }
    let text = exercise::utf8(name, bytes)?;
    let format = AnswerFormat::of_ending(name).unwrap_or_else(|| AnswerFormat::guess(&text));
    Ok((text, name.to_string(), format))
}

#[cfg(feature = "class")]
fn table(bytes: Vec<u8>, name: &str) -> Result<(String, String), Failure> {
    super::spreadsheet::table(&bytes, name)
}

#[cfg(not(feature = "class"))]
fn table(_: Vec<u8>, name: &str) -> Result<(String, String), Failure> {
    Err(crate::failure::usage(format!(
        "{name}: this build of deltarule reads no spreadsheets: build it with the feature class, or save the file as CSV"
    )))
}
