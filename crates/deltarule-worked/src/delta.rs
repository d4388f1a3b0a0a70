//! The deltas in numbers, from the last layer to the first.

use deltarule::trace::Quantity;
use deltarule::{Activation, Loss};
use deltarule_document::{Block, Math, Matrix, Prose};
use ndarray::Array2;

use crate::catalogue;
use crate::derivation::{OutputDelta, Pair, lettered, output_delta};
use crate::forward::{Known, columns_in_words};
use crate::step::{Context, m, sign, transposed};

impl Context<'_, '_> {
    /// The deltas, worked out where no earlier step has done so.
    pub(crate) fn deltas(&mut self, known: Option<&Known>) {
        if self.numbers.trace.backward.is_none() {
            return;
        }
        self.heading("Backward pass: the deltas");
        match known {
            Some(known) if known.columns.is_empty() => {
                let words = if self.column.is_some() || self.examples() == 1 {
                    "The parameters, the example and its targets are those of "
                } else {
                    "The parameters, the examples and their targets are those of "
                };
                let prose = Prose::text(words).and_text(&known.step);
                let so = ", and so are the deltas; they are not worked out again.";
                self.document.paragraph(prose.and_text(so));
                self.deltas_in_brief();
            }
            Some(known) => {
                let (of, why) = columns_in_words(known, "each delta");
                let prose = Prose::text(of).and_text(&known.step).and_text(format!(": {why}."));
                self.document.paragraph(prose);
                self.worked_out();
            }
            None => self.worked_out(),
        }
    }

    /// The deltas in letters and their results. A notebook computes them all the same.
    fn deltas_in_brief(&mut self) {
        let start = self.document.blocks.len();
        self.worked_out();
        let mut statements = String::new();
        for block in self.document.blocks.split_off(start) {
            let Block::Equation(mut equation) = block else { continue };
            let code = equation.code.take();
            if let Some(code) = code.as_ref().filter(|code| !code.statements.is_empty()) {
                statements += &code.statements;
                statements.push('\n');
            }
            // Derivatives and Jacobians are what is not worked out again.
            if !equation.left.to_string().starts_with("δ^") {
                continue;
            }
            let last = equation.relations.pop();
            equation.relations.retain(|relation| {
                let mut numbers = false;
                relation.right.for_each_matrix(&mut |_| numbers = true);
                !numbers
            });
            equation.relations.extend(last);
            let result = code.and_then(|code| code.result).unwrap_or_default();
            self.equation(equation, std::mem::take(&mut statements).trim_end().into(), &result);
        }
    }

    fn worked_out(&mut self) {
        let last = self.last();
        let output = self.numbers.network.output_activation();
        match output_delta(self.numbers.loss, output) {
            OutputDelta::Elementwise => self.elementwise_delta(),
            OutputDelta::Jacobian => self.jacobian_delta(),
            OutputDelta::Simplified(pair) => self.simplified_delta(pair),
        }
        for layer in (1..last).rev() {
            let up = layer + 1;
            self.derivative(layer);
            let letter = self.f(layer);
            let delta = self.shown(Quantity::Delta(layer));
            let equation = self
                .formula(&format!("δ^[{layer}] = (w^[{up}])^T δ^[{up}] ∘ {letter}'(z^[{layer}])"))
                .equals(Math::spaced([
                    transposed(self.weights(up)),
                    m(self.shown(Quantity::Delta(up))),
                    sign('∘'),
                    m(self.derivative_matrix(layer)),
                ]))
                .equals(m(delta));
            let (name, above) = (self.variable("delta", layer), self.variable("delta", up));
            let slope = self.variable("slope", layer);
            self.equation(equation, format!("{name} = (w{up}.T @ {above}) * {slope}"), &name);
        }
    }

    /// f′(z) of a layer, a row per example.
    pub(crate) fn slopes(&self, layer: usize) -> Array2<f64> {
        let f = self.numbers.network.layers()[layer - 1].activation();
        let (z, x) = (&self.numbers.trace.z[layer - 1], &self.numbers.trace.x[layer - 1]);
        let mut slopes = z.value.clone();
        slopes.zip_mut_with(&x.value, |z, &x| *z = f.derivative(*z, x));
        slopes
    }

    fn derivative_matrix(&self, layer: usize) -> Matrix {
        self.derived("derivative", Some(layer), &self.slopes(layer))
    }

    /// f′(z^[l]) = … = (numbers)
    fn derivative(&mut self, layer: usize) {
        let f = self.numbers.network.layers()[layer - 1].activation();
        let letter = self.f(layer);
        let mut equation = self.formula(&format!("{letter}'(z^[{layer}])"));
        if let Some(by_output) = catalogue::activation(f).by_output {
            equation =
                equation.equals(self.math(&lettered(by_output, &format!("x^[{layer}]"), "t")));
            // Where f′ is x itself, the result is what would be put in.
            if by_output != "x" {
                let x = m(self.outputs(layer));
                equation = equation.equals(Math::formula(by_output).put_in('x', &x));
            }
        } else if f != Activation::Identity {
            let z = m(self.shown(Quantity::Z(layer)));
            equation = equation.equals(Math::formula(&format!("{letter}'(z)")).put_in('z', &z));
        }
        let equation = equation.equals(m(self.derivative_matrix(layer)));
        let (name, z) = (self.variable("slope", layer), self.variable("z", layer));
        self.equation(equation, format!("{name} = {}_derivative({z})", f.name()), &name);
    }

    /// x − t at the outputs, a row per example; 0 where it is 0 but for rounding.
    fn differences(&self) -> Array2<f64> {
        let Some(t) = self.numbers.targets else { return Array2::zeros((0, 0)) };
        let x = &self.numbers.trace.x[self.last() - 1];
        Array2::from_shape_fn(t.dim(), |at| {
            let difference = x.value[at] - t[at];
            if difference.abs() <= x.bound[at] { 0.0 } else { difference }
        })
    }

    /// ∂E/∂x at the outputs, a row per example.
    fn error_slopes(&self) -> Array2<f64> {
        let Some(t) = self.numbers.targets else { return Array2::zeros((0, 0)) };
        let x = &self.numbers.trace.x[self.last() - 1];
        let n = t.ncols() as f64;
        let differences = self.differences();
        Array2::from_shape_fn(t.dim(), |at| {
            let d = differences[at];
            match self.numbers.loss {
                Loss::SquaredError => d,
                Loss::SumSquaredError => 2.0 * d,
                Loss::MeanSquaredError => 2.0 * d / n,
                Loss::AbsoluteError if d == 0.0 => 0.0,
                Loss::AbsoluteError => d.signum(),
                Loss::Huber => d.clamp(-1.0, 1.0),
                Loss::CrossEntropy => -t[at] / x.value[at],
                Loss::BinaryCrossEntropy => d / (x.value[at] * (1.0 - x.value[at])),
                Loss::Poisson => 1.0 - t[at] / x.value[at],
            }
        })
    }

    /// ∂E/∂x^[L] = … = (numbers)
    fn error_slope(&mut self) {
        let last = self.last();
        let Some(t) = self.targets() else { return };
        let formula = catalogue::loss(self.numbers.loss).slope;
        let formula = lettered(formula, &format!("x^[{last}]"), "t");
        let mut equation = self.formula(&format!("frac{{∂E}}{{∂x^[{last}]}} = {formula}"));
        let n = self.numbers.network.outputs() as f64;
        let n = Math::number(n, 0, 0, self.quantity("outputs", None));
        let slope = catalogue::loss(self.numbers.loss).slope;
        let numbers = if slope == "x − t" || !slope.contains("x − t") {
            Math::formula(slope).put_in('x', &m(self.outputs(last))).put_in('t', &m(t))
        } else {
            // What is done with the difference is done entry by entry.
            let difference = m(self.derived("difference", Some(last), &self.differences()));
            Math::formula(&slope.replace("x − t", "d")).put_in('d', &difference)
        };
        equation = equation.equals(numbers.put_in('n', &n));
        let equation =
            equation.equals(m(self.derived("error_slope", Some(last), &self.error_slopes())));
        let name = self.global("g");
        let (x, t) = (self.variable("x", last), self.global("t"));
        let code = format!("{name} = {}_slope({x}, {t})", self.numbers.loss.name());
        self.equation(equation, code, &name);
    }

    fn elementwise_delta(&mut self) {
        let last = self.last();
        self.error_slope();
        self.derivative(last);
        let letter = self.f(last);
        let equation = self
            .formula(&format!("δ^[{last}] = frac{{∂E}}{{∂x^[{last}]}} ∘ {letter}'(z^[{last}])"))
            .equals(Math::spaced([
                m(self.derived("error_slope", Some(last), &self.error_slopes())),
                sign('∘'),
                m(self.derivative_matrix(last)),
            ]))
            .equals(m(self.shown(Quantity::Delta(last))));
        let (name, g) = (self.variable("delta", last), self.global("g"));
        let slope = self.variable("slope", last);
        self.equation(equation, format!("{name} = {g} * {slope}"), &name);
    }

    fn jacobian_delta(&mut self) {
        let last = self.last();
        self.error_slope();
        let slopes = self.error_slopes();
        let columns = match self.column {
            Some(column) => column..column + 1,
            None => 0..self.examples(),
        };
        let x = &self.numbers.trace.x[last - 1].value;
        let (name, output, g) =
            (self.variable("delta", last), self.variable("x", last), self.global("g"));
        for column in columns {
            let example = self.numbers.examples[column];
            let words = format!("The Jacobian of example {example}, and its delta:");
            self.paragraph(&words);
            let jacobian = Matrix::new(
                x.ncols(),
                x.ncols(),
                |i, j| {
                    let own = if i == j { x[[column, i]] } else { 0.0 };
                    own - x[[column, i]] * x[[column, j]]
                },
                self.quantity("jacobian", Some(last)).of_example(example),
            );
            let jacobian = self.result(jacobian);
            let at = if self.column.is_some() { 0 } else { column };
            let own = |name: &str, values: &Array2<f64>| {
                let of = |i: usize, _| values[[column, i]];
                let matrix = Matrix::new(values.ncols(), 1, of, self.quantity(name, Some(last)));
                self.result(matrix.starting_at(0, column))
            };
            let outputs = || m(self.column_of(Quantity::X(last), column));
            let delta = self.column_of(Quantity::Delta(last), column);
            let slope = own("error_slope", &slopes);
            let equation = self
                .formula("J = frac{∂x}{∂z}")
                .equals(self.math("\"diag\"(x) − x x^T"))
                .equals(Math::spaced([
                    Math::word("diag"),
                    outputs(),
                    sign('−'),
                    outputs(),
                    transposed(self.column_of(Quantity::X(last), column)),
                ]))
                .equals(m(jacobian.clone()));
            let code = format!(
                "J = np.diag({output}[:, {at}]) - np.outer({output}[:, {at}], {output}[:, {at}])"
            );
            self.equation(equation, code, "J");
            let equation = self
                .formula("δ = J^T g")
                .equals(Math::spaced([transposed(jacobian), m(slope)]))
                .equals(m(delta));
            self.equation(equation, format!("column = J.T @ {g}[:, {at}]"), "column[:, None]");
        }
        let equation =
            self.formula(&format!("δ^[{last}]")).equals(m(self.shown(Quantity::Delta(last))));
        let code = format!("{name} = {output} * ({g} - ({g} * {output}).sum(axis=0))");
        self.equation(equation, code, &name);
    }

    fn simplified_delta(&mut self, pair: Pair) {
        let Some(t) = self.targets() else { return };
        let last = self.last();
        let x = format!("x^[{last}]");
        let (name, output, target) =
            (self.variable("delta", last), self.variable("x", last), self.global("t"));
        let net = self.variable("z", last);
        let ones = self.targets_sum_to_one();
        let (formula, code) = match pair {
            Pair::SoftmaxCrossEntropy if !ones => {
                self.paragraph(
                    "Every row of $s$ is $Σ_j t_j$ of each example; a product with ones adds up:",
                );
                let n = self.numbers.network.outputs();
                let ones = Matrix::new(n, n, |_, _| 1.0, self.quantity("ones", None));
                let sums = self
                    .formula("s = Σ_j t_j")
                    .equals(Math::spaced([m(ones), m(t.clone())]))
                    .equals(m(self.target_sums()));
                self.document.equation(sums);
                ("x ∘ s − t", format!("{output} * {target}.sum(axis=0) - {target}"))
            }
            Pair::SoftmaxCrossEntropy | Pair::SigmoidBinaryCrossEntropy | Pair::ExpPoisson => {
                ("x − t", format!("{output} - {target}"))
            }
            // 1 − x is σ(−z), which keeps its digits where x is almost 1.
            Pair::SigmoidCrossEntropy => ("−t ∘ (1 − x)", format!("-{target} * sigmoid(-{net})")),
            // Far below 0, σ(z) and x are both e^z.
            Pair::SoftplusPoisson => (
                "(1 − frac{t}{x}) ∘ σ(z)",
                format!(
                    "softplus_derivative({net}) - {target} * np.where({net} < -40, 1, softplus_derivative({net}) / np.maximum({output}, 1e-300))",
                ),
            ),
        };
        let symbols = lettered(formula, &x, "t").replace("σ(z)", &format!("σ(z^[{last}])"));
        let z = m(self.shown(Quantity::Z(last)));
        let numbers = Math::formula(formula)
            .put_in('x', &m(self.outputs(last)))
            .put_in('t', &m(t))
            .put_in('z', &z)
            .put_in('s', &m(self.target_sums()));
        let equation = self
            .formula(&format!("δ^[{last}] = frac{{∂E}}{{∂z^[{last}]}} = {symbols}"))
            .equals(numbers)
            .equals(m(self.shown(Quantity::Delta(last))));
        self.equation(equation, format!("{name} = {code}"), &name);
    }

    /// The sum of the targets of each example, once for every output.
    fn target_sums(&self) -> Matrix {
        let t = self.numbers.targets.map(|t| t.to_owned()).unwrap_or_default();
        let sums = Array2::from_shape_fn(t.dim(), |(example, _)| t.row(example).sum());
        self.derived("target_sum", None, &sums)
    }

    /// The activation of a layer, from 1.
    pub(crate) fn activation(&self, layer: usize) -> Activation {
        self.numbers.network.layers()[layer - 1].activation()
    }
}
