//! The tree that TOML and JSON are read into: each piece with its place, each number with its digits.

use std::ops::Range;

use crate::diagnostic::{Parsed, WithHelp, mistake};

/// A value and its place.
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: NodeKind,
}

/// What a value is.
pub(super) enum NodeKind {
    /// A number, digit by digit as it was written.
    Number(String),
    Text(String),
    /// JSON's null.
    Nothing,
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// What no answer is made of, in words.
    Other(&'static str),
}

/// A key, its place and its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node,
}

/// Values nested deeper than this are refused: no answer is, and reading them would take the stack.
const DEEPEST: usize = 16;

/// Refuses what is nested too deeply.
pub(super) fn check_depth(depth: usize, span: Range<usize>) -> Parsed<()> {
    if depth <= DEEPEST {
        return Ok(());
    }
    mistake(span, "values are nested too deeply", "no answer is nested this deeply")
}

impl Node {
    /// Whether it stands for a number that was not found: nothing, "" or "?".
    pub(super) fn is_gap(&self) -> bool {
        match &self.kind {
            NodeKind::Text(text) => is_gap(text),
            NodeKind::Nothing => true,
            _ => false,
        }
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> &'static str {
        match self.kind {
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "text",
            NodeKind::Nothing => "nothing",
            NodeKind::List(_) => "a list",
            NodeKind::Table(_) => "a table",
            NodeKind::Other(words) => words,
        }
    }

    /// The items of a list.
    pub(super) fn list(&self, what: &str, expected: &str) -> Parsed<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Ok(items),
            _ => self.wrong(what, expected),
        }
    }

    /// The entries of a table.
    pub(super) fn table(&self, what: &str, expected: &str) -> Parsed<&[Entry]> {
        match &self.kind {
            NodeKind::Table(entries) => Ok(entries),
            _ => self.wrong(what, expected),
        }
    }

    /// A text, or the digits of a number: what names a part.
    pub(super) fn name(&self, what: &str) -> Parsed<&str> {
        match &self.kind {
            NodeKind::Text(text) | NodeKind::Number(text) => Ok(text),
            _ => self.wrong(what, "text in quotes"),
        }
    }

    /// The mistake that something else was expected here.
    pub(super) fn wrong<T>(&self, what: &str, expected: &str) -> Parsed<T> {
        mistake(
            self.span.clone(),
            format!("{what} is {}, expected {expected}", self.words()),
            format!("expected {expected}"),
        )
    }
}

/// Whether a text stands for a number that was not found.
pub(super) fn is_gap(text: &str) -> bool {
    matches!(text.trim(), "" | "?")
}

/// The mistake that a number cannot be read.
pub(super) fn unreadable<T>(span: Range<usize>, what: &str, text: &str) -> Parsed<T> {
    let shown: String = text.trim().chars().take(40).collect();
    mistake(span, format!("{what} is {shown:?}, which is not a number"), "not a number")
        .help("write a number such as 0.25, -3 or 1.5e-7, and \"?\" where you have none")
}
