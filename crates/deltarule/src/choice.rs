//! Closed sets whose members have names.

use crate::error::{Error, Result};

/// A member of a closed set, by the name that files, options and documents call it: the one way from a name to a choice.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, Choice};
///
/// assert_eq!(Activation::of_name("tanh")?, Activation::Tanh);
/// let error = Activation::of_name("tan").unwrap_err();
/// assert!(error.to_string().starts_with("activation is \"tan\", allowed: identity, sigmoid, tanh, "));
/// # Ok::<(), deltarule::Error>(())
/// ```
pub trait Choice: Copy + 'static {
    /// What the members are: `activation`.
    const WHAT: &'static str;
    /// Every member that has a name, with its usual settings where it has some.
    const CHOICES: &'static [Self];

    /// The name of a member.
    fn choice_name(&self) -> &'static str;

    /// The names of all members.
    fn names() -> Vec<&'static str> {
        Self::CHOICES.iter().map(Self::choice_name).collect()
    }

    /// The member of a name.
    ///
    /// # Errors
    /// `ErrorKind::Value` with the names that there are.
    fn of_name(name: &str) -> Result<Self> {
        Self::CHOICES
            .iter()
            .find(|choice| choice.choice_name() == name)
            .copied()
            .ok_or_else(|| Error::value(Self::WHAT, format!("{name:?}"), Self::names().join(", ")))
    }
}

/// [`Choice`], `Display` and `FromStr` of a type that has `ALL` and `name()`.
macro_rules! choice {
    ($type:ty, $what:literal) => {
        impl $crate::choice::Choice for $type {
            const WHAT: &'static str = $what;
            const CHOICES: &'static [Self] = &<$type>::ALL;

            fn choice_name(&self) -> &'static str {
                self.name()
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(name: &str) -> $crate::error::Result<Self> {
                $crate::choice::Choice::of_name(name)
            }
        }
    };
}
pub(crate) use choice;
