//! The sheets of an Excel workbook.

use std::io::Cursor;

use calamine::{Data, DataRef, Reader as _, Xlsx, XlsxError};

use super::cells::{AnswerSheet, shortest};

/// So many sheets are looked at.
const MOST_SHEETS: usize = 100;

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<AnswerSheet>, String> {
    read(bytes).map_err(|error| format!("not a workbook that can be read: {error}"))
}

fn read(bytes: &[u8]) -> Result<Vec<AnswerSheet>, String> {
    let words = |error: XlsxError| error.to_string();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(words)?;
    let names: Vec<String> = book.sheet_names().into_iter().take(MOST_SHEETS).collect();
    let mut sheets = Vec::new();
    for name in names {
        // Cell by cell: two cells in opposite corners would make a table of all that lies between. A sheet that is a chart has
        // no cells.
        let Ok(mut reader) = book.worksheet_cells_reader(&name) else { continue };
        let mut sheet = AnswerSheet::new(name);
        while let Some(cell) = reader.next_cell().map_err(words)? {
            let (row, column) = cell.get_position();
            match cell.get_value() {
                DataRef::SharedString(text) => sheet.add(row, column, text)?,
                DataRef::String(text) => sheet.add(row, column, text)?,
                DataRef::Float(value) => sheet.add(row, column, &shortest(*value))?,
                other => sheet.add(row, column, &Data::from(other.clone()).to_string())?,
            }
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}
