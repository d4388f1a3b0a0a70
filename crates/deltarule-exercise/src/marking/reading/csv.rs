//! CSV with a number per row, as spreadsheets write it: with commas, semicolons or tabs, with points or commas in the
//! numbers.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};
use ndarray::Array2;

use super::collector::{Collector, Found};
use super::name::Name;
use super::node::{is_gap, unreadable};
use super::shape::{Shaped, may_be_shared};
use crate::diagnostic::{Mistake, Parsed, WithHelp, mistake, nearest};
use crate::hint::ExerciseHint;
use crate::marking::answers::Written;
use crate::marking::quantity::Shape;

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
    /// Whether it stands for all units of a layer.
    shared: bool,
    written: Written,
    /// Where its row and its column are named.
    spans: [Range<usize>; 2],
}

impl CsvNumber {
    fn is_inside(&self, rows: usize, columns: usize) -> bool {
        self.row <= rows && self.column <= columns
    }
}

/// Takes in a file.
pub(super) fn collect(text: &str, collector: &mut Collector<'_>) -> Parsed<()> {
    let delimiter = delimiter(text);
    // Where a part is called #1, a row may begin so.
    let is_part = collector.exercise.parts.iter().any(|part| part.name.trim().starts_with('#'));
    let comment = (!is_part).then_some(b'#');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter)
        .comment(comment)
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
        let Some((found, cell)) = row.read(collector) else { continue };
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
        place(collector, found, cells);
    }
    Ok(())
}

/// What separates the cells: what the header is best taken apart by.
fn delimiter(text: &str) -> u8 {
    let mut lines = text.lines().map(str::trim_start);
    let header = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
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

/// Finds the columns; further ones are the student's own.
fn read_header(text: &str, record: &StringRecord, delimiter: u8) -> Parsed<Header> {
    let mut header = Header { fields: [None; 5], count: record.len(), delimiter };
    let mut own = Vec::new();
    for (field, name) in record.iter().enumerate() {
        let Some(column) = COLUMNS.iter().position(|column| *column == plain(name)) else {
            own.push((field, name));
            continue;
        };
        if header.fields[column].replace(field).is_some() {
            let span = field_span(text, record, field, delimiter);
            return mistake(span, format!("there are two columns {name:?}"), "once more");
        }
    }
    let lacking = COLUMNS.iter().zip(header.fields).filter(|(_, field)| field.is_none());
    let lacking: Vec<&str> = lacking.map(|(column, _)| *column).collect();
    let Some(missing) = lacking.first() else { return Ok(header) };
    // A column that is not known is probably the one that is missing.
    for (field, name) in own {
        if let Some(near) = nearest(&plain(name), lacking.iter().copied()) {
            let shown: String = name.chars().take(40).collect();
            let span = field_span(text, record, field, delimiter);
            return mistake(span, format!("unknown column {shown:?}"), "not known")
                .help(format!("did you mean {near}?"));
        }
    }
    mistake(
        field_span(text, record, 0, delimiter),
        format!("there is no column {missing:?}"),
        format!("{missing} is missing in this line"),
    )
    .help(format!("the first line is {}", COLUMNS.join(",")))
}

impl CsvRow<'_> {
    fn get(&self, column: usize) -> &str {
        self.header.fields[column].and_then(|field| self.record.get(field)).unwrap_or_default()
    }

    fn span(&self, column: usize) -> Range<usize> {
        let field = self.header.fields[column].unwrap_or(0);
        field_span(self.text, self.record, field, self.header.delimiter)
    }

    /// The number of the row and its place; none where there is a gap, or something that cannot be read, which is noted.
    fn read(&self, collector: &mut Collector<'_>) -> Option<(Found, CsvNumber)> {
        let line = |row: &Self| {
            let quantity: String = row.get(1).chars().take(40).collect();
            match (row.get(2), row.get(3)) {
                ("", "") => quantity,
                (at, "") => format!("{quantity}, row {at}"),
                ("", at) => format!("{quantity}, column {at}"),
                (row, column) => format!("{quantity}, row {row}, column {column}"),
            }
        };
        let part = match collector.part(self.get(0), self.span(0)) {
            Ok(part) => part,
            Err(mistake) => {
                collector.lost.add(format!("part {:?}", self.get(0)), *mistake);
                return None;
            }
        };
        let name = Name::parse(self.get(1), self.span(1));
        match name.and_then(|name| collector.find(part, &name, self.span(1))) {
            Err(mistake) => collector.lose(part, self.get(1), *mistake),
            Ok(found) => match self.cell(found, collector) {
                Ok(cell) => return cell.map(|cell| (found, cell)),
                Err(mistake) => collector.lose(part, &line(self), *mistake),
            },
        }
        None
    }

    /// Refuses cells beyond the header, and a digit beside the value: probably a decimal comma that separates.
    fn check_commas(&self) -> Parsed<()> {
        let help = "a number with a decimal comma stands in quotes, or cells are separated by ;";
        let comma = self.header.delimiter == b',';
        let beyond = self.header.count..self.record.len();
        if let Some(field) = beyond.into_iter().find(|field| !self.record[*field].is_empty()) {
            let span = field_span(self.text, self.record, field, self.header.delimiter);
            let cells = self.record.len();
            let message =
                format!("the row has {cells} cells, the first line has {}", self.header.count);
            let wide = mistake(span, message, "one too many");
            return if comma { wide.help(help) } else { wide };
        }
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let whole = digits(self.get(4).trim_start_matches(['-', '+', '−']));
        let next = self.header.fields[4].map(|field| field + 1);
        let own = next.filter(|next| !self.header.fields.contains(&Some(*next)));
        match own.and_then(|field| self.record.get(field)) {
            Some(beside) if comma && whole && digits(beside) => {
                let message = format!("the value is {} or {0},{beside}", self.get(4));
                mistake(self.span(4), message, "which of them?").help(help)
            }
            _ => Ok(()),
        }
    }

    /// The number of a row and its place; none where there is a gap.
    fn cell(&self, found: Found, collector: &mut Collector<'_>) -> Parsed<Option<CsvNumber>> {
        self.check_commas()?;
        let shape = collector.shape(found);
        let what = collector.name_of(found);
        let (row, column) = (self.index(2)?, self.index(3)?);
        let is_matrix = shape.rows > 1 && shape.columns > 1;
        let mut shared = false;
        let (row, column) = match (row, column) {
            (Some(row), Some(column)) => (row, column),
            (Some(row), None) if !is_matrix => (row, 1),
            (None, Some(column)) if !is_matrix => (1, column),
            (None, None) if shape.rows * shape.columns == 1 => (1, 1),
            (None, None) if may_be_shared(&shape) => {
                shared = true;
                (1, 1)
            }
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
        let value = self.get(4);
        if is_gap(value) {
            return Ok(None);
        }
        let place = format!("{what} in row {row}, column {column}");
        let Some(written) = Written::parse(value) else {
            if let Err(mistake) = unreadable::<()>(self.span(4), &format!("{place},"), value) {
                let part = collector.part_in_words(found.part);
                collector.lost.number(format!("{part}, {place}"), *mistake);
            }
            return Ok(None);
        };
        let spans = [self.span(2), self.span(3)];
        Ok(Some(CsvNumber { row, column, shared, written, spans }))
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
fn place(collector: &mut Collector<'_>, found: Found, cells: Vec<CsvNumber>) {
    let shape = collector.shape(found);
    let (rows, columns) = (shape.rows, shape.columns);
    let what = collector.name_of(found);
    let Some(first) = cells.first().map(|cell| cell.spans[0].clone()) else { return };
    let outside_of =
        |rows, columns| cells.iter().filter(|cell| !cell.is_inside(rows, columns)).count();
    let transposed = outside_of(rows, columns) > 0 && outside_of(columns, rows) == 0;
    let shaped = if let [CsvNumber { shared: true, written, .. }] = cells.as_slice() {
        Shaped::one_for_layer(Some(written.clone()), &shape)
    } else if let Some(got) =
        filled(&cells).filter(|_| !transposed && outside_of(rows, columns) > 0)
    {
        Shaped::Otherwise(format!("{} × {} numbers", got.0, got.1))
    } else {
        let mut entries = Array2::from_elem((rows, columns), None);
        for cell in cells {
            let read = put(&mut entries, cell, transposed, &what, &shape);
            if let Err((cell, mistake)) = read {
                let place = format!("{what}, row {}, column {}", cell.0, cell.1);
                collector.lose(found.part, &place, *mistake);
            }
        }
        Shaped::fitting(entries, transposed)
    };
    if let Err(mistake) = collector.add(found, shaped, first) {
        collector.lose(found.part, &what, *mistake);
    }
}

/// Rows and columns of numbers that fill a matrix; none where some are missing or stand there twice: then a place outside is a
/// slip, and no other shape.
fn filled(cells: &[CsvNumber]) -> Option<(usize, usize)> {
    let rows = cells.iter().map(|cell| cell.row).max()?;
    let columns = cells.iter().map(|cell| cell.column).max()?;
    let places: HashSet<(usize, usize)> = cells.iter().map(|c| (c.row, c.column)).collect();
    let all = rows.checked_mul(columns)?;
    (places.len() == all && cells.len() == all).then_some((rows, columns))
}

/// Puts a number into its place; says where it was meant to go if there is none, or if one stands there.
fn put(
    entries: &mut Array2<Option<Written>>,
    cell: CsvNumber,
    transposed: bool,
    what: &str,
    shape: &Shape,
) -> Result<(), ((usize, usize), Box<Mistake>)> {
    let at = (cell.row, cell.column);
    let named = |read: Parsed<()>| read.map_err(|mistake| (at, mistake));
    let (row, column) = if transposed { (at.1, at.0) } else { at };
    let [of_row, of_column] = cell.spans;
    if cell.shared {
        let message = format!("the row of {what} is missing");
        return named(mistake(of_row, message, "here").help("other rows have one"));
    }
    if row > shape.rows {
        return named(outside(of_row, what, "row", row, shape));
    }
    if column > shape.columns {
        return named(outside(of_column, what, "column", column, shape));
    }
    let entry = &mut entries[(row - 1, column - 1)];
    if entry.is_some() {
        let message = format!("{what} in row {}, column {} is given twice", at.0, at.1);
        return named(mistake(of_row, message, "once more").help("leave one of the two rows out"));
    }
    *entry = Some(cell.written);
    Ok(())
}

fn outside<T>(
    span: Range<usize>,
    what: &str,
    name: &str,
    index: usize,
    shape: &Shape,
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
    // A row may begin behind empty lines and comments.
    let mut start = start;
    let is_row = record.get(0).is_some_and(|cell| cell.starts_with('#'));
    loop {
        let rest = &bytes[start..];
        let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let comment = match rest.first() {
            Some(b'#') if !is_row => rest.iter().take_while(|b| **b != b'\n').count(),
            _ => 0,
        };
        if blank + comment == 0 {
            break;
        }
        start += blank + comment;
    }
    let (mut begin, mut at, mut number, mut quoted) = (start, start, 0, false);
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
