//! The Markdown renderer, read again by a parser of Markdown.

use deltarule_document::{Block, Document, Inline, MarkdownOptions, Math, Prose, render_markdown};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use pulldown_latex::Storage;

fn markdown(document: &Document) -> String {
    render_markdown(document, &MarkdownOptions::default())
}

/// What a document holds, as far as Markdown shows it.
#[derive(Debug, Default, PartialEq)]
struct Content {
    headings: Vec<(u8, String)>,
    paragraphs: Vec<String>,
    items: Vec<String>,
    cells: Vec<String>,
    inline_formulas: Vec<String>,
    equations: usize,
    figures: usize,
}

/// Stands for a formula.
const FORMULA: char = '∎';

/// Words with one blank between them; gaps around formulas do not count.
fn plain(text: &str) -> String {
    let text = text.replace(|c| c == '\u{200a}' || ('\u{2800}'..='\u{28ff}').contains(&c), "");
    text.chars()
        .map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c })
        .collect::<String>()
        .split(' ')
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn words(prose: &Prose) -> String {
    let pieces = prose.0.iter().map(|piece| match piece {
        Inline::Text(words)
        | Inline::Code(words)
        | Inline::Link(words, _)
        | Inline::Marked(_, words) => words.clone(),
        Inline::Math(math) if *math == Math::Row(Vec::new()) => String::new(),
        Inline::Math(_) => FORMULA.to_string(),
        // Characters of Braille, which are not compared.
        Inline::Sketch(_) => String::new(),
    });
    plain(&pieces.collect::<String>())
}

fn of_tree(document: &Document) -> Content {
    let mut content = Content { headings: vec![(1, plain(&document.title))], ..Content::default() };
    for block in &document.blocks {
        match block {
            Block::Heading(level, prose) => {
                content.headings.push(((level + 1).min(6), words(prose)));
            }
            Block::Paragraph(prose) => content.paragraphs.push(words(prose)),
            Block::List(items) => content.items.extend(items.iter().map(words)),
            Block::Equation(_) => content.equations += 1,
            Block::Table(table) => {
                let columns = table.header.len();
                for row in std::iter::once(&table.header).chain(&table.rows) {
                    content.cells.extend(row.iter().map(words));
                    content.cells.extend(vec![String::new(); columns - row.len()]);
                }
            }
            Block::Figure(figure) => {
                content.figures += 1;
                if !figure.caption.0.is_empty() {
                    content.paragraphs.push(words(&figure.caption));
                }
            }
            Block::Code(_) => {}
        }
    }
    content
}

fn of_markdown(markdown: &str) -> Content {
    let mut content = Content::default();
    let mut text = String::new();
    let mut level = 0;
    let mut fenced = false;
    let options = Options::ENABLE_MATH
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(_) if fenced => {}
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::InlineMath(formula) => {
                content.inline_formulas.push(formula.to_string());
                text.push(FORMULA);
            }
            Event::DisplayMath(formula) => {
                accepted(&formula);
                content.equations += 1;
            }
            Event::Start(Tag::CodeBlock(_)) => fenced = true,
            Event::End(TagEnd::CodeBlock) => {
                fenced = false;
                content.figures += 1;
            }
            Event::Start(Tag::Heading { level: of, .. }) => {
                level = of as u8;
            }
            Event::Start(
                Tag::Paragraph | Tag::List(None) | Tag::Item | Tag::Emphasis | Tag::Strong,
            ) => {}
            Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell) => {}
            Event::End(TagEnd::Heading(_)) => {
                content.headings.push((level, plain(&std::mem::take(&mut text))));
            }
            Event::End(TagEnd::Paragraph) => {
                let paragraph = plain(&std::mem::take(&mut text));
                if !paragraph.is_empty() {
                    content.paragraphs.push(paragraph);
                }
            }
            Event::End(TagEnd::Item) => content.items.push(plain(&std::mem::take(&mut text))),
            Event::End(TagEnd::TableCell) => content.cells.push(plain(&std::mem::take(&mut text))),
            Event::End(_) => {}
            Event::InlineHtml(html) => assert!(["<span>", "</span>"].contains(&&*html), "{html}"),
            other => panic!("{other:?}"),
        }
    }
    content
}

/// Asserts that a reader of TeX accepts a formula.
fn accepted(formula: &str) {
    let storage = Storage::new();
    for event in pulldown_latex::Parser::new(formula, &storage) {
        assert!(event.is_ok(), "{formula}\n{}", event.unwrap_err());
    }
}

#[test]
fn a_parser_finds_what_the_tree_holds() {
    for document in [crate::common::sample(), crate::common::hard::hard()] {
        let expected = of_tree(&document);
        let mut found = of_markdown(&markdown(&document));
        let formulas = std::mem::take(&mut found.inline_formulas);
        assert!(!formulas.is_empty());
        for formula in &formulas {
            accepted(formula);
            let safe = formula.replace("\\$", "").replace("\\%", "");
            assert!(
                !safe.contains("\\\\") && !safe.contains("\\_") && !safe.contains("]("),
                "{formula}"
            );
        }
        // One by one, so that what differs can be seen.
        for (found, expected) in found.paragraphs.iter().zip(&expected.paragraphs) {
            assert_eq!(found, expected);
        }
        for (found, expected) in found.cells.iter().zip(&expected.cells) {
            assert_eq!(found, expected);
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn a_paragraph_is_a_line_and_blocks_stand_apart() {
    let text = markdown(&crate::common::sample());
    let paragraph = "The bias $b^{[1]}$ is \\*added\\* to every column; see `solve 1`.";
    assert!(text.lines().any(|line| line.starts_with(paragraph)), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line.trim_end(), *line);
        if *line == "$$" {
            let (above, below) = (lines[i - 1], lines.get(i + 1).copied().unwrap_or(""));
            assert!(above.is_empty() || below.is_empty(), "{above}\n{line}\n{below}");
        }
    }
    assert!(!text.contains("operatorname") && !text.contains("assert True"));
    assert!(text.contains("*The network,* $L$ *= 2.*"));
    assert!(text.contains("| a \\| b | $x - t$ |"));
}

#[test]
fn the_same_bytes_come_twice_and_any_number_of_digits_is_possible() {
    let document = crate::common::sample();
    assert_eq!(markdown(&document), markdown(&document));
    for digits in [0, 1, 17, 800, usize::MAX] {
        let text = render_markdown(&document, &MarkdownOptions { digits });
        assert_eq!(of_markdown(&text).equations, of_tree(&document).equations);
    }
}

#[test]
fn words_at_the_start_of_a_line_start_nothing() {
    for words in [
        "# no heading",
        "- no item",
        "+ no item",
        "* no item",
        "1. no item",
        "12) no item",
        "> no quote",
        "---",
        "===",
        "***",
        "    no code",
        "```",
        "~~~",
        "| a | b |",
        "<!-- a -->",
        "[a]: b",
        "$$",
        "$x$ y$",
        "&amp; &#65;",
        "![a](b)",
        "a  \nb\\",
        "https://a_b_c",
        "~~a~~",
        "[^1]",
        "\\(x\\)",
        "<https://a.b>",
        ": a",
    ] {
        let mut document = Document::new(words);
        document.heading(2, Prose::text(words));
        document.paragraph(Prose::text(words));
        document.list(vec![Prose::text(words)]);
        assert_eq!(of_markdown(&markdown(&document)), of_tree(&document), "{words}");
    }
}
