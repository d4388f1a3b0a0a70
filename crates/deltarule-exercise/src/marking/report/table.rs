//! Tables of numbers: the student's, the right ones, and what they should have led to.

use deltarule_document::{Math, Prose, Table};

use super::words::{Standing, line, place};
use crate::marking::verdict::{EntryMarking, QuantityMarking, Verdict};

/// So many numbers stand in a line at most.
const WIDEST: usize = 8;

/// Numbers of a quantity that stand in one line of a table: a row or a column of the same verdict, or one number.
pub(super) struct VerdictLine<'a> {
    quantity: &'a QuantityMarking,
    /// Whether something is wrong before it.
    caused: bool,
    pub(super) places: Vec<(usize, usize)>,
}

impl<'a> VerdictLine<'a> {
    /// All numbers of a quantity, in as few lines as can be read.
    pub(super) fn all(quantity: &'a QuantityMarking, caused: bool) -> Vec<Self> {
        let (rows, columns) = quantity.entries.dim();
        let of_row = |row: usize| (0..columns).map(move |column| (row, column)).collect();
        let groups: Vec<Vec<(usize, usize)>> = match columns {
            1 => vec![(0..rows).map(|row| (row, 0)).collect()],
            _ => (0..rows).map(of_row).collect(),
        };
        let mut lines = Vec::new();
        for places in groups {
            let standing = |place: &(usize, usize)| Standing::of(&quantity.entries[*place], caused);
            let first = places.first().map(standing);
            let alike = places.iter().all(|place| Some(standing(place)) == first);
            let is_wrong = first.is_some_and(|first| first.verdict == Verdict::Wrong);
            if alike && !is_wrong && places.len() <= WIDEST {
                lines.push(Self { quantity, caused, places });
            } else {
                lines.extend(places.into_iter().map(|at| Self::one(quantity, caused, at)));
            }
        }
        lines
    }

    pub(super) fn one(quantity: &'a QuantityMarking, caused: bool, place: (usize, usize)) -> Self {
        Self { quantity, caused, places: vec![place] }
    }

    fn entries(&self) -> impl Iterator<Item = &'a EntryMarking> {
        let entries = &self.quantity.entries;
        self.places.clone().into_iter().map(move |place| &entries[place])
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.entries().map(|entry| entry.verdict).max().unwrap_or(Verdict::Missing)
    }

    /// How its numbers stand, the worst of them.
    fn standing(&self) -> Option<Standing> {
        let standings = self.entries().map(|entry| Standing::of(entry, self.caused));
        standings.max_by_key(|standing| standing.verdict)
    }

    /// Which numbers these are, with what separates it from the name before; nothing where they are all.
    fn place(&self) -> String {
        let place = match self.places.as_slice() {
            [(row, column)] => place(self.quantity, *row, *column),
            _ if self.places.len() == self.quantity.entries.len() => String::new(),
            [(row, _), ..] => line(self.quantity, *row),
            [] => String::new(),
        };
        if place.is_empty() { place } else { format!(", {place}") }
    }
}

/// What the rows of a table share.
pub(super) struct Columns<'a> {
    pub(super) part: &'a str,
    /// Whether the numbers of the solution, and those that the student's lead to, are left out.
    pub(super) hide_solution: bool,
}

impl Columns<'_> {
    /// The student's numbers beside the right ones; `symbol` names a quantity.
    pub(super) fn table(
        &self,
        lines: &[VerdictLine<'_>],
        symbol: impl Fn(&QuantityMarking) -> Prose,
    ) -> Option<Table> {
        if lines.is_empty() {
            return None;
        }
        let any = |what: fn(&EntryMarking) -> bool| {
            !self.hide_solution && lines.iter().flat_map(VerdictLine::entries).any(what)
        };
        let (own, explained) = (any(differs), any(is_explained));
        let mut header: Vec<Prose> = ["quantity", "yours"].map(Prose::from).to_vec();
        if !self.hide_solution {
            header.push("right".into());
        }
        if own {
            header.push("from your numbers".into());
        }
        if explained {
            header.push("with that mistake".into());
        }
        header.push("verdict".into());
        let rows = lines.iter().map(|line| {
            let mut cells = vec![symbol(line.quantity).and_text(line.place())];
            self.numbers(line, own, explained, &mut cells);
            cells
        });
        Some(Table { header, rows: rows.collect() })
    }

    fn numbers(&self, line: &VerdictLine<'_>, own: bool, explained: bool, cells: &mut Vec<Prose>) {
        let quantity = line.quantity;
        let Some((mark, words)) = line.standing().map(Standing::judged) else { return };
        let (name, layer) = (quantity.quantity.family(), quantity.quantity.layer());
        let of = deltarule_document::QuantityId::new(self.part, quantity.step + 1, &name, layer);
        let numbers = |value: fn(&EntryMarking) -> f64| {
            let entries = line.places.iter().map(|&(row, column)| {
                let value = value(&quantity.entries[(row, column)]);
                Prose::default().and_math(Math::number(value, row, column, of.clone()))
            });
            with_commas(entries)
        };
        let written = line.entries().map(|entry| {
            let written = entry.written.as_ref().map_or("?", |written| &written.text);
            Prose::default().and_marked(mark, written)
        });
        cells.push(with_commas(written));
        if !self.hide_solution {
            cells.push(numbers(|entry| entry.right));
        }
        let mut pushed = |shown: bool, what: fn(&EntryMarking) -> bool, value| {
            if shown {
                let is_it = line.entries().any(what);
                cells.push(if is_it { numbers(value) } else { Prose::default() });
            }
        };
        pushed(own, differs, |entry: &EntryMarking| entry.expected);
        pushed(explained, is_explained, |entry: &EntryMarking| {
            entry.explained.unwrap_or(entry.expected)
        });
        cells.push(Prose::default().and_marked(mark, words));
    }
}

/// Pieces with commas between them.
fn with_commas(pieces: impl Iterator<Item = Prose>) -> Prose {
    pieces.enumerate().fold(Prose::default(), |prose, (i, piece)| {
        prose.and(if i > 0 { ", " } else { "" }).and_prose(piece)
    })
}

fn is_explained(entry: &EntryMarking) -> bool {
    entry.explained.is_some()
}

/// Whether a number is not right, and what the student's earlier numbers lead to says more than the solution's number. It
/// does not where a wrong number is just that: then it is the mistake that leads there; nor where a mistake explains it.
fn differs(entry: &EntryMarking) -> bool {
    let Some(written) = &entry.written else { return false };
    let size = entry.right.abs().max(entry.expected.abs());
    let is_other = (entry.right - entry.expected).abs() > 1e-9 * size && !is_explained(entry);
    let unit = 10_f64.powi(-written.decimals);
    match entry.verdict {
        Verdict::FollowThrough => is_other,
        Verdict::Wrong => is_other && (written.value - entry.expected).abs() > unit,
        Verdict::Correct | Verdict::Missing => false,
    }
}
