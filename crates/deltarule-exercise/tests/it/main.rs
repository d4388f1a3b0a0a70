//! Exercises, solutions, markings and new exercises through the public interface.

mod advice;
mod answer_diagnostics;
mod answers;
mod bars;
mod cases;
mod common;
mod diagnostics;
mod documents;
mod figures;
mod follow_through;
mod fuzz_corpus;
mod generate;
mod golden;
mod marking;
mod moodle;
mod oracle;
mod oracle_coverage;
mod overflow;
mod references;
mod remarks;
mod reports;
mod rounded;
mod schemes;
mod sheet;
mod solve;
mod text;
