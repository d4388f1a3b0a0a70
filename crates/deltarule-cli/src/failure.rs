//! How a command ends when it does not end well, and how it writes.

use std::io::Write as _;

/// The result of a command.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A usage or input error: exit code 2.
    Input(String),
    /// A check that failed, such as a demanded score: exit code 1.
    Check(String),
    /// Ctrl-C: exit code 130.
    #[cfg(feature = "tables")]
    Interrupted(String),
    /// Whoever read our output has enough of it: no error.
    ClosedPipe,
}

impl Failure {
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Input(message) | Self::Check(message) => Some(message),
            #[cfg(feature = "tables")]
            Self::Interrupted(message) => Some(message),
            Self::ClosedPipe => None,
        }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Check(_) => 1,
            #[cfg(feature = "tables")]
            Self::Interrupted(_) => 130,
            Self::ClosedPipe => 0,
        }
    }
}

#[cfg(feature = "tables")]
impl From<deltarule_tabular::Error> for Failure {
    fn from(error: deltarule_tabular::Error) -> Self {
        Self::Input(format!("error: {}", crate::hint::worded(&error)))
    }
}

impl From<deltarule_files::FileError> for Failure {
    fn from(error: deltarule_files::FileError) -> Self {
        Self::Input(format!("error: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Input(format!("error: standard output: {error}"))
        }
    }
}

/// Writes to standard output.
///
/// Whoever reads it may have enough of it and close it: what is still to be done is done all the same, only nothing more
/// is said.
pub(crate) fn emit(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written.map_err(Failure::from) {
        Err(Failure::ClosedPipe) => Ok(()),
        other => other,
    }
}

/// What a usage error of our own looks like, as clap's.
pub(crate) fn usage(message: impl Into<String>) -> Failure {
    Failure::Input(format!("error: {}", message.into()))
}
