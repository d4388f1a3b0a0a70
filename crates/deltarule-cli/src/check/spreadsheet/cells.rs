//! The cells of a sheet, and the answer that they are, as CSV.

/// The columns of an answer.
pub(super) const COLUMNS: [&str; 5] = ["part", "quantity", "row", "column", "value"];
/// The header stands among so many first rows.
const HEADER: usize = 50;
/// Rows and columns beyond these are not looked at, and more cells are refused: no answer needs as many.
const MOST_ROWS: u32 = 1 << 20;
pub(super) const MOST_COLUMNS: u32 = 1 << 10;
const MOST_CELLS: usize = 2_000_000;
/// So much of the text in a cell is kept: enough to see what it is.
const MOST_TEXT: usize = 100;

/// A sheet of a workbook: its name, and its cells that are not empty.
pub(super) struct AnswerSheet {
    pub(super) name: String,
    cells: Vec<SheetCell>,
}

struct SheetCell {
    /// From 0.
    row: u32,
    /// From 0.
    column: u32,
    text: String,
}

impl AnswerSheet {
    pub(super) fn new(name: String) -> Self {
        Self { name, cells: Vec::new() }
    }

    /// Adds a cell.
    pub(super) fn add(&mut self, row: u32, column: u32, text: &str) -> Result<(), String> {
        if row >= MOST_ROWS || column >= MOST_COLUMNS || text.is_empty() {
            return Ok(());
        }
        if self.cells.len() == MOST_CELLS {
            return Err(format!(
                "sheet {:?} has more than {MOST_CELLS} cells, which no answer to an exercise needs",
                self.name
            ));
        }
        self.cells.push(SheetCell { row, column, text: text.chars().take(MOST_TEXT).collect() });
        Ok(())
    }

    /// The rows from a header with all columns on, as CSV with a line for each row of the sheet, so that messages name the
    /// row; none where there is no such header.
    pub(super) fn into_csv(mut self) -> Option<String> {
        self.cells.sort_by_key(|cell| (cell.row, cell.column));
        let rows = || self.cells.chunk_by(|a, b| a.row == b.row);
        let column_of = |row: &[SheetCell], name: &str| {
            let found = row.iter().find(|cell| cell.text.trim().eq_ignore_ascii_case(name));
            found.map(|cell| cell.column)
        };
        let (first, columns) = rows().take(HEADER).find_map(|row| {
            let columns: Option<Vec<u32>> =
                COLUMNS.iter().map(|name| column_of(row, name)).collect();
            Some((row.first()?.row, columns?))
        })?;
        let mut text = "\n".repeat(first as usize) + &COLUMNS.join(",");
        let mut last = first;
        for row in rows() {
            let Some(number) = row.first().map(|cell| cell.row).filter(|number| *number > first)
            else {
                continue;
            };
            let cell = |column: &u32| {
                let found = row.iter().find(|cell| cell.column == *column);
                quoted(found.map_or("", |cell| &cell.text))
            };
            let cells: Vec<String> = columns.iter().map(cell).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            text += &"\n".repeat((number - last) as usize);
            last = number;
            text += &cells.join(",");
        }
        Some(text + "\n")
    }
}

/// A cell of CSV, on one line.
fn quoted(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.contains([',', '"']) { format!("\"{}\"", line.replace('"', "\"\"")) } else { line }
}

/// A number with as many digits as tell it from its neighbours; written out, the largest would have hundreds of zeros.
pub(super) fn shortest(value: f64) -> String {
    if value != 0.0 && !(1e-9..1e15).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}
