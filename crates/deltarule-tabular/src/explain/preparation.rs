//! How the rows became inputs of the network.

use deltarule_document::{Block, Document, Math, Prose, QuantityId, Table};

use super::ModelPage;
use crate::encoding::Encoding;
use crate::preparation::InputColumn;

/// More columns than this are left out of a row's table.
const COLUMNS: usize = 30;

impl ModelPage<'_> {
    /// How each row became inputs of the network.
    pub(super) fn preparation(&self, document: &mut Document) {
        document.heading(1, "How the rows were prepared");
        document.paragraph(
            "A number $v$ becomes (v − mean) / deviation, with the mean and the standard deviation of the training rows; a missing \
             one is replaced by their median first. A category becomes one input per value, 1 for the value of the row and 0 for \
             the others.",
        );
        let columns = &self.model.preparation().columns;
        for (i, number) in self.options.rows.iter().enumerate() {
            if self.options.rows.len() > 1 {
                document.heading(2, Prose::text(format!("Row {number}")));
            }
            let mut rows = Vec::new();
            let mut input = 0;
            for (column, cell) in columns.iter().zip(&self.rows.cells[i]).take(COLUMNS) {
                rows.extend(self.prepared(column, cell, i, input));
                input += column.encoding.width();
            }
            let header = ["column", "in the table", "how", "input"].map(Prose::text).to_vec();
            document.blocks.push(Block::Table(Table { header, rows }));
            if columns.len() > COLUMNS {
                document.paragraph(Prose::text(format!(
                    "The other {} columns are prepared likewise.",
                    columns.len() - COLUMNS
                )));
            }
        }
    }

    /// The lines of one column in the table of a row.
    fn prepared(
        &self,
        column: &InputColumn,
        cell: &str,
        row: usize,
        input: usize,
    ) -> Vec<Vec<Prose>> {
        let number = |name: &str, value: f64| Math::number(value, input, row, self.quantity(name));
        let value = |input: usize| {
            let quantity = QuantityId::new("rows", 1, "x", Some(0));
            Prose::default().and_math(Math::number(self.rows.x[[row, input]], input, row, quantity))
        };
        let name = || Prose::text(&column.name);
        match &column.encoding {
            Encoding::Number { offset, mean, deviation, median, indicator, .. } => {
                let how = if cell == "missing" {
                    Prose::text("missing, so the median ")
                        .and_math(number("median", offset + median))
                } else {
                    Prose::default()
                }
                .and_text(if cell == "missing" { "; (v − " } else { "(v − " })
                .and_math(number("mean", offset + mean))
                .and_text(") / ")
                .and_math(number("deviation", *deviation));
                let mut lines = vec![vec![name(), Prose::text(cell), how, value(input)]];
                if *indicator {
                    let title = Prose::text(format!("{} (missing)", column.name));
                    let how = Prose::text("1 where it is missing");
                    lines.push(vec![title, Prose::text(""), how, value(input + 1)]);
                }
                lines
            }
            Encoding::Category { values, missing } => {
                let hit = (0..values.len() + usize::from(*missing))
                    .find(|i| self.rows.x[[row, input + i]] == 1.0);
                let (how, at) = match hit {
                    Some(i) => (
                        format!("1 at input {} of {}, else 0", i + 1, column.encoding.width()),
                        Some(input + i),
                    ),
                    None => ("not seen in training: all its inputs are 0".to_string(), None),
                };
                let last = at.map_or(Prose::text("0"), value);
                vec![vec![name(), Prose::text(cell), Prose::text(how), last]]
            }
        }
    }
}
