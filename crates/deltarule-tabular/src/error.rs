//! What can go wrong with a table: what, where, and what to do.

use std::fmt;

/// The result of a function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake in a table, a model file or an option, in one lower-case sentence that says what is wrong and where.
///
/// What to do about it is said in the words of the one who asked: see [`Error::hint`].
#[derive(Debug)]
pub struct Error(Box<HintedKind>);

#[derive(Debug)]
struct HintedKind {
    kind: ErrorKind,
    hint: Option<Hint>,
}

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
    /// The model file holds a network that was not trained on a table.
    NetworkAlone {
        /// The file's name.
        file: String,
        /// What was looked for and not found.
        message: String,
    },
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

/// What can be done about an [`Error`] by options: those who have options, a command or a package, say it with their names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// The first line, which was taken for the names of the columns, holds only numbers: it may be data.
    HeaderMayBeData,
    /// The cells seem to be separated by this character.
    Delimiter(char),
    /// The text may have another encoding, Latin-1 for example.
    Encoding,
    /// This column could be left out, or more categories allowed.
    Categories {
        /// The column's name.
        column: String,
    },
    /// This column, whose type is not supported, could be left out or converted.
    UnsupportedColumn {
        /// The column's name.
        column: String,
    },
    /// Numbers could be predicted instead of classes.
    PredictNumbers,
    /// Classes can be weighed only where classes are predicted.
    ClassWeights,
    /// A continuation that says nothing of the hold-out keeps that of the model; or it can test on another table.
    KeepHoldout,
    /// A continuation that says nothing of the seed keeps that of the model; or it can test on another table.
    KeepSeed,
    /// The whole table could be trained on, and another be tested on.
    TestTable,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What can be done about it by options, where there is something.
    ///
    /// # Example
    ///
    /// ```
    /// use deltarule_tabular::{Hint, ReadOptions, Source, scan};
    ///
    /// let table = "a;b\n1;2\n3;4\n";
    /// let source = Source::spool("table.csv", table.as_bytes(), &ReadOptions::default())?;
    /// let error = scan(&source, 256).unwrap_err();
    /// assert_eq!(error.to_string(), "table.csv: only one column was found");
    /// assert_eq!(error.hint(), Some(&Hint::Delimiter(';')));
    /// # Ok::<(), deltarule_tabular::Error>(())
    /// ```
    pub fn hint(&self) -> Option<&Hint> {
        self.0.hint.as_ref()
    }

    /// The same with a hint, or with none.
    pub(crate) fn hinting(mut self, hint: impl Into<Option<Hint>>) -> Self {
        self.0.hint = hint.into();
        self
    }

    fn new(kind: ErrorKind) -> Self {
        Self(Box::new(HintedKind { kind, hint: None }))
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
        Self::new(ErrorKind::Table {
            file: file.into(),
            line,
            column: column.map(Into::into),
            message: message.into(),
        })
    }

    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data(message.into()))
    }

    pub(crate) fn network_alone(file: &str) -> Self {
        let message = "model file: holds a network, but no table to go with it".to_string();
        Self::new(ErrorKind::NetworkAlone { file: file.into(), message })
    }

    pub(crate) fn stopped() -> Self {
        Self::new(ErrorKind::Stopped)
    }

    pub(crate) fn io(file: &str, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io { file: file.into(), source })
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
            ErrorKind::NetworkAlone { file, message } => write!(f, "{file}: {message}"),
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
            ErrorKind::Table { .. }
            | ErrorKind::Data(_)
            | ErrorKind::NetworkAlone { .. }
            | ErrorKind::Stopped => None,
        }
    }
}

impl From<deltarule::Error> for Error {
    fn from(error: deltarule::Error) -> Self {
        Self::new(ErrorKind::Engine(error))
    }
}

impl From<deltarule_files::FileError> for Error {
    fn from(error: deltarule_files::FileError) -> Self {
        Self::new(ErrorKind::File(error))
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
