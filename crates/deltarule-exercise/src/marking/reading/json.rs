//! JSON as a tree.
//!
//! Values are read as slices of the text: numbers keep their digits, and the place of a slice is where it lies in the text.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{Entry, Node, NodeKind, check_depth};
use crate::diagnostic::{Parsed, mistake};

/// Reads a text as JSON.
pub(super) fn read(text: &str) -> Parsed<Node> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => node(text, raw, 1),
        Err(error) => {
            let at = offset(text, error.line(), error.column());
            let message = error.to_string();
            let message = message.rfind(" at line ").map_or(message.as_str(), |i| &message[..i]);
            mistake(at..at, format!("not valid JSON: {message}"), "here")
        }
    }
}

/// The offset of a line and a column, in bytes, both from 1; the column is that of the last byte that was read.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// Where a slice lies in the text that it is a slice of.
fn place(text: &str, slice: &str) -> Range<usize> {
    let start = (slice.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + slice.len()
}

fn node(text: &str, raw: &RawValue, depth: usize) -> Parsed<Node> {
    let slice = raw.get();
    let span = place(text, slice);
    check_depth(depth, span.clone())?;
    let kind = match slice.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> = part(slice, &span)?;
            let entry = |(key, value): (&RawValue, &RawValue)| {
                let key_span = place(text, key.get());
                Ok(Entry {
                    key: part(key.get(), &key_span)?,
                    key_span,
                    value: node(text, value, depth + 1)?,
                })
            };
            NodeKind::Table(members.0.into_iter().map(entry).collect::<Parsed<_>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = part(slice, &span)?;
            let items = items.into_iter().map(|item| node(text, item, depth + 1));
            NodeKind::List(items.collect::<Parsed<_>>()?)
        }
        Some(b'"') => NodeKind::Text(part(slice, &span)?),
        Some(b't' | b'f') => NodeKind::Other("true or false"),
        Some(b'n') => NodeKind::Nothing,
        _ => NodeKind::Number(slice.to_string()),
    };
    Ok(Node { span, kind })
}

/// Reads a slice that is known to be JSON; only text with half a character in it can still fail.
fn part<'a, T: Deserialize<'a>>(slice: &'a str, span: &Range<usize>) -> Parsed<T> {
    match serde_json::from_str(slice) {
        Ok(value) => Ok(value),
        Err(_) => mistake(span.clone(), "text with an escape that is no character", "here"),
    }
}

/// The members of an object in their order, also such that stand there twice.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_map(All).map(Members)
    }
}
