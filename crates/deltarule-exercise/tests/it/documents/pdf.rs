//! PDF: what a reader of the pages finds on them.

use deltarule_document::{Block, Document, Drawing, TypstOptions, render_pdf};
use deltarule_exercise::{BatchLayout, Style, compare, solve, to_document};

use super::gallery::exercises;
use super::numbers::ON_THE_SHEET;
use super::reading::{Order, of_tree};
use super::snapshots::snapshot;

fn pdf(document: &Document) -> Vec<u8> {
    render_pdf(document, &TypstOptions::default()).unwrap()
}

/// Every document that is looked at, with its name.
fn documents() -> Vec<(String, Document)> {
    let mut all = Vec::new();
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        all.push((name.clone(), to_document(&solution, &Style::default())));
        if name.starts_with("exercise") {
            let examples = Style { batch: BatchLayout::Examples, ..Style::default() };
            all.push((format!("{name}-examples"), to_document(&solution, &examples)));
            let comparison = compare(&exercise, &[], &[]).unwrap();
            all.push((format!("compare-{name}"), comparison.to_document(&Style::default())));
        }
    }
    for (_, document) in &mut all {
        // The axes of plots have numbers of their own.
        let plot = |block: &Block| matches!(block, Block::Figure(f) if matches!(f.drawing, Drawing::Plot(_)));
        document.blocks.retain(|block| !plot(block));
    }
    all
}

/// What the numbers on the pages should be. With the environment variable `DELTARULE_PDF`, which `cargo xtask test` sets, the
/// files are written into that folder, each beside its numbers, so that a reader of PDF can be asked for the numbers that it
/// finds.
#[test]
fn files_and_the_numbers_on_their_pages() {
    let mut on_the_sheet = ON_THE_SHEET.iter();
    for (name, document) in documents() {
        let numbers = of_tree(&document, 6, Order::MatricesByColumns);
        if let Some(exercise) = name.strip_prefix("exercise-")
            && exercise.len() == 1
        {
            for number in *on_the_sheet.next().unwrap() {
                let number = number.trim_start_matches('-');
                assert!(numbers.iter().any(|n| n == number), "{name}: {number} is missing");
            }
        }
        let bytes = pdf(&document);
        assert!(bytes.starts_with(b"%PDF-"), "{name}");
        if let Some(folder) = std::env::var_os("DELTARULE_PDF") {
            let path = std::path::Path::new(&folder).join(&name);
            std::fs::write(path.with_extension("pdf"), bytes).unwrap();
            std::fs::write(path.with_extension("numbers"), numbers.join("\n")).unwrap();
        }
    }
    assert_eq!(on_the_sheet.len(), 0);
}

/// The text of the pages as it stands in the file. Formulas are set sign by sign: gaps say nothing.
#[test]
fn the_text_of_the_pages() {
    for (name, exercise) in exercises() {
        let document = to_document(&solve(&exercise).unwrap(), &Style::default());
        let pdf = lopdf::Document::load_mem(&pdf(&document)).unwrap();
        let mut pages = String::new();
        for page in pdf.get_pages().keys() {
            let text = pdf.extract_text(&[*page]).unwrap();
            let words: Vec<&str> = text.split_whitespace().collect();
            pages += &format!("page {page}\n");
            for line in words.chunks(30) {
                pages += &format!("{}\n", line.join(" "));
            }
        }
        snapshot(&name, "pdf", &pages);
    }
}
