//! Pages: well-formed, whole in themselves, and readable.

use std::collections::{BTreeMap, BTreeSet};

use deltarule_document::{
    Block, Curve, Document, Drawing, Equation, Figure, HtmlOptions, Math, Matrix, Plot, Prose,
    QuantityId, render_html,
};
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
    let page = page(&crate::common::sample());
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
fn what_is_judged_is_marked_and_words_stay_words() {
    let page = page(&crate::common::sample());
    for mark in [
        "<mark class=\"wrong\">-0.5 *a* &lt;b&gt;</mark>",
        "is <mark class=\"right\">0.25</mark> or <mark class=\"missing\">?</mark>",
        "<mark class=\"follows\">0.125</mark>",
    ] {
        assert!(page.contains(mark), "{mark}");
    }
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let page = page(&crate::common::sample());
    for address in page.match_indices("http").map(|(at, _)| &page[at..]) {
        let known = ["http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"];
        assert!(known.iter().any(|k| address.starts_with(k)), "{}", &address[..60]);
    }
    for forbidden in ["<link", "@import", "src=", "fetch(", "import("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.matches("url(").count(), page.matches("url('data:").count());
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(page(&crate::common::sample()), page(&crate::common::sample()));
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
    // The page has a script of its own, with nothing of the user's in it.
    let (before, script) = page.split_once("<script>").unwrap();
    assert!(!before.contains("<script") && !page.contains("<b>"), "{page}");
    assert!(!script.contains("alert"), "{script}");
    assert!(page.chars().all(|c| !c.is_control() || c == '\n'));
    let found = tags(&page);
    assert_eq!(found.iter().filter(|(tag, _)| tag == "script").count(), 1);
    assert!(found.iter().all(|(tag, _)| tag != "b"));
}

#[test]
fn a_short_page_has_no_table_of_contents() {
    let mut document = Document::new("T");
    document.heading(1, "One");
    assert!(!page(&document).contains("<nav"));
}

#[test]
fn what_is_hard_to_set_is_well_formed_too() {
    let page = page(&crate::common::hard::hard());
    tags(&page);
    assert!(!page.contains("class=\"error\""), "a formula that could not be converted");
    assert!(!page.contains("NaN,") && !page.contains(",NaN"), "a point that is nowhere");
}

#[test]
fn deep_headings_alone_have_no_table_of_contents() {
    let mut document = Document::new("T");
    (0..5).for_each(|i| document.heading(3, Prose::text(format!("Remark {i}"))));
    assert!(!page(&document).contains("<nav"));
}

fn plotted(name: &str, points: Vec<(f64, f64)>) -> String {
    let mut document = Document::new("T");
    let curves = vec![Curve { name: name.into(), points }];
    let plot = Plot { x_label: name.into(), y_label: name.into(), curves };
    let drawing = Drawing::Plot(plot);
    document.blocks.push(Block::Figure(Figure { caption: "Curve.".into(), drawing }));
    page(&document)
}

#[test]
fn names_in_a_plot_are_escaped_once() {
    let page = plotted("a & <b>\u{7}", vec![(0.0, 1.0), (1.0, 2.0)]);
    tags(&page);
    assert!(page.contains("a &amp; &lt;b&gt; ") && !page.contains("&amp;amp;"), "{page}");
    assert!(page.contains("<title>Curve.</title>"));
}

#[test]
fn every_sign_may_stand_in_a_formula() {
    let signs = ('!'..='~').filter(char::is_ascii_punctuation);
    let others = "−·∘⊙×±←→⇒≈≤≥≠∈∂∇Σ∏√∞…⋮½".chars();
    for sign in signs.chain(others) {
        let mut document = Document::new("T");
        let row = Math::Row(vec![Math::Letter('x'), Math::Sign(sign), Math::Letter('x')]);
        document.paragraph(Prose::default().and_math(row.clone()));
        document.equation(Equation::new(row.clone()).equals(row.in_brackets()));
        let page = page(&document);
        tags(&page);
        assert!(!page.contains("class=\"error\""), "{sign} could not be converted");
    }
}

/// Browsers drew the line under a gap as wide as a dash.
#[test]
fn hidden_numbers_are_lines_to_write_on() {
    let quantity = || QuantityId::new("a", 1, "z", Some(1));
    let mut document = Document::new("T");
    let hidden = Matrix::new(3, 2, |_, _| 0.5, quantity()).hidden();
    document.equation(Equation::formula("z").equals(Math::Matrix(hidden)));
    let one = Math::Number(Matrix::number(0.5, 0, 0, quantity()).hidden());
    document.paragraph(Prose::text("x ").and_math(one));
    let page = page(&document);
    tags(&page);
    assert_eq!(page.matches("style=\"border-bottom").count(), 7);
    assert!(!page.contains("<munder") && !page.contains("0.5<"), "{page}");
}

/// The axis of a range that is no number, as from −1.7e308 to 1.7e308, once was never finished.
#[test]
fn curves_of_any_range_are_drawn() {
    let ends = [f64::MAX, -f64::MAX, 0.0, 5e-324, 1e-310, 1.0, f64::INFINITY, f64::NAN];
    for (low, high) in ends.iter().flat_map(|low| ends.iter().map(move |high| (*low, *high))) {
        for points in [vec![(0.0, low), (1.0, high)], vec![(low, 0.0), (high, 1.0)], vec![]] {
            let page = plotted("p", points);
            tags(&page);
            assert!(page.contains("<svg "), "{low} to {high}");
            assert!(!page.contains("NaN") && !page.contains("inf,"), "{low} to {high}");
        }
    }
}

/// A curve is one line through all its points, however it is dashed, and its places are those of its numbers.
#[test]
fn a_curve_goes_through_its_points() {
    let curve = |name: &str, points| Curve { name: name.into(), points };
    let curves = vec![
        curve("a", vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 0.75), (4.0, 0.0)]),
        curve("b", vec![(0.0, 0.5), (4.0, 0.5)]),
    ];
    let mut document = Document::new("T");
    let plot = Plot { x_label: "update".into(), y_label: "loss".into(), curves };
    let figure = Figure { caption: "Curves.".into(), drawing: Drawing::Plot(plot) };
    document.blocks.push(Block::Figure(figure));
    let page = page(&document);
    tags(&page);
    let lines: Vec<Vec<(f64, f64)>> = page
        .split("<polyline points=\"")
        .skip(1)
        .map(|rest| {
            let points = rest.split('"').next().unwrap().split(' ');
            let pairs = points.map(|point| point.split_once(',').unwrap());
            pairs.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
        })
        .collect();
    let [a, b] = lines.as_slice() else { panic!("{lines:?}") };
    let (left, right, top, bottom) = (a[0].0, a[2].0, a[0].1, a[2].1);
    assert!(left < right && top < bottom);
    let halfway = (left + right) / 2.0;
    assert!((a[1].0 - halfway).abs() < 0.1 && (a[1].1 - (top + (bottom - top) / 4.0)).abs() < 0.1);
    assert_eq!([b[0].0, b[1].0], [left, right]);
    assert!(b.iter().all(|point| (point.1 - (top + bottom) / 2.0).abs() < 0.1));
    // The value 0.5 stands at the height of the second curve.
    assert!(page.contains(&format!("y=\"{}\" dy=\"4\">0.5</text>", b[0].1)), "{page}");
}

/// The relative luminance of a colour of six hexadecimal digits, as WCAG 2 defines it.
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let v = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_colour_of_words_stands_out_in_every_theme() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    let page = page(&Document::new("T"));
    let (style, _) = page.split_once("</style>").unwrap();
    // The variables of each theme: what stands in the blocks that begin with :root.
    let themes: Vec<BTreeMap<&str, &str>> = style
        .split(":root {")
        .skip(1)
        .map(|block| {
            let (declarations, _) = block.split_once('}').unwrap();
            let pairs = declarations.split(';').filter_map(|pair| pair.split_once(':'));
            pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
        })
        .collect();
    assert_eq!(themes.len(), 3, "light, dark and printed");
    let declared = |property: &str| -> BTreeSet<&str> {
        let declarations = style.split(['{', '}', ';']).map(str::trim);
        let values = declarations.filter_map(|d| d.split_once(':')).filter(|(p, _)| *p == property);
        values.map(|(_, value)| value.trim()).collect()
    };
    for value in declared("color").into_iter().filter(|value| value.starts_with("var(")) {
        let name = value.trim_start_matches("var(").trim_end_matches(')');
        for theme in &themes {
            let ratio = contrast(theme[name], theme["--paper"]);
            assert!(ratio >= 4.5, "{name} on paper: {ratio:.2} in {theme:?}");
        }
    }
    // Words in boxes have the colour of those around them.
    let in_boxes = ["--ink", "--quiet", "--link", "--accent", "--wrong"];
    for (theme, name) in themes.iter().flat_map(|theme| in_boxes.map(|name| (theme, name))) {
        let ratio = contrast(theme[name], theme["--box"]);
        assert!(ratio >= 4.5, "{name} in a box: {ratio:.2} in {theme:?}");
    }
    // Colours without a name are those of formulas that could not be converted, and of the paper of plots.
    let unnamed: Vec<&str> = declared("color").into_iter().filter(|v| v.starts_with('#')).collect();
    assert_eq!(unnamed, ["#b00020"]);
    assert!(contrast("#b00020", "#ffffff") >= 4.5);
}
