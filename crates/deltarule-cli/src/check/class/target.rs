//! Where what is said of a class goes.

use std::path::{Path, PathBuf};

use crate::args::CheckArguments;
use crate::failure::{Failure, usage};
use crate::render::{self, DocumentFormat};

/// Where the marks go when nothing else is said.
pub(super) const MARKS: &str = "marks.csv";

/// The places of the output.
pub(super) struct ClassTarget {
    /// The file of the overview; none for standard output.
    pub(super) document: Option<PathBuf>,
    /// Its format.
    pub(super) format: DocumentFormat,
    pub(super) place: MarksPlace,
}

/// Where the marks go.
pub(super) enum MarksPlace {
    /// Into this file.
    Marks(PathBuf),
    /// Into this folder, with a page per student.
    Folder(PathBuf),
}

impl ClassTarget {
    pub(super) fn of(arguments: &CheckArguments) -> Result<Self, Failure> {
        let output = arguments.output.as_deref();
        let (document, place) = match output {
            None => (None, MarksPlace::Marks(MARKS.into())),
            Some(path) if is_folder(path) => (None, MarksPlace::Folder(path.into())),
            Some(path) if ends_in_csv(path) => (None, MarksPlace::Marks(path.into())),
            Some(path) => (Some(path.to_path_buf()), MarksPlace::Marks(MARKS.into())),
        };
        let format = render::format(arguments.format, document.as_deref())?;
        if format == DocumentFormat::Ipynb {
            return Err(usage("a notebook computes, and a marking compares: there is none"));
        }
        Ok(Self { document, format, place })
    }

    /// What is no answer although it may lie among them.
    pub(super) fn own(&self) -> Vec<PathBuf> {
        let (MarksPlace::Marks(place) | MarksPlace::Folder(place)) = &self.place;
        self.document.iter().chain([place]).cloned().collect()
    }

    /// The folder, where there is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.place {
            MarksPlace::Folder(folder) => Some(folder),
            MarksPlace::Marks(_) => None,
        }
    }
}

/// A folder that is there, or a name that only a folder has: no ending, or a separator at the end.
fn is_folder(path: &Path) -> bool {
    let ends_as_folder = path.to_string_lossy().ends_with(std::path::is_separator);
    path.is_dir() || ends_as_folder || (path.extension().is_none() && !path.exists())
}

fn ends_in_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}
