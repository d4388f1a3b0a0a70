//! What every renderer makes of every exercise of the gallery. After a change that is meant, look at the differences and
//! take them over with `cargo insta review`, or with INSTA_UPDATE=always.

use deltarule_document::{
    HtmlOptions, LatexOptions, MarkdownOptions, NotebookOptions, TextOptions, TypstOptions,
    render_html, render_latex, render_markdown, render_notebook, render_text, render_typst,
};
use deltarule_exercise::{Style, compare, solve, to_document};

use super::gallery::exercises;

pub(crate) fn snapshot(name: &str, format: &str, output: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{name}.{format}"), output));
}

#[test]
fn every_renderer_for_every_exercise() {
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        let document = to_document(&solution, &Style::default());
        snapshot(&name, "txt", &render_text(&document, &TextOptions::default()));
        snapshot(&name, "md", &render_markdown(&document, &MarkdownOptions::default()));
        snapshot(&name, "tex", &render_latex(&document, &LatexOptions::default()));
        snapshot(&name, "html", &render_html(&document, &HtmlOptions::default()));
        snapshot(&name, "typ", &render_typst(&document, &TypstOptions::default()));
        let with_code = to_document(&solution, &Style { code: true, ..Style::default() });
        snapshot(&name, "ipynb", &render_notebook(&with_code, &NotebookOptions::default()));
    }
}

#[test]
fn the_comparison_of_the_sheet_by_every_renderer() {
    let (_, exercise) = exercises().swap_remove(2);
    let comparison = compare(&exercise, &[], &[]).unwrap();
    let document = comparison.to_document(&Style::default());
    let name = "compare-3";
    snapshot(name, "txt", &render_text(&document, &TextOptions::default()));
    snapshot(name, "md", &render_markdown(&document, &MarkdownOptions::default()));
    snapshot(name, "tex", &render_latex(&document, &LatexOptions::default()));
    snapshot(name, "html", &render_html(&document, &HtmlOptions::default()));
    snapshot(name, "typ", &render_typst(&document, &TypstOptions::default()));
    let with_code = comparison.to_document(&Style { code: true, ..Style::default() });
    snapshot(name, "ipynb", &render_notebook(&with_code, &NotebookOptions::default()));
    let short = comparison.to_short_document(&Style::default());
    snapshot("compare-3-short", "txt", &render_text(&short, &TextOptions::default()));
}
