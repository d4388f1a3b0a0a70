//! On which lines the records of delimited text begin.
//!
//! The reader of the tables counts records and not lines: blank lines and line breaks inside quotes make a difference. So
//! a message that needs a line reads the text again with this scanner, whose rules are those of RFC 4180 as the reader
//! has them: a quote opens a cell only at its beginning, two quotes are one, and a blank line is no record.

use std::io::{BufReader, Bytes, Read, Result};

/// Where a record begins and how many cells it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordPlace {
    /// The line, 1 being the first.
    pub(crate) line: usize,
    pub(crate) cells: usize,
    /// Whether the text ends inside its quotes.
    pub(crate) open_quote: bool,
}

/// The records of delimited text, one after the other.
pub(crate) struct Records<R> {
    bytes: Bytes<BufReader<R>>,
    delimiter: u8,
    line: usize,
    previous: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordState {
    BeforeRecord,
    CellStart,
    Cell,
    Quoted,
    QuoteInQuotes,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Self {
        Self { bytes: BufReader::new(text).bytes(), delimiter, line: 1, previous: 0 }
    }

    fn advance(&mut self) -> Result<Option<RecordPlace>> {
        let mut place = RecordPlace { line: self.line, cells: 1, open_quote: false };
        let mut state = RecordState::BeforeRecord;
        loop {
            let Some(byte) = self.bytes.next().transpose()? else {
                place.open_quote = state == RecordState::Quoted;
                return Ok((state != RecordState::BeforeRecord).then_some(place));
            };
            // A carriage return alone ends a line too; before a line feed it is a part of that.
            if self.previous == b'\r' && byte != b'\n' {
                self.line += 1;
            }
            self.previous = byte;
            let line = self.line;
            self.line += usize::from(byte == b'\n');
            let end = matches!(byte, b'\r' | b'\n');
            if state == RecordState::BeforeRecord {
                if end {
                    continue;
                }
                place.line = line;
                state = RecordState::CellStart;
            }
            state = match (state, byte) {
                (RecordState::Quoted, b'"') => RecordState::QuoteInQuotes,
                (RecordState::Quoted, _) => RecordState::Quoted,
                (RecordState::CellStart | RecordState::QuoteInQuotes, b'"') => RecordState::Quoted,
                _ if end => return Ok(Some(place)),
                _ if byte == self.delimiter => {
                    place.cells += 1;
                    RecordState::CellStart
                }
                _ => RecordState::Cell,
            };
        }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<RecordPlace>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, usize)]) {
        let places = Records::new(text.as_bytes(), b',').map(|place| place.unwrap());
        let found: Vec<(usize, usize)> = places.map(|place| (place.line, place.cells)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn blank_lines_and_quoted_line_breaks_count_as_lines() {
        check("a,y\n1,0\n\n\n2,1\n3,0,9\n", &[(1, 2), (2, 2), (5, 2), (6, 3)]);
        check("\"a\nb\",y\r\n\r\n1,\"x\r\n\"\"y\"\r\n2,3", &[(1, 2), (4, 2), (6, 2)]);
        check("a\r\rb\rc,d", &[(1, 1), (3, 1), (4, 2)]);
        check("a\"b\nc\n", &[(1, 1), (2, 1)]);
        check("\"a\"b,c\n\"\"\n", &[(1, 2), (2, 1)]);
        check("", &[]);
        let open = Records::new("a,y\n\"1,2\n3".as_bytes(), b',').last().unwrap().unwrap();
        assert_eq!(open, RecordPlace { line: 2, cells: 1, open_quote: true });
    }
}
