//! The style of a notebook's cell: the page's, held within a box.

use std::fmt::Write as _;

/// What the box is, and what its colours are in a notebook: those of its theme where it says them.
const BOX: &str = ".deltarule { \
--ink: var(--jp-content-font-color1, currentColor); \
--quiet: var(--jp-content-font-color2, currentColor); \
--line: var(--jp-border-color2, #8a8f9566); \
--box: #8a8f9526; \
--link: var(--jp-content-link-color, LinkText); \
--paper: var(--jp-layout-color0, transparent); --shade: transparent; \
--accent: #5b7fa8; \
--right: #17693a; --follows: #7a4a00; --wrong: #a0151f; \
max-width: 50rem; overflow-wrap: break-word; line-height: 1.55; }\n\
:is([data-jp-theme-light=\"false\"], .vscode-dark, .vscode-high-contrast) .deltarule { \
--right: #7fd6a0; --follows: #f0c36d; --wrong: #ffb0aa; }\n\
.deltarule h2 { border-bottom: none; margin: 0.5rem 0; }\n\
.deltarule h3 { border-bottom: 2px solid var(--accent); padding-bottom: 0.25rem; color: inherit; font-size: 1.25rem; }\n\
.deltarule h4 { color: inherit; font-size: 1.0625rem; }\n\
.deltarule h5 { color: inherit; }\n\
.deltarule table { margin: 0; border: none; }\n\
.deltarule tbody tr { background: none; }\n";

/// What is a page's alone begins so.
const OF_PAGES: [&str; 8] = [":", "*", "html", "body", "main", "nav", ".compact", "/*"];

/// The rules of the page that a box needs, each of them for what is in a box only. The style sheet has a rule per line.
pub(super) fn style(of_page: &str) -> String {
    let mut out = String::new();
    let mut within_media = false;
    for line in of_page.lines() {
        if line.starts_with('@') {
            within_media = true;
        } else if within_media || line.starts_with([' ', '}']) {
            within_media &= line != "}";
        } else if let Some((selectors, rule)) = line.split_once('{') {
            let scoped: Vec<String> = selectors
                .split(',')
                .map(str::trim)
                .filter(|selector| !OF_PAGES.iter().any(|start| selector.starts_with(start)))
                .map(|selector| format!(".deltarule {selector}"))
                .collect();
            if !scoped.is_empty() {
                let _ = writeln!(out, "{} {{{rule}", scoped.join(", "));
            }
        }
    }
    // Last, because of two rules of the same weight the later one holds.
    out + BOX
}

#[cfg(test)]
mod tests {
    use super::super::STYLE;
    use super::style;

    #[test]
    fn no_rule_reaches_out_of_the_box() {
        let style = style(STYLE);
        for line in style.lines() {
            let (selectors, rule) = line.split_once('{').expect("a rule per line");
            assert!(rule.trim_end().ends_with('}') && rule.matches('}').count() == 1, "{line}");
            let is_dark =
                selectors.starts_with(":is(") && selectors.trim().ends_with(" .deltarule");
            assert!(
                is_dark || selectors.split(',').all(|one| one.trim().starts_with(".deltarule")),
                "{line}"
            );
        }
        for needed in ["mark.wrong", ".equation ", "svg.network line", ".cell-right", "td"] {
            assert!(style.contains(&format!(".deltarule {needed}")), "{needed}");
        }
        // MathML and drawings use the colours of the page.
        for (at, _) in style.match_indices("var(--") {
            let name = &style[at + 4..].split([')', ',']).next().unwrap();
            assert!(
                name.starts_with("--jp-") || style.contains(&format!("{name}: ")),
                "{name} has no value"
            );
        }
    }
}
