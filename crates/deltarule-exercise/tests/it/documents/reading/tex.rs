//! LaTeX, Markdown and the cells of notebooks.

use super::{Grid, Read};

/// What a LaTeX file holds behind its preamble.
pub(crate) fn of_latex(latex: &str) -> Vec<String> {
    of_tex(latex.split_once("\\begin{document}").expect("a document").1)
}

pub(crate) fn of_markdown(markdown: &str) -> Vec<String> {
    of_tex(markdown)
}

/// The Markdown of a notebook.
pub(crate) fn markdown_cells(notebook: &str) -> String {
    let notebook: serde_json::Value = serde_json::from_str(notebook).unwrap();
    let cells = notebook["cells"].as_array().unwrap().iter();
    let lines = cells
        .filter(|cell| cell["cell_type"] == "markdown")
        .flat_map(|cell| cell["source"].as_array().unwrap());
    lines.map(|line| line.as_str().unwrap().to_string() + "\n").collect()
}

fn of_tex(tex: &str) -> Vec<String> {
    let mut read = Read::default();
    let mut rest = tex;
    while let Some((before, inside)) = rest.split_once("\\begin{array}{") {
        let (array, behind) = inside.split_once(" \\end{array}").expect("the end of an array");
        let (_, cells) = array.split_once('}').expect("the columns of an array");
        // The note below a matrix is written before it.
        let (before, note) = match before.rsplit_once("\\underset{") {
            Some((left, note)) if note.ends_with(")}{\\left[") || note.ends_with(")}{\\left.") => {
                (format!("{left}{}", &note[note.len() - "\\left[".len()..]), note)
            }
            _ => (before.to_string(), ""),
        };
        read.loose(&before);
        let opens = before.ends_with("\\left[");
        assert!(opens || before.ends_with("\\left."), "{array}");
        let closes = behind.starts_with("\\right]");
        assert!(closes || behind.starts_with("\\right."), "{array}");
        read.columns(grid(cells), opens, closes);
        read.loose(note);
        rest = behind;
    }
    read.loose(rest);
    read.done()
}

fn grid(array: &str) -> Grid {
    let cell = |cell: &str| {
        let plain = ["\\enspace", "\\thickspace", "\\quad", " "]
            .iter()
            .fold(cell.to_string(), |cell, gap| cell.replace(gap, ""));
        match plain.as_str() {
            "\\cdots" => "…".into(),
            "\\vdots" => "⋮".into(),
            "\\ddots" => "⋱".into(),
            _ => match plain.split_once("\\cdot10^{") {
                Some((mantissa, exponent)) => {
                    format!("{mantissa}e{}", exponent.trim_end_matches('}'))
                }
                None => plain,
            },
        }
    };
    array.split(" \\\\ ").map(|row| row.split('&').map(cell).collect()).collect()
}
