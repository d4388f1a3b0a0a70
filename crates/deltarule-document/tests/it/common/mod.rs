//! A document that holds every kind of block, formula and matrix.

pub(crate) mod hard;

use deltarule_document::{
    Block, Curve, Document, Drawing, DrawnLayer, Equation, Figure, Mark, Math, Matrix, Plot, Prose,
    QuantityId, Table,
};

fn matrix(rows: usize, columns: usize, name: &str) -> Matrix {
    let value = |r: usize, c: usize| 0.3 - 0.123_456_7 * (r as f64) + 0.001 * (c as f64).powi(3);
    Matrix::new(rows, columns, value, QuantityId::new("a", 1, name, Some(1)))
}

/// A sample.
pub(crate) fn sample() -> Document {
    let mut document = Document::new("Sample <&> of $5_000 & 100 % {everything}");
    let quantity = |name: &str| QuantityId::new("a", 1, name, None);
    document.heading(1, "What is given");
    document.paragraph(
        Prose::new("The bias $b^[1]$ is *added* to every column; see `solve 1`.")
            .and_text(" Words of a user: <b> \\textbf{x} $x$ _y_ *z* `w` #1 | ~"),
    );
    document.list(vec![
        Prose::new("$η$ is ").and_number(0.1, quantity("learning_rate")),
        Prose::new("tiny: ").and_number(1.25e-9, quantity("grad_weights")),
    ]);
    document.blocks.push(Block::Figure(Figure {
        caption: Prose::new("The network, $L$ = 2."),
        drawing: Drawing::Network(vec![
            DrawnLayer { units: 20, label: "input".into(), symbol: Math::formula("x^[0]") },
            DrawnLayer { units: 3, label: "leaky_relu".into(), symbol: Math::formula("x^[1]") },
            DrawnLayer { units: 2, label: "softmax".into(), symbol: Math::formula("x^[2]") },
        ]),
    }));
    document.heading(2, "Forward pass of $x^[0]$");
    document.equation(
        Equation::formula("z^[1] = w^[1] x^[0] + b^[1]")
            .equals(Math::spaced([
                Math::Matrix(matrix(3, 4, "start_weights")),
                Math::Matrix(matrix(4, 2, "x")),
                Math::Sign('+'),
                Math::Matrix(matrix(3, 1, "start_biases")),
            ]))
            .equals(Math::Matrix(matrix(3, 2, "z")))
            .code("z1 = w1 @ x0 + b1", "z1"),
    );
    document.equation(
        Equation::formula("w^[1] ← w^[1] − η frac{∂E}{∂w^[1]}")
            .equals(Math::Matrix(matrix(2, 12, "weights"))),
    );
    document.equation(Equation::formula("w^[2]").equals(Math::Matrix(matrix(40, 13, "weights"))));
    document.equation(
        Equation::formula("δ^[1] = (w^[2])^T δ^[2] ∘ f'(z^[1])")
            .equals(Math::spaced([
                Math::Upper(
                    Box::new(Math::Matrix(matrix(2, 3, "start_weights"))),
                    Box::new(Math::word("T")),
                ),
                Math::Matrix(matrix(2, 1, "delta")),
                Math::Sign('∘'),
                Math::Matrix(matrix(3, 1, "derivative")),
            ]))
            .equals(Math::Matrix(matrix(3, 1, "delta").hidden())),
    );
    document.equation(
        Equation::formula("E = ½ Σ (x − t)^2")
            .equals(Math::Row(vec![
                Math::Sign('½'),
                Math::Space,
                Math::Bracket(
                    '(',
                    Box::new(Math::Row(
                        (0..9)
                            .flat_map(|i| {
                                let square = Math::Upper(
                                    Box::new(
                                        Math::spaced([
                                            Math::number(
                                                0.541_144 * (1.0 + i as f64),
                                                i,
                                                0,
                                                quantity("x"),
                                            ),
                                            Math::Sign('−'),
                                            Math::number(1.0, i, 0, quantity("t")),
                                        ])
                                        .in_brackets(),
                                    ),
                                    Box::new(Math::Digits("2".into())),
                                );
                                if i == 0 {
                                    vec![square]
                                } else {
                                    vec![Math::Space, Math::Sign('+'), Math::Space, square]
                                }
                            })
                            .collect(),
                    )),
                    ')',
                ),
            ]))
            .equals(Math::number(0.251_692_853_6, 0, 0, quantity("loss"))),
    );
    document.heading(3, "Formulas");
    for formula in [
        "f(z) = cases{z : z > 0 ; 0.01 z : \"else\"}",
        "f'(z) = σ(z) (1 − σ(z))",
        "Φ(z) = ½ (1 + erf(frac{z}{sqrt{2}}))",
        "x_i = frac{e^{z_i}}{Σ_j e^{z_j}}",
        "frac{∂x_i}{∂z_j} = cases{x_i (1 − x_i) : i = j ; −x_i x_j : i ≠ j}",
        "E = −Σ [t ln x + (1 − t) ln(1 − x)]",
        "E = Σ |x − t|",
        "w ← w − η frac{m / (1 − β_1^k)}{sqrt{v / (1 − β_2^k)} + ε}",
        "h ≈ max(z, 0), a ≤ b, ∞, λ, μ, ω, Δ, √, 10 × 3 · 2 → 1",
    ] {
        document.equation(Equation::formula(formula));
    }
    document.blocks.push(Block::Table(Table {
        header: vec!["Quantity".into(), "squared error".into(), "cross-entropy".into()],
        rows: vec![
            vec![
                Prose::new("$δ_1^[3]$"),
                Prose::default().and_number(0.158_216, quantity("delta")),
                Prose::default().and_number(1.0 / 3.0, quantity("delta")),
            ],
            vec![
                Prose::text("a | b"),
                Prose::new("$x − t$"),
                Prose::text("words that take a little more room than the others do"),
            ],
            vec![
                Prose::default().and_marked(Mark::Wrong, "-0.5 *a* <b>"),
                Prose::text("is ")
                    .and_marked(Mark::Right, "0.25")
                    .and(" or ")
                    .and_marked(Mark::Missing, "?"),
                Prose::default().and_marked(Mark::Follows, "0.125"),
            ],
        ],
    }));
    document.blocks.push(Block::Figure(Figure {
        caption: Prose::new("Loss over updates."),
        drawing: Drawing::Plot(Plot {
            x_label: "update".into(),
            y_label: "loss".into(),
            curves: vec![
                Curve {
                    name: "squared error".into(),
                    points: (0..50).map(|i| (f64::from(i), (-0.05 * f64::from(i)).exp())).collect(),
                },
                Curve {
                    name: "cross-entropy".into(),
                    points: (0..50)
                        .map(|i| (f64::from(i), 1.4 * (-0.1 * f64::from(i)).exp()))
                        .collect(),
                },
            ],
        }),
    }));
    document.code("assert True");
    document
}
