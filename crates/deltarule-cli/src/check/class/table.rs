//! A table in CSV of which some cells are changed: everything else stays as it is, to the byte.

use super::super::input;
use crate::exercise;
use crate::failure::{Failure, usage};

/// The mark by which spreadsheets know UTF-8.
const MARK: char = '\u{feff}';

/// A table as it was written.
pub(super) struct RawTable {
    has_mark: bool,
    delimiter: char,
    rows: Vec<RawRow>,
}

struct RawRow {
    cells: Vec<RawCell>,
    /// The end of the line.
    end: String,
}

struct RawCell {
    /// As it stands in the file.
    raw: String,
    value: String,
}

impl RawTable {
    /// Reads a file.
    pub(super) fn read(path: &std::path::Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = exercise::utf8(&name, input::read_found(path)?)?;
        Self::parse(&text).map_err(|problem| usage(format!("{name}{problem}")))
    }

    /// Takes a text apart; the first line says what separates cells.
    fn parse(text: &str) -> Result<Self, String> {
        let (has_mark, text) = match text.strip_prefix(MARK) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let header = text.lines().find(|line| !line.trim().is_empty());
        let header = header.ok_or(": the file is empty")?;
        // The first of the best: a header of one word stays with the comma.
        let delimiters = ['\t', ';', ','];
        let delimiter = delimiters.into_iter().max_by_key(|c| header.matches(*c).count());
        let mut table = Self { has_mark, delimiter: delimiter.unwrap_or(','), rows: Vec::new() };
        let mut rest = text;
        while !rest.is_empty() {
            let mut row = RawRow { cells: Vec::new(), end: String::new() };
            loop {
                let Some(length) = cell_length(rest, table.delimiter) else {
                    let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
                    return Err(format!(", line {line}: a quoted cell does not end"));
                };
                let (raw, tail) = rest.split_at(length);
                row.cells.push(RawCell { raw: raw.into(), value: unquoted(raw) });
                match tail.strip_prefix(table.delimiter) {
                    Some(tail) => rest = tail,
                    None => {
                        let end =
                            ["\r\n", "\n", "\r"].into_iter().find(|end| tail.starts_with(end));
                        row.end = end.unwrap_or_default().into();
                        rest = &tail[row.end.len()..];
                        break;
                    }
                }
            }
            table.rows.push(row);
        }
        Ok(table)
    }

    /// The values of the first line.
    pub(super) fn header(&self) -> Vec<&str> {
        let first = self.rows.first();
        first.map_or(Vec::new(), |row| row.cells.iter().map(|cell| cell.value.trim()).collect())
    }

    /// The numbers of the rows below the first one.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        1..self.rows.len().max(1)
    }

    /// The value of a cell; nothing beyond the end of a row.
    pub(super) fn get(&self, row: usize, column: usize) -> &str {
        let cell = self.rows.get(row).and_then(|row| row.cells.get(column));
        cell.map_or("", |cell| cell.value.trim())
    }

    /// Whether a row has nothing in it.
    pub(super) fn is_blank(&self, row: usize) -> bool {
        self.rows
            .get(row)
            .is_none_or(|row| row.cells.iter().all(|cell| cell.value.trim().is_empty()))
    }

    /// Changes a cell; there is nothing to change beyond the end of a row.
    pub(super) fn set(&mut self, row: usize, column: usize, value: &str) {
        let delimiter = self.delimiter;
        let cell = self.rows.get_mut(row).and_then(|row| row.cells.get_mut(column));
        if let Some(cell) = cell {
            let is_plain = |c: char| c.is_alphanumeric() || "._+-".contains(c);
            let needs_none = value.chars().all(is_plain) && !value.contains(delimiter);
            cell.raw = if needs_none {
                value.into()
            } else {
                format!("\"{}\"", value.replace('"', "\"\""))
            };
            cell.value = value.into();
        }
    }

    /// The table as a file.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        if self.has_mark {
            text.push(MARK);
        }
        for row in &self.rows {
            for (i, cell) in row.cells.iter().enumerate() {
                if i > 0 {
                    text.push(self.delimiter);
                }
                text += &cell.raw;
            }
            text += &row.end;
        }
        text
    }
}

/// How long the cell is that a text begins with; none where it is quoted without an end.
fn cell_length(text: &str, delimiter: char) -> Option<usize> {
    let ends = |c: char| c == delimiter || c == '\n' || c == '\r';
    if !text.starts_with('"') {
        return Some(text.find(ends).unwrap_or(text.len()));
    }
    let mut from = 1;
    loop {
        let quote = from + text[from..].find('"')?;
        if !text[quote + 1..].starts_with('"') {
            // What follows the quotes before the cell ends is not for us to mend.
            let rest = &text[quote + 1..];
            return Some(quote + 1 + rest.find(ends).unwrap_or(rest.len()));
        }
        from = quote + 2;
    }
}

fn unquoted(raw: &str) -> String {
    match raw.strip_prefix('"').and_then(|rest| rest.trim_end().strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => raw.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::RawTable;

    #[test]
    fn what_is_not_changed_stays_to_the_byte() {
        let text = "\u{feff}Id;\"Full \"\"name\"\"\";Grade\r\n\"P 1\";Ä;\r\n\r\n'=x;\"two\nlines\";\"7,5\"";
        let mut table = RawTable::parse(text).unwrap();
        assert_eq!(table.to_text(), text);
        assert_eq!(table.header(), ["Id", "Full \"name\"", "Grade"]);
        assert_eq!(table.get(3, 1), "two\nlines");
        table.set(1, 2, "8,5");
        table.set(1, 9, "nothing there");
        assert_eq!(table.to_text(), text.replace("Ä;", "Ä;\"8,5\""));
        assert!(RawTable::parse("a,b\n\"c").err().unwrap().contains("line 2"));
    }
}
