//! Everything side by side, in one table.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::{Block, Equation, Math, Matrix, Prose, Table};
use deltarule_worked::loss_formulas;
use ndarray::Array2;

use super::case::{Case, UPDATES, derivative_name, first_step, targets_sum_to_one};
use super::findings::{gradient_norm, largest};
use super::pages::Pages;

/// Matrices with more entries than this are not put into the table entry by entry.
const ENTRIES: usize = 12;

impl Pages<'_, '_> {
    /// The delta of the outputs in letters.
    pub(super) fn delta_formula(case: &Case) -> String {
        let slope = loss_formulas(case.loss).slope;
        match (case.loss, case.output) {
            (Loss::CrossEntropy, Activation::Softmax) if !targets_sum_to_one(case) => {
                "x Σ_j t_j − t".into()
            }
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
            ) => format!("({slope}) ∘ {}(z)", derivative_name(case.output)),
        }
    }

    /// The first rows of a table: a column for each case, and its delta in letters.
    fn columns(&self) -> (Vec<Prose>, Vec<Vec<Prose>>) {
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let mut header = vec![Prose::text("")];
        header.extend(self.cases().map(|(_, case)| Prose::text(case.name())));
        let mut formulas = vec![self.prose(&format!("$δ^[{layers}]$"))];
        formulas.extend(
            self.cases().map(|(_, case)| self.prose(&format!("${}$", Self::delta_formula(case)))),
        );
        (header, vec![formulas])
    }

    /// The few numbers that show the differences.
    pub(super) fn summary(&mut self) {
        self.document.heading(1, "In numbers");
        let (header, mut rows) = self.columns();
        self.single(&mut rows, Quantity::TotalLoss, "$E$ before");
        type Value = fn(&Case) -> Option<f64>;
        let first: [(&str, &str, Value); 3] = [
            ("largest $|x − t|$", "largest_error", |case| Some(largest(case).0)),
            ("largest $|δ|$ of an output", "largest_delta", |case| Some(largest(case).1)),
            ("norm of all gradients", "gradient_norm", |case| Some(gradient_norm(case))),
        ];
        for (symbol, name, value) in first {
            rows.push(self.row(symbol, name, value));
        }
        self.single(&mut rows, Quantity::TotalLossAfter, "$E$ after one update");
        rows.push(self.row(&format!("$E$ after {UPDATES} updates"), "last_loss", |case| {
            case.curve.last().copied()
        }));
        self.document.blocks.push(Block::Table(Table { header, rows }));
    }

    /// A number of each case.
    fn row(&self, symbol: &str, name: &str, value: impl Fn(&Case) -> Option<f64>) -> Vec<Prose> {
        let mut row = vec![self.prose(symbol)];
        for (number, case) in self.cases() {
            let place = self.quantity(number, name, None);
            let cell = value(case).map(|v| Prose::default().and_number(v, place));
            row.push(cell.unwrap_or_else(|| Prose::text("beyond all numbers")));
        }
        row
    }

    /// Everything in one table: a row per quantity, or per entry where there are few.
    pub(super) fn table(&mut self) {
        self.document.heading(1, "Everything side by side");
        let layers = self.comparison.cases[0].solution.exercise.network.layers().len();
        let (header, mut rows) = self.columns();
        // What is the same in all of them.
        let mut same = Vec::new();
        for quantity in [Quantity::Z(layers), Quantity::X(layers)] {
            same.extend(self.entries(&mut rows, quantity));
        }
        self.single(&mut rows, Quantity::TotalLoss, "$E$ before");
        same.extend(self.entries(&mut rows, Quantity::Delta(layers)));
        for l in (1..=layers).rev() {
            for quantity in [Quantity::GradWeights(l), Quantity::GradBiases(l)] {
                same.extend(self.entries(&mut rows, quantity));
            }
        }
        for l in (1..=layers).rev() {
            for quantity in [Quantity::Weights(l), Quantity::Biases(l)] {
                same.extend(self.entries(&mut rows, quantity));
            }
        }
        self.single(&mut rows, Quantity::TotalLossAfter, "$E$ after");
        self.document.blocks.push(Block::Table(Table { header, rows }));
        let symbols: Vec<String> = same.iter().map(|q| format!("${}$", symbol(*q))).collect();
        if !symbols.is_empty() {
            let words = format!("The same in all of them: {}.", symbols.join(", "));
            let words = self.prose(&words);
            self.document.paragraph(words);
        }
        for quantity in same {
            if matches!(quantity, Quantity::Z(_) | Quantity::X(_)) {
                self.once(quantity);
            }
        }
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

    /// What is the same in all cases, once.
    fn once(&mut self, quantity: Quantity) {
        let Some(numbers) = first_step(&self.comparison.cases[0]).trace.get(quantity) else {
            return;
        };
        let values = numbers.shown();
        let place = self.quantity(1, &quantity.family(), quantity.layer());
        let matrix = Matrix::new(values.nrows(), values.ncols(), |r, c| values[[r, c]], place);
        let left = self.style.notation.math(&symbol(quantity));
        self.document.equation(Equation::new(left).equals(Math::Matrix(matrix)));
    }

    /// A row per entry, or one with the norms where there are too many. No rows, but the quantity, where it is the same in
    /// all cases.
    fn entries(&self, rows: &mut Vec<Vec<Prose>>, quantity: Quantity) -> Option<Quantity> {
        let (name, layer) = (quantity.family(), quantity.layer());
        let symbol = symbol(quantity);
        let values = |case| Some(first_step(case).trace.get(quantity)?.shown());
        let all: Vec<Array2<f64>> =
            self.comparison.cases.iter().map(values).collect::<Option<_>>()?;
        if all.iter().all(|values| *values == all[0]) {
            return Some(quantity);
        }
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
            return None;
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
        None
    }
}

/// What a quantity is called.
fn symbol(quantity: Quantity) -> String {
    let letter = match quantity {
        Quantity::Z(_) => "z",
        Quantity::X(_) => "x",
        Quantity::Delta(_) => "δ",
        Quantity::GradWeights(_) => "∂E/∂w",
        Quantity::GradBiases(_) => "∂E/∂b",
        Quantity::Weights(_) => "\"new\" w",
        _ => "\"new\" b",
    };
    format!("{letter}^[{}]", quantity.layer().unwrap_or_default())
}
