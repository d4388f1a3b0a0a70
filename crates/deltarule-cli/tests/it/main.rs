//! The command, as its users meet it.

#[cfg(feature = "tables")]
mod bad_input;
mod check;
#[cfg(feature = "class")]
mod check_class;
#[cfg(feature = "tables")]
mod command;
mod documents;
mod new;
#[cfg(feature = "tables")]
mod reading;
#[cfg(feature = "tables")]
mod training;
