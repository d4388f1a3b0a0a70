//! A document as a tree, and its renderers.
//!
//! The tree holds headings, paragraphs and equations. Every number in it knows which quantity it is: the part and step of
//! the exercise, the quantity, the layer, and by its place in a matrix the row and the column. Renderers format; they do
//! no arithmetic.
//!
//! # Example
//!
//! ```
//! use deltarule_document::{Block, Document, Matrix, Quantity, Term, TextOptions, render_text};
//!
//! let quantity = Quantity::new("a", 1, "z", Some(1));
//! let z = Matrix::new(2, 1, vec![0.2, 0.35], quantity);
//! let document = Document {
//!     title: "Forward pass".into(),
//!     blocks: vec![Block::Equation(vec![Term::text("z^[1] ="), Term::Matrix(z)])],
//! };
//! let text = render_text(&document, &TextOptions::default());
//! assert!(text.contains("z^[1] = ⎡ 0.2  ⎤"));
//! ```

mod number;
mod text;
mod tree;

pub use number::format_number;
pub use text::{TextOptions, render_text, wrap_text};
pub use tree::{Block, Document, Matrix, Quantity, Term};
