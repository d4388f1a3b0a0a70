//! `Worked`: what was solved, compared, marked or explained, written in any format.

use std::io::Write as _;
use std::path::PathBuf;

use deltarule::Choice;
use deltarule_document::{
    Document, HtmlOptions, LatexOptions, MarkdownOptions, NotebookOptions, TextOptions,
    TypstOptions, render_html, render_html_cell, render_latex, render_markdown, render_notebook,
    render_text, render_typst,
};
use deltarule_exercise::marking::{Grading, Marking, report, report_digits, report_json};
use deltarule_exercise::{
    BatchLayout, Comparison, Exercise, Notation, Solution, Style, to_document, write_json,
};
use deltarule_files::{AtomicFile, FileError};
use deltarule_worked::python::MOST_PARAMETERS;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::explanation::Explanation;
use crate::failure::{exception, value_error};

/// The significant digits of numbers, where no others are asked for.
const DIGITS: usize = 6;

/// Something that has a document.
#[pyclass(module = "deltarule._core", frozen)]
pub(crate) struct Worked(WorkedKind);

pub(crate) enum WorkedKind {
    Solution(Box<Solution>),
    /// With the number of the network's parameters.
    Comparison(Box<Comparison>, usize),
    Marking(Box<MarkedAnswer>),
    Explanation(Box<Explanation>),
}

/// A marked answer.
pub(crate) struct MarkedAnswer {
    pub(crate) exercise: Exercise,
    pub(crate) marking: Marking,
    pub(crate) grading: Grading,
}

impl From<WorkedKind> for Worked {
    fn from(kind: WorkedKind) -> Self {
        Self(kind)
    }
}

impl From<Explanation> for Worked {
    fn from(explanation: Explanation) -> Self {
        Self(WorkedKind::Explanation(Box::new(explanation)))
    }
}

#[pymethods]
impl Worked {
    /// The document in a format: text, markdown, latex, html, cell, typst, pdf, ipynb; or json, which ignores how
    /// documents are written.
    #[pyo3(signature = (format, digits, width, notation, batch, blank))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one private call")]
    fn render<'py>(
        &self,
        py: Python<'py>,
        format: &str,
        digits: Option<usize>,
        width: usize,
        notation: &str,
        batch: &str,
        blank: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let digits = digits.unwrap_or_else(|| self.0.digits());
        let style = Style {
            notation: Notation::of_name(notation).map_err(exception)?,
            batch: BatchLayout::of_name(batch).map_err(exception)?,
            blank,
            code: format == "ipynb",
            digits,
        };
        let bytes = py.detach(|| self.0.render(format, &style, width))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

impl WorkedKind {
    fn digits(&self) -> usize {
        match self {
            Self::Marking(marked) => report_digits(&marked.marking),
            _ => DIGITS,
        }
    }

    fn render(&self, format: &str, style: &Style, width: usize) -> PyResult<Vec<u8>> {
        let digits = style.digits;
        if format == "json" {
            return self.json();
        }
        if format == "ipynb" {
            self.can_be_a_notebook(style)?;
        }
        let document = self.document(style);
        let text = match format {
            "text" => render_text(&document, &TextOptions { digits, width, color: false }),
            "markdown" => render_markdown(&document, &MarkdownOptions { digits }),
            "latex" => render_latex(&document, &LatexOptions { digits }),
            "html" => render_html(&document, &HtmlOptions { digits }),
            "cell" => render_html_cell(&document, &HtmlOptions { digits }),
            "typst" => render_typst(&document, &TypstOptions { digits }),
            "ipynb" => render_notebook(&document, &NotebookOptions { digits }),
            "pdf" => return pdf(&document, digits),
            other => return Err(value_error(format!("there is no format {other:?}"))),
        };
        Ok(text.into_bytes())
    }

    fn document(&self, style: &Style) -> Document {
        match self {
            Self::Solution(solution) => to_document(solution, style),
            Self::Comparison(comparison, _) => comparison.to_document(style),
            Self::Marking(marked) => report(&marked.exercise, &marked.marking, &marked.grading),
            Self::Explanation(explanation) => explanation.document(style),
        }
    }

    /// As the command writes it, but for the end of the last line.
    fn json(&self) -> PyResult<Vec<u8>> {
        let mut out = Vec::new();
        let value = match self {
            Self::Solution(solution) => {
                write_json(solution, &mut out)?;
                return Ok(out);
            }
            Self::Comparison(comparison, _) => comparison.to_json(),
            Self::Marking(marked) => {
                report_json(&marked.exercise, &marked.marking, &marked.grading)
            }
            Self::Explanation(explanation) => explanation.json(),
        };
        serde_json::to_writer_pretty(&mut out, &value).map_err(value_error)?;
        Ok(out)
    }

    fn can_be_a_notebook(&self, style: &Style) -> PyResult<()> {
        let parameters = match self {
            Self::Marking(_) => {
                return Err(value_error(
                    "a notebook computes, and a marking compares: there is none",
                ));
            }
            Self::Solution(solution) => solution.exercise.network.parameter_count(),
            Self::Comparison(_, parameters) => *parameters,
            Self::Explanation(explanation) => explanation.parameter_count(),
        };
        if style.blank {
            return Err(value_error(
                "blank=True leaves the results out, and a notebook computes them",
            ));
        }
        if parameters > MOST_PARAMETERS {
            return Err(value_error(format!(
                "a notebook holds at most {MOST_PARAMETERS} parameters, this network has {parameters}; to_json has all \
                 its numbers"
            )));
        }
        Ok(())
    }
}

#[cfg(feature = "pdf")]
fn pdf(document: &Document, digits: usize) -> PyResult<Vec<u8>> {
    deltarule_document::render_pdf(document, &TypstOptions { digits }).map_err(value_error)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Document, _: usize) -> PyResult<Vec<u8>> {
    Err(value_error(
        "this build of deltarule writes no PDF: install it with pip's `-C maturin.build-args=\"--features pdf\"`, or write typst, \
         latex or html and let another program make the PDF",
    ))
}

/// Writes a file, which appears whole or not at all.
#[pyfunction]
pub(crate) fn write(py: Python<'_>, path: PathBuf, bytes: &[u8]) -> PyResult<()> {
    py.detach(|| {
        let failed = |error: FileError| PyOSError::new_err(error.to_string());
        let mut file = AtomicFile::create(&path).map_err(failed)?;
        file.write_all(bytes)?;
        file.commit().map_err(failed)
    })
}
