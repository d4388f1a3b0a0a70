//! Model files on disk, written whole or not at all.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::TabularModel;

impl TabularModel {
    /// Writes the model to a file: to a temporary one beside it first, which then takes its place.
    ///
    /// # Errors
    /// When the place cannot be written; nothing is left behind then, and an existing file is as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = AtomicFile::create(path)?;
        self.write(&mut file)?;
        file.commit()
    }

    /// Reads a model from a file.
    ///
    /// # Errors
    /// As [`TabularModel::read`]; when there is no such file.
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| Error::io(&name, e))?;
        if path.is_dir() {
            return Err(Error::table(&name, "is a directory, not a model file"));
        }
        Self::read(&name, BufReader::new(file))
    }
}

/// A file that appears whole or not at all: a temporary one in the same directory until [`AtomicFile::commit`].
///
/// # Example
///
/// ```
/// use deltarule_tabular::AtomicFile;
/// use std::io::Write as _;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.csv");
/// let mut file = AtomicFile::create(&path)?;
/// file.write_all(b"prediction\n")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl AtomicFile {
    /// Begins a file that will stand at this path.
    ///
    /// # Errors
    /// When the path is a directory, or its directory does not exist or cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Error::table(&name, "is a directory"));
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !directory.is_dir() {
            return Err(Error::table(&name, "cannot be written: its directory does not exist"));
        }
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any other new file: what the user's mask leaves of it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.prefix(".deltarule-").tempfile_in(directory);
        let file = file.map_err(|e| Error::io(&name, e))?;
        Ok(Self { file: BufWriter::new(file), path: path.into() })
    }

    /// Lets the file appear, in place of an existing one.
    ///
    /// # Errors
    /// When writing fails; an existing file is as it was then.
    pub fn commit(self) -> Result<()> {
        let name = self.path.display().to_string();
        let fail = |e| Error::io(&name, e);
        let file = self.file.into_inner().map_err(|e| fail(e.into_error()))?;
        file.as_file().sync_all().map_err(fail)?;
        file.persist(&self.path).map_err(|e| fail(e.error))?;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
