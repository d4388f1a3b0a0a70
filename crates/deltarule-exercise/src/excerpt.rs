//! The lines around a place in a file, cut to what a terminal can show.
//!
//! A file that a program wrote may have a matrix of a million characters on one line, or a mistake that spans hundreds of
//! lines. Only what is around its beginning is shown; line and column stay those of the file.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

/// A longer line is cut.
const LONGEST: usize = 160;
/// How much of a cut line is shown before the place.
const BEFORE: usize = 24;
/// How much of a cut line is shown from the place on.
const FROM: usize = 40;
/// A place on more lines than this is shown by its first line.
const TALLEST: usize = 6;
/// A tab goes on to the next multiple of so many columns.
const TAB: usize = 4;

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

    /// The excerpt in a frame that says where it is from, the place underlined and labelled.
    pub(crate) fn draw(&self, label: &str) -> String {
        let lines = self.lines();
        let last = self.lines_before + lines.len();
        let gutter = if lines.is_empty() { 1 } else { last.to_string().len() };
        let line = self.lines_before + self.text[..self.span.start].matches('\n').count() + 1;
        let mut out = format!("{:gutter$}  ╭─[{}:{line}:{}]\n", "", self.name, self.column + 1);
        let on_one_line = lines.iter().any(|line| line.holds(&self.span));
        for (i, line) in lines.iter().enumerate() {
            let arm = if on_one_line { "" } else { line.arm(&self.span) };
            let number = self.lines_before + i + 1;
            out += &format!(" {number:gutter$} │ {arm}{}\n", Glyphs::of(line.text).spelled());
            if on_one_line && line.holds(&self.span) {
                let (underline, below) = line.underlined(&self.span);
                out += &format!(" {:gutter$} · {underline}\n", "");
                out += &format!(" {:gutter$} · {:below$}╰── {label}\n", "", "");
            } else if !on_one_line && line.ends(&self.span) {
                out += &format!(" {:gutter$} · ╰──── {label}\n", "");
            }
        }
        out + &format!("{:gutter$}  ╰────\n", "")
    }

    fn lines(&self) -> Vec<ExcerptLine<'_>> {
        let mut start = 0;
        let mut lines = Vec::new();
        for whole in self.text.split_inclusive('\n') {
            let text = whole.strip_suffix('\n').unwrap_or(whole);
            let text = text.strip_suffix('\r').unwrap_or(text);
            lines.push(ExcerptLine { text, bytes: start..start + whole.len() });
            start += whole.len();
        }
        lines
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

/// A line of an excerpt.
struct ExcerptLine<'a> {
    /// The line without its end.
    text: &'a str,
    /// Where it is in the excerpt, its end included.
    bytes: Range<usize>,
}

impl ExcerptLine<'_> {
    /// Whether a place begins and ends on this line.
    fn holds(&self, place: &Range<usize>) -> bool {
        self.bytes.start <= place.start && place.end <= self.bytes.end
    }

    /// Whether a place that begins on an earlier line ends on this one.
    fn ends(&self, place: &Range<usize>) -> bool {
        place.start < self.bytes.start
            && self.bytes.start < place.end
            && place.end <= self.bytes.end
    }

    /// What stands before a line where the place has several: a bar along them.
    fn arm(&self, place: &Range<usize>) -> &'static str {
        if self.bytes.contains(&place.start) {
            "╭─▶ "
        } else if self.ends(place) {
            "├─▶ "
        } else if self.bytes.start < place.end && place.start < self.bytes.start {
            "│   "
        } else {
            "    "
        }
    }

    /// The line under a place, and the column of its label.
    fn underlined(&self, place: &Range<usize>) -> (String, usize) {
        let column = |at: usize| {
            let at = at - self.bytes.start;
            // What lies behind the last character is one more.
            let behind = usize::from(at > self.text.len());
            Glyphs::of(&self.text[..at.min(self.text.len())]).count() + behind
        };
        let start = column(place.start);
        let end = column(place.end).max(start + 1);
        let middle = (start + end) / 2;
        let mark = if place.is_empty() { '▲' } else { '┬' };
        let (left, right) = ("─".repeat(middle - start), "─".repeat(end - middle - 1));
        (format!("{:start$}{left}{mark}{right}", ""), middle)
    }
}

/// The characters of a line, each with the columns that a terminal gives it.
struct Glyphs(Vec<(char, usize)>);

impl Glyphs {
    fn of(text: &str) -> Self {
        let mut column = 0;
        let width = |c: char| {
            let width = if c == '\t' { TAB - column % TAB } else { c.width().unwrap_or(0) };
            column += width;
            (c, width)
        };
        Self(text.chars().map(width).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, width)| width).sum()
    }

    /// The line with spaces for tabs.
    fn spelled(&self) -> String {
        let spell = |(c, width): &(char, usize)| match c {
            '\t' => " ".repeat(*width),
            // An end of a line that is none here would take the cursor back.
            '\r' => "?".to_string(),
            c => c.to_string(),
        };
        self.0.iter().map(spell).collect()
    }
}

/// How many columns a terminal gives some text.
fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// A text in lines of at most `width` columns, broken at spaces, and where a word is longer than a line within it. `first`
/// stands before the first line, and `rest`, which is as wide, before the others.
pub(crate) fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> String {
    let room = width.saturating_sub(columns(first)).max(1);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for piece in paragraph.split_inclusive(' ').flat_map(|word| pieces(word, room)) {
            if !line.is_empty() && columns(&line) + columns(piece.trim_end()) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(piece);
        }
        lines.push(line);
    }
    let indents = std::iter::once(first).chain(std::iter::repeat(rest));
    indents.zip(&lines).map(|(indent, line)| format!("{indent}{}\n", line.trim_end())).collect()
}

/// A word in pieces that fit into a line.
fn pieces(word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut width) = (0, 0);
    for (at, c) in word.trim_end().char_indices() {
        let wide = c.width().unwrap_or(0);
        if width + wide > room && at > start {
            pieces.push(&word[start..at]);
            (start, width) = (at, 0);
        }
        width += wide;
    }
    pieces.push(&word[start..]);
    pieces
}
