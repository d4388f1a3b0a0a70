//! `deltarule check`
//!
//! `one.rs` marks a single answer, `class/` those of a class. Both read exercises with `variants.rs`, files with `input.rs` and
//! `answer_text.rs`, and mark with `checker.rs`.

mod answer_text;
mod checker;
mod class;
mod input;
mod one;
#[cfg(feature = "class")]
mod spreadsheet;
mod template;
mod variants;

use std::path::Path;

use checker::Checker;
use class::is_class;
use variants::Variants;

use crate::args::CheckArguments;
use crate::failure::Outcome;
use crate::scheme;

pub(crate) fn run(arguments: &CheckArguments) -> Outcome {
    if arguments.scheme_template {
        // Variants have the same quantities.
        let variants = Variants::load(arguments)?;
        return scheme::write_template(arguments, &variants.all[0].exercise);
    }
    let Some(answers) = &arguments.answers else {
        return template::write(arguments);
    };
    let variants = Variants::load(arguments)?;
    let checker = Checker::new(arguments, variants);
    if answers != "-" && is_class(Path::new(answers)) {
        class::run(arguments, &checker, Path::new(answers))
    } else {
        one::run(arguments, &checker, answers)
    }
}
