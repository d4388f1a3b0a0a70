//! Every renderer, on the same documents.

mod common;
mod html;
mod latex;
mod markdown;
#[cfg(feature = "pdf")]
mod pdf;
mod text;
mod typst;
