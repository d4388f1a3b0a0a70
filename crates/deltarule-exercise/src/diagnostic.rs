//! A mistake in an exercise file, with the place where it stands.

use std::fmt;
use std::ops::Range;

use crate::excerpt::{Excerpt, wrapped};
use crate::hint::ExerciseHint;

/// A mistake in an exercise file: what is wrong, where, and what to do.
#[derive(Debug)]
pub struct Diagnostic(Box<Inner>);

#[derive(Debug)]
struct Inner {
    mistake: Mistake,
    excerpt: Excerpt,
}

impl Diagnostic {
    pub(crate) fn new(mut mistake: Mistake, name: &str, text: &str) -> Self {
        mistake.span = visible(text, mistake.span);
        let excerpt = Excerpt::new(name, text, &mistake.span);
        Self(Box::new(Inner { mistake, excerpt }))
    }

    /// Where in the text the mistake stands, in bytes, on character boundaries.
    pub fn span(&self) -> Range<usize> {
        self.0.mistake.span.clone()
    }

    /// What to do about it, where that is known.
    pub fn help_text(&self) -> Option<&str> {
        self.0.mistake.help.as_deref()
    }

    /// What to do about it, where that has another name in each face.
    pub fn hint(&self) -> Option<&ExerciseHint> {
        self.0.mistake.hint.as_ref()
    }

    /// The same with this said about what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.mistake.help = Some(help.into());
        self
    }

    /// The message with its line and the place underlined, without colour.
    ///
    /// # Example
    ///
    /// ```
    /// let diagnostic = deltarule_exercise::Exercise::parse("titel = \"a\"", "exercise.toml").unwrap_err();
    /// assert!(diagnostic.render(80).contains("did you mean title?"));
    /// ```
    pub fn render(&self, width: usize) -> String {
        let Inner { mistake, excerpt } = &*self.0;
        // A terminal that is full to its last column may begin a line of its own.
        let width = width.saturating_sub(2);
        let mut out = wrapped(&mistake.message, width, "  × ", "  │ ");
        out += &excerpt.draw(&mistake.label);
        if let Some(help) = self.help_text() {
            out += &wrapped(help, width, "  help: ", "        ");
        }
        out
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.mistake.message)
    }
}

impl std::error::Error for Diagnostic {}

/// A place inside the text that can be underlined: on character boundaries, and where it is empty (something is missing
/// there) widened to the next character of its line or else to the last visible one before it.
fn visible(text: &str, span: Range<usize>) -> Range<usize> {
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let end = (span.end.min(text.len())..=text.len()).find(boundary).unwrap_or(text.len());
    let start = (0..=span.start.min(end)).rev().find(boundary).unwrap_or(0);
    if start < end {
        return start..end;
    }
    match text[start..].chars().next() {
        Some(next) if !matches!(next, '\n' | '\r') => start..start + next.len_utf8(),
        _ => {
            let before = text[..start].char_indices().rev().find(|(_, c)| !c.is_whitespace());
            before.map_or(start..start, |(at, c)| at..at + c.len_utf8())
        }
    }
}

/// A mistake before it is joined with the text of the file.
#[derive(Debug)]
pub(crate) struct Mistake {
    message: String,
    label: String,
    help: Option<String>,
    hint: Option<ExerciseHint>,
    span: Range<usize>,
}

/// The result of reading a piece of a file.
pub(crate) type Parsed<T> = Result<T, Box<Mistake>>;

/// A mistake at a place; the label stands under it.
pub(crate) fn mistake<T>(
    span: Range<usize>,
    message: impl Into<String>,
    label: impl Into<String>,
) -> Parsed<T> {
    let (message, label) = (message.into(), label.into());
    Err(Box::new(Mistake { message, label, help: None, hint: None, span }))
}

/// Adds what to do about a mistake.
pub(crate) trait WithHelp {
    fn help(self, help: impl Into<String>) -> Self;
    /// What the faces have words of their own for.
    fn hint(self, hint: ExerciseHint) -> Self;
}

impl<T> WithHelp for Parsed<T> {
    fn help(self, help: impl Into<String>) -> Self {
        self.map_err(|mut mistake| {
            mistake.help = Some(help.into());
            mistake
        })
    }

    fn hint(self, hint: ExerciseHint) -> Self {
        self.map_err(|mut mistake| {
            mistake.hint = Some(hint);
            mistake
        })
    }
}

/// The nearest of some names, if one is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 3)
        .map(|(_, candidate)| candidate)
}
