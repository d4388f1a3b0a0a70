//! Vectors and matrices of answers, in the ways that people write them.

use deltarule_document::Prose;
use ndarray::Array2;

use super::super::answers::Written;
use super::super::quantity::{Quantity, Shape};
use super::super::report::symbol;
use super::node::{Node, NodeKind, unreadable};
use crate::diagnostic::{Mistake, Parsed};

/// What was written for a quantity.
pub(super) enum Shaped {
    /// Numbers in its shape.
    Fitting(Numbers),
    /// Numbers in another shape: how many, in words.
    Otherwise(String),
}

/// Numbers in the shape of their quantity, and how they stood in the file.
pub(super) struct Numbers {
    pub(super) entries: Array2<Option<Written>>,
    /// Whether rows and columns stood the other way round.
    pub(super) transposed: bool,
    /// Whether it was one number for all units of a layer.
    pub(super) one_for_layer: bool,
}

/// A number that cannot be read, and what it is in words.
pub(super) type UnreadNumber = (String, Box<Mistake>);

impl Shaped {
    pub(super) fn fitting(entries: Array2<Option<Written>>, transposed: bool) -> Self {
        Self::Fitting(Numbers { entries, transposed, one_for_layer: false })
    }

    /// A number that holds for every unit.
    pub(super) fn one_for_layer(number: Option<Written>, shape: &Shape) -> Self {
        let entries = Array2::from_elem((shape.rows, shape.columns), number);
        Self::Fitting(Numbers { entries, transposed: false, one_for_layer: true })
    }

    fn gaps(shape: &Shape) -> Self {
        Self::fitting(Array2::from_elem((shape.rows, shape.columns), None), false)
    }
}

/// Whether one number may stand for all units of a layer.
pub(super) fn may_be_shared(shape: &Shape) -> bool {
    shape.quantity.is_like_biases() && shape.columns == 1 && shape.rows > 1
}

/// Reads the numbers of a quantity. Those that cannot be read are named and count as gaps.
pub(super) fn read(
    value: &Node,
    shape: &Shape,
    what: &str,
    unread: &mut Vec<UnreadNumber>,
) -> Parsed<Shaped> {
    if value.is_gap() {
        return Ok(Shaped::gaps(shape));
    }
    match &value.kind {
        NodeKind::Number(_) | NodeKind::Text(_) if may_be_shared(shape) => {
            let number = number(value, || what.to_string(), unread);
            Ok(Shaped::one_for_layer(number, shape))
        }
        NodeKind::Number(_) | NodeKind::Text(_) => {
            Ok(flat(std::slice::from_ref(value), shape, what, unread))
        }
        NodeKind::List(items) if items.iter().any(is_list) => {
            Ok(nested(items, shape, what, unread))
        }
        NodeKind::List(items) => Ok(flat(items, shape, what, unread)),
        NodeKind::Nothing | NodeKind::Table(_) | NodeKind::Other(_) => {
            value.wrong(what, &expected(shape))
        }
    }
}

fn is_list(node: &Node) -> bool {
    matches!(node.kind, NodeKind::List(_))
}

/// A list of rows. A gap may stand for a row.
fn nested(items: &[Node], shape: &Shape, what: &str, unread: &mut Vec<UnreadNumber>) -> Shaped {
    let mut rows: Vec<Option<Vec<Option<Written>>>> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let cells = match &item.kind {
            _ if item.is_gap() => {
                rows.push(None);
                continue;
            }
            NodeKind::List(cells) => cells.as_slice(),
            // A number among rows is a row of one.
            _ => std::slice::from_ref(item),
        };
        let numbers = cells.iter().enumerate().map(|(j, cell)| {
            number(cell, || format!("entry {} of row {} of {what}", j + 1, i + 1), unread)
        });
        rows.push(Some(numbers.collect()));
    }
    let widths: Vec<usize> = rows.iter().flatten().map(Vec::len).collect();
    let width = widths.first().copied().unwrap_or(0);
    let is_empty = rows.iter().flatten().flatten().all(Option::is_none);
    let (least, most) = widths.iter().fold((width, width), |(a, b), w| (a.min(*w), b.max(*w)));
    let got = (items.len(), width);
    let transposed = got != (shape.rows, shape.columns);
    if least < most || (transposed && got != (shape.columns, shape.rows)) {
        if is_empty {
            return Shaped::gaps(shape);
        }
        return Shaped::Otherwise(match least < most {
            true => format!("rows of {least} to {most} numbers"),
            false => format!("{} × {} numbers", got.0, got.1),
        });
    }
    let mut entries = Array2::from_elem((shape.rows, shape.columns), None);
    for (i, row) in rows.into_iter().enumerate() {
        for (j, number) in row.into_iter().flatten().enumerate() {
            entries[if transposed { (j, i) } else { (i, j) }] = number;
        }
    }
    Shaped::fitting(entries, transposed)
}

/// A list of numbers, or a number alone, where there is one row or one column.
fn flat(items: &[Node], shape: &Shape, what: &str, unread: &mut Vec<UnreadNumber>) -> Shaped {
    let (rows, columns) = (shape.rows, shape.columns);
    let alone = items.len() == 1 && rows * columns == 1;
    let name = |i: usize| {
        if alone { what.to_string() } else { format!("entry {} of {what}", i + 1) }
    };
    let numbers: Vec<Option<Written>> =
        items.iter().enumerate().map(|(i, item)| number(item, || name(i), unread)).collect();
    if numbers.iter().all(Option::is_none) {
        return Shaped::gaps(shape);
    }
    if (rows > 1 && columns > 1) || numbers.len() != rows * columns {
        return Shaped::Otherwise(match numbers.len() {
            1 => "1 number".to_string(),
            count => format!("{count} numbers"),
        });
    }
    match Array2::from_shape_vec((rows, columns), numbers) {
        Ok(entries) => Shaped::fitting(entries, false),
        Err(_) => Shaped::gaps(shape),
    }
}

/// A number, or a gap, also where it cannot be read.
fn number(
    node: &Node,
    what: impl Fn() -> String,
    unread: &mut Vec<UnreadNumber>,
) -> Option<Written> {
    let read: Parsed<Written> = match &node.kind {
        _ if node.is_gap() => return None,
        NodeKind::Number(text) | NodeKind::Text(text) => {
            Written::parse(text).map_or_else(|| unreadable(node.span.clone(), &what(), text), Ok)
        }
        _ => node.wrong(&what(), "a number"),
    };
    read.map_err(|mistake| unread.push((what(), mistake))).ok()
}

/// What is said about numbers in another shape.
pub(super) fn sentence(shape: &Shape, got: &str) -> Prose {
    let (rows, columns) = (shape.rows, shape.columns);
    let each = match shape.quantity {
        Quantity::TotalLoss | Quantity::TotalLossAfter => None,
        Quantity::Loss | Quantity::Class => Some(("example", columns)),
        quantity if quantity.is_like_weights() => None,
        _ if columns == 1 => Some(("unit", rows)),
        _ => None,
    };
    let expected = match each {
        Some((each, count)) => format!("one is expected for each {each}: {count}"),
        None if (rows, columns) == (1, 1) => "one number is expected".to_string(),
        None => {
            let across = match shape.quantity {
                quantity if !quantity.is_like_weights() => "example",
                quantity if quantity.layer() == Some(1) => "input",
                _ => "unit below",
            };
            format!(
                "{rows} × {columns} are expected: a row for each unit, a column for each {across}"
            )
        }
    };
    symbol(shape.quantity).and_text(format!(" has {got}, and {expected}."))
}

/// The shape in words: "3 × 2 numbers", "2 numbers".
fn expected(shape: &Shape) -> String {
    match (shape.rows, shape.columns) {
        (1, 1) => "a number".to_string(),
        (count, 1) | (1, count) if !shape.quantity.is_like_weights() => format!("{count} numbers"),
        (rows, columns) => format!("{rows} × {columns} numbers"),
    }
}
