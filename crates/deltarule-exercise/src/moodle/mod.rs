//! Exercises as questions for Moodle: an XML file with a Cloze question per exercise, an entry for every number.
//!
//! Source: docs.moodle.org, "Moodle XML format" and "Embedded Answers (Cloze) question type"; where they are silent, how
//! Moodle's import reads the format. A Cloze question takes its mark from its entries, so that it has no `defaultgrade`.

mod cloze;
mod options;
mod question;
mod tolerance;

use std::fmt::Write as _;

use deltarule_document::{HtmlOptions, render_html_fragment};
use deltarule_worked::Style;

use crate::document::to_document;
use crate::solve::Solution;

pub use options::MoodleOptions;

/// Solutions show at least this many digits, so that whoever looks for a slip sees more than was asked for.
const SOLUTION_DIGITS: usize = 6;
/// What an attempt costs in Moodle's adaptive modes: a third, as Moodle itself writes it.
const PENALTY: &str = "0.3333333";

/// A Moodle XML file with a question per exercise.
///
/// A number is accepted within a unit of the last digit asked for, and within the drift that earlier results rounded to as
/// many digits can cause. Each quantity of a step has the same share of the marks, divided among its numbers.
///
/// # Example
///
/// ```
/// use deltarule_exercise::{Exercise, MoodleOptions, Notation, sheet, solve, to_moodle};
///
/// let solution = solve(&Exercise::parse(sheet(1).unwrap(), "exercise 1").unwrap())?;
/// let options =
///     MoodleOptions { category: "Backpropagation".into(), digits: 4, notation: Notation::Sheet };
/// let xml = to_moodle(&[solution], &options);
/// assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>"));
/// assert!(xml.contains(":NUMERICAL:="));
/// # Ok::<(), deltarule_exercise::SolveError>(())
/// ```
pub fn to_moodle(solutions: &[Solution], options: &MoodleOptions) -> String {
    // The first byte must be that of the declaration: Moodle's reader wants nothing before it.
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n");
    // A slash divides categories from subcategories; two are one that is meant.
    let category = text(&options.category.replace('/', "//"));
    let _ = write!(
        out,
        "  <question type=\"category\">\n    <category>\n      <text>$course$/top/{category}</text>\n    </category>\n  </question>\n"
    );
    let style = Style {
        notation: options.notation,
        digits: options.digits.max(SOLUTION_DIGITS),
        ..Style::default()
    };
    let html = HtmlOptions { digits: style.digits };
    for solution in solutions {
        let name = text(&solution.exercise.title);
        let asked = cdata(&question::text(solution, options, &style));
        let solved = cdata(&render_html_fragment(&to_document(solution, &style), &html));
        let _ = write!(
            out,
            "  <question type=\"cloze\">\n    <name>\n      <text>{name}</text>\n    </name>\n    \
             <questiontext format=\"html\">\n      <text>{asked}</text>\n    </questiontext>\n    \
             <generalfeedback format=\"html\">\n      <text>{solved}</text>\n    </generalfeedback>\n    \
             <penalty>{PENALTY}</penalty>\n    <hidden>0</hidden>\n  </question>\n"
        );
    }
    out.push_str("</quiz>\n");
    out
}

/// Plain text in XML.
fn text(words: &str) -> String {
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// HTML in XML. In HTML `]]&gt;` is the same as what would end the section.
fn cdata(html: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let html: String = html.chars().filter(allowed).collect();
    format!("<![CDATA[{}]]>", html.replace("]]>", "]]&gt;"))
}
