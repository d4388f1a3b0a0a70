//! Typed access to a TOML document that remembers where everything stands.

use std::borrow::Cow;
use std::ops::Range;

use deltarule::Choice;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Mistakes, Parsed, WithHelp, mistake, nearest};
use crate::meaning;

/// A value and its place.
#[derive(Clone, Copy)]
pub(crate) struct TomlValue<'a> {
    value: &'a DeValue<'a>,
    span: (usize, usize),
}

/// A table, its place, and which keys it may hold.
pub(crate) struct TomlTable<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    what: String,
    known: Vec<&'static str>,
}

impl<'a> TomlTable<'a> {
    /// A table that may hold these keys, which [`TomlTable::check_keys`] looks after.
    pub(crate) fn new(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        what: impl Into<String>,
        known: &[&'static str],
    ) -> Self {
        Self { table, span, what: what.into(), known: known.to_vec() }
    }

    /// Refuses keys that it may not hold.
    pub(crate) fn check_keys(&self) -> Parsed<()> {
        let mut mistakes = Mistakes::default();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            let unknown: Parsed<()> = mistake(
                key.span(),
                format!("unknown key {name:?} in {}", self.what),
                "not known here",
            );
            mistakes.keep(match self.meant_by(name) {
                Some(meant) => unknown.help(format!("did you mean {meant}?")),
                None => unknown.help(format!("known keys: {}", self.known.join(", "))),
            });
        }
        mistakes.end()
    }

    /// What is probably meant by a key that it may not hold.
    fn meant_by(&self, name: &str) -> Option<&'static str> {
        let by_meaning = meaning::key(name, &self.known);
        by_meaning.or_else(|| nearest(name, self.known.iter().copied()))
    }

    /// The entry of a key; where it is not there, that of a key which probably means it: that this is no key is said once, and
    /// what is wrong with its value besides.
    fn entry(&self, key: &str) -> Option<(&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        self.table.get_key_value(key).or_else(|| {
            self.table.iter().find(|(other, _)| {
                let name = other.get_ref().as_ref();
                !self.known.contains(&name) && self.meant_by(name) == Some(key)
            })
        })
    }

    /// Where the table stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of a key, if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<TomlValue<'a>> {
        self.entry(key).map(|(_, value)| TomlValue::of(value))
    }

    /// The place of a key, if it is there.
    pub(crate) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.entry(key).map(|(key, _)| key.span())
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &str, example: &str) -> Parsed<TomlValue<'a>> {
        match self.get(key) {
            Some(value) => Ok(value),
            None => mistake(
                self.span(),
                format!("{key} is missing in {}", self.what),
                format!("{key} is missing"),
            )
            .help(format!("for example: {example}")),
        }
    }
}

impl<'a> TomlValue<'a> {
    fn of(spanned: &'a Spanned<DeValue<'a>>) -> Self {
        let span = spanned.span();
        Self { value: spanned.get_ref(), span: (span.start, span.end) }
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    fn wrong<T>(&self, what: &str, expected: &str) -> Parsed<T> {
        let got = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        mistake(
            self.span(),
            format!("{what} is {got}, expected {expected}"),
            format!("expected {expected}"),
        )
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.value, DeValue::Integer(_) | DeValue::Float(_))
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    pub(crate) fn text(&self, what: &str) -> Parsed<&'a str> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => self.wrong(what, "text in quotes"),
        }
    }

    pub(crate) fn boolean(&self, what: &str) -> Parsed<bool> {
        match self.value {
            DeValue::Boolean(value) => Ok(*value),
            _ => self.wrong(what, "true or false"),
        }
    }

    /// A finite number.
    pub(crate) fn number(&self, what: &str) -> Parsed<f64> {
        let value = match self.value {
            DeValue::Float(value) => value.as_str().parse().ok(),
            DeValue::Integer(value) if value.radix() == 10 => value.as_str().parse().ok(),
            DeValue::Integer(value) => {
                let Ok(value) = i64::from_str_radix(value.as_str(), value.radix()) else {
                    return mistake(self.span(), format!("{what} is too large"), "too large");
                };
                Some(value as f64)
            }
            _ => return self.wrong(what, "a number"),
        };
        match value {
            Some(value) if f64::is_finite(value) => Ok(value),
            _ => mistake(self.span(), format!("{what} is not a finite number"), "must be finite"),
        }
    }

    /// A finite number, if it is one that needs no words.
    fn plain_number(&self) -> Option<f64> {
        let DeValue::Float(value) = self.value else { return None };
        value.as_str().parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// A whole number from 0.
    pub(crate) fn count(&self, what: &str) -> Parsed<usize> {
        let DeValue::Integer(value) = self.value else {
            return self.wrong(what, "a whole number");
        };
        match u64::from_str_radix(value.as_str().trim_start_matches('+'), value.radix()) {
            Ok(value) => Ok(usize::try_from(value).unwrap_or(usize::MAX)),
            Err(_) if value.as_str().starts_with('-') => {
                mistake(self.span(), format!("{what} is negative"), "must be at least 1")
            }
            Err(_) => mistake(self.span(), format!("{what} is too large"), "too large"),
        }
    }

    pub(crate) fn list(&self, what: &str, expected: &str) -> Parsed<Vec<TomlValue<'a>>> {
        match self.value {
            DeValue::Array(items) => Ok(items.iter().map(TomlValue::of).collect()),
            _ => self.wrong(what, expected),
        }
    }

    pub(crate) fn table(&self, what: &str, known: &[&'static str]) -> Parsed<TomlTable<'a>> {
        match self.value {
            DeValue::Table(table) => Ok(TomlTable::new(table, self.span(), what, known)),
            _ => self.wrong(what, "a table"),
        }
    }

    /// The keys of a table that may have any, in the order of the file: name, place and value.
    pub(crate) fn entries(
        &self,
        what: &str,
    ) -> Parsed<Vec<(&'a str, Range<usize>, TomlValue<'a>)>> {
        let DeValue::Table(table) = self.value else { return self.wrong(what, "a table") };
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &'a std::borrow::Cow<'a, str> = key.get_ref();
            (name.as_ref(), key.span(), TomlValue::of(value))
        };
        let mut all: Vec<_> = table.iter().map(entry).collect();
        all.sort_by_key(|(_, span, _)| span.start);
        Ok(all)
    }

    /// A list of numbers of a given length; `unit` says what each stands for.
    pub(crate) fn vector(&self, what: &str, length: usize, unit: &str) -> Parsed<Vec<f64>> {
        let items = self.list(what, "a list of numbers")?;
        if items.len() != length {
            let wrong = mistake(
                self.span(),
                format!("{what} has {}, expected {length}", entries(items.len())),
                format!("expected {length}: one per {unit}"),
            );
            let whole = items.iter().all(|item| matches!(item.value, DeValue::Integer(_)));
            return match length > 0 && whole && items.len() == 2 * length {
                true => wrong.help("a comma separates numbers: write 0.25, not 0,25"),
                false => wrong,
            };
        }
        let mut mistakes = Mistakes::default();
        let mut numbers = Vec::with_capacity(length);
        for (i, item) in items.iter().enumerate() {
            let name = || format!("entry {} of {what}", i + 1);
            // A name for each of a million numbers would take longer than reading them.
            let read = item.plain_number().map_or_else(|| item.number(&name()), Ok);
            numbers.extend(mistakes.keep(read));
            if mistakes.are_enough() {
                break;
            }
        }
        mistakes.unless(Some(numbers))
    }

    /// A list of rows; all of them must have the expected length.
    pub(crate) fn matrix(&self, what: &str, rows: usize, columns: usize) -> Parsed<Vec<f64>> {
        let lines = self.list(what, "a matrix: a list of rows")?;
        let mut widths = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            widths.push(line.list(&format!("row {} of {what}", i + 1), "a list of numbers")?.len());
        }
        if let Some(row) = widths.iter().position(|w| *w != widths[0]) {
            return mistake(
                lines[row].span(),
                format!(
                    "{what} is ragged: row {} has {}, row 1 has {}",
                    row + 1,
                    entries(widths[row]),
                    widths[0]
                ),
                format!("expected {columns} entries in every row"),
            );
        }
        let got = (widths.len(), widths.first().copied().unwrap_or(0));
        if got != (rows, columns) {
            let turned = got == (columns, rows);
            let wrong = mistake(
                self.span(),
                format!("{what}: expected {rows} × {columns}, got {} × {}", got.0, got.1),
                format!("expected {rows} rows (one per unit) of {columns} (one per unit below)"),
            );
            return if turned {
                wrong.help(
                    "it looks transposed: a row per unit of the layer, a column per unit below",
                )
            } else {
                wrong
            };
        }
        let mut mistakes = Mistakes::default();
        let mut out = Vec::with_capacity(rows * columns);
        for (i, line) in lines.iter().enumerate() {
            let row = line.vector(&format!("row {} of {what}", i + 1), columns, "unit below");
            out.extend(mistakes.keep(row).unwrap_or_default());
            if mistakes.are_enough() {
                break;
            }
        }
        mistakes.unless(Some(out))
    }

    /// A name out of a closed set.
    pub(crate) fn choice<C: Choice>(&self) -> Parsed<C> {
        self.one_of(C::CHOICES.iter().copied())
    }

    /// A name out of a part of a closed set.
    pub(crate) fn one_of<C: Choice>(&self, all: impl Iterator<Item = C>) -> Parsed<C> {
        let text = self.text(C::WHAT)?;
        let all: Vec<C> = all.collect();
        let names: Vec<&str> = all.iter().map(C::choice_name).collect();
        let name = names.iter().copied().find(|name| *name == text);
        let name = name.or_else(|| meaning::value(C::WHAT, text, &names));
        if let Some(found) = all.iter().find(|choice| Some(choice.choice_name()) == name) {
            return Ok(*found);
        }
        let unknown = mistake(self.span(), format!("unknown {} {text:?}", C::WHAT), "not known");
        let near = meaning::probable_value(C::WHAT, text, &names);
        match near.or_else(|| nearest(text, names.iter().copied())) {
            Some(near) => {
                unknown.help(format!("did you mean {near:?}? Known: {}", names.join(", ")))
            }
            None => unknown.help(format!("known: {}", names.join(", "))),
        }
    }
}

/// "1 entry", "3 entries"
fn entries(count: usize) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}
