//! PDF, by typst's libraries in this process: no program is run, no file is read, no clock is asked.
//!
//! The same document gives the same bytes: fonts are those in the libraries, and neither the time nor a random number gets
//! into the file.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use typst::comemo;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime};
use typst::layout::{Abs, Frame, FrameItem, PagedDocument, Point};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook, FontInfo, TextItem};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World, WorldExt as _};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::tree::Document;
use crate::typst::{TypstOptions, render_typst};

/// Why a document did not become a PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdfError {
    message: String,
}

impl fmt::Display for PdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the document cannot be set as PDF: {}", self.message)
    }
}

impl std::error::Error for PdfError {}

/// Renders a document as PDF: tagged, with its fonts, the same bytes on every run.
///
/// The file says that it is accessible, PDF/UA-1, where the document has what that asks for.
///
/// # Errors
/// When typst refuses what [`render_typst`] wrote, an error in this crate.
///
/// # Example
///
/// ```
/// use deltarule_document::{Document, TypstOptions, render_pdf};
///
/// let mut document = Document::new("Forward pass");
/// document.paragraph("The bias $b^[1]$ is added to every column.");
/// let pdf = render_pdf(&document, &TypstOptions::default())?;
/// assert!(pdf.starts_with(b"%PDF-1."));
/// # Ok::<(), deltarule_document::PdfError>(())
/// ```
pub fn render_pdf(document: &Document, options: &TypstOptions) -> Result<Vec<u8>, PdfError> {
    let sheet = Sheet::new(render_typst(document, options));
    let pages = sheet.pages()?.0;
    let accessible = PdfStandards::new(&[PdfStandard::Ua_1]).map(|standards| {
        typst_pdf::pdf(&pages, &PdfOptions { standards, ..PdfOptions::default() })
    });
    // A heading of level 3 below one of level 1, or a letter that the fonts lack, is not what PDF/UA-1 allows.
    let pdf = match accessible {
        Ok(Ok(pdf)) => return Ok(pdf),
        Ok(Err(_)) | Err(_) => typst_pdf::pdf(&pages, &PdfOptions::default()),
    };
    pdf.map_err(|errors| PdfError { message: sheet.messages(&errors).join("; ") })
}

/// Compiles a typst file as [`render_pdf`] does and returns what is wrong with its pages: what typst warns of, and texts
/// that stand beyond the margins.
///
/// # Errors
/// When typst refuses it, as it does a file that needs another file or a package.
///
/// # Example
///
/// ```
/// use deltarule_document::typst_warnings;
///
/// assert_eq!(typst_warnings("$ x^2 $")?, Vec::<String>::new());
/// assert!(typst_warnings("#image(\"other.png\")").is_err());
/// # Ok::<(), deltarule_document::PdfError>(())
/// ```
pub fn typst_warnings(source: &str) -> Result<Vec<String>, PdfError> {
    let (pages, mut warnings) = Sheet::new(source.into()).pages()?;
    warnings.extend(beyond(&pages, margin(source)));
    Ok(warnings)
}

/// What typst may see of the world: one source and the fonts.
struct Sheet {
    source: Source,
}

impl Sheet {
    fn new(source: String) -> Self {
        Self { source: Source::detached(source) }
    }

    fn pages(&self) -> Result<(PagedDocument, Vec<String>), PdfError> {
        let compiled = typst::compile::<PagedDocument>(self);
        // What typst keeps between compilations would grow with every document.
        comemo::evict(2);
        match compiled.output {
            Ok(pages) => Ok((pages, self.messages(&compiled.warnings))),
            Err(errors) => Err(PdfError { message: self.messages(&errors).join("; ") }),
        }
    }

    fn messages(&self, diagnostics: &[SourceDiagnostic]) -> Vec<String> {
        diagnostics
            .iter()
            .map(|diagnostic| {
                let place = self.range(diagnostic.span).map(|range| range.start);
                let line = place.and_then(|byte| self.source.lines().byte_to_line(byte));
                match line {
                    Some(line) => format!("line {}: {}", line + 1, diagnostic.message),
                    None => diagnostic.message.to_string(),
                }
            })
            .collect()
    }
}

/// The margin in millimetres to the left and to the right that the file sets last, or that of typst.
fn margin(source: &str) -> f64 {
    let set =
        source.rsplit_once("#set page(").and_then(|(_, page)| page.split_once("margin: (x: "));
    let length = set.and_then(|(_, length)| length.split_once("mm"));
    length.and_then(|(length, _)| length.parse().ok()).unwrap_or(25.0)
}

/// The texts that stand beyond the margins to the left or to the right, or outside of the page.
fn beyond(document: &PagedDocument, margin: f64) -> Vec<String> {
    let mut texts = Vec::new();
    for (i, page) in document.pages.iter().enumerate() {
        let size = page.frame.size();
        // Less a hair: lengths are rounded.
        let margin = Abs::mm(margin - 0.1);
        let (left, right) = (margin, size.x - margin);
        for_each_text(&page.frame, Point::zero(), &mut |text, at| {
            let inside = at.x >= left && at.x + text.width() <= right;
            if !inside || at.y < Abs::zero() || at.y > size.y {
                texts.push(format!("page {}: `{}` is beyond the margins", i + 1, text.text));
            }
        });
    }
    texts
}

fn for_each_text(frame: &Frame, origin: Point, f: &mut impl FnMut(&TextItem, Point)) {
    for (at, item) in frame.items() {
        let at = origin + *at;
        match item {
            FrameItem::Group(group) => {
                let moved = Point::new(group.transform.tx, group.transform.ty);
                for_each_text(&group.frame, at + moved, f);
            }
            FrameItem::Text(text) => f(text, at),
            FrameItem::Shape(..)
            | FrameItem::Image(..)
            | FrameItem::Link(..)
            | FrameItem::Tag(_) => {}
        }
    }
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        static LIBRARY: LazyLock<LazyHash<Library>> =
            LazyLock::new(|| LazyHash::new(Library::default()));
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        let (data, font) = FONTS.fonts.get(index)?;
        font.get_or_init(|| Font::new(Bytes::new(*data), 0)).clone()
    }

    fn today(&self, _: Option<i64>) -> Option<Datetime> {
        None
    }
}

/// The fonts of the documents, each read when it is first used.
struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<(&'static [u8], OnceLock<Option<Font>>)>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut book = FontBook::new();
    let mut fonts = Vec::new();
    for data in typst_assets::fonts() {
        let info = FontInfo::new(data, 0);
        let used = |info: &FontInfo| {
            ["New Computer Modern", "New Computer Modern Math", "DejaVu Sans Mono"]
                .contains(&info.family.as_str())
        };
        if let Some(info) = info.filter(used) {
            book.push(info);
            fonts.push((data, OnceLock::new()));
        }
    }
    Fonts { book: LazyHash::new(book), fonts }
});
