//! `overrides.csv`: marks that the teacher set by hand. The command reads this file and never writes it.

use std::path::Path;

use deltarule_exercise::marking::{Class, ClassAnswer, LeftOut};

use super::table::RawTable;
use crate::failure::{Failure, usage};

/// What the file is called.
pub(super) const OVERRIDES: &str = "overrides.csv";

/// A row of the file.
struct Override {
    /// The file and the line.
    place: String,
    student: String,
    /// Empty for the whole.
    quantity: String,
    marks: String,
}

/// The corrections of a teacher.
pub(super) struct Overrides(Vec<Override>);

impl Overrides {
    /// Reads the files that are there in these folders.
    pub(super) fn read(folders: &[&Path]) -> Result<Self, Failure> {
        let mut all = Vec::new();
        let mut seen = Vec::new();
        for folder in folders {
            let path = folder.join(OVERRIDES);
            let Ok(canonical) = path.canonicalize() else { continue };
            if !seen.contains(&canonical) {
                read(&path, &mut all)?;
                seen.push(canonical);
            }
        }
        // Those of the whole come last: they stay as they were set.
        all.sort_by_key(|row| row.quantity.is_empty());
        Ok(Self(all))
    }

    /// Sets the marks; what fits nothing is left out, and said to be.
    pub(super) fn apply(self, class: &mut Class) {
        let Class { exercises, answers, left_out } = class;
        for row in self.0 {
            let set = find(answers, &row.student).and_then(|answer| {
                let Ok((marking, grading)) = &mut answer.result else {
                    return Err(format!("{} could not be read and has no marks", answer.name));
                };
                let Some(of_class) = exercises.get(answer.exercise) else {
                    return Err(format!("{} belongs to no exercise", answer.name));
                };
                let marks = row.marks.replace(',', ".").parse::<f64>();
                let marks = marks.map_err(|_| format!("{:?} is no number of marks", row.marks))?;
                let exercise = &of_class.exercise;
                let set = grading.set_by_hand(exercise, marking, &row.quantity, marks)?;
                if answer.by_hand.iter().any(|earlier| earlier.quantity == set.quantity) {
                    let what = set.quantity.as_deref().unwrap_or("total");
                    answer.by_hand.retain(|earlier| earlier.quantity != set.quantity);
                    answer.by_hand.push(set.clone());
                    return Err(format!("sets the marks of {what} a second time, and counts"));
                }
                answer.by_hand.push(set);
                Ok(())
            });
            if let Err(reason) = set {
                let name = Some(row.student).filter(|student| !student.is_empty());
                left_out.push(LeftOut { file: row.place, name, identifier: None, reason });
            }
        }
    }
}

/// The one answer of this student.
fn find<'a>(answers: &'a mut [ClassAnswer], student: &str) -> Result<&'a mut ClassAnswer, String> {
    let wanted = student.to_lowercase();
    let fits = |answer: &ClassAnswer| {
        let identifier = answer.identifier.as_ref().map(|identifier| identifier.to_lowercase());
        let number = identifier.as_ref().and_then(|id| id.rsplit_once(' ')).map(|(_, n)| n);
        answer.name.to_lowercase() == wanted
            || identifier.as_deref() == Some(wanted.as_str())
            || number == Some(wanted.as_str())
            || answer.file.to_lowercase() == wanted
    };
    let count = answers.iter().filter(|answer| fits(answer)).count();
    match answers.iter_mut().find(|answer| fits(answer)) {
        _ if count > 1 => {
            Err(format!("{student:?} is the name of {count} answers; write the file"))
        }
        Some(answer) => Ok(answer),
        None => Err(format!("no answer is of {student:?}")),
    }
}

fn read(path: &Path, all: &mut Vec<Override>) -> Result<(), Failure> {
    let table = RawTable::read(path)?;
    let header: Vec<String> = table.header().iter().map(|name| name.to_lowercase()).collect();
    let column = |name: &str| header.iter().position(|known| known == name);
    let needed = |name: &str| {
        column(name).ok_or_else(|| {
            usage(format!(
                "{}: there is no column {name:?}; the first line is student,quantity,marks",
                path.display()
            ))
        })
    };
    let (student, marks) = (needed("student")?, needed("marks")?);
    let (quantity, part, step) = (needed("quantity")?, column("part"), column("step"));
    for row in table.rows().filter(|row| !table.is_blank(*row)) {
        let get = |column: Option<usize>| column.map_or("", |column| table.get(row, column));
        let mut name = table.get(row, quantity).to_string();
        if !name.is_empty() {
            if !get(part).is_empty() {
                name = format!("{}: {name}", get(part));
            }
            if !get(step).is_empty() {
                name += &format!(" step {}", get(step));
            }
        }
        all.push(Override {
            place: format!("{}, line {}", path.display(), row + 1),
            student: table.get(row, student).into(),
            quantity: name,
            marks: table.get(row, marks).into(),
        });
    }
    Ok(())
}
