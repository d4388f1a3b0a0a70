//! Choices on the command line, by the names that they have everywhere; formulas are in the help.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use deltarule::{Activation, Choice, Loss, Optimizer};
use deltarule_document::Math;

/// A choice by its name; the names stand in the help, see [`listed`].
#[cfg(feature = "tables")]
pub(crate) fn named<C: Choice>(name: &str) -> Result<C, String> {
    C::of_name(name).map_err(|_| format!("allowed: {}", C::names().join(", ")))
}

/// The names of a set in words, and which is taken where nothing is said.
#[cfg(feature = "tables")]
pub(crate) fn listed<C: Choice>(usual: &C) -> String {
    let names = C::names();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    format!("{} or {last} [default: {}]", others.join(", "), usual.choice_name())
}

/// A choice by its name, with what the help says of each.
pub(crate) fn explained<C: Choice + Send + Sync>(
    help: fn(C) -> &'static str,
) -> impl TypedValueParser<Value = C> {
    let all: Vec<_> =
        C::CHOICES.iter().map(|choice| (*choice, Some(help(*choice).into()))).collect();
    one_of(all.into_iter())
}

/// An activation of outputs by its name.
pub(crate) fn output_activation() -> impl TypedValueParser<Value = Activation> {
    one_of(
        Activation::ALL
            .into_iter()
            .map(|f| (f, Some(formula(deltarule_worked::activation(f).value)))),
    )
}

/// An activation of hidden layers by its name.
#[cfg(feature = "tables")]
pub(crate) fn hidden_activation() -> impl TypedValueParser<Value = Activation> {
    let hidden = Activation::ALL.into_iter().filter(|f| f.is_elementwise());
    one_of(hidden.map(|f| (f, Some(formula(deltarule_worked::activation(f).value)))))
}

/// A loss by its name.
pub(crate) fn loss() -> impl TypedValueParser<Value = Loss> {
    one_of(
        Loss::ALL.into_iter().map(|e| (e, Some(formula(deltarule_worked::loss_formulas(e).value)))),
    )
}

/// An optimiser of exercises by its name.
pub(crate) fn exercise_optimizer() -> impl TypedValueParser<Value = Optimizer> {
    one_of(Optimizer::of_single_steps().map(|optimizer| (optimizer, None)))
}

fn formula(text: &str) -> String {
    Math::formula(text).to_string()
}

fn one_of<C: Choice + Send + Sync>(
    all: impl Iterator<Item = (C, Option<String>)>,
) -> impl TypedValueParser<Value = C> {
    let values: Vec<PossibleValue> = all
        .map(|(choice, help)| {
            let value = PossibleValue::new(choice.choice_name());
            match help {
                Some(help) => value.help(help),
                None => value,
            }
        })
        .collect();
    PossibleValuesParser::new(values).try_map(|name| C::of_name(&name))
}
