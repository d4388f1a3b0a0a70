//! Writes down what came of a class.

use std::path::PathBuf;

use deltarule_document::{HtmlOptions, render_html};
use deltarule_exercise::marking::{Class, DecimalSign, ReportOptions};

use super::grading_sheet::GradingSheet;
use super::own_folder::OwnFolder;
use super::pages::{Page, place_in_feedback};
use super::student::Student;
use super::target::{ClassTarget, MARKS, MarksPlace};
use crate::failure::{Failure, Outcome, emit, usage};
use crate::render::{self, DIGITS, DocumentFormat};

/// The copy of a grading worksheet, and the .zip of feedback, in a folder of their own or beside the worksheet.
const SHEET: &str = "grading-sheet.csv";
const FEEDBACK: &str = "feedback.zip";
const GRADED: &str = "graded.csv";

/// What there is to write.
pub(super) struct Results<'a> {
    pub(super) class: &'a Class,
    /// Whose each answer is.
    pub(super) students: &'a [Student],
    /// The page of each answer, where pages are wanted and it could be read.
    pub(super) pages: &'a [Option<Page>],
    pub(super) sheet: Option<&'a GradingSheet>,
    pub(super) decimal_comma: bool,
    /// What is to be seen of a marking.
    pub(super) shown: ReportOptions,
}

/// The files that are written beside a worksheet.
pub(super) fn beside(sheet: &GradingSheet) -> [PathBuf; 2] {
    [sheet.beside(GRADED), sheet.beside(FEEDBACK)]
}

impl Results<'_> {
    /// Writes everything. What could be in the way is looked at before the first file is written.
    pub(super) fn write(&self, target: &ClassTarget) -> Outcome {
        let sign = if self.decimal_comma { DecimalSign::Comma } else { DecimalSign::Point };
        let csv = self.class.to_csv(sign).map_err(usage)?;
        let written = match &target.place {
            MarksPlace::Folder(path) => {
                let mut folder = OwnFolder::new(path);
                folder.add(MARKS, csv.into_bytes());
                let overview =
                    render_html(&self.class.to_document(), &HtmlOptions { digits: DIGITS });
                folder.add("overview.html", overview.into_bytes());
                if let Some(sheet) = self.sheet {
                    folder.add(SHEET, sheet.to_text().into_bytes());
                    if let Some(zip) = self.feedback()? {
                        folder.add(FEEDBACK, zip);
                    }
                }
                for page in self.pages.iter().flatten() {
                    folder.add(&page.name, page.html.clone().into_bytes());
                }
                let count = folder.write()?;
                format!("Wrote {count} files into {}\n", path.display())
            }
            MarksPlace::Marks(path) => {
                let mut written = format!("Wrote {}\n", path.display());
                let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
                if let Some(sheet) = self.sheet {
                    let [graded, feedback] = beside(sheet);
                    files.push((graded, sheet.to_text().into_bytes()));
                    if let Some(zip) = self.feedback()? {
                        files.push((feedback, zip));
                    }
                }
                for (file, _) in &files {
                    if std::fs::symlink_metadata(file).is_ok() {
                        return Err(usage(format!(
                            "{}: is there already; move it away, or name a folder with -o",
                            file.display()
                        )));
                    }
                }
                render::to_output(Some(path), |out| out.write_all(csv.as_bytes()))?;
                for (file, bytes) in &files {
                    render::to_output(Some(file), |out| out.write_all(bytes))?;
                    written += &format!("Wrote {}\n", file.display());
                }
                written
            }
        };
        let output = target.document.as_deref();
        if target.format == DocumentFormat::Json {
            return render::write_json(&self.class.to_json_with(self.shown), output);
        }
        render::write(&self.class.to_document(), target.format, None, output)?;
        if target.format == DocumentFormat::Text && output.is_none() {
            emit(&format!("\n{written}"))?;
        }
        Ok(())
    }

    /// The pages under the names of a platform's folders; none where it knows no student.
    fn feedback(&self) -> Result<Option<Vec<u8>>, Failure> {
        let mut files: Vec<(String, &str)> = Vec::new();
        for (student, page) in self.students.iter().zip(self.pages) {
            let Some((place, page)) = place_in_feedback(student).zip(page.as_ref()) else {
                continue;
            };
            // Of two answers of one student, both: whoever gets them can tell.
            let mut name = place.clone();
            let mut number = 2;
            while files.iter().any(|(taken, _)| *taken == name) {
                name = place.replace("marking.html", &format!("marking-{number}.html"));
                number += 1;
            }
            files.push((name, &page.html));
        }
        if files.is_empty() { Ok(None) } else { zipped(&files).map(Some) }
    }
}

#[cfg(feature = "class")]
fn zipped(files: &[(String, &str)]) -> Result<Vec<u8>, Failure> {
    super::feedback::zipped(files).map_err(|problem| usage(format!("{FEEDBACK}: {problem}")))
}

#[cfg(not(feature = "class"))]
fn zipped(_: &[(String, &str)]) -> Result<Vec<u8>, Failure> {
    Err(usage(
        "--grading-sheet: this build of deltarule writes no .zip: build it with the feature class",
    ))
}

/// How the command ends: well when every answer was marked and is right, with an input error when none could be marked.
pub(super) fn verdict(class: &Class, problems: &[String]) -> Outcome {
    let marked = || class.answers.iter().filter_map(|answer| answer.result.as_ref().ok());
    let wrong_answers = marked().filter(|(marking, _)| marking.wrong() > 0).count();
    let read_in_part = marked().filter(|(marking, _)| !marking.unread.is_empty()).count();
    let remarks = class.answers.iter().filter(|answer| answer.remark.is_some()).count();
    let all = class.answers.len();
    let mut words = Vec::new();
    if wrong_answers > 0 {
        words.push(format!("{wrong_answers} of {all} answers have mistakes"));
    }
    if read_in_part > 0 {
        words.push(format!("{read_in_part} could be read only in part"));
    }
    if !problems.is_empty() {
        words.push(format!("{} could not be read", problems.len()));
    }
    if !class.left_out.is_empty() {
        words.push(format!("{} left out", class.left_out.len()));
    }
    if remarks > 0 {
        words.push(format!("{remarks} are answers of a student who handed in several"));
    }
    if words.is_empty() {
        return Ok(());
    }
    let last = words.join("; ");
    let all: Vec<&str> = problems.iter().map(String::as_str).chain([last.as_str()]).collect();
    let message = all.join("\n\n");
    let nothing = class.answers.iter().all(|answer| answer.result.is_err());
    Err(if nothing { Failure::Input(message) } else { Failure::Check(message) })
}
