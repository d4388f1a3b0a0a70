//! Writes a document in the format that was asked for, to a file or to standard output.

use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::Path;

use clap::ValueEnum;
use deltarule_document::{
    Document, HtmlOptions, LatexOptions, MarkdownOptions, NotebookOptions, TextOptions,
    TypstOptions, render_html, render_latex, render_markdown, render_notebook, render_text,
    render_typst,
};
use deltarule_files::AtomicFile;

use crate::failure::{Failure, Outcome, usage};

/// The formats of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentFormat {
    /// Aligned matrices for the terminal
    Text,
    /// Markdown with formulas in dollar signs, for GitHub and Jupyter
    Markdown,
    /// A LaTeX file, for pdflatex
    Latex,
    /// One self-contained page
    Html,
    /// A Typst file
    Typst,
    /// PDF
    Pdf,
    /// Every number at full precision
    Json,
    /// A Jupyter notebook that computes every number again
    Ipynb,
}

/// The endings of files, and the formats that they stand for.
const ENDINGS: [(&str, DocumentFormat); 11] = [
    ("txt", DocumentFormat::Text),
    ("md", DocumentFormat::Markdown),
    ("markdown", DocumentFormat::Markdown),
    ("tex", DocumentFormat::Latex),
    ("html", DocumentFormat::Html),
    ("htm", DocumentFormat::Html),
    ("typ", DocumentFormat::Typst),
    ("pdf", DocumentFormat::Pdf),
    ("json", DocumentFormat::Json),
    ("ipynb", DocumentFormat::Ipynb),
    ("", DocumentFormat::Text),
];

/// The significant digits of numbers, where no others are asked for.
pub(crate) const DIGITS: usize = 6;

/// Narrower lines than this hold no matrix.
const NARROWEST: usize = 40;

/// The format that was named, or that the file's ending stands for; text on standard output.
pub(crate) fn format(
    named: Option<DocumentFormat>,
    output: Option<&Path>,
) -> Result<DocumentFormat, Failure> {
    let (None, Some(path)) = (named, output) else {
        return Ok(named.unwrap_or(DocumentFormat::Text));
    };
    let ending = path.extension().map_or(String::new(), |e| e.to_string_lossy().to_lowercase());
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format).ok_or_else(|| {
        usage(format!(
            "-o {}: no format ends in .{ending}; name one with --format (text, markdown, latex, html, typst, pdf, json, \
             ipynb)",
            path.display()
        ))
    })
}

/// Renders a document; JSON is the caller's business.
pub(crate) fn write(
    document: &Document,
    format: DocumentFormat,
    digits: Option<usize>,
    output: Option<&Path>,
) -> Outcome {
    let digits = digits.unwrap_or(DIGITS);
    let text = match format {
        DocumentFormat::Text => {
            let on_terminal = output.is_none() && std::io::stdout().is_terminal();
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let mut options =
                TextOptions { digits, color: on_terminal && !no_color, ..TextOptions::default() };
            // A terminal narrower than the usual page gets narrower lines; a file always gets the same.
            if let (true, Some((columns, _))) = (on_terminal, terminal_size::terminal_size()) {
                options.width = options.width.min(usize::from(columns.0)).max(NARROWEST);
            }
            render_text(document, &options)
        }
        DocumentFormat::Markdown => render_markdown(document, &MarkdownOptions { digits }),
        DocumentFormat::Latex => render_latex(document, &LatexOptions { digits }),
        DocumentFormat::Html => render_html(document, &HtmlOptions { digits }),
        DocumentFormat::Typst => render_typst(document, &TypstOptions { digits }),
        DocumentFormat::Ipynb => render_notebook(document, &NotebookOptions { digits }),
        DocumentFormat::Pdf => return pdf(document, digits, output),
        DocumentFormat::Json => return Err(usage("there is no JSON of this document")),
    };
    to_output(output, |out| out.write_all(text.as_bytes()))
}

#[cfg(feature = "pdf")]
fn pdf(document: &Document, digits: usize, output: Option<&Path>) -> Outcome {
    if output.is_none() && std::io::stdout().is_terminal() {
        return Err(usage("a PDF is nothing for a terminal: write it to a file with -o FILE.pdf"));
    }
    let bytes = deltarule_document::render_pdf(document, &TypstOptions { digits })
        .map_err(|error| usage(error.to_string()))?;
    to_output(output, |out| out.write_all(&bytes))
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Document, _: usize, _: Option<&Path>) -> Outcome {
    can_write_pdf()
}

/// Whether this build writes PDF, known before anything is written.
#[cfg(feature = "pdf")]
#[expect(clippy::unnecessary_wraps, reason = "a build without the feature refuses")]
pub(crate) fn can_write_pdf() -> Outcome {
    Ok(())
}

/// Whether this build writes PDF, known before anything is written.
#[cfg(not(feature = "pdf"))]
pub(crate) fn can_write_pdf() -> Outcome {
    Err(usage(
        "this build of deltarule writes no PDF: build it with `cargo build --release --features pdf`, or write --format \
         typst, latex or html and let another program make the PDF",
    ))
}

/// Writes a JSON value, indented.
pub(crate) fn write_json(value: &serde_json::Value, output: Option<&Path>) -> Outcome {
    to_output(output, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// Hands `fill` the file that was asked for, which then appears whole or not at all, or standard output.
pub(crate) fn to_output(
    output: Option<&Path>,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Outcome {
    match output {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            fill(&mut out)?;
            out.flush()?;
            Ok(())
        }
        Some(path) => {
            let mut file = AtomicFile::create(path)?;
            fill(&mut file)?;
            Ok(file.commit()?)
        }
    }
}
