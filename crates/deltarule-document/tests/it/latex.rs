//! The LaTeX renderer: what it writes is whole, safe and accepted by a reader of TeX.

use deltarule_document::{
    Block, Document, Equation, LatexOptions, Math, Matrix, Prose, QuantityId, render_latex,
};
use pulldown_latex::{Parser, Storage};

fn latex(document: &Document, digits: usize) -> String {
    render_latex(document, &LatexOptions { digits })
}

/// What stands behind `\begin{document}`.
fn body(tex: &str) -> &str {
    tex.split_once("\\begin{document}").unwrap().1
}

/// The formulas of a file: those between `\[` and `\]`, and those between dollar signs.
fn formulas(tex: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = body(tex);
    while let Some(start) = rest.find(['\\', '$']) {
        let (end, length) = match &rest[start..start + 2] {
            "\\[" => ("\\]", 2),
            sign if sign.starts_with('$') => ("$", 1),
            // Another command: \$ among them.
            _ => {
                rest = &rest[start + 2..];
                continue;
            }
        };
        let inside = &rest[start + length..];
        let mut stop = 0;
        while !inside[stop..].starts_with(end) {
            stop += if inside[stop..].starts_with('\\') { 2 } else { 1 };
        }
        found.push(inside[..stop].to_string());
        rest = &inside[stop + length..];
    }
    found
}

/// Asserts that a reader of TeX accepts a formula.
fn accepted(formula: &str) {
    // What only sets the size or keeps a place free, and whole words, which TeX reads in text.
    let formula = formula.replace("\\fitdisplay", "").replace("\\hphantom", "");
    let storage = Storage::new();
    for event in Parser::new(&formula, &storage) {
        assert!(event.is_ok(), "{formula}\n{}", event.unwrap_err());
    }
}

/// Asserts that braces, environments and growing brackets are closed in the order in which they were opened.
fn balanced(tex: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = tex;
    while let Some(start) = rest.find(['\\', '{', '}']) {
        rest = &rest[start..];
        let name: String =
            rest[1..].chars().take_while(|c| rest.starts_with('\\') && c.is_alphabetic()).collect();
        let length = 1 + name.len().max(usize::from(rest.starts_with('\\')));
        match (rest.chars().next().unwrap(), name.as_str()) {
            ('{', _) => open.push("{".into()),
            ('}', _) => assert_eq!(open.pop().as_deref(), Some("{"), "{rest:.80}"),
            (_, "begin" | "end") => {
                let environment = rest[length + 1..].split('}').next().unwrap().to_string();
                if name == "begin" {
                    open.push(environment);
                } else {
                    assert_eq!(open.pop(), Some(environment), "{rest:.80}");
                }
                rest = &rest[rest.find('}').unwrap() + 1..];
                continue;
            }
            (_, "left") => open.push("left".into()),
            (_, "right") => assert_eq!(open.pop().as_deref(), Some("left"), "{rest:.80}"),
            _ => {}
        }
        rest = &rest[length.min(rest.len())..];
    }
    assert_eq!(open, ["document"; 0]);
}

#[test]
fn every_formula_is_accepted_and_everything_is_closed() {
    for document in [crate::common::sample(), crate::common::hard::hard()] {
        for digits in [0, 1, 6, 17, 30, usize::MAX] {
            let tex = latex(&document, digits);
            assert!(tex.is_ascii());
            balanced(&tex);
            if digits <= 30 {
                formulas(&tex).iter().for_each(|formula| accepted(formula));
            }
        }
    }
}

#[test]
fn the_sample_is_all_there() {
    let document = crate::common::sample();
    let tex = latex(&document, 6);
    let body = body(&tex);
    let count = |wanted: fn(&Block) -> bool| document.blocks.iter().filter(|b| wanted(b)).count();
    assert_eq!(body.matches("\\[\n").count(), count(|b| matches!(b, Block::Equation(_))));
    assert_eq!(body.matches("\\begin{longtable}").count(), count(|b| matches!(b, Block::Table(_))));
    assert_eq!(body.matches("\\begin{picture}").count(), count(|b| matches!(b, Block::Figure(_))));
    assert_eq!(body.matches("\\pdfbookmark").count(), count(|b| matches!(b, Block::Heading(..))));
    for expected in [
        "\\section*{What is given}",
        "\\subsection*{Forward pass of $x^{[0]}$}",
        "\\subsubsection*{Formulas}",
        "\\item {}tiny: $1.25 \\cdot 10^{-9}$",
        "z^{[1]} &= w^{[1]} x^{[0]} + b^{[1]}",
        "\\underset{(40 \\times 13,\\thickspace \\text{norm } 51.0804)}{\\left[",
        "words that take a little more room than the others do",
        "squared error",
    ] {
        assert!(body.contains(expected), "{expected}\n{body}");
    }
    assert!(!body.contains("assert True"), "code is for notebooks");
}

#[test]
fn words_of_a_user_are_words() {
    let tex = latex(&crate::common::sample(), 6);
    for expected in [
        "Sample \\textless{}\\&\\textgreater{} of \\ensuremath{\\mathdollar}5\\_000 \\& 100 \\% \\{everything\\}",
        "\\textless{}b\\textgreater{} \\textbackslash{}textbf\\{x\\} \\ensuremath{\\mathdollar}x\\ensuremath{\\mathdollar} \\_y\\_ *z* \\`{}w\\`{} \\#1 \\textbar{} \\~{}",
        "\\texttt{solve 1}",
    ] {
        assert!(tex.contains(expected), "{expected}");
    }
    for text in
        ["\\input{/etc/passwd}", "\\end{document}", "%", "}", "{", "^^5c", "#1", "~", "\u{7f}\u{0}"]
    {
        let mut document = Document::new(text);
        document.heading(1, Prose::text(text));
        document.paragraph(Prose::text(text));
        document.equation(Equation::new(Math::word(text)));
        document.equation(Equation::new(Math::Digits(text.into())));
        for c in text.chars() {
            document.equation(Equation::new(Math::Letter(c)));
            document.equation(Equation::new(Math::Sign(c)));
        }
        let tex = latex(&document, 6);
        balanced(&tex);
        assert_eq!(tex.matches("\\end{document}").count(), 1);
        assert!(!body(&tex).contains("\\input") && !body(&tex).contains("^^"), "{}", body(&tex));
        let uncommented = body(&tex).replace("\\%", "");
        assert!(!uncommented.contains('%'), "{uncommented}");
    }
}

#[test]
fn a_large_network_stays_small_and_the_same_bytes_come_twice() {
    let mut document = Document::new("784-512-512-10");
    for layer in 1..=3 {
        let quantity = || QuantityId::new("a", 1, "weights", Some(layer));
        let value = |r: usize, c: usize| ((r * 31 + c * 17) % 101) as f64 / 7.0 - 5.0;
        for _ in 0..10 {
            let matrix = Matrix::new(512, 784, value, quantity());
            document.equation(Equation::formula("w^[1]").equals(Math::Matrix(matrix)));
        }
    }
    let tex = latex(&document, 6);
    assert!(tex.len() < 100_000, "{}", tex.len());
    assert_eq!(tex, latex(&document, 6));
    let sample = crate::common::sample();
    assert_eq!(latex(&sample, 6), latex(&sample, 6));
}

/// With the environment variable `DELTARULE_LATEX`, which `cargo xtask test` sets, the documents are written into that
/// folder, to be compiled there.
#[test]
fn documents_to_compile() {
    for (name, document) in
        [("sample", crate::common::sample()), ("hard", crate::common::hard::hard())]
    {
        for digits in [6, 10, 17, 30] {
            let tex = latex(&document, digits);
            if let Some(folder) = std::env::var_os("DELTARULE_LATEX") {
                let path = std::path::Path::new(&folder).join(format!("{name}-{digits}.tex"));
                std::fs::write(path, &tex).unwrap();
            }
            assert!(tex.ends_with("\\end{document}\n"));
        }
    }
}
