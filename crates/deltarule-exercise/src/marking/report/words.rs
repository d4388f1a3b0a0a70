//! What quantities and numbers are called in a report.

use deltarule_document::{Mark, Prose};

use crate::exercise::Exercise;
use crate::marking::quantity::{Quantity, step_count};
use crate::marking::verdict::{EntryMarking, QuantityMarking, Verdict};

/// A quantity in the letters of the sheet.
pub(in crate::marking) fn symbol(quantity: Quantity) -> Prose {
    let layer = quantity.layer().unwrap_or(0);
    match quantity {
        Quantity::Z(_) => Prose::new(&format!("$z^[{layer}]$")),
        Quantity::X(_) => Prose::new(&format!("$x^[{layer}]$")),
        Quantity::Loss => Prose::new("$E$"),
        Quantity::TotalLoss => Prose::text("total loss"),
        Quantity::Derivative(_) => Prose::new(&format!("$f'(z^[{layer}])$")),
        Quantity::Delta(_) => Prose::new(&format!("$δ^[{layer}]$")),
        Quantity::GradWeights(_) => Prose::new(&format!("$∂E/∂w^[{layer}]$")),
        Quantity::GradBiases(_) => Prose::new(&format!("$∂E/∂b^[{layer}]$")),
        Quantity::StateWeights(..)
        | Quantity::StateBiases(..)
        | Quantity::CorrectedWeights(..)
        | Quantity::CorrectedBiases(..) => Prose::new(&format!("`{quantity}`")),
        Quantity::Weights(_) => Prose::new(&format!("new $w^[{layer}]$")),
        Quantity::Biases(_) => Prose::new(&format!("new $b^[{layer}]$")),
        Quantity::TotalLossAfter => Prose::text("total loss after the update"),
        Quantity::Class => Prose::text("class"),
    }
}

/// A quantity, and its step where the part has several.
pub(super) fn symbol_of(marking: &QuantityMarking, steps: usize) -> Prose {
    let symbol = symbol(marking.quantity);
    if steps == 1 { symbol } else { symbol.and_text(format!(" of step {}", marking.step + 1)) }
}

/// Which number of a quantity: "unit 2", "unit 2, example 1", "unit 2 ← input 3"; nothing where there is only one.
pub(super) fn place(marking: &QuantityMarking, row: usize, column: usize) -> String {
    let (mut rows, mut columns) = marking.entries.dim();
    let (mut unit, mut other) = (row + 1, column + 1);
    if marking.transposed {
        (rows, columns) = (columns, rows);
        (unit, other) = (other, unit);
    }
    let quantity = marking.quantity;
    match quantity {
        Quantity::TotalLoss | Quantity::TotalLossAfter => String::new(),
        Quantity::Loss | Quantity::Class if columns == 1 => String::new(),
        Quantity::Loss | Quantity::Class => example(other),
        _ if quantity.is_like_weights() => {
            let below = below(quantity);
            match (rows, columns) {
                (1, 1) => String::new(),
                (1, _) => format!("from {below}\u{a0}{other}"),
                (_, 1) => format!("unit\u{a0}{unit}"),
                _ => format!("unit\u{a0}{unit} ← {below}\u{a0}{other}"),
            }
        }
        _ if columns > 1 => format!("unit\u{a0}{unit}, {}", example(other)),
        _ if rows == 1 => String::new(),
        _ => format!("unit\u{a0}{unit}"),
    }
}

/// What a row of a quantity stands for, as it was written.
pub(super) fn line(marking: &QuantityMarking, row: usize) -> String {
    let number = row + 1;
    match marking.transposed {
        false => format!("unit\u{a0}{number}"),
        true if marking.quantity.is_like_weights() => {
            format!("from {}\u{a0}{number}", below(marking.quantity))
        }
        true => example(number),
    }
}

fn example(number: usize) -> String {
    format!("example\u{a0}{number}")
}

/// What the weights of a layer come from.
fn below(quantity: Quantity) -> &'static str {
    if quantity.layer() == Some(1) { "input" } else { "unit" }
}

/// How a number stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) verdict: Verdict,
    counted: bool,
    explained: bool,
    /// Whether something is wrong before it.
    caused: bool,
}

impl Standing {
    pub(super) fn of(entry: &EntryMarking, caused: bool) -> Self {
        let explained = entry.explained.is_some();
        Self { verdict: entry.verdict, counted: entry.counted, explained, caused }
    }

    /// As a mark, and in words with a sign before them.
    pub(super) fn judged(self) -> (Mark, String) {
        let (mark, words) = match self.verdict {
            Verdict::Correct => (Mark::Right, "✓ right"),
            Verdict::FollowThrough if self.explained => {
                (Mark::Follows, "→ explained by the mistake above")
            }
            Verdict::FollowThrough if self.caused => (Mark::Follows, "→ follows"),
            Verdict::FollowThrough => (Mark::Follows, "≈ within your rounding"),
            Verdict::Wrong => return (Mark::Wrong, "✗ wrong".into()),
            Verdict::Missing => return (Mark::Missing, "– not answered".into()),
        };
        let own = if self.counted { "" } else { ", not counted on its own" };
        (mark, format!("{words}{own}"))
    }
}

/// "a", "a and b", "a, b and c"
pub(super) fn listed(items: Vec<Prose>) -> Prose {
    let count = items.len();
    items.into_iter().enumerate().fold(Prose::default(), |prose, (i, item)| {
        let before = match i {
            0 => "",
            i if i + 1 == count => " and ",
            _ => ", ",
        };
        prose.and(before).and_prose(item)
    })
}

/// Quantities of a part, step by step where there are several; where a whole step is meant, the step alone is named.
pub(super) fn quantities_in_words(
    exercise: &Exercise,
    part: usize,
    chosen: &[&QuantityMarking],
    all: &[QuantityMarking],
) -> Prose {
    let steps = step_count(&exercise.parts[part]);
    if steps == 1 {
        return listed(chosen.iter().map(|marking| symbol(marking.quantity)).collect());
    }
    // From, to, and what of these steps; nothing where it is all that each of them has.
    let mut runs: Vec<(usize, usize, Option<Prose>)> = Vec::new();
    for of_step in chosen.chunk_by(|a, b| a.step == b.step) {
        let step = of_step[0].step;
        let whole = all.iter().filter(|marking| marking.step == step).count() == of_step.len();
        let symbols = || listed(of_step.iter().map(|marking| symbol(marking.quantity)).collect());
        let what = (!whole).then(symbols);
        match runs.last_mut() {
            Some((_, last, same)) if *last + 1 == step && *same == what => *last = step,
            _ => runs.push((step, step, what)),
        }
    }
    let pieces = runs.into_iter().map(|(first, last, what)| {
        let steps = if first == last {
            format!("step {}", first + 1)
        } else {
            format!("steps {} to {}", first + 1, last + 1)
        };
        match what {
            None => Prose::text(format!("all of {steps}")),
            Some(what) => what.and_text(format!(" of {steps}")),
        }
    });
    let pieces: Vec<Prose> = pieces.collect();
    let count = pieces.len();
    pieces.into_iter().enumerate().fold(Prose::default(), |prose, (i, piece)| {
        prose.and_prose(piece).and(if i + 1 < count { "; " } else { "" })
    })
}

/// "1 number", "3 numbers"
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
