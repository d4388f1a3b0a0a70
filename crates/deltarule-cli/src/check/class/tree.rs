//! The answers of a class, a folder or a .zip.

use std::path::{Path, PathBuf};

use super::super::input;
#[cfg(feature = "class")]
use super::archive::Archive;
use super::folder;
use super::found::{Content, FoundFile};
use crate::failure::{Failure, usage};

/// Where the bytes of the files come from.
pub(super) struct Tree {
    /// What the answers are called.
    root: PathBuf,
    #[cfg(feature = "class")]
    archive: Option<Archive>,
}

impl Tree {
    /// Opens a folder or a .zip; what is in it, without what the command reads or writes itself.
    pub(super) fn open(path: &Path, own: &[PathBuf]) -> Result<(Self, Vec<FoundFile>), Failure> {
        if path.is_dir() {
            let tree = Self {
                root: path.to_path_buf(),
                #[cfg(feature = "class")]
                archive: None,
            };
            return Ok((tree, folder::files(path, own)?));
        }
        Self::open_zip(path)
    }

    #[cfg(feature = "class")]
    fn open_zip(path: &Path) -> Result<(Self, Vec<FoundFile>), Failure> {
        let (archive, found) = Archive::open(path)?;
        Ok((Self { root: path.to_path_buf(), archive: Some(archive) }, found))
    }

    #[cfg(not(feature = "class"))]
    fn open_zip(path: &Path) -> Result<(Self, Vec<FoundFile>), Failure> {
        Err(usage(format!(
            "{}: this build of deltarule reads no .zip: build it with the feature class, or unpack the file",
            path.display()
        )))
    }

    /// What messages call a file.
    pub(super) fn shown(&self, found: &FoundFile) -> String {
        let path = found.names.iter().fold(self.root.clone(), |path, name| path.join(name));
        path.display().to_string()
    }

    /// The bytes of a file, or why there are none.
    pub(super) fn read(&mut self, found: &FoundFile) -> Result<Vec<u8>, Failure> {
        match &found.content {
            Content::File(path) => input::read_found(path),
            #[cfg(feature = "class")]
            Content::Entry(index) => {
                let name = self.shown(found);
                match &mut self.archive {
                    Some(archive) => archive.read(*index, &name),
                    None => Err(usage(format!("{name}: not in a .zip"))),
                }
            }
            Content::None(reason) => Err(usage(format!("{}: {reason}", self.shown(found)))),
        }
    }
}
