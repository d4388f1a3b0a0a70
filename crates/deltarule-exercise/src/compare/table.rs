//! Everything side by side, in one table.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::{Block, Math, Prose, Table};
use deltarule_worked::loss_formulas;
use ndarray::Array2;

use super::case::{Case, first_step};
use super::pages::Pages;

/// Matrices with more entries than this are not put into the table entry by entry.
const ENTRIES: usize = 12;

impl Pages<'_, '_> {
    /// The delta of the outputs in letters.
    fn delta_formula(&self, case: &Case) -> String {
        let slope = loss_formulas(case.loss).slope;
        match (case.loss, case.output) {
            (Loss::CrossEntropy, Activation::Softmax)
            | (Loss::BinaryCrossEntropy, _)
            | (Loss::Poisson, Activation::Exp) => "x − t".into(),
            (Loss::CrossEntropy, _) => "−t ∘ (1 − x)".into(),
            (Loss::Poisson, _) => "(1 − t / x) ∘ σ(z)".into(),
            (_, Activation::Softmax) => format!("J^T ({slope})"),
            (_, Activation::Identity) => slope.into(),
            (
                Loss::SquaredError
                | Loss::SumSquaredError
                | Loss::MeanSquaredError
                | Loss::AbsoluteError
                | Loss::Huber,
                _,
            ) => format!("({slope}) ∘ f'(z)"),
        }
    }
    /// Everything in one table: a row per quantity, or per entry where there are few.
    pub(super) fn table(&mut self) {
        self.document.heading(1, "Everything side by side");
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let mut header = vec![Prose::text("")];
        header.extend(self.cases().map(|(_, case)| Prose::text(case.name())));
        let mut rows: Vec<Vec<Prose>> = Vec::new();
        let mut formulas = vec![self.prose(&format!("$δ^[{layers}]$"))];
        formulas.extend(
            self.cases().map(|(_, case)| self.prose(&format!("${}$", self.delta_formula(case)))),
        );
        rows.push(formulas);
        self.entries(&mut rows, Quantity::Z(layers), &format!("z^[{layers}]"));
        self.entries(&mut rows, Quantity::X(layers), &format!("x^[{layers}]"));
        self.single(&mut rows, Quantity::TotalLoss, "$E$ before");
        self.entries(&mut rows, Quantity::Delta(layers), &format!("δ^[{layers}]"));
        for l in (1..=layers).rev() {
            self.entries(&mut rows, Quantity::GradWeights(l), &format!("∂E/∂w^[{l}]"));
            self.entries(&mut rows, Quantity::GradBiases(l), &format!("∂E/∂b^[{l}]"));
        }
        for l in (1..=layers).rev() {
            self.entries(&mut rows, Quantity::Weights(l), &format!("\"new\" w^[{l}]"));
            self.entries(&mut rows, Quantity::Biases(l), &format!("\"new\" b^[{l}]"));
        }
        self.single(&mut rows, Quantity::TotalLossAfter, "$E$ after");
        self.document.blocks.push(Block::Table(Table { header, rows }));
        self.document.paragraph(self.prose(
            "An index is row and column; a column of $x$ and $δ$ is an example. $J$ is the Jacobian of softmax. The norm of a \
             matrix is the root of the sum of the squares of its entries.",
        ));
    }

    fn single(&self, rows: &mut Vec<Vec<Prose>>, quantity: Quantity, symbol: &str) {
        let value = |case| Some(first_step(case).trace.get(quantity)?.shown()[[0, 0]]);
        let name = quantity.family();
        let mut row = vec![self.prose(symbol)];
        for (number, case) in self.cases() {
            let quantity = self.quantity(number, &name, None);
            let cell = value(case).map(|v| Prose::default().and_number(v, quantity));
            row.push(cell.unwrap_or_default());
        }
        rows.push(row);
    }

    /// A row per entry, or one with the norms where there are too many.
    fn entries(&self, rows: &mut Vec<Vec<Prose>>, quantity: Quantity, symbol: &str) {
        let (name, layer) = (quantity.family(), quantity.layer());
        let values = |case| Some(first_step(case).trace.get(quantity)?.shown());
        let all: Option<Vec<Array2<f64>>> = self.comparison.cases.iter().map(values).collect();
        let Some(all) = all else { return };
        let (height, width) = all[0].dim();
        let index = |r: usize, c: usize| match (height, width) {
            (1, 1) => String::new(),
            (_, 1) => format!("_{}", r + 1),
            _ => format!("_{{{},{}}}", r + 1, c + 1),
        };
        // The outputs are what differs; of the layers below the size says enough, and their matrices follow.
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        if all[0].len() > ENTRIES || layer.is_some_and(|layer| layer < layers) {
            let mut row = vec![self.prose(&format!("norm of ${symbol}$"))];
            for (i, values) in all.iter().enumerate() {
                let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
                let quantity = self.quantity(i + 1, &format!("{name}_norm"), layer);
                row.push(Prose::default().and_number(norm, quantity));
            }
            rows.push(row);
            return;
        }
        for r in 0..height {
            for c in 0..width {
                let mut row = vec![self.prose(&format!("$({symbol}){}$", index(r, c)))];
                for (i, values) in all.iter().enumerate() {
                    let quantity = self.quantity(i + 1, &name, layer);
                    row.push(Prose::default().and_math(Math::number(
                        values[[r, c]],
                        r,
                        c,
                        quantity,
                    )));
                }
                rows.push(row);
            }
        }
    }
}
