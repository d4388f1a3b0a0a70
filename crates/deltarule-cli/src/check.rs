//! `deltarule check`

use std::io::Read;
use std::path::{Path, PathBuf};

use deltarule_exercise::Exercise;
use deltarule_exercise::marking::{
    AnswerFormat, Answers, Class, ClassAnswer, Grading, Marking, MarkingOptions, MarkingScheme,
    ReportOptions, check_size, grade, mark, report_digits, report_json_with, report_with, template,
};
use serde_json::Value;

use crate::args::{CheckArguments, TemplateName};
use crate::exercise;
use crate::failure::{Failure, Outcome, emit, usage};
use crate::render::{self, DocumentFormat};
use crate::scheme;

/// Where the marks of a folder go when nothing else is said.
const MARKS: &str = "marks.csv";

/// A longer file is not read: all numbers of the largest exercise that is marked need less, even with a row for each.
const MOST_BYTES: u64 = 32 << 20;

pub(crate) fn run(arguments: &CheckArguments) -> Outcome {
    let exercise = exercise::exercise(&arguments.exercise)?;
    if arguments.scheme_template {
        return scheme::write_template(arguments, &exercise);
    }
    let Some(answers) = &arguments.answers else {
        return write_template(arguments, &exercise);
    };
    check_size(&exercise).map_err(|problem| usage(format!("{}: {problem}", arguments.exercise)))?;
    let scheme = scheme::scheme(arguments, &exercise)?;
    let options = MarkingOptions {
        absolute: arguments.absolute.unwrap_or(0.0),
        relative: arguments.relative.unwrap_or(0.0),
    };
    let shown = ReportOptions { hide_solution: arguments.hide_solution, hint: arguments.hint };
    let checker = Checker { name: &arguments.exercise, exercise, scheme, options, shown };
    if answers != "-" && Path::new(answers).is_dir() {
        checker.folder(arguments, Path::new(answers))
    } else {
        checker.file(arguments, answers)
    }
}

fn write_template(arguments: &CheckArguments, exercise: &Exercise) -> Outcome {
    let output = arguments.output.as_deref();
    let by_ending = output.and_then(|path| AnswerFormat::of_ending(&path.to_string_lossy()));
    let format = match (arguments.template.flatten(), by_ending) {
        (Some(TemplateName::Toml), _) | (None, None) => AnswerFormat::Toml,
        (Some(TemplateName::Csv), _) => AnswerFormat::Csv,
        (None, Some(format)) => format,
    };
    let text = template(exercise, format)
        .map_err(|problem| usage(format!("{}: {problem}", arguments.exercise)))?;
    if let Some(path) = output {
        keep_answers(path, exercise)?;
    }
    render::to_output(output, |out| out.write_all(text.as_bytes()))
}

/// Refuses to write over a file that is not an untouched file to fill in: it may hold somebody's answers.
fn keep_answers(path: &Path, exercise: &Exercise) -> Outcome {
    // What is no file, as /dev/null, holds nothing.
    if !path.is_file() {
        return Ok(());
    }
    let there =
        std::fs::read(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    let untouched = [AnswerFormat::Toml, AnswerFormat::Csv]
        .into_iter()
        .any(|format| template(exercise, format).is_ok_and(|text| text.as_bytes() == there));
    if there.is_empty() || untouched {
        return Ok(());
    }
    Err(usage(format!(
        "{}: this file exists and is no empty file to fill in, so it stays as it is: name another one with -o, or remove it",
        path.display()
    )))
}

/// What answers are marked with.
struct Checker<'a> {
    name: &'a str,
    exercise: Exercise,
    scheme: MarkingScheme,
    options: MarkingOptions,
    shown: ReportOptions,
}

impl Checker<'_> {
    /// Marks one answer.
    fn mark(&self, bytes: Vec<u8>, name: &str) -> Result<(Marking, Grading), Failure> {
        let text = exercise::utf8(name, bytes)?;
        let format = AnswerFormat::of_ending(name).unwrap_or_else(|| AnswerFormat::guess(&text));
        let answers =
            Answers::parse(&self.exercise, &text, name, format).map_err(exercise::located)?;
        let marking = mark(&self.exercise, &answers, &self.options)
            .map_err(|error| usage(format!("{}: {error}", self.name)))?;
        let grading = grade(&marking, &self.scheme);
        Ok((marking, grading))
    }

    fn file(&self, arguments: &CheckArguments, answers: &str) -> Outcome {
        let output = arguments.output.as_deref();
        let format = render::format(arguments.format, output)?;
        no_notebook(format)?;
        let name = if answers == "-" { "standard input" } else { answers };
        let (marking, grading) = self.mark(read(answers)?, name)?;
        if format == DocumentFormat::Json {
            let json = report_json_with(&self.exercise, &marking, &grading, self.shown);
            write_json(&json, output)?;
        } else {
            let document = report_with(&self.exercise, &marking, &grading, self.shown);
            render::write(&document, format, Some(report_digits(&marking)), output)?;
        }
        match faults(&marking) {
            None => Ok(()),
            Some(faults) => Err(Failure::Check(format!("{name}: {faults}"))),
        }
    }

    fn folder(&self, arguments: &CheckArguments, folder: &Path) -> Outcome {
        // An ending of .csv says where the marks go, any other one where the document goes.
        let is_marks = |path: &&PathBuf| {
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
        };
        let marks = arguments.output.as_ref().filter(is_marks);
        let output = arguments.output.as_deref().filter(|_| marks.is_none());
        let marks = marks.map_or(Path::new(MARKS), PathBuf::as_path);
        let format = render::format(arguments.format, output)?;
        no_notebook(format)?;
        let files = self.answers_in(folder, &[marks, Path::new(self.name)])?;
        let mut class = Class { exercise: self.exercise.clone(), answers: Vec::new() };
        let (mut problems, mut wrong_answers) = (Vec::new(), 0);
        for path in &files {
            let shown = path.display().to_string();
            let marked = read(&shown).and_then(|bytes| self.mark(bytes, &shown));
            let result = match marked {
                Ok((marking, grading)) => {
                    wrong_answers += usize::from(faults(&marking).is_some());
                    Ok((marking, grading))
                }
                Err(failure) => {
                    let message = failure.message().unwrap_or_default().to_string();
                    problems.push(message.clone());
                    Err(first_line(&message))
                }
            };
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            class.answers.push(ClassAnswer { name, result });
        }
        let csv = class.to_csv().map_err(|error| usage(format!("{}: {error}", marks.display())))?;
        render::to_output(Some(marks), |out| out.write_all(csv.as_bytes()))?;
        if format == DocumentFormat::Json {
            write_json(&class.to_json_with(self.shown), output)?;
        } else {
            render::write(&class.to_document(), format, None, output)?;
            if format == DocumentFormat::Text && output.is_none() {
                emit(&format!("\nWrote {}\n", marks.display()))?;
            }
        }
        if !problems.is_empty() {
            let all = problems.len() == files.len();
            let problems = problems.join("\n\n");
            return Err(if all { Failure::Input(problems) } else { Failure::Check(problems) });
        }
        match (wrong_answers, files.len()) {
            (0, _) => Ok(()),
            (wrong, all) => Err(Failure::Check(format!("{wrong} of {all} answers have mistakes"))),
        }
    }

    /// The answer files of a folder in the order of their names, without these.
    fn answers_in(&self, folder: &Path, but: &[&Path]) -> Result<Vec<PathBuf>, Failure> {
        let problem = |error| usage(format!("{}: {error}", folder.display()));
        let but: Vec<PathBuf> = but.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(problem)? {
            let path = entry.map_err(problem)?.path();
            let is_answer = AnswerFormat::of_ending(&path.to_string_lossy()).is_some();
            let own = path.canonicalize().is_ok_and(|path| but.contains(&path));
            if is_answer && !own && path.is_file() {
                files.push(path);
            }
        }
        if files.is_empty() {
            let folder = folder.display();
            return Err(usage(format!("{folder}: no answers in this folder (.toml, .csv, .json)")));
        }
        files.sort();
        Ok(files)
    }
}

/// How many quantities are wrong, and what could not be read; none if all is well.
fn faults(marking: &Marking) -> Option<String> {
    let wrong = match marking.wrong() {
        0 => None,
        1 => Some("1 quantity is wrong".to_string()),
        wrong => Some(format!("{wrong} quantities are wrong")),
    };
    let unread = match marking.unread.len() {
        0 => None,
        1 => Some("1 thing could not be read".to_string()),
        unread => Some(format!("{unread} things could not be read")),
    };
    let faults: Vec<String> = wrong.into_iter().chain(unread).collect();
    (!faults.is_empty()).then(|| faults.join(", "))
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    if path == "-" {
        let name = "standard input";
        return up_to_limit(std::io::stdin().lock(), name);
    }
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => usage(format!(
            "{path}: no such file; `deltarule check EXERCISE --template` writes one to fill in"
        )),
        _ => usage(format!("{path}: {error}")),
    })?;
    up_to_limit(file, path)
}

fn up_to_limit(input: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let problem = |error| usage(format!("{name}: {error}"));
    input.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(usage(format!(
            "{name}: more than {most} MiB, which no answer to an exercise needs"
        )));
    }
    Ok(bytes)
}

fn no_notebook(format: DocumentFormat) -> Outcome {
    if format == DocumentFormat::Ipynb {
        return Err(usage("a notebook computes, and a marking compares: there is none"));
    }
    Ok(())
}

fn write_json(value: &Value, output: Option<&Path>) -> Outcome {
    render::to_output(output, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// What a message says, without the drawing around it.
fn first_line(message: &str) -> String {
    let mut words = message.lines().map(|line| line.trim_start_matches([' ', '×', '│']).trim());
    let first = words.find(|line| !line.is_empty()).unwrap_or_default();
    first.trim_start_matches("error: ").to_string()
}
