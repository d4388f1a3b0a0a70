//! What is wrong with a text that is no TOML, in the words of somebody who writes numbers into a file and knows no grammars.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use crate::diagnostic::{Mistakes, Parsed, WithHelp, mistake};

/// Reads a text as TOML. The mistakes of several lines are told together, unless one of them makes nonsense of what follows it.
pub(crate) fn parse(text: &str) -> Parsed<Spanned<DeTable<'_>>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table);
    }
    let mut mistakes = Mistakes::default();
    if let Some(opening) = unclosed(text) {
        mistakes.keep(not_closed(text, opening));
    } else {
        let whole = 0..text.len().min(1);
        let mut found: Vec<(Range<usize>, &str)> = errors
            .iter()
            .map(|error| (error.span().unwrap_or(whole.clone()), error.message()))
            .collect();
        found.sort_by_key(|(span, _)| span.start);
        let mut last = None;
        for (span, message) in found {
            let line = Line::of(text, span.start);
            // One mistake makes the parser stumble over the rest of its line.
            if last.replace(line.start) != Some(line.start) {
                mistakes.keep(in_words(&line, span, message));
            }
        }
    }
    mistakes.end().map(|()| table)
}

/// A line of a text, without its end.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, at: usize) -> Self {
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        Self { start, text: text[start..end].trim_end_matches('\r') }
    }

    /// What begins at a place of the file.
    fn from(&self, at: usize) -> &'a str {
        self.text.get(at.saturating_sub(self.start)..).unwrap_or_default()
    }

    /// What ends at a place of the file.
    fn until(&self, at: usize) -> &'a str {
        self.text.get(..at.saturating_sub(self.start)).unwrap_or(self.text)
    }

    /// The name before the sign = or, where there is none, the first word; and its place.
    fn name(&self) -> (&'a str, Range<usize>) {
        let key = self.text.split_once('=').map_or(self.text, |(key, _)| key);
        let name = key.trim();
        let start = self.start + key.len() - key.trim_start().len();
        (name, start..start + name.len())
    }

    fn has_odd_quotes(&self) -> bool {
        self.text.matches('"').count() % 2 == 1
    }
}

/// A mistake of the parser in other words, or in its own.
fn in_words(line: &Line<'_>, span: Range<usize>, parser: &str) -> Parsed<()> {
    let invalid = |span, message: &str, label: &str, help: &str| {
        mistake(span, format!("not valid TOML: {message}"), label).help(help)
    };
    let starts = |beginning: &str| parser.starts_with(beginning);
    if starts("duplicate key") {
        let name = line.from(span.start).get(..span.len()).unwrap_or_default();
        let help = match line.text.trim_start().starts_with('[') {
            true => "each part begins with a line [[part]]; other tables stand there once",
            false => "leave one of the two out",
        };
        return invalid(span, &format!("duplicate key, {name} is given twice"), "once more", help);
    }
    if line.has_odd_quotes() {
        let help = "a text ends on its line with a quote, as it began: \"sigmoid\"";
        return invalid(span, "a quote is missing in this line", "noticed here", help);
    }
    if starts("invalid literal string") {
        let help = "a text ends on its line with a quote, as it began: \"sigmoid\"";
        return invalid(span, "a quote is missing in this line", "noticed here", help);
    }
    if starts("key with no value") || starts("invalid unquoted key") {
        return no_key(line, span, parser);
    }
    if starts("unclosed array table") || starts("unclosed table") {
        let help = "a line closes as many brackets as it opens: [[part]], [part.answers]";
        return invalid(span, "a bracket ] is missing at the end of this line", "here", help);
    }
    if starts("unclosed inline table") || starts("missing key for inline table element") {
        let help = "what begins with { ends with }: { x = [1, 0], t = [1] }";
        return invalid(span, "a brace } is missing", "noticed here", help);
    }
    if starts("unexpected leading zero") {
        let before = line.until(span.start).trim_end();
        return match before
            .strip_suffix(',')
            .is_some_and(|b| b.ends_with(|c: char| c.is_ascii_digit()))
        {
            true => decimal_comma(span),
            false => invalid(
                span,
                "a number begins with a 0 that says nothing",
                "here",
                "write 7 for 07, and 0.7 for a decimal",
            ),
        };
    }
    if starts("unexpected key or value") {
        return too_much(line, span, parser);
    }
    if starts("invalid mantissa") {
        return invalid(span, "a number begins with its point", "here", "write 0.5, not .5");
    }
    if starts("invalid fraction") {
        let help = "write 5.0 or 5, not 5.";
        return invalid(span, "digits are missing behind a point", "here", help);
    }
    if starts("missing comma between array elements") {
        let help = "write [0.1, 0.2]";
        return invalid(span, "a comma is missing between two entries", "before this", help);
    }
    let unquoted = starts("string values must be quoted")
        || starts("invalid boolean")
        || starts("invalid float, expected `");
    if unquoted { no_value(line, span) } else { as_it_is(span, parser) }
}

fn as_it_is(span: Range<usize>, parser: &str) -> Parsed<()> {
    mistake(span, format!("not valid TOML: {parser}"), "here")
}

fn decimal_comma(span: Range<usize>) -> Parsed<()> {
    mistake(span, "not valid TOML: a comma separates numbers, it is no decimal point", "here")
        .help("write 0.25, or in quotes \"0,25\"")
}

/// A line that does not begin with a name and the sign =.
fn no_key(line: &Line<'_>, span: Range<usize>, parser: &str) -> Parsed<()> {
    let (name, place) = line.name();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if line.text.contains('=') && !name.is_empty() && !name.starts_with('"') {
        let shown: String = name.chars().take(40).collect();
        let message = format!("not valid TOML: the name {shown} has no quotes");
        if name.contains(['[', '^']) {
            return mistake(place, message, "in quotes")
                .help("names with brackets stand in quotes: \"z[1]\" = [0.2, 0.2]");
        }
        if !name.chars().all(is_plain) {
            return mistake(place, message, "in quotes")
                .help(format!("names with such signs stand in quotes: \"{shown}\" = …"));
        }
    }
    if !line.text.contains('=') {
        let help = match line.text.contains(':') {
            true => "write name = value, with the sign = and no colon",
            false => "every line is name = value, a [table], or a comment that begins with #",
        };
        return mistake(span, "not valid TOML: the sign = is missing in this line", "here")
            .help(help);
    }
    as_it_is(span, parser)
}

/// Something behind a value.
fn too_much(line: &Line<'_>, span: Range<usize>, parser: &str) -> Parsed<()> {
    let rest = line.from(span.start);
    let mut signs = rest.chars();
    let digit_before = line.until(span.start).ends_with(|c: char| c.is_ascii_digit());
    match (signs.next(), signs.next()) {
        (Some(','), Some(next)) if digit_before && next.is_ascii_digit() => decimal_comma(span),
        (Some(','), _) => mistake(span, "not valid TOML: a comma behind a value", "not here")
            .help("several numbers stand in brackets: [0.1, 0.2]"),
        (Some(']' | '}'), _) => {
            mistake(span, "not valid TOML: a bracket too many is closed here", "too many")
                .help("every bracket that is closed was opened: [[0.1, 0.2], [0.3, 0.4]]")
        }
        _ => as_it_is(span, parser),
    }
}

/// Something that is neither a number nor a text in quotes.
fn no_value(line: &Line<'_>, span: Range<usize>) -> Parsed<()> {
    let ends = |c: char| matches!(c, ',' | ']' | '}' | '#');
    let word = line.from(span.start).split(ends).next().unwrap_or_default().trim();
    let shown: String = word.chars().take(40).collect();
    let end = (span.start + word.len()).max(span.end);
    let place = span.start..end;
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let has_letter = word.contains(char::is_alphabetic);
    let wrong = |message: String, help: &str| {
        mistake(place.clone(), format!("not valid TOML: {message}"), "here").help(help)
    };
    if word.is_empty() {
        return wrong("a value is missing behind the sign =".into(), "for example: digits = 4");
    }
    if word.contains(';') {
        let help =
            "commas separate the entries of a list, and numbers have a decimal point: [0.25, 0.1]";
        return wrong(format!("{shown} is no number"), help);
    }
    let mut words = word.split_whitespace();
    if words.clone().count() > 1 && words.all(|word| word.parse::<f64>().is_ok()) {
        return wrong("a comma is missing between two numbers".into(), "write [0.1, 0.2]");
    }
    if has_digit && !has_letter {
        return wrong(
            format!("{shown} has no quotes"),
            "what is not written in digits and a point stands in quotes: \"1/5\", \"−0.5\", \"0,25\"",
        );
    }
    wrong(format!("{shown} has no quotes"), &format!("text stands in quotes: \"{shown}\""))
}

/// Where a list or an inline table begins that is not closed before the next line of its own.
fn unclosed(text: &str) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !open.is_empty() && begins_anew(trimmed) {
            return open.first().copied();
        }
        // Headers close themselves, or are told about as they are.
        if open.is_empty() && trimmed.starts_with('[') {
            at += line.len();
            continue;
        }
        let value = if open.is_empty() { line.find('=').map_or(line.len(), |i| i + 1) } else { 0 };
        let mut quote = None;
        for (i, c) in line.char_indices().skip_while(|(i, _)| *i < value) {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '#') => break,
                (None, '[' | '{') => open.push(at + i),
                (None, ']' | '}') => match open.pop() {
                    // It closes what began otherwise.
                    Some(inner) if text[inner..].starts_with('[') != (c == ']') => {
                        return Some(inner);
                    }
                    _ => {}
                },
                (None, _) => {}
            }
        }
        if quote.is_some() {
            // What is text and what is not cannot be told any more.
            return None;
        }
        at += line.len();
    }
    open.first().copied()
}

/// Whether a line begins with a name and the sign =, or is the header of a table.
fn begins_anew(line: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let behind = match line.strip_prefix('"') {
        Some(rest) => rest.split_once('"').map(|(_, behind)| behind),
        None if line.starts_with(name) => Some(line.trim_start_matches(name)),
        None => {
            let header = line.trim_start_matches('[').trim_start();
            return line.starts_with('[')
                && header.starts_with(|c: char| c.is_ascii_alphabetic())
                && header.trim_end().ends_with(']');
        }
    };
    behind.is_some_and(|behind| behind.trim_start().starts_with('='))
}

fn not_closed(text: &str, opening: usize) -> Parsed<()> {
    let (sign, what, help) = if text[opening..].starts_with('{') {
        ("}", "brace", "what begins with { ends with }: { x = [1, 0], t = [1] }")
    } else {
        ("]", "bracket", "every bracket that is opened is closed: [[0.1, 0.2], [0.3, 0.4]]")
    };
    mistake(
        opening..opening + 1,
        format!("not valid TOML: a {what} {sign} is missing"),
        "what begins here is not closed",
    )
    .help(help)
}
