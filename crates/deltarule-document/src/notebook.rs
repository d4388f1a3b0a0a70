//! The notebook renderer: Jupyter's nbformat 4.5, the explanation in Markdown cells and, beside each step, a cell that
//! computes it again with NumPy from the cells above and asserts the numbers that are printed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::markdown;
use crate::matrix::Matrix;
use crate::number::format_number;
use crate::tree::{Block, Document, Equation};

/// How a notebook is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotebookOptions {
    /// Significant digits of numbers.
    pub digits: usize,
}

impl Default for NotebookOptions {
    fn default() -> Self {
        Self { digits: 6 }
    }
}

/// Rounding in another order of summation: what a check never asks for more than.
const ATTAINABLE_DIGITS: usize = 11;
/// How far a number of ordinary size may be off at the least.
const ROUNDING: f64 = 1e-11;

/// Renders a document as a notebook. Its code cells are the [`Block::Code`]s and the codes of the equations; without any
/// it holds Markdown only.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, Equation, Math, NotebookOptions, QuantityId, render_notebook};
///
/// let mut document = Document::new("Sum");
/// let two = Math::number(2.0, 0, 0, QuantityId::new("a", 1, "sum", None));
/// document.equation(Equation::formula("s").equals(two).code("s = 1 + 1", "s"));
/// let notebook = render_notebook(&document, &NotebookOptions::default());
/// assert!(notebook.contains("\"s = 1 + 1\\n\",\n    \"check(s, 2)\""));
/// ```
pub fn render_notebook(document: &Document, options: &NotebookOptions) -> String {
    let digits = options.digits;
    let mut cells = NotebookCells { cells: Vec::new(), prose: Vec::new() };
    cells.prose.push(markdown::title(document, digits));
    let mut checks = false;
    for block in &document.blocks {
        let code = match block {
            Block::Code(code) => Some(code.clone()),
            Block::Equation(equation) => code_of(equation, digits),
            _ => None,
        };
        cells.prose.extend(markdown::block(block, digits));
        if let Some(code) = code {
            if !checks && matches!(block, Block::Code(_)) {
                // The first code cell holds the imports, and with them what every later one is checked by.
                cells.code(&format!("{}\n\n\n{}", code.trim_end(), check(digits)));
                checks = true;
            } else {
                cells.code(&code);
            }
        }
    }
    cells.finish()
}

/// The statements of an equation and the check of its result.
fn code_of(equation: &Equation, digits: usize) -> Option<String> {
    let code = equation.code.as_ref()?;
    let mut out = code.statements.clone();
    if let (Some(expression), Some(result)) = (&code.result, equation.result()) {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &assertion(expression, result, digits);
    }
    (!out.is_empty()).then_some(out)
}

/// `check(z1, [[0.2], [0.35]])`, or of the corners where these are shown. The expression stands alone as an argument, so that
/// no operator of it takes a part of what follows.
fn assertion(expression: &str, result: &Matrix, digits: usize) -> String {
    let numbers: Vec<String> = result.entries().map(|(_, _, v)| python_number(v, digits)).collect();
    // The notebook's own rounding comes on top of that of the printed numbers.
    let off = 2.0 * result.rounding();
    let off = if off > ROUNDING { format!(", atol={off:.0e}") } else { String::new() };
    if let (1, [number]) = (result.rows() * result.columns(), numbers.as_slice()) {
        return format!("check({expression}, {number}{off})");
    }
    let places =
        |shown: &[Option<usize>]| -> Vec<usize> { shown.iter().flatten().copied().collect() };
    let (rows, columns) = (places(result.shown_rows()), places(result.shown_columns()));
    let lines: Vec<String> =
        numbers.chunks(columns.len().max(1)).map(|row| format!("[{}]", row.join(", "))).collect();
    let whole = rows.len() == result.rows() && columns.len() == result.columns();
    let corners = if whole { String::new() } else { format!(", at=np.ix_({rows:?}, {columns:?})") };
    format!("check({expression}, [{}]{corners}{off})", lines.join(", "))
}

/// A number as Python reads it.
fn python_number(value: f64, digits: usize) -> String {
    match value {
        v if v.is_nan() => "np.nan".into(),
        f64::INFINITY => "np.inf".into(),
        f64::NEG_INFINITY => "-np.inf".into(),
        v => format_number(v, digits),
    }
}

/// The function that compares a computed value with the printed one.
fn check(digits: usize) -> String {
    // Half a unit of the last digit; the smallest number with these digits begins with a 1.
    let attainable = digits.min(ATTAINABLE_DIGITS);
    format!(
        "def check(value, printed, at=..., atol={ROUNDING:e}):\n    \"\"\"The value, or what of it is shown, has the digits that are printed above.\"\"\"\n    \
         value = np.asarray(value, dtype=float)[at]\n    printed = np.array(printed, dtype=float)\n    \
         assert value.size == printed.size, (value.shape, printed.shape)\n    \
         close = np.isclose(value.reshape(printed.shape), printed, rtol=5.01e-{attainable}, atol=atol, equal_nan=True)\n    \
         assert close.all(), (value, printed)"
    )
}

struct NotebookCells {
    cells: Vec<Value>,
    /// Markdown that waits for its cell.
    prose: Vec<String>,
}

impl NotebookCells {
    fn code(&mut self, code: &str) {
        self.close();
        let id = self.id();
        self.cells.push(json!({
            "cell_type": "code",
            "execution_count": null,
            "id": id,
            "metadata": {},
            "outputs": [],
            "source": lines(code),
        }));
    }

    /// Makes a cell of the Markdown that waits.
    fn close(&mut self) {
        if self.prose.is_empty() {
            return;
        }
        let text = self.prose.join("\n\n");
        self.prose.clear();
        let id = self.id();
        self.cells.push(json!({
            "cell_type": "markdown",
            "id": id,
            "metadata": {},
            "source": lines(&text),
        }));
    }

    fn id(&self) -> String {
        format!("cell-{}", self.cells.len() + 1)
    }

    fn finish(mut self) -> String {
        self.close();
        let notebook = json!({
            "cells": self.cells,
            "metadata": {
                "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" },
                "language_info": { "name": "python" },
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        });
        // Jupyter writes notebooks with one blank per level.
        let mut out = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
        // A value made of text and lists can always be written into memory.
        let _ = serde::Serialize::serialize(&notebook, &mut serializer);
        let mut text = String::from_utf8_lossy(&out).into_owned();
        let _ = writeln!(text);
        text
    }
}

/// A text as notebooks hold it: its lines, each with its end.
fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(String::from).collect()
}
