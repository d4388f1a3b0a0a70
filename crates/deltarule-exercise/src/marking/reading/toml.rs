//! TOML as a tree.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::node::{Entry, Node, NodeKind, check_depth};
use crate::diagnostic::Parsed;
use crate::syntax;

/// Reads a text as TOML.
pub(super) fn read(text: &str) -> Parsed<Node> {
    let document = syntax::parse(text)?;
    let beginning = 0..text.len().min(1);
    table(document.get_ref(), beginning, 1)
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
