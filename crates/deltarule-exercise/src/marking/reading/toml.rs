//! TOML as a tree.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::node::{Entry, Node, NodeKind, check_depth};
use crate::diagnostic::{Parsed, WithHelp, mistake};

/// Reads a text as TOML.
pub(super) fn read(text: &str) -> Parsed<Node> {
    match DeTable::parse(text) {
        Ok(document) => {
            let beginning = 0..text.len().min(1);
            table(document.get_ref(), beginning, 1)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len().min(1));
            let invalid =
                mistake(span.clone(), format!("not valid TOML: {}", error.message()), "here");
            if begins_with_a_bare_bracket(text, &span) {
                invalid.help("names with brackets stand in quotes: \"z[1]\" = [0.2, 0.2]")
            } else {
                invalid
            }
        }
    }
}

/// Whether the line of a place begins like `z[1]`: as in the formulas, but not as TOML has it.
fn begins_with_a_bare_bracket(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].trim_start();
    let word = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    word > 0 && line[word..].starts_with('[')
}

fn table(table: &DeTable<'_>, span: Range<usize>, depth: usize) -> Parsed<Node> {
    check_depth(depth, span.clone())?;
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        entries.push(Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value: node(value.get_ref(), value.span(), depth + 1)?,
        });
    }
    // The table is sorted by key; a mistake is named in the order of the file.
    entries.sort_by_key(|entry| entry.key_span.start);
    Ok(Node { span, kind: NodeKind::Table(entries) })
}

fn node(value: &DeValue<'_>, span: Range<usize>, depth: usize) -> Parsed<Node> {
    check_depth(depth, span.clone())?;
    let kind = match value {
        DeValue::String(text) => NodeKind::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => {
            NodeKind::Number(number.as_str().into())
        }
        DeValue::Integer(_) => NodeKind::Other("a number that is not written in decimal"),
        DeValue::Float(number) => NodeKind::Number(number.as_str().into()),
        DeValue::Boolean(_) => NodeKind::Other("true or false"),
        DeValue::Datetime(_) => NodeKind::Other("a date"),
        DeValue::Table(inner) => return table(inner, span, depth),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(item.get_ref(), item.span(), depth + 1));
            NodeKind::List(items.collect::<Parsed<_>>()?)
        }
    };
    Ok(Node { span, kind })
}
