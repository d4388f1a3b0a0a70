//! The numbers of the tree, as they should be read.

use deltarule_document::{Block, Document, Inline, Math, Matrix, Prose, format_number};

use super::decimals;

/// In which order a format shows what has rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Matrices and tables row by row.
    Rows,
    /// Matrices row by row, tables column by column: a cell may be several lines high.
    TablesByColumns,
    /// Matrices column by column, tables row by row; and no number of a matrix counts without a decimal point.
    #[cfg_attr(not(feature = "pdf"), allow(dead_code, reason = "the order of PDF"))]
    MatricesByColumns,
}

/// What is expected of a document with this many digits.
pub(crate) fn of_tree(document: &Document, digits: usize, order: Order) -> Vec<String> {
    let mut tree = Tree { digits, order, out: Vec::new() };
    document.blocks.iter().for_each(|block| tree.block(block));
    tree.out
}

struct Tree {
    digits: usize,
    order: Order,
    out: Vec<String>,
}

impl Tree {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(_, prose) | Block::Paragraph(prose) => self.prose(prose),
            Block::List(items) => items.iter().for_each(|item| self.prose(item)),
            Block::Equation(equation) => {
                self.math(&equation.left);
                equation.relations.iter().for_each(|relation| self.math(&relation.right));
            }
            Block::Table(table) => {
                let rows: Vec<&Vec<Prose>> =
                    std::iter::once(&table.header).chain(&table.rows).collect();
                if self.order == Order::TablesByColumns {
                    let columns = 0..table.header.len();
                    columns.for_each(|c| {
                        rows.iter().filter_map(|row| row.get(c)).for_each(|cell| self.prose(cell));
                    });
                } else {
                    rows.into_iter().flatten().for_each(|cell| self.prose(cell));
                }
            }
            Block::Figure(figure) => self.prose(&figure.caption),
            Block::Code(_) => {}
        }
    }

    fn prose(&mut self, prose: &Prose) {
        for piece in &prose.0 {
            match piece {
                Inline::Math(math) => self.math(math),
                Inline::Text(words)
                | Inline::Code(words)
                | Inline::Link(words, _)
                | Inline::Marked(_, words) => {
                    self.out.extend(decimals(words));
                }
                Inline::Sketch(_) => {}
            }
        }
    }

    fn math(&mut self, math: &Math) {
        match math {
            Math::Row(row) => row.iter().for_each(|piece| self.math(piece)),
            Math::Upper(a, b) | Math::Lower(a, b) | Math::Fraction(a, b) => {
                self.math(a);
                self.math(b);
            }
            Math::Root(a) | Math::Bracket(_, a, _) => self.math(a),
            Math::Cases(cases) => {
                for (value, condition) in cases {
                    self.math(value);
                    self.math(condition);
                }
            }
            Math::Matrix(matrix) => self.matrix(matrix),
            Math::Number(number) if number.is_hidden() => {}
            Math::Number(number) => {
                for (_, _, value) in number.entries() {
                    self.out.extend(decimals(&format_number(value, self.digits)));
                }
            }
            Math::Digits(number) => self.out.extend(decimals(number)),
            Math::Letter(_) | Math::Word(_) | Math::Sign(_) | Math::Space => {}
        }
    }

    fn matrix(&mut self, matrix: &Matrix) {
        let cells = matrix.cells(self.digits);
        if self.order == Order::MatricesByColumns {
            for column in 0..cells.first().map_or(0, Vec::len) {
                self.out.extend(cells.iter().flat_map(|row| decimals(&row[column])));
            }
        } else {
            self.out.extend(cells.into_iter().flatten());
        }
        if let Some(norm) = matrix.norm().filter(|_| !matrix.is_hidden()) {
            self.out.extend(decimals(&format_number(norm, self.digits)));
        }
    }
}
