//! PDF: what a reader of PDF finds on the pages are the numbers of the document, all of them and in order.

use std::path::Path;
use std::process::Command;

use crate::context::Context;
use crate::step::Outcome;
use crate::{folder, tests};

pub(crate) fn step(context: &Context) -> Outcome {
    let program = match context.tools().and_then(|tools| tools.pdftotext.clone()) {
        Ok(program) => program,
        Err(reason) => return Outcome::Skipped(reason),
    };
    match compare_all(program, &tests::pdf_folder(context)) {
        Ok((files, numbers)) => Outcome::Done(format!("{files} files, {numbers} numbers in order")),
        Err(error) => Outcome::Failed(error),
    }
}

/// How many files and numbers were compared, or what differs.
fn compare_all(program: &str, folder: &Path) -> Result<(usize, usize), String> {
    let files = folder::files(folder, "pdf")?;
    let mut count = 0;
    for file in &files {
        let name = file.display();
        let numbers = std::fs::read_to_string(file.with_extension("numbers"))
            .map_err(|error| format!("{name}: {error}"))?;
        let expected: Vec<&str> = numbers.lines().collect();
        // In the order in which they stand in the file: columns of matrices one after the other.
        let mut command = Command::new(program);
        let output = command.args(["-raw", "-enc", "UTF-8"]).arg(file).arg("-").output();
        let output = output.map_err(|error| format!("pdftotext: {error}"))?;
        if !output.status.success() {
            return Err(format!("{name}: pdftotext: {}", output.status));
        }
        difference(&decimals(&String::from_utf8_lossy(&output.stdout)), &expected)
            .map_or(Ok(()), |problem| Err(format!("{name}: {problem}")))?;
        count += expected.len();
    }
    if count == 0 { Err("no numbers were written".into()) } else { Ok((files.len(), count)) }
}

/// Numbers with a decimal point, without sign and exponent: what counts in the tests of the other formats too.
fn decimals(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = words.map(|word| word.trim_matches('.')).filter(|word| word.contains('.'));
    numbers.map(str::to_string).collect()
}

/// The first place at which two lists differ.
fn difference(found: &[String], expected: &[&str]) -> Option<String> {
    let at = (0..found.len().max(expected.len()))
        .find(|i| found.get(*i).map(String::as_str) != expected.get(*i).copied())?;
    let (from, to) = (at.saturating_sub(3), at + 4);
    let around = |all: &[String]| all[from.min(all.len())..to.min(all.len())].join(" ");
    let expected: Vec<String> = expected.iter().map(|number| (*number).to_string()).collect();
    Some(format!(
        "number {at} differs: {} on the pages, {} in the document",
        around(found),
        around(&expected)
    ))
}

#[cfg(test)]
mod tests_of_pdf {
    use super::{decimals, difference};

    #[test]
    fn numbers_are_found_and_compared_in_order() {
        let found = decimals("x = −0.25 ]\n1 / 3\n12.5. Part 2. [ 1.5 · 10");
        assert_eq!(found, ["0.25", "12.5", "1.5"]);
        assert_eq!(difference(&found, &["0.25", "12.5", "1.5"]), None);
        for other in
            [&["0.25", "1.5", "12.5"][..], &["0.25", "12.5"], &["0.25", "12.5", "1.5", "2.5"]]
        {
            assert!(difference(&found, other).is_some(), "{other:?}");
        }
    }
}
