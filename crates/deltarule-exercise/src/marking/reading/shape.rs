//! Vectors and matrices of answers, in the ways that people write them.

use ndarray::Array2;

use super::super::answers::Written;
use super::super::quantity::{Quantity, Shape};
use super::node::{Node, NodeKind, unreadable};
use crate::diagnostic::{Parsed, WithHelp, mistake};

/// The numbers of a quantity in its shape, and whether rows and columns stood the other way round.
pub(super) fn read(
    value: &Node,
    shape: &Shape,
    what: &str,
) -> Parsed<(Array2<Option<Written>>, bool)> {
    let (rows, columns) = (shape.rows, shape.columns);
    if value.is_gap() {
        return Ok((Array2::from_elem((rows, columns), None), false));
    }
    let items = match &value.kind {
        NodeKind::List(items) => items.as_slice(),
        NodeKind::Number(_) | NodeKind::Text(_) => std::slice::from_ref(value),
        NodeKind::Nothing | NodeKind::Table(_) | NodeKind::Other(_) => {
            return value.wrong(what, &expected(shape));
        }
    };
    let is_list = |item: &Node| matches!(item.kind, NodeKind::List(_));
    if !items.iter().any(is_list) {
        return flat(value, items, shape, what);
    }
    let mut width = None;
    for (i, item) in items.iter().enumerate() {
        if item.is_gap() {
            continue;
        }
        let row = item.list(&format!("row {} of {what}", i + 1), "a list of numbers")?;
        let first = *width.get_or_insert(row.len());
        if row.len() != first {
            return mistake(
                item.span.clone(),
                format!(
                    "{what} is ragged: row {} has {}, an earlier row has {first}",
                    i + 1,
                    count(row.len(), "entry", "entries")
                ),
                format!("expected {first}"),
            )
            .help("write \"?\" for each number that you have not");
        }
    }
    let got = (items.len(), width.unwrap_or(0));
    let transposed = got != (rows, columns);
    if transposed && got != (columns, rows) {
        return wrong_shape(value, shape, what, &format!("{} × {}", got.0, got.1));
    }
    let mut entries = Array2::from_elem((rows, columns), None);
    for (i, item) in items.iter().enumerate() {
        let NodeKind::List(row) = &item.kind else { continue };
        for (j, cell) in row.iter().enumerate() {
            let name = || format!("entry {} of row {} of {what}", j + 1, i + 1);
            let place = if transposed { (j, i) } else { (i, j) };
            entries[place] = number(cell, name)?;
        }
    }
    Ok((entries, transposed))
}

/// A list of numbers, or a number alone, where there is one row or one column.
fn flat(
    value: &Node,
    items: &[Node],
    shape: &Shape,
    what: &str,
) -> Parsed<(Array2<Option<Written>>, bool)> {
    let (rows, columns) = (shape.rows, shape.columns);
    let mut entries = Array2::from_elem((rows, columns), None);
    if rows > 1 && columns > 1 {
        // A gap may stand for a whole row.
        if items.len() == rows && items.iter().all(Node::is_gap) {
            return Ok((entries, false));
        }
        return wrong_shape(value, shape, what, &count(items.len(), "number", "numbers"));
    }
    if items.len() != rows * columns {
        return wrong_shape(value, shape, what, &count(items.len(), "entry", "entries"));
    }
    for (i, (item, entry)) in items.iter().zip(entries.iter_mut()).enumerate() {
        let alone = rows * columns == 1;
        *entry = number(item, || {
            if alone { what.to_string() } else { format!("entry {} of {what}", i + 1) }
        })?;
    }
    Ok((entries, false))
}

fn number(node: &Node, what: impl Fn() -> String) -> Parsed<Option<Written>> {
    let text = match &node.kind {
        _ if node.is_gap() => return Ok(None),
        NodeKind::Number(text) | NodeKind::Text(text) => text,
        _ => return node.wrong(&what(), "a number"),
    };
    match Written::parse(text) {
        Some(written) => Ok(Some(written)),
        None => unreadable(node.span.clone(), &what(), text),
    }
}

fn wrong_shape<T>(value: &Node, shape: &Shape, what: &str, got: &str) -> Parsed<T> {
    let expected = expected(shape);
    let wrong = mistake(
        value.span.clone(),
        format!("{what} has {got}, expected {expected}"),
        format!("expected {expected}"),
    );
    if shape.rows > 1 && shape.columns > 1 {
        wrong.help(format!("for example: {}", example(shape)))
    } else {
        wrong.help("write \"?\" for each number that you have not")
    }
}

/// The shape in words: "3 × 2 (a row per unit, a column per example)".
fn expected(shape: &Shape) -> String {
    let (rows, columns) = (shape.rows, shape.columns);
    let meaning = match shape.quantity {
        Quantity::TotalLoss | Quantity::TotalLossAfter => return "one number".to_string(),
        Quantity::Loss | Quantity::Class => "one per example",
        quantity if quantity.is_like_weights() => "a row per unit, a column per unit below",
        quantity if quantity.is_per_example() && columns > 1 => {
            "a row per unit, a column per example"
        }
        _ => "one per unit",
    };
    match (rows, columns) {
        (rows, 1) if !shape.quantity.is_like_weights() => format!("{rows} ({meaning})"),
        (1, columns) if !shape.quantity.is_like_weights() && meaning == "one per example" => {
            format!("{columns} ({meaning})")
        }
        _ => format!("{rows} × {columns} ({meaning})"),
    }
}

/// A matrix of gaps, cut where it is large.
fn example(shape: &Shape) -> String {
    const MOST: usize = 4;
    let some = |count: usize, item: &str| {
        let mut items = vec![item; count.min(MOST)];
        if count > MOST {
            items.push("…");
        }
        format!("[{}]", items.join(", "))
    };
    let row = some(shape.columns, "?").replace('?', "\"?\"");
    some(shape.rows, &row)
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
