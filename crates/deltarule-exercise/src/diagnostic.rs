//! The mistakes in a file, each with the place where it stands.

use std::fmt;
use std::ops::Range;

use crate::excerpt::{Excerpt, wrapped};
use crate::hint::ExerciseHint;

/// So many mistakes of a file are shown.
const SHOWN: usize = 12;

/// The mistakes in a file: for each what is wrong, where, and what to do. The first of the file is what it says of itself.
#[derive(Debug)]
pub struct Diagnostic(Box<Inner>);

#[derive(Debug)]
struct Inner {
    first: Located,
    others: Vec<Located>,
    /// How many more there are.
    more: usize,
}

/// A mistake beside the lines around it.
#[derive(Debug)]
struct Located {
    mistake: Mistake,
    excerpt: Excerpt,
}

impl Located {
    fn new(mut mistake: Mistake, name: &str, text: &str) -> Self {
        mistake.span = visible(text, mistake.span);
        let excerpt = Excerpt::new(name, text, &mistake.span);
        Self { mistake, excerpt }
    }

    fn render(&self, width: usize) -> String {
        let Self { mistake, excerpt } = self;
        let mut out = wrapped(&mistake.message, width, "  × ", "  │ ");
        out += &excerpt.draw(&mistake.label);
        if let Some(help) = &mistake.help {
            out += &wrapped(help, width, "  help: ", "        ");
        }
        out
    }
}

impl Diagnostic {
    /// A mistake with those that were found beside it, in the order of the file.
    pub(crate) fn new(mut mistake: Mistake, name: &str, text: &str) -> Self {
        let mut others = std::mem::take(&mut mistake.others);
        if let Some(earliest) = others.iter_mut().min_by_key(|other| other.span.start)
            && earliest.span.start < mistake.span.start
        {
            std::mem::swap(earliest, &mut mistake);
        }
        others.sort_by_key(|other| other.span.start);
        let more = others.len().saturating_sub(SHOWN - 1);
        others.truncate(SHOWN - 1);
        let others = others.into_iter().map(|other| Located::new(other, name, text)).collect();
        Self(Box::new(Inner { first: Located::new(mistake, name, text), others, more }))
    }

    /// Where in the text the first mistake stands, in bytes, on character boundaries.
    pub fn span(&self) -> Range<usize> {
        self.0.first.mistake.span.clone()
    }

    /// What to do about it, where that is known.
    pub fn help_text(&self) -> Option<&str> {
        self.0.first.mistake.help.as_deref()
    }

    /// What to do about it, where that has another name in each face.
    pub fn hint(&self) -> Option<&ExerciseHint> {
        self.0.first.mistake.hint.as_ref()
    }

    /// How many mistakes were found; one may hide others.
    ///
    /// # Example
    ///
    /// ```
    /// let text = "titel = \"a\"\n[network]\nlayers = 3\n";
    /// let diagnostic = deltarule_exercise::Exercise::parse(text, "exercise.toml").unwrap_err();
    /// assert!(diagnostic.count() > 1);
    /// ```
    pub fn count(&self) -> usize {
        1 + self.0.others.len() + self.0.more
    }

    /// The same with this said about what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.first.mistake.help = Some(help.into());
        self
    }

    /// Each message with its line and the place underlined, without colour.
    ///
    /// # Example
    ///
    /// ```
    /// let diagnostic = deltarule_exercise::Exercise::parse("titel = \"a\"", "exercise.toml").unwrap_err();
    /// assert!(diagnostic.render(80).contains("did you mean title?"));
    /// ```
    pub fn render(&self, width: usize) -> String {
        // A terminal that is full to its last column may begin a line of its own.
        let width = width.saturating_sub(2);
        let Inner { first, others, more } = &*self.0;
        let mut out = first.render(width);
        for other in others {
            out.push('\n');
            out += &other.render(width);
        }
        if *more > 0 {
            out += &wrapped(&format!("and {more} more of them"), width, "\n  × ", "  │ ");
        }
        out
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.first.mistake.message)
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
    /// Those that were found beside it.
    others: Vec<Mistake>,
}

impl Mistake {
    /// Where it stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong and, where that is known, what would be right: a line.
    pub(crate) fn in_a_line(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        }
    }
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
    Err(Box::new(Mistake { message, label, help: None, hint: None, span, others: Vec::new() }))
}

/// Mistakes that are gathered while the rest of a file is read.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// What was read; a mistake is kept.
    pub(crate) fn keep<T>(&mut self, read: Parsed<T>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.push(*mistake);
                None
            }
        }
    }

    pub(crate) fn push(&mut self, mut mistake: Mistake) {
        let others = std::mem::take(&mut mistake.others);
        self.0.push(mistake);
        self.0.extend(others);
    }

    /// Whether there are more than anybody reads.
    pub(crate) fn are_enough(&self) -> bool {
        self.0.len() > SHOWN
    }

    /// All of them as one, which is the first with the others beside it; none if there are none.
    pub(crate) fn together(mut self) -> Option<Box<Mistake>> {
        if self.0.is_empty() {
            return None;
        }
        let others = self.0.split_off(1);
        let mut first = self.0.pop()?;
        first.others = others;
        Some(Box::new(first))
    }

    /// Nothing, unless there was a mistake.
    pub(crate) fn end(self) -> Parsed<()> {
        self.together().map_or(Ok(()), Err)
    }

    /// What was read where all of it could be.
    pub(crate) fn unless<T>(self, read: Option<T>) -> Parsed<T> {
        match (self.together(), read) {
            (Some(mistake), _) => Err(mistake),
            (None, Some(value)) => Ok(value),
            // Whoever has not read a thing has kept a mistake.
            (None, None) => mistake(0..0, "this cannot be read", "here"),
        }
    }
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

/// The nearest of some names, if one is near. Names that have no letter in common are not, however short they are.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    known
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| {
            let known = candidate.chars().count();
            *distance <= 1 + known / 3 && *distance < known.max(length)
        })
        .map(|(_, candidate)| candidate)
}
