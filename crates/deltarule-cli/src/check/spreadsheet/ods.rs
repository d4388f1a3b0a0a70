//! The sheets of an OpenDocument workbook.
//!
//! Read here and not by the library that reads Excel's: a cell holds the digits that are shown beside the number, trailing
//! zeros among them, and one line can say "and a million times the same".

use std::io::Cursor;

use deltarule_exercise::marking::Written;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use quick_xml::{XmlVersion, escape::resolve_predefined_entity};
use zip::ZipArchive;

use super::cells::{AnswerSheet, MOST_COLUMNS, shortest};

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<AnswerSheet>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let content = archive
        .by_name("content.xml")
        .map_err(|_| "not a workbook that can be read: it has no content.xml".to_string())?;
    let text = std::io::read_to_string(content).map_err(|error| error.to_string())?;
    let mut place = OdsReading::default();
    place.read(&text)?;
    Ok(place.sheets)
}

/// Where the reading stands.
#[derive(Default)]
struct OdsReading {
    sheets: Vec<AnswerSheet>,
    row: u32,
    column: u32,
    /// How often the row and the cell are there.
    rows: u32,
    columns: u32,
    /// The cell that is being read: its number, where it is one, and its text.
    value: Option<f64>,
    text: String,
    /// Whether what comes now is the text of a cell, and not a note on it.
    in_cell: bool,
    in_note: bool,
}

impl OdsReading {
    fn read(&mut self, text: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        loop {
            let event = reader.read_event();
            match event.map_err(|error| format!("content.xml: {error}"))? {
                Event::Eof => return Ok(()),
                Event::Start(start) => self.start(&start)?,
                Event::End(end) => self.end(end.name().as_ref())?,
                Event::Text(words) => self.words(&words.xml10_content()),
                Event::CData(words) => self.words(&words.xml10_content()),
                Event::GeneralRef(entity) => {
                    let number = entity.resolve_char_ref().map_err(|error| error.to_string())?;
                    match number {
                        Some(c) => self.words(c.encode_utf8(&mut [0; 4])),
                        None => {
                            self.words(resolve_predefined_entity(&entity).unwrap_or_default());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let attribute = |name: &str| -> Result<Option<String>, String> {
            let words = |error: &dyn std::fmt::Display| format!("content.xml: {error}");
            let found = start.try_get_attribute(name).map_err(|error| words(&error))?;
            let Some(found) = found else { return Ok(None) };
            let value = found.normalized_value(XmlVersion::Implicit1_0);
            Ok(Some(value.map_err(|error| words(&error))?.into_owned()))
        };
        let repeated = |name| -> Result<u32, String> {
            Ok(attribute(name)?.and_then(|count| count.parse().ok()).unwrap_or(1))
        };
        match start.name().as_ref() {
            "table:table" => {
                self.sheets.push(AnswerSheet::new(attribute("table:name")?.unwrap_or_default()));
                (self.row, self.column) = (0, 0);
            }
            "table:table-row" => {
                self.rows = repeated("table:number-rows-repeated")?;
                self.column = 0;
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.columns = repeated("table:number-columns-repeated")?;
                self.value = attribute("office:value")?.and_then(|value| value.parse().ok());
                self.text.clear();
                self.in_cell = true;
            }
            "office:annotation" => self.in_note = true,
            "text:p" if !self.text.is_empty() => self.words(" "),
            "text:s" | "text:tab" | "text:line-break" => self.words(" "),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), String> {
        match name {
            "table:table-row" => self.row = self.row.saturating_add(self.rows),
            "table:table-cell" | "table:covered-table-cell" => {
                self.in_cell = false;
                let text = shown(self.value, &self.text);
                let end = self.column.saturating_add(self.columns);
                if let (Some(sheet), false) = (self.sheets.last_mut(), text.is_empty()) {
                    for column in self.column..end.min(MOST_COLUMNS) {
                        sheet.add(self.row, column, &text)?;
                    }
                }
                self.column = end;
            }
            "office:annotation" => self.in_note = false,
            _ => {}
        }
        Ok(())
    }

    fn words(&mut self, words: &str) {
        if self.in_cell && !self.in_note {
            self.text += words;
        }
    }
}

/// What an answer has of a cell: its text where that is the number with all its digits, or no number, else the shortest number
/// that is the same double.
fn shown(value: Option<f64>, text: &str) -> String {
    match value {
        Some(value) if Written::parse(text).is_some_and(|written| written.value == value) => {
            text.to_string()
        }
        Some(value) if !text.starts_with(['#', 'E']) => shortest(value),
        _ => text.to_string(),
    }
}
