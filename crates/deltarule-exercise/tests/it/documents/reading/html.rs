//! Pages.

use super::{Grid, Read};

/// What a page shows, without its style, drawings and table of contents.
pub(crate) fn of_html(html: &str) -> Vec<String> {
    let mut read = Read::default();
    let mut rest = html;
    while let Some((before, inside)) = rest.split_once("<mtable class=\"menv-arraylike") {
        let (_, inside) = inside.split_once('>').expect("the end of a tag");
        let (table, behind) = inside.split_once("</mtable>").expect("the end of a matrix");
        read.loose(&visible(before));
        let opens = before.ends_with(">[</mo>");
        let bracket = behind.split_once("</mo>").map_or("", |(first, _)| first);
        let closes = behind.starts_with("<mo") && bracket.ends_with(">]");
        read.columns(grid(table), opens, closes);
        rest = behind;
    }
    read.loose(&visible(rest));
    read.done()
}

fn grid(table: &str) -> Grid {
    let cell = |cell: &str| {
        let plain: String = visible(cell).chars().filter(|c| !c.is_whitespace()).collect();
        match plain.as_str() {
            "⋯" => "…".into(),
            _ => plain.replace('−', "-").replace("⋅10", "e"),
        }
    };
    let rows = table.split("</mtr>").filter(|row| !row.is_empty());
    rows.map(|row| row.split("</mtd>").filter(|cell| !cell.is_empty()).map(cell).collect())
        .collect()
}

/// What is left of a piece of a page when its tags and what is not shown are taken away.
pub(crate) fn visible(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        out.push(' ');
        rest = &rest[start..];
        for (open, close) in [
            ("<style", "</style>"),
            ("<annotation", "</annotation>"),
            ("<svg", "</svg>"),
            ("<nav", "</nav>"),
            ("<script", "</script>"),
            ("<head>", "</head>"),
        ] {
            if rest.starts_with(open) {
                let end = rest.find(close).expect("a closed tag");
                rest = &rest[end..];
            }
        }
        rest = &rest[rest.find('>').expect("a closed tag") + 1..];
    }
    out + rest
}
