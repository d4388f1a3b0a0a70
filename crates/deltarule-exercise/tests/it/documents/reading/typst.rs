//! Typst.

use super::{Grid, Read};

/// What a Typst file shows, without its preamble and the descriptions of formulas for screen readers, which say everything
/// a second time.
pub(crate) fn of_typst(typst: &str) -> Vec<String> {
    let typst = shown(typst);
    let mut read = Read::default();
    let mut rest = typst.as_str();
    while let Some((before, inside)) = rest.split_once("matrix(") {
        read.loose(before);
        let (matrix, behind) = inside.split_at(closing(inside));
        let (open, close) = ("open: #none, ", "close: #none, ");
        let opens = !matrix.contains(open);
        let closes = !matrix.contains(close);
        read.columns(grid(&matrix.replace(open, "").replace(close, "")), opens, closes);
        rest = behind;
    }
    read.loose(rest);
    read.done()
}

/// Where the bracket closes that has been opened.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    text.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    })
    .expect("a closed bracket")
}

fn grid(matrix: &str) -> Grid {
    let cell = |cell: &str| {
        let plain: String = cell.chars().filter(|c| !matches!(c, '&' | '"' | ' ')).collect();
        match plain.as_str() {
            "dots.c" => "…".into(),
            "dots.v" => "⋮".into(),
            "dots.down" => "⋱".into(),
            _ => match plain.split_once("dot10^(") {
                Some((mantissa, exponent)) => {
                    format!("{mantissa}e{}", exponent.trim_end_matches(')'))
                }
                None => plain,
            },
        }
    };
    matrix.split(';').map(|row| row.split(", ").map(cell).collect()).collect()
}

fn shown(typst: &str) -> String {
    let mut out = String::new();
    let mut rest = typst.split_once("\n#title(").expect("a title").1;
    while let Some(start) = rest.find("shown(\"").into_iter().chain(rest.find("#m(\"")).min() {
        out.push_str(&rest[..start]);
        rest = &rest[start + rest[start..].find('"').unwrap() + 1..];
        let mut escaped = false;
        let end = rest.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        rest = &rest[end.expect("a closed string")..];
    }
    out.push_str(rest);
    out.lines().filter(|line| !line.contains("set text(size:")).collect::<Vec<_>>().join("\n")
}
