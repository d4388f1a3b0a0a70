//! Pages: well-formed, whole in themselves, and readable.

mod common;
#[path = "common/hard.rs"]
mod hard;

use std::collections::BTreeSet;

use deltarule_document::{Document, Equation, HtmlOptions, Math, Prose, render_html};
use quick_xml::Reader;
use quick_xml::events::Event;

fn page(document: &Document) -> String {
    render_html(document, &HtmlOptions::default())
}

/// Every tag with its attributes; panics where the page is not well-formed.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let mut tags = Vec::new();
    let mut open = 0_i32;
    loop {
        let event = reader.read_event().unwrap_or_else(|e| panic!("{e} in {page}"));
        let (start, closes) = match &event {
            Event::Start(start) => (start, 0),
            Event::Empty(start) => (start, 1),
            Event::End(_) => {
                open -= 1;
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        open += 1 - closes;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            (text(attribute.key.as_ref()), text(&attribute.value))
        });
        tags.push((text(start.name().as_ref()), attributes.collect()));
    }
    assert_eq!(open, 0, "unclosed tags");
    tags
}

fn values<'a>(tags: &'a [(String, Vec<(String, String)>)], name: &str) -> Vec<&'a str> {
    let attributes = tags.iter().flat_map(|(_, attributes)| attributes);
    attributes.filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn every_kind_of_block_is_well_formed_and_every_link_leads_somewhere() {
    let page = page(&common::sample());
    let tags = tags(&page);
    let ids = values(&tags, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    let links = values(&tags, "href");
    assert!(links.len() >= 2);
    for link in links {
        assert!(unique.contains(link.trim_start_matches('#')), "{link} leads nowhere");
    }
    assert!(!page.contains("class=\"error\""), "a formula that could not be converted");
    for name in ["math", "svg", "table", "nav", "h1", "h2", "h3", "figure"] {
        assert!(tags.iter().any(|(tag, _)| tag == name), "no {name}");
    }
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let page = page(&common::sample());
    for address in page.match_indices("http").map(|(at, _)| &page[at..]) {
        let known = ["http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"];
        assert!(known.iter().any(|k| address.starts_with(k)), "{}", &address[..60]);
    }
    for forbidden in ["<script", "<link", "@import", "url(", "src="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(page(&common::sample()), page(&common::sample()));
}

#[test]
fn words_of_a_user_stay_words() {
    let hostile = "</title><script>alert('x')</script> & \" ' <b> \u{0} \u{1b}[31m";
    let mut document = Document::new(hostile);
    document.heading(1, Prose::text(hostile));
    document.paragraph(Prose::text(hostile));
    document.list(vec![Prose::text(hostile)]);
    document.equation(Equation::new(Math::word(hostile)));
    let page = page(&document);
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    assert!(page.chars().all(|c| !c.is_control() || c == '\n'));
    let found = tags(&page);
    assert!(found.iter().all(|(tag, _)| tag != "script" && tag != "b"));
}

#[test]
fn a_short_page_has_no_table_of_contents() {
    let mut document = Document::new("T");
    document.heading(1, "One");
    assert!(!page(&document).contains("<nav"));
}

#[test]
fn what_is_hard_to_set_is_well_formed_too() {
    let page = page(&hard::hard());
    tags(&page);
    assert!(!page.contains("class=\"error\""), "a formula that could not be converted");
    assert!(!page.contains("&amp;amp;"), "escaped twice");
}
