//! The lines around a place in a file, cut to what a terminal can show.
//!
//! A file that a program wrote may have a matrix of a million characters on one line, or a mistake that spans hundreds of
//! lines. Only what is around its beginning is shown; line and column stay those of the file.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A longer line is cut.
const LONGEST: usize = 160;
/// How much of a cut line is shown before the place.
const BEFORE: usize = 24;
/// How much of a cut line is shown from the place on.
const FROM: usize = 40;
/// A place on more lines than this is shown by its first line.
const TALLEST: usize = 6;

/// A piece of a file with a place in it.
#[derive(Debug)]
pub(crate) struct Excerpt {
    name: String,
    text: String,
    span: Range<usize>,
    /// How many lines of the file come before the text.
    lines_before: usize,
    /// The column of the place in the file, in characters from 0.
    column: usize,
}

impl Excerpt {
    /// What is around a place; the place must lie on character boundaries.
    pub(crate) fn new(name: &str, text: &str, place: &Range<usize>) -> Self {
        let first = text[..place.start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = text[place.end..].find('\n').map_or(text.len(), |newline| place.end + newline);
        let body = &text[first..last];
        let above = text[..first].strip_suffix('\n').map(|above| above.rsplit('\n').next());
        let below = text[last..].strip_prefix('\n').map(|below| below.split('\n').next());
        let fits = body.split('\n').all(|line| line.chars().nth(LONGEST).is_none());
        let mut excerpt = Self {
            name: name.to_string(),
            text: String::new(),
            span: 0..0,
            lines_before: text[..first].matches('\n').count(),
            column: text[first..place.start].chars().count(),
        };
        if let Some(above) = above.flatten() {
            excerpt.lines_before -= 1;
            excerpt.push_beginning(above);
            excerpt.text.push('\n');
        }
        let whole = fits && body.split('\n').count() <= TALLEST;
        if whole {
            let start = excerpt.text.len() + place.start - first;
            excerpt.span = start..start + place.len();
            excerpt.push(body);
        } else {
            let line_end = text[place.start..].find('\n').map_or(text.len(), |n| place.start + n);
            let until = place.end.min(line_end);
            excerpt.push_cut(
                &text[first..place.start],
                &text[place.start..until],
                &text[until..line_end],
            );
        }
        if let Some(below) = below.flatten().filter(|_| whole) {
            excerpt.text.push('\n');
            excerpt.push_beginning(below);
        }
        excerpt
    }

    /// The place in the text of the excerpt.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Adds text; characters that steer a terminal are shown as question marks of the same length.
    fn push(&mut self, text: &str) {
        self.text.extend(text.chars().map(|c| match c {
            '\n' | '\r' | '\t' => c,
            c if c.is_control() => {
                if c.len_utf8() == 1 {
                    '?'
                } else {
                    '¿'
                }
            }
            c => c,
        }));
    }

    /// Adds a line that holds no part of the place, cut where it is long.
    fn push_beginning(&mut self, line: &str) {
        let shown =
            if line.chars().nth(LONGEST).is_some() { first_characters(line, FROM) } else { line };
        self.push(shown);
        if shown.len() < line.len() {
            self.text.push('…');
        }
    }

    /// Adds a line that is cut on both sides of the place.
    fn push_cut(&mut self, before: &str, at: &str, after: &str) {
        let cut = before.char_indices().rev().nth(BEFORE).map(|(i, _)| i);
        if let Some(cut) = cut {
            self.text.push('…');
            self.push(&before[cut..]);
        } else {
            self.push(before);
        }
        let start = self.text.len();
        let shown = first_characters(at, FROM);
        self.push(shown);
        self.span = start..self.text.len();
        let rest = if shown.len() < at.len() { "" } else { first_characters(after, FROM) };
        self.push(rest);
        if shown.len() + rest.len() < at.len() + after.len() {
            self.text.push('…');
        }
    }
}

/// At most this many characters from the beginning.
fn first_characters(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.as_str().read_span(span, before, after)?;
        // The place itself is read without context; its column is that of the file.
        let column = if before == 0 && after == 0 { self.column } else { inner.column() };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.lines_before,
            column,
            inner.line_count(),
        )))
    }
}
