//! What can go wrong, in one type.

use std::fmt;

/// The result of an engine function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the engine: one lower-case sentence that names the thing, the value and what is allowed.
///
/// # Example
///
/// ```
/// use deltarule::{Activation, ErrorKind, Network};
///
/// let error = Network::<f32>::builder(3).layer(0, Activation::Relu).build().unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Value { .. }));
/// assert_eq!(error.to_string(), "units of layer 1 is 0, allowed: at least 1");
/// ```
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An array does not have the shape that the network asks for.
    Shape {
        /// Which array.
        what: String,
        /// The shape it should have.
        expected: String,
        /// The shape it has.
        got: String,
    },
    /// A setting is outside what is allowed.
    Value {
        /// Which setting.
        name: String,
        /// The value given.
        got: String,
        /// What is allowed.
        allowed: String,
    },
    /// A computation overflowed or its input was not finite.
    NonFinite {
        /// What stopped being finite.
        what: String,
        /// The layer it was seen in, 1 being the first after the inputs.
        layer: Option<usize>,
        /// The step of the training, 1 being the first.
        step: Option<u64>,
    },
    /// A model file is truncated, foreign, damaged or of a later version.
    ModelFile(String),
    /// Reading or writing failed.
    Io(std::io::Error),
}

impl Error {
    /// Wraps a kind.
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// An [`ErrorKind::Shape`].
    pub fn shape(
        what: impl fmt::Display,
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> Self {
        Self::new(ErrorKind::Shape {
            what: what.to_string(),
            expected: expected.to_string(),
            got: got.to_string(),
        })
    }

    /// An [`ErrorKind::Value`].
    pub fn value(
        name: impl fmt::Display,
        got: impl fmt::Display,
        allowed: impl fmt::Display,
    ) -> Self {
        Self::new(ErrorKind::Value {
            name: name.to_string(),
            got: got.to_string(),
            allowed: allowed.to_string(),
        })
    }

    /// An [`ErrorKind::NonFinite`].
    pub fn non_finite(what: impl fmt::Display, layer: Option<usize>, step: Option<u64>) -> Self {
        Self::new(ErrorKind::NonFinite { what: what.to_string(), layer, step })
    }

    /// An [`ErrorKind::ModelFile`].
    pub fn model_file(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::ModelFile(message.to_string()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            ErrorKind::Shape { what, expected, got } => {
                write!(f, "{what}: expected {expected}, got {got}")
            }
            ErrorKind::Value { name, got, allowed } => {
                write!(f, "{name} is {got}, allowed: {allowed}")
            }
            ErrorKind::NonFinite { what, layer, step } => {
                write!(f, "{what} is not finite")?;
                if let Some(layer) = layer {
                    write!(f, " in layer {layer}")?;
                }
                if let Some(step) = step {
                    write!(f, " at step {step}")?;
                }
                Ok(())
            }
            ErrorKind::ModelFile(message) => write!(f, "model file: {message}"),
            ErrorKind::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io(error))
    }
}

/// Checks that a setting is a finite number that passes `allowed`, which `rule` puts into words.
pub(crate) fn check(name: &str, got: f64, rule: &str, allowed: impl Fn(f64) -> bool) -> Result<()> {
    if got.is_finite() && allowed(got) { Ok(()) } else { Err(Error::value(name, got, rule)) }
}
