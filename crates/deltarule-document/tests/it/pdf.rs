//! Documents as PDF: what readers, printers and screen readers need is in the file, and nothing that differs between runs.

use deltarule_document::{Document, TypstOptions, render_pdf, typst_warnings};
use lopdf::{Dictionary, Object};

fn sample() -> lopdf::Document {
    let bytes = render_pdf(&crate::common::sample(), &TypstOptions::default()).unwrap();
    lopdf::Document::load_mem(&bytes).unwrap()
}

fn text(object: &Object) -> String {
    lopdf::decode_text_string(object).unwrap()
}

fn dictionaries(pdf: &lopdf::Document) -> impl Iterator<Item = &Dictionary> {
    pdf.objects.values().filter_map(|object| match object {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    })
}

fn names<'a>(pdf: &'a lopdf::Document, key: &str) -> Vec<&'a [u8]> {
    dictionaries(pdf).filter_map(|d| d.get(key.as_bytes()).ok()?.as_name().ok()).collect()
}

#[test]
fn pages_are_a4_and_fonts_embedded() {
    let pdf = sample();
    let pages = pdf.get_pages();
    assert!((2..=5).contains(&pages.len()), "{} pages", pages.len());
    for page in pages.values() {
        let page = pdf.get_dictionary(*page).unwrap();
        let size: Vec<f32> = page
            .get(b"MediaBox")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_float().unwrap())
            .collect();
        assert!((size[2] - 595.28).abs() < 0.1 && (size[3] - 841.89).abs() < 0.1, "{size:?}");
    }
    let described: Vec<&Dictionary> =
        dictionaries(&pdf).filter(|d| d.has_type(b"FontDescriptor")).collect();
    assert!(described.len() >= 4, "{} fonts", described.len());
    for font in described {
        let embedded = ["FontFile", "FontFile2", "FontFile3"];
        assert!(embedded.iter().any(|key| font.has(key.as_bytes())), "{font:?}");
    }
}

#[test]
fn the_file_is_tagged_and_says_what_it_is() {
    let pdf = sample();
    let catalog = pdf.catalog().unwrap();
    let marked = catalog.get_deref(b"MarkInfo", &pdf).unwrap().as_dict().unwrap();
    assert!(marked.get(b"Marked").unwrap().as_bool().unwrap());
    assert!(catalog.has(b"StructTreeRoot"));
    assert_eq!(text(catalog.get(b"Lang").unwrap()), "en");
    let info = pdf.trailer.get_deref(b"Info", &pdf).unwrap().as_dict().unwrap();
    assert_eq!(text(info.get(b"Title").unwrap()), crate::common::sample().title);

    let tags = names(&pdf, "S");
    for tag in ["Formula", "Figure", "Table", "TH", "TD", "H1", "P", "L", "LI", "Caption"] {
        assert!(tags.contains(&tag.as_bytes()), "{tag}");
    }
    // Equations and drawings are described to those who cannot see them.
    let described: Vec<String> =
        dictionaries(&pdf).filter_map(|d| d.get(b"Alt").ok()).map(text).collect();
    for alt in ["z^[1] = w^[1] x^[0] + b^[1] = [0.3, 0.301", "Loss over updates."] {
        assert!(described.iter().any(|text| text.starts_with(alt)), "{alt}");
    }
}

#[test]
fn the_same_document_is_the_same_bytes() {
    let render = || render_pdf(&crate::common::sample(), &TypstOptions::default()).unwrap();
    let first = render();
    assert!(first == render());
    for dated in [&b"CreationDate"[..], b"ModDate"] {
        assert!(!first.windows(dated.len()).any(|w| w == dated));
    }
    // Other documents in between, and other threads, change nothing.
    let others = (0..4).map(|i| {
        std::thread::spawn(move || {
            let other = Document::new(format!("Document {i}"));
            render_pdf(&other, &TypstOptions::default()).unwrap();
            render_pdf(&crate::common::sample(), &TypstOptions::default()).unwrap()
        })
    });
    for other in others.collect::<Vec<_>>() {
        assert!(first == other.join().unwrap());
    }
}

#[test]
fn an_error_says_where_and_what() {
    let error = typst_warnings("= Title\n\n#unknown").unwrap_err().to_string();
    assert_eq!(error, "the document cannot be set as PDF: line 3: unknown variable: unknown");
    for reaches_out in
        ["#read(\"/etc/hostname\")", "#import \"@preview/cetz:0.4.0\"", "#datetime.today()"]
    {
        assert!(typst_warnings(reaches_out).is_err(), "{reaches_out}");
    }
    let wide = typst_warnings("#box(width: 400mm)[a #h(1fr) b]").unwrap();
    assert_eq!(wide, ["page 1: `b` is beyond the margins"]);
}
