//! The formulas that people read are those of the engine: each is evaluated as it stands and compared.

use std::collections::BTreeMap;

use deltarule::{Activation, Loss};
use deltarule_document::Math;
use deltarule_worked::{activation, loss_formulas};

/// What letters stand for.
#[derive(Clone, Default)]
struct Letters {
    values: BTreeMap<char, f64>,
    /// Functions of one letter, and letters that stand for a formula.
    formulas: BTreeMap<char, (Option<char>, Math)>,
}

impl Letters {
    fn with(mut self, letter: char, value: f64) -> Self {
        self.values.insert(letter, value);
        self
    }

    /// Takes in what a remark says that letters mean: "$s = ln(1 + e^z)$".
    fn told(mut self, remark: Option<&str>) -> Self {
        let formulas = remark.unwrap_or_default().split('$').skip(1).step_by(2);
        for (left, right) in formulas.filter_map(|formula| formula.split_once(" = ")) {
            let mut left = left.chars();
            let name = left.next().unwrap();
            let argument = left.nth(1);
            self.formulas.insert(name, (argument, Math::formula(right)));
        }
        self
    }

    fn value(&self, letter: char) -> f64 {
        match (self.values.get(&letter), self.formulas.get(&letter)) {
            (Some(value), _) => *value,
            (None, Some((None, formula))) => evaluate(formula, self),
            _ => panic!("nothing is said of {letter}"),
        }
    }

    fn is_function(&self, letter: char) -> bool {
        letter == 'σ' || matches!(self.formulas.get(&letter), Some((Some(_), _)))
    }

    fn call(&self, letter: char, argument: f64) -> f64 {
        match self.formulas.get(&letter) {
            Some((Some(name), formula)) => evaluate(formula, &self.clone().with(*name, argument)),
            _ => 1.0 / (1.0 + (-argument).exp()),
        }
    }
}

fn evaluate(math: &Math, letters: &Letters) -> f64 {
    let pieces = math.pieces().into_iter().filter(|piece| **piece != Math::Space).collect();
    let mut reader = Reader { pieces, at: 0, letters };
    let value = reader.sum();
    assert_eq!(reader.at, reader.pieces.len(), "{math}: read to piece {}", reader.at);
    value
}

struct Reader<'a> {
    pieces: Vec<&'a Math>,
    at: usize,
    letters: &'a Letters,
}

impl Reader<'_> {
    fn next_sign(&mut self, signs: &[char]) -> Option<char> {
        let Some(Math::Sign(sign)) = self.pieces.get(self.at) else { return None };
        signs.contains(sign).then(|| {
            self.at += 1;
            *sign
        })
    }

    fn sum(&mut self) -> f64 {
        let mut total =
            if self.next_sign(&['−']).is_some() { -self.product() } else { self.product() };
        while let Some(sign) = self.next_sign(&['+', '−']) {
            let term = self.product();
            total += if sign == '+' { term } else { -term };
        }
        total
    }

    fn product(&mut self) -> f64 {
        let mut value = self.factor();
        loop {
            if self.next_sign(&['/']).is_some() {
                value /= self.factor();
            } else if self.next_sign(&['·', '∘']).is_some() {
                value *= self.factor();
            } else {
                let goes_on = match self.pieces.get(self.at) {
                    None => false,
                    Some(Math::Sign(sign)) => *sign == '½',
                    Some(_) => true,
                };
                if !goes_on {
                    return value;
                }
                value *= self.factor();
            }
        }
    }

    fn factor(&mut self) -> f64 {
        let piece = self.pieces[self.at];
        self.at += 1;
        match piece {
            Math::Digits(number) => number.parse().unwrap(),
            Math::Sign('½') => 0.5,
            Math::Letter('e') => std::f64::consts::E,
            Math::Letter('π') => std::f64::consts::PI,
            Math::Letter(letter) if self.letters.is_function(*letter) => {
                let [argument] = self.arguments()[..] else { panic!("one argument") };
                self.letters.call(*letter, argument)
            }
            Math::Letter(letter) => self.letters.value(*letter),
            Math::Word(name) => self.function(name),
            Math::Fraction(above, below) => {
                evaluate(above, self.letters) / evaluate(below, self.letters)
            }
            Math::Root(inside) => evaluate(inside, self.letters).sqrt(),
            Math::Bracket('|', inside, _) => evaluate(inside, self.letters).abs(),
            Math::Bracket(_, inside, _) => evaluate(inside, self.letters),
            Math::Upper(base, power) => {
                let power = evaluate(power, self.letters);
                match &**base {
                    // tanh² z is (tanh z)².
                    Math::Word(name) => self.function(name).powf(power),
                    base => evaluate(base, self.letters).powf(power),
                }
            }
            // One output only: the sum has one term, and an index says nothing.
            Math::Lower(base, _) => match &**base {
                Math::Sign('Σ') => self.product(),
                base => evaluate(base, self.letters),
            },
            Math::Cases(cases) => {
                let holds = |condition: &Math| match condition {
                    Math::Word(word) => word == "else",
                    condition => self.compares(condition),
                };
                let (value, _) = cases.iter().find(|(_, c)| holds(c)).expect("a case that holds");
                evaluate(value, self.letters)
            }
            other => panic!("{other} cannot be evaluated"),
        }
    }

    fn compares(&self, condition: &Math) -> bool {
        let pieces = condition.pieces();
        let at = pieces.iter().position(|p| matches!(p, Math::Sign('>' | '<' | '≤'))).unwrap();
        let side = |side: &[&Math]| {
            evaluate(&Math::Row(side.iter().map(|p| (*p).clone()).collect()), self.letters)
        };
        let (left, right) = (side(&pieces[..at]), side(&pieces[at + 1..]));
        match pieces[at] {
            Math::Sign('>') => left > right,
            Math::Sign('<') => left < right,
            _ => left <= right,
        }
    }

    /// What stands in brackets behind a function, or the one factor behind it.
    fn arguments(&mut self) -> Vec<f64> {
        if let Some(Math::Bracket('(', inside, _)) = self.pieces.get(self.at) {
            self.at += 1;
            let pieces = inside.pieces();
            return pieces
                .split(|piece| **piece == Math::Sign(','))
                .map(|argument| {
                    let row = argument.iter().map(|p| (*p).clone()).collect();
                    evaluate(&Math::Row(row), self.letters)
                })
                .collect();
        }
        vec![self.factor()]
    }

    fn function(&mut self, name: &str) -> f64 {
        let arguments = self.arguments();
        match (name, arguments.as_slice()) {
            ("tanh", [a]) => a.tanh(),
            ("ln", [a]) => a.ln(),
            ("erf", [a]) => libm::erf(*a),
            ("sign", [a]) => a.signum(),
            ("max", [a, b]) => a.max(*b),
            ("min", [a, b]) => a.min(*b),
            other => panic!("{other:?}"),
        }
    }
}

/// The constants of SELU stand rounded in the catalogue.
fn tolerance(f: Activation) -> f64 {
    if f == Activation::Selu { 5e-5 } else { 1e-12 }
}

#[test]
fn every_activation_and_its_derivative() {
    for f in Activation::ALL.into_iter().filter(|f| *f != Activation::Softmax) {
        let formulas = activation(f);
        for z in [-3.0, -1.25, -0.1, 0.2, 0.7, 2.5] {
            let mut letters = Letters::default().with('z', z).told(formulas.letters);
            if f == Activation::Selu {
                // 1.0507 and 1.7581 stand in its remark in words.
                let numbers: Vec<f64> = formulas
                    .letters
                    .unwrap()
                    .split([' ', ','])
                    .filter_map(|word| word.parse().ok())
                    .collect();
                letters = letters.with('λ', numbers[0]).with('α', numbers[1] / numbers[0]);
            }
            let x = f.value(z);
            let close = |a: f64, b: f64| (a - b).abs() <= tolerance(f) * (1.0 + b.abs());
            let value = evaluate(&Math::formula(formulas.value), &letters);
            assert!(close(value, x), "{f}({z}): {value} and {x}");
            let slope = evaluate(&Math::formula(formulas.derivative), &letters);
            let expected = f.derivative(z, x);
            assert!(close(slope, expected), "{f}′({z}): {slope} and {expected}");
            if let Some(by_output) = formulas.by_output {
                let letters = Letters::default().with('x', x);
                let slope = evaluate(&Math::formula(by_output), &letters);
                assert!(close(slope, expected), "{f}′ by x: {slope} and {expected}");
            }
        }
    }
}

#[test]
fn every_loss_and_its_derivative() {
    for loss in Loss::ALL {
        let formulas = loss_formulas(loss);
        let output = Activation::ALL.into_iter().find(|f| loss.admits(*f).is_ok()).unwrap();
        for (z, t) in [(0.3, 1.0), (-1.5, 0.25), (2.0, 0.0), (-0.4, 0.8)] {
            let x = output.value::<f64>(z);
            let letters =
                Letters::default().with('x', x).with('t', t).with('n', 1.0).told(formulas.letters);
            let value = evaluate(&Math::formula(formulas.value), &letters);
            let expected = loss.value(output, &[z], &[x], &[t]);
            assert!((value - expected).abs() < 1e-12, "{loss}: {value} and {expected}");
            let slope = evaluate(&Math::formula(formulas.slope), &letters);
            let at =
                |x: f64| evaluate(&Math::formula(formulas.value), &letters.clone().with('x', x));
            let difference = (at(x + 1e-6) - at(x - 1e-6)) / 2e-6;
            assert!((slope - difference).abs() < 1e-6, "{loss}: {slope} and {difference}");
        }
    }
}
