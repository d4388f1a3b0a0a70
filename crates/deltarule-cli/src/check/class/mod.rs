//! The answers of a class: a folder or a .zip of them.
//!
//! `tree.rs` finds files (`folder.rs`, `archive.rs`, which hand over what `found.rs` describes), `student.rs` says whose they
//! are, `marking.rs` marks them. Then `overrides.rs` has the teacher's own marks, `grading_sheet.rs` a learning platform's
//! table (both read with `table.rs`), and `output.rs` writes down what came of it: `target.rs` knows where, `pages.rs` has a
//! page per student, `feedback.rs` their .zip, `own_folder.rs` replaces nothing but what it wrote.

#[cfg(feature = "class")]
mod archive;
#[cfg(feature = "class")]
mod feedback;
mod folder;
mod found;
mod grading_sheet;
mod marking;
mod output;
mod overrides;
mod own_folder;
mod pages;
mod student;
mod table;
mod target;
mod tree;

use std::path::{Path, PathBuf};

use grading_sheet::GradingSheet;
use output::{Results, verdict};
use overrides::{OVERRIDES, Overrides};
use pages::pages;
use target::ClassTarget;
use tree::Tree;

use super::checker::Checker;
use crate::args::CheckArguments;
use crate::failure::{Outcome, usage};

/// Whether these are the answers of a class.
pub(super) fn is_class(answers: &Path) -> bool {
    let is_zip = answers.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    answers.is_dir() || (is_zip && answers.exists())
}

pub(super) fn run(arguments: &CheckArguments, checker: &Checker, answers: &Path) -> Outcome {
    let target = ClassTarget::of(arguments)?;
    let shown = answers.display().to_string();
    let is_target = |folder: &Path| folder.canonicalize().ok() == answers.canonicalize().ok();
    if target.folder().is_some_and(is_target) {
        return Err(usage(format!("-o {shown}: the answers are there; name another folder")));
    }
    let mut sheet = arguments.grading_sheet.as_deref().map(GradingSheet::read).transpose()?;
    let mut own: Vec<PathBuf> = checker.variants.files.clone();
    own.extend(target.own());
    own.extend(arguments.grading_sheet.clone());
    own.extend(sheet.iter().flat_map(output::beside));
    own.push(answers.join(OVERRIDES));
    let (tree, found) = Tree::open(answers, &own)?;
    if found.is_empty() {
        return Err(usage(format!(
            "{shown}: no answers in this folder (.toml, .csv, .json, .xlsx, .ods)"
        )));
    }
    let folders: Vec<&Path> = [Some(answers), target.folder()].into_iter().flatten().collect();
    let overrides = Overrides::read(&folders)?;
    let mut marked = marking::marked(checker, tree, found);
    if marked.class.answers.is_empty() {
        return Err(marking::no_answers(&marked.class, &shown));
    }
    overrides.apply(&mut marked.class);
    if let Some(sheet) = &mut sheet {
        sheet.fill(&mut marked.class, checker.shown)?;
    }
    // Only a folder has a page per student, and only a worksheet comes with feedback.
    let is_paged = target.folder().is_some();
    let pages =
        if is_paged || sheet.is_some() { pages(&marked.class, checker.shown) } else { Vec::new() };
    if is_paged {
        for (answer, page) in marked.class.answers.iter_mut().zip(&pages) {
            answer.page = page.as_ref().map(|page| page.name.clone());
        }
    }
    let results = Results {
        class: &marked.class,
        students: &marked.students,
        pages: &pages,
        sheet: sheet.as_ref(),
        decimal_comma: arguments.decimal_comma,
        shown: checker.shown,
    };
    results.write(&target)?;
    verdict(&marked.class, &marked.problems)
}
