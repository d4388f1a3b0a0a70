//! Matrices in TeX.

use super::symbols::{blank, number, printed, push};
use crate::layout::MatrixColumns;
use crate::matrix::{BLANK, Matrix};

/// Columns of a matrix. Cells start at the left; a gap as wide as what is missing before the decimal point stands before
/// each number, so that numbers are aligned at the point.
pub(super) fn columns(out: &mut String, columns: &MatrixColumns<'_>) {
    // A matrix that goes on in the next line has a bracket on its outer sides only.
    push(out, if columns.opens() { "\\left[" } else { "\\left." });
    let cells = columns.cells();
    let count = columns.range.len();
    out.push_str(&format!("\\begin{{array}}{{{}}} ", "l".repeat(count)));
    let gaps: Vec<IntegerPart> =
        (0..count).map(|c| IntegerPart::of(cells.iter().map(|row| &*row[c]))).collect();
    for (i, row) in cells.iter().enumerate() {
        if i > 0 {
            out.push_str(" \\\\ ");
        }
        let cells: Vec<String> = row.iter().zip(&gaps).map(|(text, gap)| cell(text, gap)).collect();
        out.push_str(&cells.join(" & "));
    }
    out.push_str(" \\end{array}");
    out.push_str(if columns.closes() { "\\right]" } else { "\\right." });
}

/// What stands before the decimal point: whether there is a sign, and how many digits.
struct IntegerPart {
    sign: bool,
    digits: usize,
}

impl IntegerPart {
    /// The widest of a column.
    fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        cells.filter(|cell| is_number(cell)).fold(
            Self { sign: false, digits: 0 },
            |widest, cell| {
                let one = Self::one(cell);
                Self { sign: widest.sign || one.sign, digits: widest.digits.max(one.digits) }
            },
        )
    }

    fn one(cell: &str) -> Self {
        let unsigned = cell.strip_prefix('-');
        let digits = unsigned.unwrap_or(cell).chars().take_while(char::is_ascii_digit).count();
        Self { sign: unsigned.is_some(), digits }
    }
}

fn is_number(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

fn cell(text: &str, column: &IntegerPart) -> String {
    match text {
        "…" => "\\cdots".into(),
        "⋮" => "\\quad\\vdots".into(),
        "⋱" => "\\ddots".into(),
        BLANK => blank().into(),
        number if is_number(number) => {
            let own = IntegerPart::one(number);
            // A digit is half an em wide in TeX's fonts, and a minus sign as wide as both of these.
            let sign = if column.sign && !own.sign { "\\enspace\\thickspace" } else { "" };
            let digits = "\\enspace".repeat(column.digits.saturating_sub(own.digits));
            let gap = if sign.is_empty() && digits.is_empty() { "" } else { " " };
            format!("{sign}{digits}{gap}{}", printed(number))
        }
        other => printed(other),
    }
}

/// The size and the norm of a matrix that is shown by its corners.
pub(super) fn size(matrix: &Matrix, digits: usize) -> String {
    let mut out = format!("({} \\times {}", matrix.rows(), matrix.columns());
    if let Some(norm) = matrix.norm().filter(|_| !matrix.is_hidden()) {
        out.push_str(&format!(",\\thickspace \\text{{norm }} {}", number(norm, digits)));
    }
    out.push(')');
    out
}
