//! CSV with a number per row, as spreadsheets write it: with commas, semicolons or tabs, with points or commas in the
//! numbers.

use std::collections::HashMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};
use ndarray::Array2;

use super::collector::{Collector, Found};
use super::name::Name;
use super::node::{is_gap, unreadable};
use crate::diagnostic::{Parsed, WithHelp, mistake, nearest};
use crate::hint::ExerciseHint;
use crate::marking::answers::Written;

/// The columns, by their names in the header.
const COLUMNS: [&str; 5] = ["part", "quantity", "row", "column", "value"];

/// Where each column stands in a row.
struct Header {
    fields: [Option<usize>; 5],
    count: usize,
    delimiter: u8,
}

/// A row and where it begins.
struct CsvRow<'a> {
    text: &'a str,
    header: &'a Header,
    record: &'a StringRecord,
}

/// The numbers of a quantity so far, in the order of the file.
struct CsvNumbers {
    found: Found,
    cells: Vec<CsvNumber>,
}

/// A number, and where it stands in its matrix and in the file.
struct CsvNumber {
    /// From 1.
    row: usize,
    /// From 1.
    column: usize,
    written: Written,
    span: Range<usize>,
}

/// Takes in a file.
pub(super) fn collect(text: &str, collector: &mut Collector<'_>) -> Parsed<()> {
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut header: Option<Header> = None;
    let mut record = StringRecord::new();
    let mut all: Vec<CsvNumbers> = Vec::new();
    let mut places: HashMap<Found, usize> = HashMap::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let at = error.position().map_or(0, |position| offset(position.byte(), text));
                return mistake(at..at, format!("not valid CSV: {error}"), "here");
            }
        }
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(header) = &header else {
            header = Some(read_header(text, &record, delimiter)?);
            continue;
        };
        let row = CsvRow { text, header, record: &record };
        row.check_width()?;
        let Some((found, cell)) = row.cell(collector)? else { continue };
        let index = *places.entry(found).or_insert_with(|| {
            all.push(CsvNumbers { found, cells: Vec::new() });
            all.len() - 1
        });
        all[index].cells.push(cell);
    }
    if header.is_none() {
        return mistake(0..0, "the file is empty", "nothing here")
            .hint(ExerciseHint::Template { csv: true });
    }
    for CsvNumbers { found, cells } in all {
        place(collector, found, cells)?;
    }
    Ok(())
}

/// What separates the cells: what the header is best taken apart by.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let known = |delimiter: u8| {
        let cells = header.split(char::from(delimiter));
        cells.filter(|cell| COLUMNS.contains(&plain(cell).as_str())).count()
    };
    // The first of the best: a header of one word stays with the comma.
    let best = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| known(*delimiter));
    best.unwrap_or(b',')
}

/// A name in the header: quotes, blanks and capitals do not count.
fn plain(cell: &str) -> String {
    cell.trim().trim_matches('"').trim().to_lowercase()
}

fn read_header(text: &str, record: &StringRecord, delimiter: u8) -> Parsed<Header> {
    let mut header = Header { fields: [None; 5], count: record.len(), delimiter };
    for (field, name) in record.iter().enumerate() {
        if name.is_empty() {
            continue;
        }
        let span = || field_span(text, record, field, delimiter);
        let Some(column) = COLUMNS.iter().position(|column| *column == plain(name)) else {
            let shown: String = name.chars().take(40).collect();
            let unknown = mistake(span(), format!("unknown column {shown:?}"), "not known");
            return match nearest(&plain(name), COLUMNS) {
                Some(near) => unknown.help(format!("did you mean {near}?")),
                None => unknown.help(format!("the first line is {}", COLUMNS.join(","))),
            };
        };
        if header.fields[column].replace(field).is_some() {
            return mistake(span(), format!("there are two columns {name:?}"), "once more");
        }
    }
    for (column, name) in COLUMNS.iter().enumerate() {
        if header.fields[column].is_none() {
            return mistake(
                field_span(text, record, 0, delimiter),
                format!("there is no column {name:?}"),
                format!("{name} is missing in this line"),
            )
            .help(format!("the first line is {}", COLUMNS.join(",")));
        }
    }
    Ok(header)
}

impl CsvRow<'_> {
    fn get(&self, column: usize) -> &str {
        self.header.fields[column].and_then(|field| self.record.get(field)).unwrap_or_default()
    }

    fn span(&self, column: usize) -> Range<usize> {
        let field = self.header.fields[column].unwrap_or(0);
        field_span(self.text, self.record, field, self.header.delimiter)
    }

    /// Refuses cells beyond the header: probably a decimal comma that separates.
    fn check_width(&self) -> Parsed<()> {
        let beyond = self.header.count..self.record.len();
        let Some(field) = beyond.into_iter().find(|field| !self.record[*field].is_empty()) else {
            return Ok(());
        };
        let span = field_span(self.text, self.record, field, self.header.delimiter);
        let cells = self.record.len();
        let message =
            format!("the row has {cells} cells, the first line has {}", self.header.count);
        let wide = mistake(span, message, "one too many");
        if self.header.delimiter == b',' {
            wide.help("a number with a decimal comma stands in quotes, or cells are separated by ;")
        } else {
            wide
        }
    }

    /// The number of a row and its place; none where there is a gap.
    fn cell(&self, collector: &Collector<'_>) -> Parsed<Option<(Found, CsvNumber)>> {
        let part = collector.part(self.get(0), self.span(0))?;
        let name = Name::parse(self.get(1), self.span(1))?;
        let found = collector.find(part, &name, self.span(1))?;
        let shape = collector.shape(found);
        let what = collector.name_of(found);
        let (row, column) = (self.index(2)?, self.index(3)?);
        let is_matrix = shape.rows > 1 && shape.columns > 1;
        let (row, column) = match (row, column) {
            (Some(row), Some(column)) => (row, column),
            (Some(row), None) if !is_matrix => (row, 1),
            (None, Some(column)) if !is_matrix => (1, column),
            (None, None) if shape.rows * shape.columns == 1 => (1, 1),
            (row, _) => {
                let column = if row.is_none() { 2 } else { 3 };
                let name = COLUMNS[column];
                return mistake(
                    self.span(column),
                    format!("the {name} of {what} is missing"),
                    "here",
                )
                .help(format!("{what} has {}", size(shape.rows, shape.columns)));
            }
        };
        let largest = shape.rows.max(shape.columns);
        for (column, index) in [(2, row), (3, column)] {
            if index > largest {
                return outside(self.span(column), &what, COLUMNS[column], index, &shape);
            }
        }
        let value = self.get(4);
        if is_gap(value) {
            return Ok(None);
        }
        let what = format!("{what} in row {row}, column {column},");
        match Written::parse(value) {
            Some(written) => {
                Ok(Some((found, CsvNumber { row, column, written, span: self.span(2) })))
            }
            None => unreadable(self.span(4), &what, value),
        }
    }

    /// A row or column, 1 being the first; none where it is left out.
    fn index(&self, column: usize) -> Parsed<Option<usize>> {
        let text = self.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse() {
            Ok(index @ 1..) => Ok(Some(index)),
            _ => {
                let shown: String = text.chars().take(40).collect();
                let name = COLUMNS[column];
                mistake(
                    self.span(column),
                    format!("the {name} is {shown:?}"),
                    "a whole number from 1",
                )
            }
        }
    }
}

/// Puts the numbers of a quantity into their places, the other way round where only that fits.
fn place(collector: &mut Collector<'_>, found: Found, cells: Vec<CsvNumber>) -> Parsed<()> {
    let shape = collector.shape(found);
    let (rows, columns) = (shape.rows, shape.columns);
    let what = collector.name_of(found);
    let inside = |cell: &CsvNumber, rows, columns| cell.row <= rows && cell.column <= columns;
    let fits = |rows, columns| cells.iter().all(|cell| inside(cell, rows, columns));
    let transposed = !fits(rows, columns);
    if transposed && !fits(columns, rows) {
        return match cells.iter().find(|cell| !inside(cell, rows, columns)) {
            Some(CsvNumber { row, column, span, .. }) => {
                let (name, index) = if *row > rows { ("row", *row) } else { ("column", *column) };
                outside(span.clone(), &what, name, index, &shape)
            }
            None => Ok(()),
        };
    }
    let mut entries = Array2::from_elem((rows, columns), None);
    let mut first = 0..0;
    for CsvNumber { row, column, written, span } in cells {
        if first.is_empty() {
            first = span.clone();
        }
        let place = if transposed { (column - 1, row - 1) } else { (row - 1, column - 1) };
        if entries[place].replace(written).is_some() {
            let message = format!("{what} in row {row}, column {column} is given twice");
            return mistake(span, message, "once more").help("leave one of the two rows out");
        }
    }
    collector.add(found, entries, transposed, first)
}

fn outside<T>(
    span: Range<usize>,
    what: &str,
    name: &str,
    index: usize,
    shape: &super::super::quantity::Shape,
) -> Parsed<T> {
    mistake(span, format!("{what} has no {name} {index}"), "outside")
        .help(format!("it has {}", size(shape.rows, shape.columns)))
}

fn size(rows: usize, columns: usize) -> String {
    let plural = |count: usize, one: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    };
    format!("{} and {}", plural(rows, "row"), plural(columns, "column"))
}

fn offset(byte: u64, text: &str) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX).min(text.len())
}

/// Where a cell stands, found again from the beginning of its row: the reader of CSV tells rows only.
fn field_span(text: &str, record: &StringRecord, field: usize, delimiter: u8) -> Range<usize> {
    let start = record.position().map_or(0, |position| offset(position.byte(), text));
    let bytes = text.as_bytes();
    // A row may begin behind empty lines.
    let blank = bytes[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let (mut begin, mut at, mut number, mut quoted) = (start + blank, start + blank, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            byte if byte == delimiter && !quoted => {
                if number == field {
                    break;
                }
                number += 1;
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if number < field { at..at } else { begin..at }
}
