//! What can go wrong with a table: what, where, and what to do.

use std::fmt;

/// The result of a function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in a table, a model file or an option, in one lower-case sentence that says what is wrong, where, and what
/// to do about it.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The table cannot be read, or a cell holds what it should not.
    Table {
        /// The file's name.
        file: String,
        /// The line, 1 being the first; for Parquet the row.
        line: Option<usize>,
        /// The column's name.
        column: Option<String>,
        /// What is wrong.
        message: String,
    },
    /// The table is well formed, but no model can be made of it as asked.
    Data(String),
    /// Reading was asked to end: see [`Source::stop_when`](crate::Source::stop_when).
    Stopped,
    /// A file could not be written.
    File(deltarule_files::FileError),
    /// The engine refused.
    Engine(deltarule::Error),
    /// Reading or writing failed.
    Io {
        /// The file's name.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    pub(crate) fn table(file: &str, message: impl Into<String>) -> Self {
        Self::cell(file, None, None, message)
    }

    pub(crate) fn cell(
        file: &str,
        line: Option<usize>,
        column: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(ErrorKind::Table {
            file: file.into(),
            line,
            column: column.map(Into::into),
            message: message.into(),
        }))
    }

    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self(Box::new(ErrorKind::Data(message.into())))
    }

    pub(crate) fn stopped() -> Self {
        Self(Box::new(ErrorKind::Stopped))
    }

    pub(crate) fn io(file: &str, source: std::io::Error) -> Self {
        Self(Box::new(ErrorKind::Io { file: file.into(), source }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            ErrorKind::Table { file, line, column, message } => {
                write!(f, "{file}")?;
                if let Some(line) = line {
                    write!(f, ", line {line}")?;
                }
                if let Some(column) = column {
                    write!(f, ", column {column:?}")?;
                }
                write!(f, ": {message}")
            }
            ErrorKind::Data(message) => f.write_str(message),
            ErrorKind::Stopped => f.write_str("reading was stopped"),
            ErrorKind::File(error) => write!(f, "{error}"),
            ErrorKind::Engine(error) => write!(f, "{error}"),
            ErrorKind::Io { file, source } => match source.kind() {
                std::io::ErrorKind::NotFound => write!(f, "{file}: no such file"),
                _ => write!(f, "{file}: {source}"),
            },
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::File(error) => Some(error),
            ErrorKind::Engine(error) => Some(error),
            ErrorKind::Io { source, .. } => Some(source),
            ErrorKind::Table { .. } | ErrorKind::Data(_) | ErrorKind::Stopped => None,
        }
    }
}

impl From<deltarule::Error> for Error {
    fn from(error: deltarule::Error) -> Self {
        Self(Box::new(ErrorKind::Engine(error)))
    }
}

impl From<deltarule_files::FileError> for Error {
    fn from(error: deltarule_files::FileError) -> Self {
        Self(Box::new(ErrorKind::File(error)))
    }
}

/// The nearest of some names, if one is near enough to be meant: not when all of what was typed had to change.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    let length = folded.chars().count();
    known
        .map(|k| (strsim::damerau_levenshtein(&folded, &k.to_lowercase()), k))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, k)| *distance <= 1 + k.chars().count() / 3 && *distance < length)
        .map(|(_, k)| k)
}
