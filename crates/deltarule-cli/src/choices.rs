//! Choices of activations and losses on the command line, each with its formula in the help.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use deltarule::{Activation, Loss};
use deltarule_document::Math;
use deltarule_exercise::ExerciseOptimizer;

/// An activation of outputs by its name.
pub(crate) fn output_activation() -> impl TypedValueParser<Value = Activation> {
    choices(Activation::ALL.iter().copied().map(named))
}

/// An activation of hidden layers by its name: softmax is for outputs only.
#[cfg(feature = "tables")]
pub(crate) fn hidden_activation() -> impl TypedValueParser<Value = Activation> {
    let hidden = |f: &Activation| *f != Activation::Softmax;
    choices(Activation::ALL.iter().copied().filter(hidden).map(named))
}

fn named(f: Activation) -> (&'static str, &'static str) {
    (f.name(), deltarule_worked::activation(f).value)
}

/// A loss by its name.
pub(crate) fn loss() -> impl TypedValueParser<Value = Loss> {
    choices(Loss::ALL.iter().map(|e| (e.name(), deltarule_worked::loss_formulas(*e).value)))
}

/// An optimiser of exercises by its name.
pub(crate) fn exercise_optimizer() -> impl TypedValueParser<Value = ExerciseOptimizer> {
    let all = ExerciseOptimizer::ALL;
    let unknown = "not an optimiser of exercises";
    PossibleValuesParser::new(all.map(ExerciseOptimizer::name))
        .try_map(move |name| all.into_iter().find(|known| known.name() == name).ok_or(unknown))
}

fn choices<T>(
    formulas: impl Iterator<Item = (&'static str, &'static str)>,
) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = deltarule::Error> + Clone + Send + Sync + 'static,
{
    let value = |(name, formula)| PossibleValue::new(name).help(Math::formula(formula).to_string());
    let values: Vec<PossibleValue> = formulas.map(value).collect();
    PossibleValuesParser::new(values).try_map(|name| name.parse::<T>())
}
