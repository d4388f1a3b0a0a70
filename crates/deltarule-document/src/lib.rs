//! A document as a tree, and its renderers.
//!
//! The tree holds headings, paragraphs, equations, tables and drawings. Every number in it knows which quantity it is: the
//! part and step of the exercise, the quantity, the layer, the row and the column. Renderers format; they do no
//! arithmetic.
//!
//! # Example
//!
//! ```
//! use deltarule_document::{Document, Equation, Math, Matrix, QuantityId, TextOptions, render_text};
//!
//! let quantity = QuantityId::new("a", 1, "z", Some(1));
//! let z = Matrix::new(2, 1, |row, _| [0.2, 0.35][row], quantity);
//! let mut document = Document::new("Forward pass");
//! document.equation(Equation::formula("z^[1]").equals(Math::Matrix(z)));
//! let text = render_text(&document, &TextOptions::default());
//! assert!(text.contains("z^[1] = ⎡ 0.2  ⎤"));
//! ```

mod html;
mod latex;
mod layout;
mod markdown;
mod math;
mod matrix;
mod notebook;
mod number;
#[cfg(feature = "pdf")]
mod pdf;
mod plot;
mod tex;
mod text;
mod tree;
mod typst;

pub use self::typst::{TypstOptions, render_typst};
pub use html::{HtmlOptions, render_html, render_html_cell, render_html_fragment};
pub use latex::{LatexOptions, render_latex};
pub use markdown::{MarkdownOptions, render_markdown};
pub use math::{Math, ParseError};
pub use matrix::{LARGEST_SHOWN, Matrix, QuantityId};
pub use notebook::{NotebookOptions, render_notebook};
pub use number::{decimal, exponent, format_number};
#[cfg(feature = "pdf")]
pub use pdf::{PdfError, render_pdf, typst_warnings};
pub use text::{TextOptions, render_text, wrap_text};
pub use tree::{
    Block, Code, Curve, Document, Drawing, DrawnLayer, Equation, Figure, Inline, Mark, Plot, Prose,
    Relation, Table,
};
