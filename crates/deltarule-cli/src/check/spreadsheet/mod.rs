//! Spreadsheets: the first sheet with the columns of an answer, as CSV.

mod cells;
mod ods;
mod xlsx;

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::failure::{Failure, usage};

/// A file that unpacks to more than this is not read.
const MOST_UNPACKED: u64 = 64 << 20;

/// The answer of a workbook as CSV, and the name of its sheet.
pub(super) fn table(bytes: &[u8], name: &str) -> Result<(String, String), Failure> {
    let is_ods = name.to_ascii_lowercase().ends_with(".ods");
    let found = check_size(bytes)
        .and_then(|()| if is_ods { ods::sheets(bytes) } else { xlsx::sheets(bytes) });
    let sheets = found.map_err(|problem| usage(format!("{name}: {problem}")))?;
    let mut names = Vec::new();
    for sheet in sheets {
        let sheet_name = sheet.name.clone();
        if let Some(text) = sheet.into_csv() {
            return Ok((text, sheet_name));
        }
        names.push(sheet_name);
    }
    Err(usage(format!(
        "{name}: no sheet ({}) has a row with {}; `deltarule check EXERCISE --template=csv` writes a table to start from",
        names.join(", "),
        cells::COLUMNS.join(", ")
    )))
}

/// Refuses what unpacks to far more than it is: whatever reads it then has no limit of its own.
fn check_size(bytes: &[u8]) -> Result<(), String> {
    let problem = |error: &dyn std::fmt::Display| format!("not a workbook: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| problem(&error))?;
    let mut left = MOST_UNPACKED;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| problem(&error))?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|error| problem(&error))?;
        left = left.checked_sub(read).ok_or_else(|| {
            let most = MOST_UNPACKED >> 20;
            format!("unpacks to more than {most} MiB, which no answer to an exercise needs")
        })?;
    }
    Ok(())
}
