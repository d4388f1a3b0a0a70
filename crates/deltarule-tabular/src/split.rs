//! Which rows are trained on and which are kept for testing, and that a continuation tests on none that was trained on.

use deltarule::random::hold_out;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Hint, Result};
use crate::matrix::table_width;
use crate::model::Record;
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
    /// A hash of the target's values in the order of the table: another table has another.
    pub target_hash: String,
}

impl Split {
    pub(crate) fn new(options: &FitOptions, test_file: bool, target: &Target, t: &[f64]) -> Self {
        Self {
            test_file,
            holdout: if test_file { 0.0 } else { options.holdout },
            seed: options.seed,
            rows: t.len() / table_width(target),
            target_hash: hash(t),
        }
    }

    /// The order that puts the training rows first, and how many they are.
    pub(crate) fn order(&self, target: &Target, t: &[f64]) -> Result<(Vec<usize>, usize)> {
        let rows = self.rows;
        if self.holdout == 0.0 {
            return Ok(((0..rows).collect(), rows));
        }
        let classes: Vec<usize> = match target {
            Target::Classes { .. } => t.iter().map(|class| *class as usize).collect(),
            Target::Numbers(_) => vec![0; rows],
        };
        let (mut order, held) = hold_out(&classes, self.holdout, self.seed);
        if order.is_empty() {
            let part = self.holdout;
            return Err(Error::data(format!("a hold-out of {part} leaves no rows to train on")));
        }
        let training = order.len();
        order.extend(held);
        Ok((order, training))
    }

    /// The split of a continuation: what was held out stays so.
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
        (file, earlier): (&str, &Record),
    ) -> Result<Self> {
        let mut split = Self::new(options, test_file, target, t);
        if test_file {
            return Ok(split);
        }
        let before = match &earlier.split {
            Some(before) => before.clone(),
            None => Self::of_older(file, earlier, split.rows)?,
        };
        if options.holdout == earlier.options.holdout {
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
        if earlier.split.is_some() && split.target_hash != before.target_hash {
            return Err(another_table(file, "its targets differ"));
        }
        Ok(split)
    }

    /// The split of a model that was written before splits were recorded, as far as its numbers of rows tell.
    fn of_older(file: &str, earlier: &Record, rows: usize) -> Result<Self> {
        let (training, tested) = (earlier.training_rows, earlier.test_rows);
        let seed = earlier.options.seed;
        let whole = tested == 0 || rows == training;
        if !whole && rows != training + tested {
            let differs = format!("it has {rows} rows, and that one had {}", training + tested);
            return Err(another_table(file, &differs));
        }
        let holdout = if whole { 0.0 } else { earlier.options.holdout };
        let test_file = whole && tested > 0;
        Ok(Self { test_file, holdout, seed, rows, target_hash: String::new() })
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

/// FNV-1a of the bits: the same in every build, and all that is asked of it is to tell tables apart.
fn hash(t: &[f64]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in t.iter().flat_map(|v| v.to_bits().to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
