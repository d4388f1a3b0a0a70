//! The loss, written out with its numbers.

use deltarule::Loss;
use deltarule::trace::{Quantity, Reduction};
use deltarule_document::{Equation, Math};

use crate::catalogue;
use crate::python::argument;
use crate::step::{Context, m, sign};

/// More examples than this are not written out one by one.
const EXAMPLES: usize = 4;
/// More outputs, or examples in a total, than this are written out as the first few and the last.
const OUTPUTS: usize = 8;

impl Context<'_, '_> {
    /// The loss of every example, and the total.
    pub(crate) fn loss(&mut self) {
        let (Some(_), Some(t)) = (&self.numbers.trace.loss, self.targets()) else { return };
        self.heading("Loss");
        let target = self.style.notation.target();
        let name = self.global("t");
        let of = self.variable(argument(self.numbers.loss), self.last());
        let equation = Equation::new(Math::Letter(target)).equals(m(t));
        // In a notebook the targets stand beside the inputs; one example's column is taken from there.
        let code = match self.column {
            None => String::new(),
            Some(column) => format!("{name} = t[:, [{column}]]"),
        };
        self.equation(equation, code, &name);
        let columns = match self.column {
            Some(column) => column..column + 1,
            None => 0..self.examples(),
        };
        for column in columns.clone().take(EXAMPLES) {
            self.loss_of(column, columns.len() > 1);
        }
        if columns.len() > 1 {
            self.losses();
        } else {
            let (loss, name) = (self.numbers.loss.name(), self.global("E"));
            self.after_code(
                format!("{name} = {loss}({of}, {})", self.global("t")),
                &format!("{name}[0]"),
            );
        }
        if self.column.is_none() && self.examples() > 1 {
            self.total_loss();
        }
    }

    /// Gives the last equation its code.
    fn after_code(&mut self, statements: String, result: &str) {
        if !self.style.code {
            return;
        }
        if let Some(deltarule_document::Block::Equation(equation)) = self.document.blocks.last_mut()
        {
            *equation = equation.clone().code(statements, result);
        }
    }

    /// E of one example: formula, numbers, result.
    fn loss_of(&mut self, column: usize, several: bool) {
        let formula = catalogue::loss(self.numbers.loss).value;
        let left = if several {
            Math::Lower(
                Box::new(Math::Letter('E')),
                Box::new(Math::Digits(self.numbers.examples[column].to_string())),
            )
        } else {
            Math::Letter('E')
        };
        let result = self.column_of(Quantity::Loss, column);
        let mut equation = Equation::new(left)
            .equals(self.math(formula))
            .equals(self.sum_of_terms(&|output| self.term(column, output)));
        if self.numbers.loss == Loss::Huber && !self.style.blank {
            let cases = |output: usize| self.huber_case(column, output);
            equation = equation.equals(self.sum_of_terms(&cases));
        }
        let equation = equation.equals(Math::Number(result));
        self.document.equation(equation);
    }

    /// The loss of every example in a row.
    fn losses(&mut self) {
        let equation = Equation::new(Math::Letter('E')).equals(m(self.shown(Quantity::Loss)));
        let of = self.variable(argument(self.numbers.loss), self.last());
        self.equation(equation, format!("E = {}({of}, t)", self.numbers.loss.name()), "E[None, :]");
    }

    pub(crate) fn total_loss(&mut self) {
        if self.numbers.trace.total_loss.is_none() {
            return;
        }
        let result = Math::Number(self.shown(Quantity::TotalLoss));
        let n = Math::number(self.examples() as f64, 0, 0, self.quantity("examples", None));
        let (words, value, code) = match self.numbers.options.reduction {
            Reduction::Sum => ("sum over the examples", self.math("Σ E"), "E.sum()"),
            Reduction::Mean => (
                "mean over the examples",
                Math::Row(vec![
                    Math::Fraction(Box::new(Math::Digits("1".into())), Box::new(n)),
                    Math::Space,
                    self.math("Σ E"),
                ]),
                "E.mean()",
            ),
        };
        let equation = Equation::new(Math::word(words))
            .equals(value)
            .equals(self.added_losses())
            .equals(result);
        let code = match self.style.batch {
            crate::step::BatchLayout::Examples if self.examples() > 1 => {
                let all: Vec<String> =
                    self.numbers.examples.iter().map(|e| format!("E_{e}")).collect();
                format!("E = np.concatenate([{}])\ntotal_loss = {code}", all.join(", "))
            }
            crate::step::BatchLayout::Examples | crate::step::BatchLayout::Vectorised => {
                format!("total_loss = {code}")
            }
        };
        self.equation(equation, code, "total_loss");
    }

    /// The losses of the examples, added up or averaged.
    fn added_losses(&self) -> Math {
        let of = |example: usize| Math::Number(self.column_of(Quantity::Loss, example));
        let sum = summed(self.examples(), &of);
        match self.numbers.options.reduction {
            Reduction::Sum => sum,
            Reduction::Mean => {
                let n = self.examples() as f64;
                let n = Math::number(n, 0, 0, self.quantity("examples", None));
                let share = Math::Fraction(Box::new(Math::Digits("1".into())), Box::new(n));
                Math::spaced([share, sum.in_brackets()])
            }
        }
    }

    /// The formula with the numbers of one example put in.
    fn sum_of_terms(&self, term: &dyn Fn(usize) -> Math) -> Math {
        let n = self.numbers.network.outputs();
        let sum = summed(n, term);
        let single = n == 1;
        let bracketed = |sum: Math| Math::Bracket('[', Box::new(sum), ']');
        let scaled = |factor: Math, sum: Math| {
            Math::Row(vec![factor, Math::Space, if single { sum } else { bracketed(sum) }])
        };
        match self.numbers.loss {
            Loss::SquaredError => scaled(sign('½'), sum),
            Loss::MeanSquaredError => {
                let n = Math::number(n as f64, 0, 0, self.quantity("outputs", None));
                scaled(Math::Fraction(Box::new(Math::Digits("1".into())), Box::new(n)), sum)
            }
            Loss::CrossEntropy | Loss::BinaryCrossEntropy => {
                Math::Row(vec![sign('−'), bracketed(sum)])
            }
            Loss::SumSquaredError | Loss::AbsoluteError | Loss::Huber | Loss::Poisson => sum,
        }
    }

    /// h(x − t) of one output, by the case that holds for it.
    fn huber_case(&self, column: usize, output: usize) -> Math {
        let (Some(t), Some(last)) = (self.numbers.targets, self.numbers.trace.x.last()) else {
            return Math::Row(Vec::new());
        };
        let difference = last.shown()[[column, output]] - t[[column, output]];
        let quantity = self.quantity("difference", Some(self.last()));
        let d = Math::number(difference, output, column, quantity);
        let half = || sign('½');
        if difference.abs() <= 1.0 {
            let square = Math::Upper(Box::new(d.in_brackets()), Box::new(Math::Digits("2".into())));
            Math::spaced([half(), square])
        } else {
            let size = Math::Bracket('|', Box::new(d), '|');
            Math::spaced([size, sign('−'), half()]).in_brackets()
        }
    }

    /// What one output adds to the sum.
    fn term(&self, column: usize, output: usize) -> Math {
        let (Some(t), Some(last)) = (self.numbers.targets, self.numbers.trace.x.last()) else {
            return Math::Row(Vec::new());
        };
        let x = || {
            let value = last.shown()[[column, output]];
            let number = deltarule_document::Matrix::number(
                value,
                output,
                column,
                self.place_of(Quantity::X(self.last())),
            );
            Math::Number(self.result(number))
        };
        let t = || {
            let value = t[[column, output]];
            let number = Math::number(value, output, column, self.quantity("t", None));
            if value < 0.0 { number.in_brackets() } else { number }
        };
        let one = || Math::Digits("1".into());
        let difference = || Math::spaced([x(), sign('−'), t()]);
        let ln = |inside: Math| Math::Row(vec![Math::word("ln"), Math::Space, inside]);
        let times = |a: Math, b: Math| Math::spaced([a, sign('·'), b]);
        match self.numbers.loss {
            Loss::SquaredError | Loss::SumSquaredError | Loss::MeanSquaredError => Math::Upper(
                Box::new(difference().in_brackets()),
                Box::new(Math::Digits("2".into())),
            ),
            Loss::AbsoluteError => Math::Bracket('|', Box::new(difference()), '|'),
            Loss::Huber => Math::Row(vec![Math::Letter('h'), difference().in_brackets()]),
            Loss::CrossEntropy => times(t(), ln(x())),
            Loss::BinaryCrossEntropy => Math::spaced([
                times(t(), ln(x())),
                sign('+'),
                times(
                    Math::spaced([one(), sign('−'), t()]).in_brackets(),
                    Math::Row(vec![
                        Math::word("ln"),
                        Math::spaced([one(), sign('−'), x()]).in_brackets(),
                    ]),
                ),
            ]),
            Loss::Poisson => Math::spaced([x(), sign('−'), times(t(), ln(x()))]).in_brackets(),
        }
    }
}

/// Terms with + between them; of many, the first few and the last.
fn summed(count: usize, term: &dyn Fn(usize) -> Math) -> Math {
    let shown: Vec<Option<usize>> = if count <= OUTPUTS {
        (0..count).map(Some).collect()
    } else {
        (0..3).map(Some).chain([None, Some(count - 1)]).collect()
    };
    let terms = shown.into_iter().map(|index| index.map_or(sign('…'), term));
    let mut sum = Vec::new();
    for term in terms {
        if !sum.is_empty() {
            sum.push(sign('+'));
        }
        sum.push(term);
    }
    Math::spaced(sum)
}
