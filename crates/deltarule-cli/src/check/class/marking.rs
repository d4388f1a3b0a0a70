//! Marks all that was found.

use std::path::PathBuf;

use deltarule_exercise::marking::{Class, ClassAnswer, ClassExercise, LeftOut};

use super::super::answer_text::is_answer;
use super::super::checker::Checker;
use super::found::{Content, FoundFile};
use super::student::{Student, name_all};
use super::tree::Tree;
use crate::failure::{Failure, usage};

/// A class and what belongs to it.
pub(super) struct MarkedClass {
    pub(super) class: Class,
    /// Whose each answer is.
    pub(super) students: Vec<Student>,
    /// Everything that could not be read, with its place.
    pub(super) problems: Vec<String>,
}

/// A file that is to be marked.
struct Candidate {
    found: FoundFile,
    student: Student,
    variant: usize,
}

/// Marks the answers of a folder or a .zip.
pub(super) fn marked(checker: &Checker, mut tree: Tree, all: Vec<FoundFile>) -> MarkedClass {
    let mut left_out = Vec::new();
    let mut candidates = Vec::new();
    for found in all {
        let is_variant = |name: &str| {
            checker.variants.by_name
                && checker.variants.all.iter().any(|v| v.stem.eq_ignore_ascii_case(name))
        };
        let student = Student::of(&found.names, is_variant);
        let variant = match &found.content {
            Content::None(reason) => Err(reason.clone()),
            _ if !is_answer(found.name()) => Err(no_answer(found.name())),
            _ => checker.variants.of(&found.names),
        };
        match variant {
            Ok(variant) => candidates.push(Candidate { found, student, variant }),
            Err(reason) => left_out.push(LeftOut {
                file: found.path(),
                name: Some(student.name.clone()),
                identifier: student.identifier(),
                reason,
            }),
        }
    }
    let named: Vec<(&Student, &[String])> =
        candidates.iter().map(|c| (&c.student, c.found.names.as_slice())).collect();
    let named = name_all(&named);
    let mut problems = Vec::new();
    let mut answers = Vec::new();
    for (candidate, named) in candidates.iter().zip(named) {
        let found = &candidate.found;
        let variant = &checker.variants.all[candidate.variant];
        let marked =
            tree.read(found).and_then(|bytes| checker.mark(variant, bytes, &tree.shown(found)));
        let result = marked.map_err(|failure| {
            let message = failure.message().unwrap_or_default().to_string();
            let line = first_line(&message);
            problems.push(message);
            line
        });
        let mut answer = ClassAnswer::new(named.name, found.path(), result);
        answer.identifier = candidate.student.identifier();
        answer.exercise = candidate.variant;
        answer.remark = named.remark;
        answers.push(answer);
    }
    let exercises = checker.variants.all.iter().map(|variant| ClassExercise {
        name: variant.stem.clone(),
        exercise: variant.exercise.clone(),
    });
    MarkedClass {
        class: Class { exercises: exercises.collect(), answers, left_out },
        students: candidates.into_iter().map(|candidate| candidate.student).collect(),
        problems,
    }
}

/// Why a file of this name is no answer.
fn no_answer(name: &str) -> String {
    let ending = PathBuf::from(name).extension().map(|e| e.to_string_lossy().into_owned());
    match ending {
        Some(ending) => format!("not an answer file (.{ending})"),
        None => "not an answer file (no ending)".into(),
    }
}

/// What a message says, without the drawing around it.
fn first_line(message: &str) -> String {
    let mut words = message.lines().map(|line| line.trim_start_matches([' ', '×', '│']).trim());
    let first = words.find(|line| !line.is_empty()).unwrap_or_default();
    first.trim_start_matches("error: ").to_string()
}

/// That there is no answer among all that was found, and why nothing of it is one.
pub(super) fn no_answers(class: &Class, answers: &str) -> Failure {
    let mut words = format!("{answers}: nothing could be marked");
    for left in &class.left_out {
        words += &format!("\n  {}: {}", left.file, left.reason);
    }
    usage(words)
}
