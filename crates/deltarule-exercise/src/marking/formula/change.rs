//! What can be changed in one place of a formula: the grammar of wrong formulas.
//!
//! A change is made at a node of the tree, counted in the order in which the formula is read. It is small on purpose: an
//! operand, a term or a function left out or doubled, a sign turned, a matrix transposed, another quantity, function or
//! constant in the place of the right one.
//!
//! # Source
//! Brown and Burton (1978), Diagnostic models for procedural bugs in basic mathematical skills: a mistake is a step of the right
//! procedure in which one piece was exchanged.

use deltarule::Activation;

use super::expression::{Expression, Function, Operand};

/// A change of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::marking) enum Change {
    /// Of two operands only the first is kept; of a function, a square or a sum only what it is of.
    First,
    /// Of two operands only the second.
    Second,
    /// A factor of a product of matrices left out: the other is added up.
    OnesFirst,
    OnesSecond,
    /// a − b for a + b, and the other way round.
    OtherSign,
    Opposite,
    Absolute,
    Doubled,
    Halved,
    Squared,
    /// 2 a for a²
    TwiceForSquare,
    /// The second operand again: a + b + b.
    SecondTwice,
    /// The first operand with a factor: a constant times what it is not multiplied by.
    SecondTimes(Multiplier),
    /// The second operand moved under the root: √(v + ε) for √v + ε.
    UnderRoot,
    Transposed,
    Reversed,
    OnlyUnit(usize),
    OnlyExample(usize),
    /// A sum over the units in place of one over the examples, and the other way round.
    OverTheOther,
    /// A sum over the units for each unit: one number for the whole layer.
    OverUnits,
    RowFrom(usize, usize),
    ColumnFrom(usize, usize),
    Operand(Operand),
    Function(Function),
    /// A constant left out: 1, or 0 where it is added.
    Constant(f64),
    /// One quantity for another wherever it stands in this piece.
    Each(Operand, Operand),
    /// Of a sum of products only the term with this number.
    OnlyTerm(usize),
    /// The first factor twice: x x for x (1 − x).
    FirstSquared,
    /// The derivative of another activation, in its short form.
    SlopeOf(Activation),
    /// The derivative of the layer above.
    SlopeAbove,
    /// Another function in each place where one stands.
    EachFunction(Function, Function),
    /// x^[l] times the sum of the deltas above: gradients of the weights added up.
    SumOfGradients,
    /// Adam's moments without their correction.
    Uncorrected,
    /// With the correction of the first step in every step.
    CorrectedAsFirst,
    /// With the correction of the step before, or of the step after.
    CorrectedAsBefore,
    CorrectedAsAfter,
    /// With the correction of the other moment, whose β this is.
    CorrectedBy(f64),
    /// Something more is added.
    Plus(Operand),
    /// Something more is multiplied.
    TimesOperand(Operand),
}

/// What a sum may be multiplied by too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::marking) enum Multiplier {
    /// 1 − a, where the first term has a.
    Complement,
    /// The number of the units below, of which each adds it once more.
    UnitsBelow,
}

/// What stands at a node, as far as it does not depend on what it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::marking) enum Label {
    Operand(Operand),
    Constant(&'static str),
    Function(Function),
    Negative,
    Sum,
    Difference,
    Times,
    Over,
    Product,
    Transposed,
    Square,
    Root,
    OverUnits,
    OverExamples,
    Noted,
    Other,
}

/// What stands at a node.
pub(in crate::marking) fn label(expression: &Expression) -> Label {
    use Expression as E;
    match expression {
        E::Operand(operand) => Label::Operand(*operand),
        E::Constant(letter, _) => Label::Constant(letter),
        E::Function(function, _) => Label::Function(*function),
        E::Negative(_) => Label::Negative,
        E::Sum(..) => Label::Sum,
        E::Difference(..) => Label::Difference,
        E::Times(..) => Label::Times,
        E::Over(..) => Label::Over,
        E::Product(..) => Label::Product,
        E::Transposed(_) => Label::Transposed,
        E::Square(_) => Label::Square,
        E::Root(_) => Label::Root,
        E::OverUnits(_) => Label::OverUnits,
        E::OverExamples(_) => Label::OverExamples,
        E::Noted(_) => Label::Noted,
        E::Ones(_)
        | E::OnlyUnit(..)
        | E::OnlyExample(..)
        | E::Reversed(_)
        | E::RowFrom(..)
        | E::ColumnFrom(..) => Label::Other,
    }
}

/// How many nodes a formula has.
pub(in crate::marking) fn node_count(expression: &Expression) -> usize {
    1 + expression.children().into_iter().map(node_count).sum::<usize>()
}

/// The node with a number, the whole being 0.
fn node(expression: &Expression, number: usize) -> Option<&Expression> {
    if number == 0 {
        return Some(expression);
    }
    let mut left = number - 1;
    for child in expression.children() {
        let count = node_count(child);
        if left < count {
            return node(child, left);
        }
        left -= count;
    }
    None
}

/// What surrounds a change: how large things are, and which layer it is.
#[derive(Clone, Copy)]
pub(in crate::marking) struct Surroundings {
    pub(in crate::marking) layer: usize,
    pub(in crate::marking) depth: usize,
    pub(in crate::marking) units: usize,
    pub(in crate::marking) units_below: usize,
    pub(in crate::marking) units_above: usize,
    pub(in crate::marking) examples: usize,
    /// From 0.
    pub(in crate::marking) step: usize,
    pub(in crate::marking) steps: usize,
    pub(in crate::marking) activation_above: Option<Activation>,
}

/// A formula with the change at a node; none where it cannot be made there.
pub(in crate::marking) fn changed(
    expression: &Expression,
    number: usize,
    expected: Label,
    change: Change,
    around: &Surroundings,
) -> Option<Expression> {
    let old = node(expression, number)?;
    if label(old) != expected {
        return None;
    }
    let new = made(old, change, around)?;
    let mut whole = expression.clone();
    *node_mut(&mut whole, number)? = new;
    Some(whole)
}

fn node_mut(expression: &mut Expression, number: usize) -> Option<&mut Expression> {
    if number == 0 {
        return Some(expression);
    }
    let mut left = number - 1;
    for child in expression.children_mut() {
        let count = node_count(child);
        if left < count {
            return node_mut(child, left);
        }
        left -= count;
    }
    None
}

/// What a change makes of a node.
fn made(old: &Expression, change: Change, around: &Surroundings) -> Option<Expression> {
    use Expression as E;
    let whole = || Box::new(old.clone());
    let pair = || match old {
        E::Sum(a, b) | E::Difference(a, b) | E::Times(a, b) | E::Over(a, b) | E::Product(a, b) => {
            Some((a.clone(), b.clone()))
        }
        _ => None,
    };
    Some(match change {
        Change::First => (*old.children().first()?).clone(),
        Change::Second => match old {
            E::Difference(_, b) => b.clone().negative(),
            _ => (*old.children().get(1)?).clone(),
        },
        Change::OnesFirst => {
            let (a, b) = pair()?;
            E::Product(Box::new(E::Ones(a)), b)
        }
        Change::OnesSecond => {
            let (a, b) = pair()?;
            E::Product(a, Box::new(E::Ones(b)))
        }
        Change::OtherSign => match old {
            E::Sum(a, b) => E::Difference(a.clone(), b.clone()),
            E::Difference(a, b) => E::Sum(a.clone(), b.clone()),
            _ => return None,
        },
        Change::Opposite => match old {
            E::Negative(a) => (**a).clone(),
            E::Difference(a, b) => E::Difference(b.clone(), a.clone()),
            _ => E::Negative(whole()),
        },
        Change::Absolute => E::Function(Function::Absolute, whole()),
        Change::Doubled => E::Times(Box::new(E::Constant("", 2.0)), whole()),
        Change::Halved => E::Times(Box::new(E::Constant("", 0.5)), whole()),
        Change::Squared => E::Square(whole()),
        Change::TwiceForSquare => {
            let E::Square(a) = old else { return None };
            E::Times(Box::new(E::Constant("", 2.0)), a.clone())
        }
        Change::SecondTwice => {
            let (_, b) = pair()?;
            match old {
                E::Sum(..) => E::Sum(whole(), b),
                E::Difference(..) => E::Difference(whole(), b),
                _ => return None,
            }
        }
        Change::SecondTimes(factor) => {
            let (a, b) = pair()?;
            let factor = match factor {
                Multiplier::UnitsBelow => E::Constant("", around.units_below as f64),
                Multiplier::Complement => {
                    let E::Times(constant, _) = &*a else { return None };
                    E::Constant("", 1.0).minus((**constant).clone())
                }
            };
            let b = Box::new(factor.times(*b));
            match old {
                E::Sum(..) => E::Sum(a, b),
                E::Difference(..) => E::Difference(a, b),
                _ => return None,
            }
        }
        Change::UnderRoot => {
            let E::Sum(a, b) = old else { return None };
            let E::Root(inner) = &**a else { return None };
            E::Sum(inner.clone(), b.clone()).root()
        }
        Change::Transposed => match old {
            E::Transposed(a) => (**a).clone(),
            _ => E::Transposed(whole()),
        },
        Change::Reversed => E::Reversed(whole()),
        Change::OnlyUnit(unit) => E::OnlyUnit(unit, Box::new((*old.children().first()?).clone())),
        Change::OnlyExample(example) => {
            E::OnlyExample(example, Box::new((*old.children().first()?).clone()))
        }
        Change::OverTheOther => match old {
            E::OverUnits(a) => E::OverExamples(a.clone()),
            E::OverExamples(a) => E::OverUnits(a.clone()),
            _ => return None,
        },
        Change::OverUnits => {
            // One number for the layer, at each of its units.
            E::Sum(Box::new(old.clone().minus(old.clone())), Box::new(E::OverUnits(whole())))
        }
        Change::RowFrom(to, from) => E::RowFrom(to, from, whole()),
        Change::ColumnFrom(to, from) => E::ColumnFrom(to, from, whole()),
        // A gradient adds up over the examples, and so does what stands in its place.
        Change::Operand(operand @ Operand::Delta(_)) if *old == E::Operand(Operand::Gradient) => {
            E::Operand(operand).over_examples()
        }
        Change::Operand(operand) => E::Operand(operand),
        Change::Each(from, to) => {
            let mut new = old.clone();
            replace(&mut new, &|e| {
                if *e == E::Operand(from) {
                    *e = E::Operand(to);
                }
            });
            new
        }
        Change::OnlyTerm(k) => {
            let E::Product(a, b) = old else { return None };
            let (a, b) = (E::OnlyExample(k, a.clone()), E::OnlyUnit(k, b.clone()));
            a.product(b)
        }
        Change::FirstSquared => E::Square(pair()?.0),
        Change::SlopeOf(activation) => slope_of(activation, 0),
        Change::SlopeAbove => slope_of(around.activation_above?, 1),
        Change::EachFunction(from, to) => {
            let mut new = old.clone();
            replace(&mut new, &|e| {
                if let E::Function(function, _) = e
                    && *function == from
                {
                    *function = to;
                }
            });
            new
        }
        Change::SumOfGradients => {
            E::Operand(Operand::X(0)).times(E::Operand(Operand::Delta(1)).over_units())
        }
        Change::Uncorrected | Change::CorrectedAsFirst => {
            let mut new = old.clone();
            let t = around.step as f64 + 1.0;
            replace(&mut new, &|e| {
                if let E::Constant("β_1^t" | "β_2^t", value) = e {
                    let first = value.powf(1.0 / t);
                    *value = if change == Change::Uncorrected { 0.0 } else { first };
                }
            });
            (new != *old).then_some(new)?
        }
        Change::CorrectedAsBefore | Change::CorrectedAsAfter | Change::CorrectedBy(_) => {
            let t = around.step as f64 + 1.0;
            let other = match change {
                // 1 − β⁰ is 0.
                Change::CorrectedAsBefore if around.step == 0 => return None,
                Change::CorrectedAsBefore => t - 1.0,
                _ => t + 1.0,
            };
            let mut new = old.clone();
            replace(&mut new, &|e| {
                let E::Constant(letter @ ("β_1^t" | "β_2^t"), value) = e else { return };
                if let Change::CorrectedBy(beta) = change {
                    *letter = if *letter == "β_1^t" { "β_2^t" } else { "β_1^t" };
                    *value = beta.powf(t);
                } else {
                    *letter = if other < t { "β^{t−1}" } else { "β^{t+1}" };
                    *value = value.powf(other / t);
                }
            });
            (new != *old).then_some(new)?
        }
        Change::Function(function) => {
            E::Function(function, Box::new((*old.children().first()?).clone()))
        }
        Change::Constant(value) => {
            let E::Constant(..) = old else { return None };
            E::Constant("", value)
        }
        Change::Plus(operand) => E::Sum(whole(), Box::new(E::Operand(operand))),
        Change::TimesOperand(operand) => E::Times(whole(), Box::new(E::Operand(operand))),
    })
}

/// f′ of a layer so far away, in its short form.
fn slope_of(activation: Activation, near: i32) -> Expression {
    let x = || Expression::Operand(Operand::X(near));
    let one = || Expression::Constant("", 1.0);
    match activation {
        Activation::Sigmoid => x().times(one().minus(x())),
        Activation::Tanh => one().minus(x().squared()),
        other => Expression::Operand(Operand::Z(near)).function(Function::Derivative(other)),
    }
}

/// Does something to every piece of a formula.
fn replace(expression: &mut Expression, with: &dyn Fn(&mut Expression)) {
    with(expression);
    for child in expression.children_mut() {
        replace(child, with);
    }
}

/// How often an operand stands in a formula.
fn count(expression: &Expression, operand: Operand) -> usize {
    let own = usize::from(*expression == Expression::Operand(operand));
    own + expression.children().into_iter().map(|child| count(child, operand)).sum::<usize>()
}

/// How often a function stands in a formula.
fn count_functions(expression: &Expression, function: Function) -> usize {
    let own = matches!(expression, Expression::Function(own, _) if *own == function);
    let of_pieces = expression.children().into_iter().map(|e| count_functions(e, function));
    usize::from(own) + of_pieces.sum::<usize>()
}

/// So many units or examples are tried one by one at most.
const ONE_BY_ONE: usize = 4;

/// The changes that can be made in a formula, each with its node and what stands there.
pub(in crate::marking) fn changes(
    expression: &Expression,
    around: &Surroundings,
) -> Vec<(usize, Label, Change)> {
    let mut all = Vec::new();
    for number in 0..node_count(expression) {
        let Some(old) = node(expression, number) else { continue };
        let mut own = Vec::new();
        of_node(old, around, &mut own);
        if number == 0 {
            of_whole(old, around, &mut own);
        }
        if is_slope(old) {
            of_slope(old, around, &mut own);
        }
        all.extend(own.into_iter().map(|change| (number, label(old), change)));
    }
    all
}

/// What can be changed at a node.
fn of_node(old: &Expression, around: &Surroundings, all: &mut Vec<Change>) {
    use Expression as E;
    match old {
        E::Operand(operand) => of_operand(*operand, around, all),
        E::Constant(letter, value) => {
            all.push(Change::Constant(1.0));
            if letter.is_empty() && *value == 1.0 {
                all.pop();
            }
            if *letter == "β_1^t" || *letter == "β_2^t" {
                all.push(Change::Constant(0.0));
            } else if *value == 0.5 {
                all.push(Change::Constant(2.0));
            }
        }
        E::Negative(_) => all.push(Change::First),
        E::Sum(_, b) => {
            all.extend([Change::First, Change::Second, Change::OtherSign, Change::SecondTwice]);
            all.push(Change::SecondTimes(Multiplier::Complement));
            if **b == E::Operand(Operand::Biases(0)) && around.units_below > 2 {
                all.push(Change::SecondTimes(Multiplier::UnitsBelow));
            }
            all.push(Change::UnderRoot);
        }
        E::Difference(..) => {
            all.extend([
                Change::First,
                Change::Second,
                Change::OtherSign,
                Change::Opposite,
                Change::Absolute,
                Change::Squared,
                Change::SecondTimes(Multiplier::Complement),
            ]);
        }
        E::Times(..) => all.extend([Change::First, Change::Second, Change::Squared]),
        E::Over(..) => all.extend([Change::First, Change::Second]),
        E::Product(..) => {
            all.extend([Change::OnesFirst, Change::OnesSecond, Change::Transposed]);
            if count(old, Operand::Delta(1)) > 0 {
                all.push(Change::SumOfGradients);
            }
            let terms = around.units_below.max(around.units_above).max(around.examples);
            all.extend((0..terms.min(ONE_BY_ONE)).map(Change::OnlyTerm));
        }
        E::Transposed(_) => all.push(Change::First),
        E::Square(_) => all.extend([Change::First, Change::TwiceForSquare]),
        E::Root(_) => all.push(Change::First),
        E::Function(function, _) => of_function(*function, all),
        E::OverUnits(_) => {
            all.push(Change::OverTheOther);
            all.extend((0..around.units.min(ONE_BY_ONE)).map(Change::OnlyUnit));
        }
        E::OverExamples(_) => {
            if around.examples > 1 {
                all.push(Change::OverTheOther);
                all.extend((0..around.examples.min(ONE_BY_ONE)).map(Change::OnlyExample));
            }
        }
        E::Noted(_)
        | E::Ones(_)
        | E::OnlyUnit(..)
        | E::OnlyExample(..)
        | E::Reversed(_)
        | E::RowFrom(..)
        | E::ColumnFrom(..) => {}
    }
}

/// Whether a piece is f′ from the outputs: x (1 − x), or 1 − x².
fn is_slope(old: &Expression) -> bool {
    let x = Operand::X(0);
    match old {
        Expression::Times(a, b) => {
            **a == Expression::Operand(x) && matches!(**b, Expression::Difference(..))
        }
        Expression::Difference(a, b) => {
            matches!(**a, Expression::Constant(_, 1.0)) && matches!(**b, Expression::Square(_))
        }
        Expression::Function(Function::Derivative(_), _) => true,
        _ => false,
    }
}

/// What is taken for f′.
fn of_slope(old: &Expression, around: &Surroundings, all: &mut Vec<Change>) {
    let layer = around.layer as i32;
    if count(old, Operand::X(0)) > 1 {
        all.push(Change::FirstSquared);
    }
    for (from, wrap) in
        [(Operand::X(0), Operand::X as fn(i32) -> Operand), (Operand::Z(0), Operand::Z)]
    {
        if count(old, from) == 0 {
            continue;
        }
        if from == Operand::X(0) {
            all.push(Change::Each(from, Operand::Z(0)));
            if layer == around.depth as i32 {
                all.push(Change::Each(from, Operand::Targets));
            }
        }
        if layer < around.depth as i32 {
            all.push(Change::Each(from, wrap(1)));
        }
        if layer > 1 || from == Operand::X(0) {
            all.push(Change::Each(from, wrap(-1)));
        }
    }
    all.extend([Activation::Sigmoid, Activation::Tanh, Activation::Relu].map(Change::SlopeOf));
    if around.activation_above.is_some() {
        all.push(Change::SlopeAbove);
    }
}

/// What can be done to a formula as a whole.
fn of_whole(old: &Expression, around: &Surroundings, all: &mut Vec<Change>) {
    let is_moment = |e: &Expression| matches!(e, Expression::Operand(Operand::State(_)));
    let is_correction = matches!(old, Expression::Over(moment, _) if is_moment(moment));
    if is_correction {
        all.extend([Change::CorrectedAsFirst, Change::CorrectedAsBefore, Change::CorrectedAsAfter]);
    } else if count(old, Operand::State(1)) > 0 {
        all.extend([Change::Uncorrected, Change::CorrectedAsFirst]);
    }
    for other in [Function::Log10, Function::Log2] {
        if count_functions(old, Function::Ln) > 1 {
            all.push(Change::EachFunction(Function::Ln, other));
        }
    }
    let is_gradient = count(old, Operand::Delta(0)) > 0;
    if is_gradient && around.steps > 1 {
        all.push(Change::Plus(Operand::GradientBefore));
    }
    all.extend([Change::Opposite, Change::Doubled, Change::Halved, Change::Absolute]);
    if around.units > 1 {
        all.extend([Change::Reversed, Change::OverUnits]);
    }
}

fn of_operand(operand: Operand, around: &Surroundings, all: &mut Vec<Change>) {
    let layer = around.layer as i32;
    let is_layer = |near: i32| (1..=around.depth as i32).contains(&(layer + near));
    let mut put = |new: Operand| {
        if new != operand {
            all.push(Change::Operand(new));
        }
    };
    match operand {
        Operand::Weights(near) => {
            if near == 1 {
                put(Operand::NewWeights(near));
            }
            for other in [near - 1, near + 1] {
                if is_layer(other) {
                    put(Operand::Weights(other));
                }
            }
            all.extend([Change::Transposed, Change::Absolute, Change::Reversed]);
            let (units, below) = match near {
                1 => (around.units_above, around.units),
                _ => (around.units, around.units_below),
            };
            rows(units.min(ONE_BY_ONE), all);
            columns_of(below.min(ONE_BY_ONE), all);
        }
        Operand::Biases(near) => {
            for other in [near - 1, near + 1] {
                if is_layer(other) {
                    put(Operand::Biases(other));
                }
            }
            all.extend([Change::Reversed, Change::Absolute]);
            rows(around.units.min(ONE_BY_ONE), all);
        }
        Operand::X(near) => {
            if is_layer(near) {
                put(Operand::Z(near));
                put(Operand::Inputs);
            }
            for other in [near - 1, near + 1] {
                if layer + other >= 0 && is_layer(other.max(1 - layer)) {
                    put(Operand::X(other));
                }
            }
            if layer + near == around.depth as i32 {
                put(Operand::Targets);
            }
            let units = if near < 0 { around.units_below } else { around.units };
            if units > 1 {
                all.push(Change::Reversed);
                rows(units.min(ONE_BY_ONE), all);
            }
        }
        Operand::Z(near) => put(Operand::X(near)),
        Operand::Targets => {
            put(Operand::X(0));
            if around.units > 1 {
                all.push(Change::Reversed);
                rows(around.units.min(ONE_BY_ONE), all);
            }
            if around.examples > 1 {
                columns_of(around.examples.min(ONE_BY_ONE), all);
            }
        }
        Operand::Delta(near) => {
            if layer + near == around.depth as i32 {
                put(Operand::Error);
            }
            for other in [near - 1, near + 1] {
                if is_layer(other) && other > 0 {
                    put(Operand::Delta(other));
                }
            }
            if near == 0 {
                all.push(Change::TimesOperand(Operand::X(0)));
                all.push(Change::TimesOperand(Operand::Z(0)));
            }
            let units = if near > 0 { around.units_above } else { around.units };
            if units > 1 {
                all.push(Change::Reversed);
                rows(units.min(ONE_BY_ONE), all);
            }
        }
        Operand::Gradient => {
            put(Operand::Delta(0));
            if around.steps > 1 {
                put(Operand::GradientBefore);
                all.push(Change::Plus(Operand::GradientBefore));
            }
            all.push(Change::Squared);
        }
        Operand::Parameter => {
            if around.steps > 1 {
                put(Operand::ParameterAtStart);
            }
        }
        Operand::State(k) => {
            put(Operand::StateBefore(k));
            put(Operand::Gradient);
        }
        Operand::StateBefore(_) => put(Operand::Gradient),
        Operand::Corrected(k) => put(Operand::State(k)),
        Operand::Derivative => {
            put(Operand::X(0));
            put(Operand::Z(0));
        }
        Operand::NewWeights(_)
        | Operand::Inputs
        | Operand::Error
        | Operand::Losses
        | Operand::GradientBefore
        | Operand::ParameterAtStart => {}
    }
}

/// One unit's row in the place of another's.
fn rows(units: usize, all: &mut Vec<Change>) {
    for to in 0..units {
        all.extend((0..units).filter(|from| *from != to).map(|from| Change::RowFrom(to, from)));
    }
}

/// One column in the place of another.
fn columns_of(columns: usize, all: &mut Vec<Change>) {
    for to in 0..columns {
        let others = (0..columns).filter(|from| *from != to);
        all.extend(others.map(|from| Change::ColumnFrom(to, from)));
    }
}

/// Functions that are taken for one another.
fn of_function(function: Function, all: &mut Vec<Change>) {
    all.push(Change::First);
    let mut put = |new: Function| {
        if new != function {
            all.push(Change::Function(new));
        }
    };
    match function {
        Function::Activation(activation) => {
            put(Function::Mirrored(activation));
            put(Function::Derivative(activation));
            if activation == Activation::Relu {
                put(Function::NegativePart);
            }
            for other in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Exp]
            {
                put(Function::Activation(other));
            }
        }
        Function::Derivative(activation) => {
            put(Function::Activation(activation));
            put(Function::Derivative(Activation::Sigmoid));
            put(Function::Derivative(Activation::Relu));
        }
        Function::Ln => {
            put(Function::Log10);
            put(Function::Log2);
        }
        Function::Mirrored(_)
        | Function::Log10
        | Function::Log2
        | Function::Absolute
        | Function::Sign
        | Function::NegativePart
        | Function::Clipped => {}
    }
}
