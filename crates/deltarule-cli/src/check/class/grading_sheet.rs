//! Moodle's offline grading worksheet: grades and feedback go into a copy of it.
//!
//! Its columns are called differently in every language. What they hold is the same everywhere: the identifier ends with the
//! number of the participant, and the maximum grade is the same number in every row, with the grade to the left of it.

use std::path::{Path, PathBuf};

use deltarule_exercise::marking::{Class, LeftOut, Marks, ReportOptions};

use super::table::RawTable;
use crate::failure::{Failure, usage};

/// The names of the column for grades, in the languages in which we know them.
const GRADE: [&str; 20] = [
    "grade",
    "bewertung",
    "note",
    "calificación",
    "valutazione",
    "voto",
    "nota",
    "avaliação",
    "cijfer",
    "beoordeling",
    "ocena",
    "оценка",
    "hodnocení",
    "známka",
    "betyg",
    "karakter",
    "arvosana",
    "qualificació",
    "成绩",
    "評点",
];
/// The names of the column for the highest grade.
const MAXIMUM: [&str; 6] = [
    "maximum grade",
    "bestwertung",
    "note maximale",
    "calificación máxima",
    "valutazione massima",
    "maximale cijfer",
];
/// What the name of the column for feedback has in it.
const FEEDBACK: [&str; 10] = [
    "feedback",
    "comment",
    "kommentar",
    "coment",
    "retroalim",
    "opmerking",
    "komentar",
    "комментар",
    "отзыв",
    "palaute",
];

/// A worksheet to fill in.
pub(super) struct GradingSheet {
    path: PathBuf,
    table: RawTable,
}

/// The columns that count.
struct SheetColumns {
    identifier: usize,
    grade: usize,
    maximum: Option<usize>,
    feedback: Option<usize>,
}

impl GradingSheet {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        Ok(Self { path: path.into(), table: RawTable::read(path)? })
    }

    /// Fills it in, with what is to be seen of a marking as feedback. An answer for which there is no row gets no grade, and the
    /// class then says so.
    pub(super) fn fill(&mut self, class: &mut Class, shown: ReportOptions) -> Result<(), Failure> {
        let numbers: Vec<&str> =
            class.answers.iter().filter_map(|a| number_of(a.identifier.as_deref()?)).collect();
        if numbers.is_empty() {
            return Err(usage(
                "--grading-sheet: no answer has the number of a participant; it is in the names of the folders that Moodle \
                 hands out, as in \"Ada Lovelace_123456_assignsubmission_file_\"",
            ));
        }
        let columns = self.columns(&numbers)?;
        let mut left_out = Vec::new();
        for answer in &class.answers {
            let number = answer.identifier.as_deref().and_then(number_of);
            let of_number = |row: &usize| {
                let found = number_of(self.table.get(*row, columns.identifier));
                found.is_some() && found == number
            };
            let row = self.table.rows().find(of_number);
            let same = class.answers.iter().filter(|other| other.identifier == answer.identifier);
            let reason = match (&answer.result, row) {
                // Why is said already.
                (Err(_), _) => continue,
                _ if number.is_none() => {
                    "has no number of a participant: no grade in the grading sheet"
                }
                (Ok(_), None) => "has no row in the grading sheet",
                _ if same.count() > 1 => {
                    "one of several answers of a student: no grade in the grading sheet"
                }
                (Ok((_, grading)), Some(row)) => {
                    let grade = self.grade(&columns, row, grading.total);
                    self.table.set(row, columns.grade, &grade);
                    if let (Some(column), Some(words)) =
                        (columns.feedback, class.comment(answer, shown))
                    {
                        self.table.set(row, column, &words);
                    }
                    continue;
                }
            };
            left_out.push(LeftOut {
                file: answer.file.clone(),
                name: Some(answer.name.clone()),
                identifier: answer.identifier.clone(),
                reason: reason.into(),
            });
        }
        if columns.feedback.is_none() {
            left_out.push(LeftOut {
                file: self.path.display().to_string(),
                name: None,
                identifier: None,
                reason: "no column for feedback was found: only grades are filled in".into(),
            });
        }
        class.left_out.extend(left_out);
        Ok(())
    }

    /// The grade: the marks, or as much of the highest grade as was reached of all marks.
    fn grade(&self, columns: &SheetColumns, row: usize, total: Marks) -> String {
        let maximum = columns.maximum.map(|column| self.table.get(row, column));
        let scaled = maximum.and_then(number).filter(|_| total.possible > 0.0);
        let grade = scaled.map_or(total.reached, |most| most * total.reached / total.possible);
        let shown = Marks::shown(grade);
        let has_comma = maximum.is_some_and(|text| text.contains(',') && !text.contains('.'));
        if has_comma { shown.replace('.', ",") } else { shown }
    }

    fn columns(&self, numbers: &[&str]) -> Result<SheetColumns, Failure> {
        let header: Vec<String> =
            self.table.header().iter().map(|name| name.to_lowercase()).collect();
        let not_found = |what: &str| {
            usage(format!(
                "{}: no column {what}; it has {}. It should be the grading worksheet that Moodle hands out for the assignment \
                 (CSV, UTF-8)",
                self.path.display(),
                self.table.header().join(", ")
            ))
        };
        let fitting = |column: usize| {
            let is_known = |row: &usize| {
                number_of(self.table.get(*row, column))
                    .is_some_and(|found| numbers.contains(&found))
            };
            self.table.rows().filter(is_known).count()
        };
        // The first of the best.
        let identifier = (0..header.len()).rev().max_by_key(|column| fitting(*column));
        let identifier = identifier.filter(|column| fitting(*column) > 0).ok_or_else(|| {
            let example = numbers.first().copied().unwrap_or_default();
            not_found(&format!("has the numbers of these answers, as in \"Participant {example}\""))
        })?;
        let named = |names: &[&str]| header.iter().position(|name| names.contains(&name.as_str()));
        let constant =
            (identifier + 2..header.len()).find(|column| self.is_maximum(*column, identifier));
        let grade = named(&GRADE).or_else(|| constant.map(|column| column - 1));
        let grade = grade.filter(|column| *column != identifier);
        let grade = grade.ok_or_else(|| not_found("is known to be the grade"))?;
        let maximum = named(&MAXIMUM).or_else(|| constant.filter(|column| *column == grade + 1));
        let is_feedback = |name: &String| FEEDBACK.iter().any(|word| name.contains(word));
        let last = header.len() - 1;
        let is_empty =
            |column: usize| self.table.rows().all(|row| self.table.get(row, column).is_empty());
        let feedback = header.iter().rposition(is_feedback).filter(|column| *column > grade);
        let feedback =
            feedback.or(Some(last).filter(|column| *column > grade + 1 && is_empty(*column)));
        Ok(SheetColumns { identifier, grade, maximum, feedback })
    }

    /// Whether a column has the same number above 0 in every row of a participant.
    fn is_maximum(&self, column: usize, identifier: usize) -> bool {
        let rows =
            self.table.rows().filter(|row| number_of(self.table.get(*row, identifier)).is_some());
        let values: Vec<Option<f64>> =
            rows.map(|row| number(self.table.get(row, column))).collect();
        values.first().is_some_and(|first| {
            first.is_some_and(|first| first > 0.0) && values.iter().all(|value| value == first)
        })
    }

    pub(super) fn to_text(&self) -> String {
        self.table.to_text()
    }

    /// A file beside the worksheet.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{stem}-{ending}"))
    }
}

/// The number at the end of a word or two: `Participant 123456`.
fn number_of(identifier: &str) -> Option<&str> {
    let word = identifier.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &identifier[word.len()..];
    (!number.is_empty() && word.chars().any(char::is_alphabetic)).then_some(number)
}

/// A plain number, with a point or a comma.
fn number(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    text.replace(',', ".").parse().ok().filter(|_| is_number)
}
