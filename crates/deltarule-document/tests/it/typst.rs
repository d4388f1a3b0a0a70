//! Documents as typst files: what they hold, and that typst sets them within the page.

use deltarule_document::{
    Block, Curve, Document, Drawing, DrawnLayer, Equation, Figure, Inline, Mark, Math, Matrix,
    Plot, Prose, QuantityId, Table, TypstOptions, format_number, render_typst,
};

/// Text that means something to typst, in many ways.
const HOSTILE: &str =
    "\" #panic() \\u{41} \\\" ]) $x$ // /* `r` <l> @r *b* _e_ = - + ~ -- ... 'q' \u{7} \n\n #";

fn quantity() -> QuantityId {
    QuantityId::new("a", 1, "z", Some(1))
}

fn matrix(rows: usize, columns: usize, scale: f64) -> Math {
    let value = |r: usize, c: usize| scale * (0.713_251 - 0.31 * r as f64 + (c as f64) / 7.0);
    Math::Matrix(Matrix::new(rows, columns, value, quantity()))
}

/// Every place of a document that holds words, with these.
fn words(words: &str) -> Document {
    let mut document = Document::new(words);
    let formula = Math::Row(vec![
        Math::word(words),
        Math::Space,
        Math::Letter('z'),
        Math::Upper(Box::new(Math::word(words)), Box::new(Math::word(words))),
    ]);
    let prose = || {
        Prose(vec![
            Inline::Text(words.into()),
            Inline::Code(words.into()),
            Inline::Math(formula.clone()),
            Inline::Sketch(Plot { x_label: words.into(), y_label: words.into(), curves: vec![] }),
        ])
    };
    document.heading(0, prose());
    document.heading(9, prose());
    document.paragraph(prose());
    let marked = |mark| Prose(vec![Inline::Marked(mark, words.into())]);
    document.paragraph(marked(Mark::Wrong).and_text(words).and_marked(Mark::Follows, words));
    document.list(vec![prose(), Prose::default(), prose()]);
    document.equation(Equation::new(formula.clone()).equals(formula.clone()));
    document.equation(Equation::new(formula.clone()).equals(Math::Digits(words.into())));
    document.blocks.push(Block::Table(Table {
        header: vec![prose(), prose(), Prose::default()],
        rows: vec![
            vec![prose(), prose()],
            vec![Prose::text(words); 3],
            vec![marked(Mark::Right), marked(Mark::Wrong), marked(Mark::Follows)],
        ],
    }));
    let layer = || DrawnLayer { units: 2, label: words.into(), symbol: Math::Letter('x') };
    for layers in [0, 1, 9, 40] {
        document.blocks.push(Block::Figure(Figure {
            caption: prose(),
            drawing: Drawing::Network((0..layers).map(|_| layer()).collect()),
        }));
    }
    for curves in [1, 8] {
        document.blocks.push(plot(words, curves, |x| x * x));
        document.paragraph("Between.");
    }
    document
}

fn plot(words: &str, curves: usize, f: impl Fn(f64) -> f64) -> Block {
    let curve = |k: usize| Curve {
        name: words.into(),
        points: (-20..20).map(|i| (f64::from(i), f(f64::from(i)) * (k + 1) as f64)).collect(),
    };
    Block::Figure(Figure {
        caption: Prose::text(words),
        drawing: Drawing::Plot(Plot {
            x_label: words.into(),
            y_label: words.into(),
            curves: (0..curves).map(curve).collect(),
        }),
    })
}

type Function = fn(f64) -> f64;

/// A note sheet: formulas and small plots of functions in a table.
fn note_sheet() -> Document {
    let mut document = Document::new("Formulas");
    document.compact = true;
    let curve = |f: Function| Curve {
        name: "f".into(),
        points: (-20..=20).map(|i| (f64::from(i) / 4.0, f(f64::from(i) / 4.0))).collect(),
    };
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let functions: [(&str, &str, &str, Function, Function); 4] = [
        ("sigmoid", "frac{1}{1 + e^{−z}}", "x (1 − x)", sigmoid, |z| {
            let x = 1.0 / (1.0 + (-z).exp());
            x * (1.0 - x)
        }),
        ("tanh", "tanh z", "1 − x^2", f64::tanh, |z| 1.0 - z.tanh().powi(2)),
        (
            "relu",
            "cases{z : z > 0 ; 0 : \"else\"}",
            "cases{1 : z > 0 ; 0 : \"else\"}",
            |z| z.max(0.0),
            |z| if z > 0.0 { 1.0 } else { 0.0 },
        ),
        ("gap", "ln z", "frac{1}{z}", f64::ln, |z| if z > 0.5 { 1.0 / z } else { f64::NAN }),
    ];
    for part in 1..=3 {
        document.heading(1, "Activations and their derivatives");
        document.paragraph(Prose::new("An activation $f$ applies to each net input: $x = f(z)$."));
        document.blocks.push(Block::Table(Table {
            header: vec!["Name".into(), "$f(z)$".into(), "$f'(z)$".into(), "Shape".into()],
            rows: functions
                .iter()
                .map(|(name, formula, derivative, f, slope)| {
                    let curves = vec![curve(*f), curve(*slope)];
                    let plot = Plot { x_label: "z".into(), y_label: "f".into(), curves };
                    vec![
                        Prose(vec![Inline::Code((*name).into())]),
                        Prose::default().and_math(Math::formula(formula)),
                        Prose::default().and_math(Math::formula(derivative)),
                        Prose(vec![Inline::Sketch(plot)]),
                    ]
                })
                .collect(),
        }));
        document.heading(2, "Update");
        document.equation(Equation::formula(
            "w ← w − η frac{m / (1 − β_1^k)}{sqrt{v / (1 − β_2^k)} + ε}",
        ));
        document.equation(Equation::formula("w").equals(matrix(part, 12, 1.0)));
    }
    document
}

/// Matrices and sums of every width, long left sides, signs of every kind.
fn wide() -> Document {
    let mut document = Document::new("Wide");
    for scale in [1.0, 1e-9, -1e12, f64::NAN, f64::INFINITY] {
        for (rows, columns) in [(1, 1), (2, 3), (3, 12), (12, 5), (784, 512), (0, 3), (3, 0)] {
            let math = || matrix(rows, columns, scale);
            let transposed = Math::Upper(Box::new(math()), Box::new(Math::word("T")));
            document.equation(Equation::formula("z^[1] = w^[1] x").equals(math()));
            document.equation(
                Equation::formula("frac{∂z_i^[1]}{∂x_j^[0]} + frac{∂z_i^[1]}{∂x_j^[0]} + f(z)")
                    .equals(Math::spaced([math(), Math::Sign('∘'), transposed, math()]))
                    .equals(math().in_brackets()),
            );
            document.paragraph(Prose::new("In words: ").and_math(math()).and(" and more."));
        }
    }
    let long =
        "x_i + x_i^2 − frac{x}{y} · f'(z^[2]) + sqrt{x} + |z| + (a, b) + [a; b] : ".repeat(8);
    document.equation(Equation::formula(&format!("{long} = {long} = {long}")));
    document.paragraph(Prose::new("Long: ").and_math(Math::formula(&long)));
    document.equation(Equation::formula("x"));
    document.equation(Equation::new(Math::Row(Vec::new())));
    document
        .equation(Equation::formula("frac{{}}{{}} + {}^{} + sqrt{{}} + x^2^3_4_5 + f'' + f'^2"));
    let signs = "#$&@\\/!?%*+-.,:;<=>^_`'\"~|()[]{}√∛∂Σ∞′⌊⌋⟨‖²½…→⇒\u{301}\u{200b}\u{7}\u{a0}u0z中ß";
    let pieces = || signs.chars().flat_map(|c| [Math::Sign(c), Math::Letter(c)]);
    document.equation(Equation::new(Math::Row(pieces().collect())));
    for c in signs.chars() {
        let sign = || Box::new(Math::Sign(c));
        document.paragraph(Prose::default().and_math(Math::Row(vec![
            Math::Sign(c),
            Math::Upper(sign(), sign()),
            Math::Lower(sign(), sign()),
            Math::Fraction(sign(), sign()),
            Math::Root(sign()),
            Math::Bracket('(', sign(), ']'),
            Math::Bracket(c, sign(), c),
            Math::Cases(vec![(Math::Sign(c), Math::Sign(c))]),
        ])));
    }
    document.blocks.push(Block::Table(Table {
        header: (0..12).map(|_| Prose::text("quantity")).collect(),
        rows: vec![
            (0..12)
                .map(|i| {
                    Prose::default().and_number(0.123_456_7 * 10_f64.powi(i - 6), quantity())
                })
                .collect();
            3
        ],
    }));
    document.blocks.push(Block::Table(Table { header: Vec::new(), rows: Vec::new() }));
    document.blocks.push(Block::Table(Table {
        header: vec!["Quantity".into(), "value".into()],
        rows: [0.25, 12.5, 3.0, 1.5e-9, -0.123_456]
            .map(|value| vec![Prose::new("$x$"), Prose::default().and_number(value, quantity())])
            .to_vec(),
    }));
    for units in [0, 1, 8, 9, 784] {
        document.blocks.push(Block::Figure(Figure {
            caption: Prose::default(),
            drawing: Drawing::Network(vec![
                DrawnLayer { units, label: "input".into(), symbol: Math::formula("x^[0]") },
                DrawnLayer { units, label: "tanh".into(), symbol: Math::formula("x^[1]") },
            ]),
        }));
    }
    for f in
        [|x| x, |_| 0.0, |x: f64| 1e308 * x, |x: f64| x.ln(), |_| f64::NAN, |x| 5.0 + x * 1e-16]
    {
        document.blocks.push(plot("x", 2, f));
    }
    document
}

/// The file without what stands in strings, and without the prelude.
fn without_strings(typst: &str) -> String {
    let mut out = String::new();
    let mut characters = typst.chars();
    while let Some(c) = characters.next() {
        if c != '"' {
            out.push(c);
            continue;
        }
        while let Some(c) = characters.next() {
            match c {
                '\\' => drop(characters.next()),
                '"' => break,
                _ => {}
            }
        }
    }
    out
}

#[test]
fn words_are_strings() {
    let like: String = HOSTILE.chars().map(|_| 'x').collect();
    let plain = without_strings(&render_typst(&words(&like), &TypstOptions::default()));
    let hostile = without_strings(&render_typst(&words(HOSTILE), &TypstOptions::default()));
    // Widths and sizes of the columns of tables are all that may depend on the words.
    let lines = |text: &str| {
        let table = ["  columns:", "set text(size:", "#align(center, block("];
        let kept = |line: &&str| !table.iter().any(|start| line.starts_with(start));
        let lines: Vec<String> = text
            .lines()
            .filter(kept)
            .map(|line| line.replace("shown", "m").replace(' ', ""))
            .collect();
        lines
    };
    assert_eq!(lines(&hostile), lines(&plain));
}

/// The numbers with a decimal point in the blocks of a file, as they are printed.
fn numbers(typst: &str) -> Vec<String> {
    let blocks = typst.split_once("#title(").unwrap().1;
    let mut text = String::new();
    for line in blocks.lines().filter(|line| !line.contains("table.hline")) {
        // Without what screen readers say of a formula.
        for (i, piece) in line.split("m(\"").flat_map(|p| p.split("shown(\"")).enumerate() {
            text.push_str(if i == 0 { piece } else { piece.split_once("\", $").unwrap().1 });
        }
        text.push('\n');
    }
    for (typst, plain) in [("&\".", "."), ("\"dot 10^(", "e"), (" dot 10^(", "e")] {
        text = text.replace(typst, plain);
    }
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | 'e');
    let tokens = text.split(|c| !number(c)).filter(|t| t.contains('.') && t.parse::<f64>().is_ok());
    tokens.map(str::to_string).collect()
}

#[test]
fn every_number_stands_in_the_file_once_and_in_order() {
    let mut document = Document::new("Numbers");
    for scale in [1.0, 0.01, -1e-9] {
        let transposed = Math::Upper(Box::new(matrix(3, 5, scale)), Box::new(Math::word("T")));
        document.equation(
            Equation::formula("z^[1] = w^[1] x^[0] + b^[1]")
                .equals(Math::spaced([matrix(12, 3, scale), transposed]))
                .equals(Math::spaced([matrix(2, 3, scale), Math::Sign('∘'), matrix(3, 1, scale)])),
        );
        document
            .paragraph(Prose::new("It is ").and_number(0.1 * scale, quantity()).and(", $x^2$."));
        let cell = |value: f64| Prose::default().and_number(value * scale, quantity());
        document.blocks.push(Block::Table(Table {
            header: vec!["a".into(), "b".into()],
            rows: vec![vec![cell(0.25), cell(1.0 / 3.0)], vec![cell(1.5), cell(-0.1)]],
        }));
        document.list(vec![cell(0.125), cell(-0.5)]);
    }
    let mut expected = Vec::new();
    document.for_each_matrix(|matrix| {
        expected.extend(matrix.entries().map(|entry| format_number(entry.2, 6)));
    });
    expected.retain(|number| number.contains('.'));
    assert!(expected.len() > 150);
    assert_eq!(numbers(&render_typst(&document, &TypstOptions::default())), expected);

    let hidden = Math::Matrix(Matrix::new(2, 2, |_, _| 0.123, quantity()).hidden());
    let mut worksheet = Document::new("Worksheet");
    worksheet.equation(Equation::formula("z").equals(hidden));
    let typst = render_typst(&worksheet, &TypstOptions::default());
    assert!(typst.contains("matrix(blank, blank; blank, blank)"), "{typst}");
    assert!(!typst.contains("0.123"));
}

#[test]
fn digits_are_those_asked_for() {
    let mut document = Document::new("Digits");
    document.paragraph(Prose::default().and_number(1.0 / 3.0, quantity()));
    for (digits, number) in [(2, "$0.33$"), (6, "$0.333333$"), (17, "$0.33333333333333331$")] {
        assert!(render_typst(&document, &TypstOptions { digits }).contains(number));
    }
}

/// Documents with their names, each also as a note sheet.
fn documents() -> impl Iterator<Item = (&'static str, Document)> {
    let documents = [
        ("sample", crate::common::sample()),
        ("wide", wide()),
        ("hostile", words(HOSTILE)),
        ("long words", words(&"Wm".repeat(120))),
        ("many words", words(&"word ".repeat(80))),
        ("no words", words("")),
        ("note sheet", note_sheet()),
        ("empty", Document::new("")),
    ];
    let compact = |(name, document)| (name, Document { compact: true, ..document });
    documents.clone().into_iter().chain(documents.map(compact))
}

#[test]
fn every_document_is_a_file_of_its_own() {
    for (name, document) in documents() {
        let typst = render_typst(&document, &TypstOptions::default());
        let plain = without_strings(&typst);
        assert!(typst.starts_with("#set document(title: \""), "{name}");
        for reaches_out in ["#import", "#include", "image(", "read(", "datetime"] {
            assert!(!plain.contains(reaches_out), "{name}: {reaches_out}");
        }
        assert!(typst.len() < 300_000, "{name}: {} bytes", typst.len());
        assert!(!plain.contains("NaNpt") && !plain.contains("infpt"), "{name}");
    }
}

#[cfg(feature = "pdf")]
#[test]
fn typst_sets_every_document_within_the_page() {
    for (name, document) in documents() {
        for digits in [6, 17] {
            let typst = render_typst(&document, &TypstOptions { digits });
            let warnings = deltarule_document::typst_warnings(&typst);
            assert_eq!(warnings, Ok(Vec::new()), "{name}, {digits} digits");
        }
    }
}
