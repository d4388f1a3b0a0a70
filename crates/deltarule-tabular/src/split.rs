//! Which rows are trained on and which are kept for testing, and that a continuation tests on none that was trained on.

use deltarule::random::hold_out;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Hint, Result};
use crate::options::FitOptions;
use crate::target::Target;

/// How the rows of a training were chosen, so that a continuation can choose the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Whether another table was for testing and every row of this one was trained on.
    pub test_file: bool,
    /// The part of the rows that was kept for testing.
    pub holdout: f64,
    /// What drew the rows that were kept.
    pub seed: u64,
    /// Rows of the table.
    pub rows: usize,
    /// CRC-32 of the bits of the target's values in the order of the table: another table has another, but for one in four
    /// thousand million.
    pub target_crc32: u32,
}

/// Rows of a table by their places, 0 being the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSets {
    /// Those that are trained on.
    pub training: Vec<usize>,
    /// Those that are kept for testing.
    pub test: Vec<usize>,
}

impl Split {
    pub(crate) fn new(options: &FitOptions, test_file: bool, target: &Target, t: &[f64]) -> Self {
        Self {
            test_file,
            holdout: if test_file { 0.0 } else { options.holdout },
            seed: options.seed,
            rows: t.len() / target.table_width(),
            target_crc32: crc32(t),
        }
    }

    /// The rows, each set in the order of the table.
    ///
    /// # Errors
    /// When none is left to train on.
    pub(crate) fn row_sets(&self, target: &Target, t: &[f64]) -> Result<RowSets> {
        let rows = self.rows;
        if self.holdout == 0.0 {
            return Ok(RowSets { training: (0..rows).collect(), test: Vec::new() });
        }
        let classes: Vec<usize> = match target {
            Target::Classes { .. } => t.iter().map(|class| *class as usize).collect(),
            Target::Numbers(_) => vec![0; rows],
        };
        let (training, test) = hold_out(&classes, self.holdout, self.seed);
        if training.is_empty() {
            let part = self.holdout;
            return Err(Error::data(format!("a hold-out of {part} leaves no rows to train on")));
        }
        Ok(RowSets { training, test })
    }

    /// The split of a continuation of a training, which had this split and these options: what was held out stays so.
    ///
    /// With a test file every row is for training, and what to test on is the user's choice.
    ///
    /// # Errors
    /// When the split would test on rows that the earlier training has seen.
    pub(crate) fn again(
        options: &FitOptions,
        test_file: bool,
        target: &Target,
        t: &[f64],
        (file, before, before_options): (&str, &Self, &FitOptions),
    ) -> Result<Self> {
        let mut split = Self::new(options, test_file, target, t);
        if test_file {
            return Ok(split);
        }
        if options.holdout == before_options.holdout {
            split.holdout = before.holdout;
        }
        if split.holdout == 0.0 && before.holdout == 0.0 {
            return Ok(split);
        }
        if before.test_file {
            let message = "the model was trained on every row of its table and tested on another, so that none is left to \
                           hold out";
            return Err(Error::data(message).hinting(Hint::KeepHoldout));
        }
        if split.holdout != before.holdout {
            let message = format!(
                "the model was trained with a hold-out of {}, and one of {} would not keep the same rows unseen",
                before.holdout, split.holdout
            );
            return Err(Error::data(message).hinting(Hint::KeepHoldout));
        }
        if split.seed != before.seed {
            let message = format!(
                "the hold-out of the model was drawn with seed {}, and seed {} would test on rows that it was trained on",
                before.seed, split.seed
            );
            return Err(Error::data(message).hinting(Hint::KeepSeed));
        }
        if split.rows != before.rows {
            let differs = format!("it has {} rows, and that one had {}", split.rows, before.rows);
            return Err(another_table(file, &differs));
        }
        if split.target_crc32 != before.target_crc32 {
            return Err(another_table(file, "its targets differ"));
        }
        Ok(split)
    }
}

fn another_table(file: &str, differs: &str) -> Error {
    Error::table(
        file,
        format!(
            "is not the table that the model was trained on ({differs}), and a hold-out of it could hold rows that the model \
             has seen"
        ),
    )
    .hinting(Hint::TestTable)
}

fn crc32(t: &[f64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    t.iter().for_each(|v| hasher.update(&v.to_bits().to_le_bytes()));
    hasher.finalize()
}
