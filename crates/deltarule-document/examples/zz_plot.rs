//! temporary
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/hard.rs"]
mod hard;
use deltarule_document::*;
fn main() {
    for (n, d) in [("sample", common::sample()), ("hard", hard::hard())] {
        std::fs::write(
            format!("/tmp/html-audit/{n}.html"),
            render_html(&d, &HtmlOptions::default()),
        )
        .unwrap();
    }
}
