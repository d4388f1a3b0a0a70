//! Whose an answer is: what names of files and folders say.

use std::collections::BTreeMap;

/// What Moodle writes between the name and number of a student and what was handed in.
const MOODLE: &str = "_assignsubmission_";
/// The name of everybody in a download without names.
const NOBODY: &str = "Participant";

/// A student, as the path of an answer tells.
#[derive(Clone, Debug)]
pub(super) struct Student {
    /// The full name, or that of the folder or file.
    pub(super) name: String,
    /// The number that the learning platform has for him or her.
    pub(super) number: Option<String>,
    /// What the platform's own name for the submission begins with, and whether that is a folder.
    pub(super) submission: Option<(String, bool)>,
    /// How many names on the path stand above the student's files.
    depth: usize,
    /// The same for all answers of one student.
    key: String,
}

impl Student {
    /// The student whose file has these names on its path; `folder_of_variant` tells the names of folders that belong to a
    /// variant of the exercise, and not to a student.
    pub(super) fn of(names: &[String], folder_of_variant: impl Fn(&str) -> bool) -> Self {
        for (depth, name) in names.iter().enumerate() {
            let Some((student, what)) = name.split_once(MOODLE) else { continue };
            let Some((full, number)) = student.rsplit_once('_') else { continue };
            if full.is_empty() || number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let is_folder = depth + 1 < names.len();
            // Of a file the platform's part of the name ends where the student's begins: NAME_NUMBER_assignsubmission_file_
            let kind = what.split_once('_').map_or(what, |(kind, _)| kind);
            let own = if is_folder { name.clone() } else { format!("{student}{MOODLE}{kind}_") };
            let of_all = full == NOBODY;
            return Self {
                name: if of_all { format!("{full} {number}") } else { full.to_string() },
                number: Some(number.to_string()),
                submission: Some((own, is_folder)),
                depth: depth + usize::from(is_folder),
                key: number.to_string(),
            };
        }
        let folders = names.len().saturating_sub(1);
        let above = names[..folders].iter().take_while(|name| folder_of_variant(name)).count();
        let depth = folders.min(above + 1);
        let name = match names.get(above) {
            Some(folder) if above < folders => folder.clone(),
            Some(file) => stem(file).to_string(),
            None => String::new(),
        };
        let mut key = names[..above].join("/");
        key.push('/');
        key += &name.to_lowercase();
        Self { name, number: None, submission: None, depth, key }
    }

    /// What a grading worksheet calls the student.
    pub(super) fn identifier(&self) -> Option<String> {
        self.number.as_ref().map(|number| format!("{NOBODY} {number}"))
    }
}

/// A file name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

/// What an answer is called, and what is remarkable about it.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) remark: Option<String>,
}

/// Names that tell the answers with these paths apart. Two answers of one student keep both, and a remark says so.
pub(super) fn name_all(answers: &[(&Student, &[String])]) -> Vec<Named> {
    let mut of_student: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut of_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (i, (student, _)) in answers.iter().enumerate() {
        of_student.entry(&student.key).or_default().push(i);
        let keys = of_name.entry(student.name.to_lowercase()).or_default();
        if !keys.contains(&student.key.as_str()) {
            keys.push(&student.key);
        }
    }
    let below = |i: usize| {
        let (student, names) = &answers[i];
        names[student.depth.min(names.len().saturating_sub(1))..].join("/")
    };
    let mut all: Vec<Named> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for (i, (student, names)) in answers.iter().enumerate() {
        let mut name = student.name.clone();
        let namesakes = of_name.get(&name.to_lowercase()).map_or(1, Vec::len);
        let own = of_student.get(student.key.as_str()).map_or(&[][..], Vec::as_slice);
        let mut remark = None;
        if namesakes > 1 {
            match &student.identifier() {
                Some(identifier) => name += &format!(" ({identifier})"),
                None => name += &format!(" ({})", names.join("/")),
            }
        }
        if own.len() > 1 {
            if namesakes == 1 || student.number.is_some() {
                name += &format!(" ({})", below(i));
            }
            let files: Vec<String> = own.iter().map(|other| below(*other)).collect();
            let (last, others) = files.split_last().map_or(("", &[][..]), |(l, o)| (l.as_str(), o));
            let count = if own.len() == 2 { "two".to_string() } else { own.len().to_string() };
            let others = others.join(", ");
            remark = Some(format!("{count} answers of one student: {others} and {last}"));
        }
        // Whatever the names are: no two of the same.
        let whole = name.clone();
        let mut number = 2;
        while taken.contains(&name.to_lowercase()) {
            name = format!("{whole} ({number})");
            number += 1;
        }
        taken.push(name.to_lowercase());
        all.push(Named { name, remark });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> Vec<String> {
        path.split('/').map(String::from).collect()
    }

    fn names(paths: &[&str]) -> Vec<String> {
        let paths: Vec<Vec<String>> = paths.iter().map(|p| path(p)).collect();
        let students: Vec<Student> =
            paths.iter().map(|names| Student::of(names, |name| name == "ex-1")).collect();
        let all: Vec<(&Student, &[String])> =
            students.iter().zip(paths.iter().map(Vec::as_slice)).collect();
        name_all(&all).into_iter().map(|named| named.name).collect()
    }

    #[test]
    fn every_answer_has_a_name_of_its_own() {
        let moodle = "Ada Lovelace_12_assignsubmission_file_";
        let student = Student::of(&path(&format!("{moodle}/a.toml")), |_| false);
        assert_eq!(
            (student.name.as_str(), student.number.as_deref()),
            ("Ada Lovelace", Some("12"))
        );
        assert_eq!(student.submission, Some((moodle.to_string(), true)));
        let student = Student::of(&path(&format!("{moodle}my_a.toml")), |_| false);
        assert_eq!(student.submission, Some((moodle.to_string(), false)));
        let no_names = "Participant_7_assignsubmission_file_/a.toml";
        assert_eq!(Student::of(&path(no_names), |_| false).name, "Participant 7");

        assert_eq!(names(&["bo/x.toml", "cy.csv", "di/a/b.json"]), ["bo", "cy", "di"]);
        assert_eq!(names(&["cy.csv", "cy.json"]), ["cy (cy.csv)", "cy (cy.json)"]);
        assert_eq!(names(&["cy.csv", "Cy/a.json"]), ["cy (cy.csv)", "Cy (a.json)"]);
        assert_eq!(names(&["ex-1/cy.csv", "ex-1/bo/a.csv"]), ["cy", "bo"]);
        let twins = [&format!("{moodle}/a.toml"), "Ada Lovelace_13_assignsubmission_file_/a.toml"];
        assert_eq!(
            names(&twins),
            ["Ada Lovelace (Participant 12)", "Ada Lovelace (Participant 13)"]
        );
    }
}
