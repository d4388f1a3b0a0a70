//! A document that holds what is hard to set: what is too long, too wide, too high, or in another script.

use deltarule_document::{
    Block, Curve, Document, Drawing, DrawnLayer, Equation, Figure, Inline, Mark, Math, Matrix,
    Plot, Prose, QuantityId, Table,
};

fn quantity() -> QuantityId {
    QuantityId::new("a", 1, "w", Some(1))
}

fn number(i: usize) -> Math {
    Math::number(-0.123_456_789_012_345_67 * (i as f64 + 1.0), i, 0, quantity())
}

/// A sum of this many numbers.
fn sum(terms: usize) -> Math {
    let signs = |i| if i > 0 { vec![Math::Space, Math::Sign('+'), Math::Space] } else { vec![] };
    Math::Row((0..terms).flat_map(|i| signs(i).into_iter().chain([number(i)])).collect())
}

/// A document that is hard to set.
pub(crate) fn hard() -> Document {
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
        .repeat(3);
    let mut document =
        Document::new(format!("Übung №\u{a0}3 “größer” — Задача 漢字 😀 \\ ^ ~ {long}"));
    document.heading(1, Prose::text(format!("[Heading] ẞ ½ {long}")));
    document.heading(4, Prose::text("A paragraph's heading"));
    let printable = |c: &char| !c.is_control();
    document.paragraph(Prose::text(('\0'..'\u{250}').filter(printable).collect::<String>()));
    document.paragraph(Prose::text(
        ('\u{370}'..'\u{400}').chain('\u{2010}'..'\u{2300}').collect::<String>(),
    ));
    document.paragraph(Prose(vec![
        Inline::Text("* [a](b) x".into()),
        Inline::Math(Math::formula("x_1, x_2 < 3")),
        Inline::Text("y ".into()),
        Inline::Code("``--digits '9' \"a\" |`".into()),
        Inline::Code(long.clone()),
        Inline::Text(" and ".into()),
        Inline::Math(Math::Row(
            (0..30).flat_map(|i| [number(i), Math::Sign(','), Math::Space]).collect(),
        )),
        Inline::Text(" and ".into()),
        Inline::Marked(Mark::Wrong, long.clone()),
        Inline::Text(" and ".into()),
        Inline::Link("a [link](x)".into(), "a \"page\" & more.html".into()),
        Inline::Marked(Mark::Follows, "✗ → \\ $ % * _".into()),
        Inline::Text(" and ".into()),
        Inline::Sketch(plot(&[|x| x.tanh(), |x| 1.0 / x])),
        Inline::Sketch(plot(&[])),
        Inline::Math(Math::word("a_name of {braces} $ <b> | ` ~ \\ ä Д")),
        Inline::Math(Math::formula("cases{z : z > 0 ; [z] : \"else\"}")),
    ]));
    document.list(vec![
        Prose::text("[a bracket]"),
        Prose::text(long.clone()),
        Prose::text("1. - + # a"),
    ]);
    for (rows, columns) in [(12, 12), (13, 1), (1, 1), (784, 512)] {
        let value = |r: usize, c: usize| -1.0 / 3.0 * (r as f64 - 2.0) * 10_f64.powi(c as i32);
        let matrix = Matrix::new(rows, columns, value, quantity());
        document.equation(
            Equation::formula("w^[1] ← w^[1] − η frac{∂E}{∂w^[1]}")
                .equals(Math::spaced([
                    Math::Matrix(matrix.clone()),
                    Math::Sign('−'),
                    Math::number(0.1, 0, 0, quantity()),
                    Math::Matrix(matrix.clone().hidden()),
                ]))
                .equals(Math::Matrix(matrix)),
        );
    }
    document.equation(Equation::formula("E").equals(sum(400)).equals(number(0)));
    document.equation(
        Equation::formula("E").equals(Math::Fraction(Box::new(number(0)), Box::new(sum(12)))),
    );
    document.equation(Equation::new(sum(40)).equals(number(1)));
    document.equation(Equation::new(Math::word(long.clone())).equals(Math::word("[ x ]")));
    document.equation(Equation::new(Math::Row(Vec::new())));
    document.equation(Equation::formula("[z] + 1 = −∞"));
    document.equation(
        Equation::formula("x").equals(Math::number(f64::NEG_INFINITY, 0, 0, quantity())).equals(
            Math::Matrix(Matrix::new(
                2,
                2,
                |r, c| [f64::NAN, f64::INFINITY, 1e300, -5e-324][2 * r + c],
                quantity(),
            )),
        ),
    );
    let cell = |i: usize| Prose::default().and_math(number(i)).and(" and ").and_math(sum(4));
    document.blocks.push(Block::Table(Table {
        header: vec!["[a]".into(), Prose::text(long.clone()), "c".into(), "d".into(), "e".into()],
        rows: (0..60)
            .map(|i| {
                vec![
                    Prose::text("*"),
                    Prose::text("w".repeat(i)),
                    cell(i),
                    number_prose(i),
                    "`a|b`".into(),
                ]
            })
            .chain([vec![Prose::text("one cell only")]])
            .collect(),
    }));
    document.blocks.push(Block::Table(Table { header: Vec::new(), rows: Vec::new() }));
    for count in [1, 4, 5, 30] {
        document.blocks.push(Block::Figure(Figure {
            caption: Prose::new("$x$ of a network: ").and_text(&long),
            drawing: Drawing::Network(
                (0..count)
                    .map(|i| DrawnLayer {
                        units: [7, 8, 1, 100_000][i % 4],
                        label: ["input", "leaky_relu", "a & b", "softmax"][i % 4].into(),
                        symbol: Math::formula("x^[1]"),
                    })
                    .collect(),
            ),
        }));
    }
    let values: [fn(f64) -> f64; 7] = [
        |x: f64| x,
        |x: f64| x.powi(3) * 1e9,
        |x: f64| x.sqrt(),
        |_| 0.0,
        |x: f64| f64::MAX * x,
        |_| f64::NAN,
        |x: f64| if x > 0.0 { x } else { f64::NEG_INFINITY },
    ];
    for i in 0..values.len() {
        document.blocks.push(Block::Figure(Figure {
            caption: Prose::text(format!("Curves up to {i}.")),
            drawing: Drawing::Plot(plot(&values[i.saturating_sub(1)..=i])),
        }));
    }
    document.blocks.push(Block::Figure(Figure {
        caption: Prose::default(),
        drawing: Drawing::Network(Vec::new()),
    }));
    document
}

fn number_prose(i: usize) -> Prose {
    Prose::default().and_math(number(i))
}

fn plot(functions: &[fn(f64) -> f64]) -> Plot {
    let points = |f: &fn(f64) -> f64| {
        (-20..=20).map(|x| f64::from(x) / 5.0).map(|x| (x, f(x))).collect::<Vec<_>>()
    };
    let curve = |f| Curve { name: "a_curve 漢".into(), points: points(f) };
    Plot {
        x_label: "z_1 & Δ".into(),
        y_label: "f(z) → %".into(),
        curves: functions.iter().map(curve).collect(),
    }
}
