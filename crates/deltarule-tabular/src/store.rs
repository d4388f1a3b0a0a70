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
    /// When the place cannot be written or is no file; nothing is left behind then, and an existing file is as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = AtomicFile::create_whole(path)?;
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
/// A link stays one: what it points to is replaced. What is there and is no file, such as a device or a pipe, cannot be
/// replaced and is written straight into.
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
    place: Place,
    name: String,
}

#[derive(Debug)]
enum Place {
    /// The temporary file, and where it goes.
    Replaced(BufWriter<tempfile::NamedTempFile>, PathBuf),
    /// A device or a pipe.
    Straight(BufWriter<File>),
}

impl AtomicFile {
    /// Begins a file that will stand at this path; a device or a pipe at this path is opened.
    ///
    /// # Errors
    /// When the path is a directory or a read-only file, or its directory does not exist or cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        Self::begin(path, true)
    }

    /// As [`AtomicFile::create`], for what is of no use but as a file.
    ///
    /// # Errors
    /// As [`AtomicFile::create`]; when the path is a device or a pipe, which is left alone.
    pub fn create_whole(path: &Path) -> Result<Self> {
        Self::begin(path, false)
    }

    fn begin(path: &Path, straight: bool) -> Result<Self> {
        let name = path.display().to_string();
        let existing = match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(&name, &error)),
        };
        if existing.is_none() && name.ends_with(std::path::is_separator) {
            return Err(Error::table(&name, "cannot be written: there is no such directory"));
        }
        if let Some(existing) = &existing {
            if existing.is_dir() {
                return Err(Error::table(&name, "is a directory"));
            }
            if !existing.is_file() && !straight {
                return Err(Error::table(&name, "is no file that could be replaced; name a file"));
            }
            if !existing.is_file() {
                let file = File::options().write(true).open(path);
                let file = file.map_err(|e| cannot(&name, &e))?;
                return Ok(Self { place: Place::Straight(BufWriter::new(file)), name });
            }
            // Whoever may write into the directory could replace it all the same, but it was made read-only to stay.
            let writable = File::options().write(true).open(path);
            if existing.permissions().readonly() || writable.is_err() {
                let message = "is read-only; make it writable or name another file";
                return Err(Error::table(&name, message));
            }
        }
        let path = followed(path);
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
        let file = file.map_err(|e| cannot(&name, &e))?;
        if let Some(existing) = existing {
            let kept = file.as_file().set_permissions(existing.permissions());
            kept.map_err(|e| Error::io(&name, e))?;
        }
        Ok(Self { place: Place::Replaced(BufWriter::new(file), path), name })
    }

    /// Lets the file appear, in place of an existing one.
    ///
    /// # Errors
    /// When writing fails; an existing file is as it was then.
    pub fn commit(self) -> Result<()> {
        let fail = |e| Error::io(&self.name, e);
        match self.place {
            Place::Replaced(file, path) => {
                let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
                file.as_file().sync_all().map_err(fail)?;
                file.persist(&path).map_err(|e| fail(e.error))?;
            }
            Place::Straight(mut file) => file.flush().map_err(fail)?,
        }
        Ok(())
    }
}

/// Nothing can be written there; the name of the temporary file, which is in some errors, is no concern of the user's.
fn cannot(name: &str, error: &std::io::Error) -> Error {
    Error::table(name, format!("cannot be written: {}", error.kind()))
}

/// What the path leads to when it is a link, or a link to a link; that need not exist yet.
fn followed(path: &Path) -> PathBuf {
    // As many links as Linux follows.
    const MOST: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MOST {
        let Ok(target) = std::fs::read_link(&path) else { break };
        // A relative target counts from the link's own directory; an absolute one replaces all of it.
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.place {
            Place::Replaced(file, _) => file.write(bytes),
            Place::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.place {
            Place::Replaced(file, _) => file.flush(),
            Place::Straight(file) => file.flush(),
        }
    }
}
