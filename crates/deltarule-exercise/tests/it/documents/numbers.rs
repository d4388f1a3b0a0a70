//! Every renderer shows exactly the numbers of the tree, in its order, to the digits asked for.

use deltarule_document::{
    Block, Document, Equation, HtmlOptions, Inline, LatexOptions, MarkdownOptions, Math, Matrix,
    NotebookOptions, Prose, QuantityId, TextOptions, TypstOptions, format_number, render_html,
    render_latex, render_markdown, render_notebook, render_text, render_typst,
};
use deltarule_exercise::{BatchLayout, Style, compare, solve, to_document};

use super::gallery::exercises;
use super::reading::{
    Order, markdown_cells, of_html, of_latex, of_markdown, of_text, of_tree, of_typst, visible,
};

/// What the sheet prints, exercise by exercise.
pub(crate) const ON_THE_SHEET: [&[&str]; 3] = [
    &["0.549834", "-0.113937", "0.0994943", "0.382101", "-0.0913066"],
    &["0.115397", "0.0884603", "-0.263228", "0.0130754"],
    &["0.203434", "0.0796566", "-0.0097695", "-0.193665"],
];

/// The same document with other numbers: no two are equal, each has a decimal point, some are below 0 and some have an
/// exponent. A number that stands in another's place is found.
fn renumbered(document: &Document) -> Document {
    struct Numbers(u64);
    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 += 1;
            // 7919 has no factor in common with 800,000: the first so many are all different.
            let value = 0.1 + (self.0 * 7919 % 800_000) as f64 / 1e6;
            let value = if self.0.is_multiple_of(3) { -value } else { value };
            if self.0.is_multiple_of(11) { value * 1e-8 } else { value }
        }

        fn matrix(&mut self, matrix: &mut Matrix) {
            let (rows, columns) = (matrix.rows(), matrix.columns());
            let values: Vec<f64> = (0..rows * columns).map(|_| self.next()).collect();
            let quantity = matrix.quantity().clone();
            let hidden = matrix.is_hidden();
            *matrix = Matrix::new(rows, columns, |r, c| values[r * columns + c], quantity);
            if hidden {
                *matrix = matrix.clone().hidden();
            }
        }

        fn math(&mut self, math: &mut Math) {
            match math {
                Math::Row(row) => row.iter_mut().for_each(|piece| self.math(piece)),
                Math::Upper(a, b) | Math::Lower(a, b) | Math::Fraction(a, b) => {
                    self.math(a);
                    self.math(b);
                }
                Math::Root(a) | Math::Bracket(_, a, _) => self.math(a),
                Math::Cases(cases) => cases.iter_mut().for_each(|(value, condition)| {
                    self.math(value);
                    self.math(condition);
                }),
                Math::Matrix(matrix) | Math::Number(matrix) => self.matrix(matrix),
                Math::Digits(_) | Math::Letter(_) | Math::Word(_) | Math::Sign(_) | Math::Space => {
                }
            }
        }

        fn prose(&mut self, prose: &mut Prose) {
            for piece in &mut prose.0 {
                if let Inline::Math(math) = piece {
                    self.math(math);
                }
            }
        }
    }
    let mut document = document.clone();
    let mut numbers = Numbers(0);
    for block in &mut document.blocks {
        match block {
            Block::Heading(_, prose) | Block::Paragraph(prose) => numbers.prose(prose),
            Block::List(items) => items.iter_mut().for_each(|item| numbers.prose(item)),
            Block::Equation(equation) => {
                numbers.math(&mut equation.left);
                equation.relations.iter_mut().for_each(|r| numbers.math(&mut r.right));
            }
            Block::Table(table) => {
                let rows = std::iter::once(&mut table.header).chain(&mut table.rows);
                rows.flatten().for_each(|cell| numbers.prose(cell));
            }
            Block::Figure(figure) => numbers.prose(&mut figure.caption),
            Block::Code(_) => {}
        }
    }
    document
}

fn check(name: &str, document: &Document) {
    check_as_it_is(name, document, 6);
    check_as_it_is(name, document, 4);
    check_as_it_is(&format!("{name}, renumbered"), &renumbered(document), 6);
}

fn check_as_it_is(name: &str, document: &Document, digits: usize) {
    let mut document = document.clone();
    // Drawings have numbers of their own: coordinates.
    document.blocks.retain(|block| !matches!(block, Block::Figure(_)));
    let in_order = of_tree(&document, digits, Order::Rows);
    let tables_by_columns = of_tree(&document, digits, Order::TablesByColumns);
    let options = TextOptions { digits, ..TextOptions::default() };
    let notebook = render_notebook(&document, &NotebookOptions { digits });
    for (format, found, expected) in [
        ("text", of_text(&render_text(&document, &options)), &tables_by_columns),
        (
            "markdown",
            of_markdown(&render_markdown(&document, &MarkdownOptions { digits })),
            &in_order,
        ),
        ("latex", of_latex(&render_latex(&document, &LatexOptions { digits })), &in_order),
        ("typst", of_typst(&render_typst(&document, &TypstOptions { digits })), &in_order),
        ("ipynb", of_markdown(&markdown_cells(&notebook)), &in_order),
        ("html", of_html(&render_html(&document, &HtmlOptions { digits })), &in_order),
    ] {
        let difference = found.iter().zip(expected).position(|(found, expected)| found != expected);
        if let Some(at) = difference.or((found.len() != expected.len()).then_some(0)) {
            let around = |all: &[String]| all[at.saturating_sub(5)..all.len().min(at + 8)].to_vec();
            panic!(
                "{name} as {format} with {digits} digits: {} numbers instead of {}, number {at} differs\n{:?}\n{:?}",
                found.len(),
                expected.len(),
                around(&found),
                around(expected)
            );
        }
    }
}

#[test]
fn every_renderer_shows_exactly_the_numbers_of_the_tree() {
    for (name, exercise) in exercises() {
        let solution = solve(&exercise).unwrap();
        for batch in [BatchLayout::Vectorised, BatchLayout::Examples] {
            check(&name, &to_document(&solution, &Style { batch, ..Style::default() }));
        }
    }
}

#[test]
fn so_does_every_comparison() {
    for (name, exercise) in exercises().into_iter().take(3) {
        let comparison = compare(&exercise, &[], &[]).unwrap();
        check(&name, &comparison.to_document(&Style::default()));
        check(&name, &comparison.to_short_document(&Style::default()));
    }
}

/// The numbers that the sheet prints stand in every format.
#[test]
fn the_sheet_s_numbers_are_in_every_format() {
    for ((name, exercise), printed) in exercises().into_iter().zip(ON_THE_SHEET) {
        let document = to_document(&solve(&exercise).unwrap(), &Style::default());
        let notebook = render_notebook(&document, &NotebookOptions::default());
        for (format, numbers) in [
            ("text", of_text(&render_text(&document, &TextOptions::default()))),
            ("markdown", of_markdown(&render_markdown(&document, &MarkdownOptions::default()))),
            ("latex", of_latex(&render_latex(&document, &LatexOptions::default()))),
            ("html", of_html(&render_html(&document, &HtmlOptions::default()))),
            ("typst", of_typst(&render_typst(&document, &TypstOptions::default()))),
            ("ipynb", of_markdown(&markdown_cells(&notebook))),
        ] {
            for number in printed {
                let found = numbers.iter().any(|n| n == number);
                assert!(found, "{name} as {format}: {number} is missing");
            }
        }
    }
}

/// Numbers that stand in running text and in formulas, not in matrices, keep their signs and exponents.
#[test]
fn numbers_outside_matrices_keep_signs_and_exponents() {
    for value in [0.0, 1.0, -2.0, 0.25, -0.113_937_148, 12.5, 1e-7, -3.25e-9, 4e12, -1.5e7] {
        let number = || Math::number(value, 0, 0, QuantityId::new("a", 1, "loss", None));
        let mut document = Document::new("T");
        document.paragraph(Prose::text("It is ").and_math(number()).and_text("."));
        let half = Math::Fraction(Box::new(number()), Box::new(Math::Letter('n')));
        document.equation(Equation::new(Math::Letter('E')).equals(number()).equals(half));
        let printed = format_number(value, 6);
        let (mantissa, exponent) = match printed.split_once('e') {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (printed.as_str(), None),
        };
        let minus = mantissa.replace('-', "−");
        let with = |power: &str, end: &str| match exponent {
            Some(exponent) => format!("{mantissa}{power}{exponent}{end}"),
            None => mantissa.to_string(),
        };
        let (tex, typst) = (with(" \\cdot 10^{", "}"), with(" dot 10^(", ")"));
        let html = match exponent {
            Some(exponent) => format!("{minus}⋅10{}", exponent.replace('-', "−")),
            None => minus,
        };
        let notebook = render_notebook(&document, &NotebookOptions::default());
        let page = render_html(&document, &HtmlOptions::default());
        let page: String = visible(&page).chars().filter(|c| !c.is_whitespace()).collect();
        for (format, output, formulas) in [
            (
                "text",
                render_text(&document, &TextOptions::default()),
                [format!("It is {printed}."), format!("E = {printed} = {printed}/n")],
            ),
            (
                "markdown",
                render_markdown(&document, &MarkdownOptions::default()),
                [format!("It is ${tex}$."), format!("= {tex} = \\frac{{{tex}}}{{n}}")],
            ),
            (
                "latex",
                render_latex(&document, &LatexOptions::default()),
                [format!("It is ${tex}$."), format!("= {tex} = \\frac{{{tex}}}{{n}}")],
            ),
            (
                "ipynb",
                markdown_cells(&notebook),
                [format!("It is ${tex}$."), format!("= {tex} = \\frac{{{tex}}}{{n}}")],
            ),
            (
                "typst",
                render_typst(&document, &TypstOptions::default()),
                [format!("${typst}$)#\".\""), format!("= {typst} = frac({typst}, n)")],
            ),
            ("html", page, [format!("Itis{html}."), format!("E={html}={html}n")]),
        ] {
            for formula in formulas {
                assert!(output.contains(&formula), "{format}: {formula} is missing\n{output}");
            }
        }
    }
}
