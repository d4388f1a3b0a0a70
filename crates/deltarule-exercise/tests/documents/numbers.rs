//! Every renderer shows exactly the numbers of the tree, in its order, to the digits asked for.

use deltarule_document::{
    Block, Document, Equation, HtmlOptions, Inline, LatexOptions, MarkdownOptions, Math,
    NotebookOptions, Prose, TextOptions, TypstOptions, format_number, render_html, render_latex,
    render_markdown, render_notebook, render_text, render_typst,
};
use deltarule_exercise::{BatchLayout, Style, compare, solve, to_document};

use crate::gallery::exercises;

/// Numbers that only a quantity or a constant can be: with at least three digits behind the point. Layers, powers and
/// sizes have none.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    for c in text.chars().chain(" ".chars()) {
        if c.is_ascii_digit() || (c == '.' && !current.is_empty()) {
            current.push(c);
            continue;
        }
        let number = current.trim_end_matches('.');
        if number.split_once('.').is_some_and(|(_, decimals)| decimals.len() >= 3) {
            found.push(number.to_string());
        }
        current.clear();
    }
    found
}

/// The numbers of the tree as they are printed, in reading order, signs and exponents left out.
fn expected(document: &Document, digits: usize) -> Vec<String> {
    fn of_math(math: &Math, digits: usize, out: &mut Vec<String>) {
        match math {
            Math::Row(row) => row.iter().for_each(|m| of_math(m, digits, out)),
            Math::Upper(a, b) | Math::Lower(a, b) | Math::Fraction(a, b) => {
                of_math(a, digits, out);
                of_math(b, digits, out);
            }
            Math::Root(a) | Math::Bracket(_, a, _) => of_math(a, digits, out),
            Math::Cases(cases) => {
                for (value, condition) in cases {
                    of_math(value, digits, out);
                    of_math(condition, digits, out);
                }
            }
            Math::Matrix(matrix) | Math::Number(matrix) => {
                if !matrix.is_hidden() {
                    let values = matrix.entries().map(|(_, _, v)| v).chain(matrix.norm());
                    out.extend(values.map(|v| format_number(v, digits)));
                }
            }
            Math::Digits(number) => out.push(number.clone()),
            Math::Letter(_) | Math::Word(_) | Math::Sign(_) | Math::Space => {}
        }
    }
    fn of_prose(prose: &Prose, digits: usize, out: &mut Vec<String>) {
        for piece in &prose.0 {
            match piece {
                Inline::Math(math) => of_math(math, digits, out),
                Inline::Text(words) | Inline::Code(words) | Inline::Marked(_, words) => {
                    out.extend(numbers(words));
                }
                Inline::Sketch(_) => {}
            }
        }
    }
    let mut all = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Heading(_, prose) | Block::Paragraph(prose) => of_prose(prose, digits, &mut all),
            Block::List(items) => items.iter().for_each(|item| of_prose(item, digits, &mut all)),
            Block::Equation(equation) => {
                of_math(&equation.left, digits, &mut all);
                equation.relations.iter().for_each(|r| of_math(&r.right, digits, &mut all));
            }
            Block::Table(table) => {
                let cells = std::iter::once(&table.header).chain(&table.rows).flatten();
                cells.for_each(|cell| of_prose(cell, digits, &mut all));
            }
            Block::Figure(figure) => of_prose(&figure.caption, digits, &mut all),
            Block::Code(_) => {}
        }
    }
    all.iter().flat_map(|number| numbers(number)).collect()
}

/// What is left of a page when its tags, its style and what is not shown are taken away.
fn visible(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        out.push(' ');
        rest = &rest[start..];
        for (open, close) in [
            ("<style", "</style>"),
            ("<annotation", "</annotation>"),
            ("<svg", "</svg>"),
            ("<nav", "</nav>"),
            ("<head", "</head>"),
        ] {
            if rest.starts_with(open) {
                let end = rest.find(close).expect("a closed tag");
                rest = &rest[end..];
            }
        }
        rest = &rest[rest.find('>').expect("a closed tag") + 1..];
    }
    out + rest
}

fn markdown_cells(notebook: &str) -> String {
    let notebook: serde_json::Value = serde_json::from_str(notebook).unwrap();
    let cells = notebook["cells"].as_array().unwrap().iter();
    let lines = cells
        .filter(|cell| cell["cell_type"] == "markdown")
        .flat_map(|cell| cell["source"].as_array().unwrap());
    lines.map(|line| line.as_str().unwrap().to_string() + "\n").collect()
}

/// What stands behind the preamble of a file.
fn body<'a>(text: &'a str, marker: &str) -> &'a str {
    text.split_once(marker).map_or(text, |(_, body)| body)
}

/// What is left of a Typst file without its preamble, sizes, and the descriptions of formulas for screen readers, which
/// say everything a second time.
fn typst_body(typst: &str) -> String {
    let mut out = String::new();
    let mut rest = body(typst, "\n#title(");
    while let Some(start) = rest.find("shown(\"").into_iter().chain(rest.find("#m(\"")).min() {
        out.push_str(&rest[..start]);
        rest = &rest[start + rest[start..].find('"').unwrap() + 1..];
        let mut escaped = false;
        let end = rest.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        rest = &rest[end.expect("a closed string")..];
    }
    out.push_str(rest);
    // Columns are aligned at the point: what stands before it and behind it are two cells.
    let mut out = out.replace("&\".", ".");
    while let Some(start) = out.find("#h(") {
        let end = start + out[start..].find(')').expect("a closed gap");
        out.replace_range(start..=end, "");
    }
    out.lines().filter(|line| !line.contains("set text(size:")).collect::<Vec<_>>().join("\n")
}

fn check(name: &str, document: &Document) {
    let mut document = document.clone();
    // Drawings have numbers of their own: coordinates.
    document.blocks.retain(|block| !matches!(block, Block::Figure(_)));
    for digits in [6, 4] {
        let in_order = expected(&document, digits);
        let mut sorted = in_order.clone();
        sorted.sort();
        let latex = render_latex(&document, &LatexOptions { digits });
        let typst = render_typst(&document, &TypstOptions { digits });
        let rendered = [
            ("text", render_text(&document, &TextOptions { digits, ..TextOptions::default() })),
            ("markdown", render_markdown(&document, &MarkdownOptions { digits })),
            ("latex", body(&latex, "\\begin{document}").to_string()),
            ("typst", typst_body(&typst)),
            ("ipynb", markdown_cells(&render_notebook(&document, &NotebookOptions { digits }))),
            ("html", visible(&render_html(&document, &HtmlOptions { digits }))),
        ];
        for (format, output) in rendered {
            let mut found = numbers(&output);
            // Text stands side by side, line by line, and wide matrices are cut into columns: there the order within an
            // equation is another one.
            if format != "text" && found != in_order {
                let wide = document.blocks.iter().any(|block| {
                    let mut wide = false;
                    block.for_each_matrix(&mut |matrix| wide |= matrix.columns() > 5);
                    wide
                });
                assert!(
                    wide,
                    "{name} as {format} with {digits} digits: another order\n{:?}",
                    first_difference(&found, &in_order)
                );
            }
            found.sort();
            assert_eq!(
                found.len(),
                sorted.len(),
                "{name} as {format} with {digits} digits: {:?}",
                first_difference(&found, &sorted)
            );
            assert_eq!(found, sorted, "{name} as {format} with {digits} digits");
        }
    }
}

fn first_difference<'a>(
    a: &'a [String],
    b: &'a [String],
) -> Option<(usize, &'a String, &'a String)> {
    a.iter().zip(b).enumerate().find(|(_, (a, b))| a != b).map(|(i, (a, b))| (i, a, b))
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
    }
}

/// The numbers that the sheet prints stand in every format.
#[test]
fn the_sheet_s_numbers_are_in_every_format() {
    let printed: [&[&str]; 3] = [
        &["0.549834", "0.113937", "0.0994943", "0.382101", "0.0913066"],
        &["0.115397", "0.0884603", "0.263228", "0.0130754"],
        &["0.203434", "0.0796566", "0.0097695", "0.193665"],
    ];
    for ((name, exercise), printed) in exercises().into_iter().zip(printed) {
        let document = to_document(&solve(&exercise).unwrap(), &Style::default());
        for output in [
            render_text(&document, &TextOptions::default()),
            render_markdown(&document, &MarkdownOptions::default()),
            render_latex(&document, &LatexOptions::default()),
            visible(&render_html(&document, &HtmlOptions::default())),
            render_typst(&document, &TypstOptions::default()),
            markdown_cells(&render_notebook(&document, &NotebookOptions::default())),
        ] {
            let numbers = numbers(&output);
            for number in printed {
                assert!(numbers.iter().any(|n| n == number), "{name}: {number} is missing");
            }
        }
    }
}

/// Numbers with their signs and exponents: a minus that stands right before the digits, and `e-12` behind them.
fn signed_numbers(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().map(|c| if c == '−' { '-' } else { c }).collect();
    let digit = |i: usize| characters.get(i).is_some_and(char::is_ascii_digit);
    let mut found = Vec::new();
    let mut i = 0;
    while i < characters.len() {
        let start = i;
        i += usize::from(characters[i] == '-');
        if !digit(i) {
            i = start + 1;
            continue;
        }
        while digit(i) || (characters.get(i) == Some(&'.') && digit(i + 1)) {
            i += 1;
        }
        let exponent = i + 1 + usize::from(characters.get(i + 1) == Some(&'-'));
        if characters.get(i) == Some(&'e') && digit(exponent) {
            i = exponent;
            while digit(i) {
                i += 1;
            }
        }
        found.push(characters[start..i].iter().collect());
    }
    found
}

/// Every matrix by itself: each entry of it, with its sign and its exponent, in order, and nothing else.
#[test]
fn every_matrix_keeps_signs_exponents_and_order_in_every_format() {
    let mut seen = std::collections::BTreeSet::new();
    let (mut negative, mut scientific) = (0, 0);
    for (name, exercise) in exercises() {
        let solved = to_document(&solve(&exercise).unwrap(), &Style::default());
        solved.for_each_matrix(|matrix| {
            let mut cells: Vec<String> =
                matrix.entries().map(|(_, _, value)| format_number(value, 6)).collect();
            let size = (matrix.rows(), matrix.columns());
            if matrix.norm().is_some() || !seen.insert((size, cells.clone())) {
                return;
            }
            negative += cells.iter().filter(|cell| cell.starts_with('-')).count();
            scientific += cells.iter().filter(|cell| cell.contains('e')).count();
            let mut document = Document::new("T");
            document
                .equation(Equation::new(Math::Letter('M')).equals(Math::Matrix(matrix.clone())));
            let tex = |text: &str| text.replace(" \\cdot 10^{", "e");
            let latex = render_latex(&document, &LatexOptions::default());
            let typst = typst_body(&render_typst(&document, &TypstOptions::default()));
            let html = render_html(&document, &HtmlOptions::default());
            let html = visible(&html.replace("</mtd>", "; "));
            let outputs = [
                ("text", render_text(&document, &TextOptions::default())),
                ("markdown", tex(&render_markdown(&document, &MarkdownOptions::default()))),
                ("latex", tex(body(&latex, "\\begin{document}"))),
                (
                    "typst",
                    ["\"dot 10^(", "&dot 10^(", " dot 10^("]
                        .iter()
                        .fold(typst, |typst, power| typst.replace(power, "e")),
                ),
                // Signs, digits and exponents stand between tags of their own.
                ("html", html.replace(' ', "").replace("⋅10", "e")),
            ];
            // What does not fit into a line is shown in blocks of columns.
            let in_blocks = matrix.columns() > 5;
            if in_blocks {
                cells.sort();
            }
            for (format, output) in outputs {
                let mut found = signed_numbers(&output);
                if in_blocks {
                    found.sort();
                }
                assert_eq!(found, cells, "{name} as {format}: {:?}\n{output}", matrix.quantity());
            }
        });
    }
    assert!(negative > 100 && scientific > 5, "{negative} below 0, {scientific} with exponents");
}
