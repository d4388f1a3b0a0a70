//! The cells of a column that are kept while its table is read: compact, and nothing of them lost that is needed later.
//!
//! What a column is, is known only at its end. So text is kept as the numbers of its distinct values for as long as they are
//! few. A column with more of them is kept as numbers, if all of them are some, and else not at all: as a category it has too
//! many values.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::chunk::{ChunkColumn, CodedTexts, ColumnData, ColumnValues, TextValues};

/// Whole numbers of f64 beyond this have neighbours that it rounds to them.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The cells of a column so far.
#[derive(Debug)]
pub(crate) enum KeptCells {
    /// Text, each by its number among the distinct ones; None for a missing one.
    Coded(Vec<Option<NonZeroU32>>),
    /// Text that is numbers; NaN for a missing one.
    Numbers { values: Vec<f64>, exact: bool },
    /// Cells that are not text.
    Typed(ColumnData),
    /// Text of too many kinds, or of several types: the table has to be read again.
    TooMany,
}

/// The cells of a column.
#[derive(Clone, Debug)]
pub(crate) struct KeptColumn {
    pub(crate) cells: ChunkColumn,
    /// Whether the cells say all that those of the table said, whole numbers that f64 rounds included.
    pub(crate) exact: bool,
}

impl KeptColumn {
    pub(crate) fn of(data: &Arc<ColumnData>) -> Self {
        Self { cells: ChunkColumn::new(data.clone(), 0), exact: true }
    }
}

impl Default for KeptCells {
    fn default() -> Self {
        Self::Coded(Vec::new())
    }
}

impl KeptCells {
    /// Appends cells that are not text; false if they are, and are to be pushed one by one.
    pub(crate) fn append(&mut self, data: Option<&ColumnData>) -> bool {
        let Some(data) = data else { return false };
        match (data.values(), &mut *self) {
            (ColumnValues::Text(_) | ColumnValues::Coded(_), _) => false,
            (_, Self::Typed(all)) => {
                if !all.append(data) {
                    *self = Self::TooMany;
                }
                true
            }
            (_, Self::Coded(codes)) if codes.is_empty() => {
                *self = Self::Typed(data.clone());
                true
            }
            // A source gives every chunk of a column in one type.
            _ => {
                *self = Self::TooMany;
                true
            }
        }
    }

    pub(crate) fn push_missing(&mut self) {
        match self {
            Self::Coded(codes) => codes.push(None),
            Self::Numbers { values, .. } => values.push(f64::NAN),
            Self::Typed(_) | Self::TooMany => {}
        }
    }

    /// Appends a text, by its number among the distinct ones if these are few still, or as the number that it is; `texts` has the
    /// numbers that the distinct ones before it are.
    pub(crate) fn push<I: Iterator<Item = (NonZeroU32, Option<f64>)>>(
        &mut self,
        code: Option<NonZeroU32>,
        number: Option<f64>,
        texts: impl FnOnce() -> I,
    ) {
        if let (Self::Coded(codes), None) = (&mut *self, code) {
            *self = Self::numbers(&std::mem::take(codes), texts());
        }
        match (self, code, number) {
            (Self::Coded(codes), code, _) => codes.push(code),
            (Self::Numbers { values, exact }, _, Some(number)) => {
                values.push(number);
                *exact &= number.abs() < EXACT;
            }
            (kept @ Self::Numbers { .. }, _, None) => *kept = Self::TooMany,
            (Self::Typed(_) | Self::TooMany, ..) => {}
        }
    }

    /// Numbers in place of codes, if every text is one.
    fn numbers(
        codes: &[Option<NonZeroU32>],
        texts: impl Iterator<Item = (NonZeroU32, Option<f64>)>,
    ) -> Self {
        let numbers: Option<BTreeMap<NonZeroU32, f64>> =
            texts.map(|(code, number)| Some((code, number?))).collect();
        let Some(numbers) = numbers else { return Self::TooMany };
        let number = |code: &Option<NonZeroU32>| match code {
            Some(code) => numbers.get(code).copied().unwrap_or(f64::NAN),
            None => f64::NAN,
        };
        let exact = numbers.values().all(|number| number.abs() < EXACT);
        Self::Numbers { values: codes.iter().map(number).collect(), exact }
    }

    /// The column, with the distinct texts by their numbers; None if there are too many.
    pub(crate) fn finish(self, texts: &BTreeMap<String, NonZeroU32>) -> Option<KeptColumn> {
        let (data, exact): (ColumnData, bool) = match self {
            Self::Coded(codes) => {
                let mut sorted: Vec<(NonZeroU32, &str)> =
                    texts.iter().map(|(text, code)| (*code, text.as_str())).collect();
                sorted.sort_unstable();
                let texts: TextValues = sorted.into_iter().map(|(_, text)| text).collect();
                (ColumnValues::Coded(CodedTexts::new(codes, texts).ok()?).into(), true)
            }
            Self::Numbers { values, exact } => (ColumnValues::Float(values).into(), exact),
            Self::Typed(data) => (data, true),
            Self::TooMany => return None,
        };
        Some(KeptColumn { cells: ChunkColumn::new(data.into(), 0), exact })
    }
}
