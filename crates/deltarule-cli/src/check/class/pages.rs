//! A page per student, and what these pages are called.

use deltarule_document::{HtmlOptions, render_html};
use deltarule_exercise::marking::{Class, ClassAnswer, ReportOptions, report_digits};

use super::student::Student;

/// A name of a page has so many characters at most.
const LONGEST: usize = 60;
/// Names that other files of the folder have, and those that Windows keeps to itself.
const TAKEN: [&str; 9] =
    ["overview", "marks", "con", "prn", "aux", "nul", "overrides", "grading-sheet", "feedback"];

/// The page of one answer.
pub(super) struct Page {
    /// The name of its file.
    pub(super) name: String,
    pub(super) html: String,
}

/// The page of every answer; none where it could not be read.
pub(super) fn pages(class: &Class, shown: ReportOptions) -> Vec<Option<Page>> {
    let mut taken: Vec<String> = Vec::new();
    class
        .answers
        .iter()
        .map(|answer| {
            let html = html(class, answer, shown)?;
            let stem = plain(&answer.name);
            let is_device = stem.len() == 4 && ["com", "lpt"].iter().any(|d| stem.starts_with(d));
            let kept = TAKEN.contains(&stem.as_str()) || is_device;
            let stem = if kept || stem.is_empty() { format!("answer-{stem}") } else { stem };
            let mut name = stem.clone();
            let mut number = 2;
            while taken.contains(&name) {
                name = format!("{stem}-{number}");
                number += 1;
            }
            taken.push(name.clone());
            Some(Page { name: format!("{name}.html"), html })
        })
        .collect()
}

fn html(class: &Class, answer: &ClassAnswer, shown: ReportOptions) -> Option<String> {
    let document = class.page(answer, shown)?;
    let digits = answer.result.as_ref().map_or(6, |(marking, _)| report_digits(marking));
    Some(render_html(&document, &HtmlOptions { digits }))
}

/// A name in small letters, digits and hyphens, which every system can keep and which leads nowhere else.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
        if plain.chars().count() == LONGEST {
            break;
        }
    }
    plain.trim_end_matches('-').to_string()
}

/// Where a platform wants the page of a student in a .zip of feedback; none where it does not know the student.
pub(super) fn place_in_feedback(student: &Student) -> Option<String> {
    let (submission, is_folder) = student.submission.as_ref()?;
    let between = if *is_folder { "/" } else { "" };
    Some(format!("{submission}{between}marking.html"))
}
