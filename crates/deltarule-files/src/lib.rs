//! Files that are written whole or not at all.
//!
//! Everything that Deltarule writes goes this way: models, predictions, documents.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file could not be written: which, and why, as `FILE: REASON`.
#[derive(Debug)]
pub struct FileError {
    file: String,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// Nothing can be written there.
    Refused(String),
    /// The system failed while writing.
    Failed(std::io::Error),
}

impl FileError {
    fn refused(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.into(), reason: Reason::Refused(message.into()) }
    }

    fn failed(file: &str, source: std::io::Error) -> Self {
        Self { file: file.into(), reason: Reason::Failed(source) }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Refused(message) => write!(f, "{}: {message}", self.file),
            Reason::Failed(source) => write!(f, "{}: {source}", self.file),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Refused(_) => None,
            Reason::Failed(source) => Some(source),
        }
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
/// use deltarule_files::AtomicFile;
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
    sink: Sink,
    name: String,
}

#[derive(Debug)]
enum Sink {
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
    pub fn create(path: &Path) -> Result<Self, FileError> {
        Self::begin(path, true)
    }

    /// As [`AtomicFile::create`], for what is of no use but as a file.
    ///
    /// # Errors
    /// As [`AtomicFile::create`]; when the path is a device or a pipe, which is left alone.
    pub fn create_whole(path: &Path) -> Result<Self, FileError> {
        Self::begin(path, false)
    }

    fn begin(path: &Path, straight: bool) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let existing = match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(&name, &error)),
        };
        if existing.is_none() && name.ends_with(std::path::is_separator) {
            return Err(FileError::refused(&name, "cannot be written: there is no such directory"));
        }
        if let Some(existing) = &existing {
            if existing.is_dir() {
                return Err(FileError::refused(&name, "is a directory"));
            }
            if !existing.is_file() && !straight {
                return Err(FileError::refused(
                    &name,
                    "is no file that could be replaced; name a file",
                ));
            }
            if !existing.is_file() {
                let file = File::options().write(true).open(path);
                let file = file.map_err(|e| cannot(&name, &e))?;
                return Ok(Self { sink: Sink::Straight(BufWriter::new(file)), name });
            }
            // Whoever may write into the directory could replace it all the same, but it was made read-only to stay.
            let writable = File::options().write(true).open(path);
            if existing.permissions().readonly() || writable.is_err() {
                let message = "is read-only; make it writable or name another file";
                return Err(FileError::refused(&name, message));
            }
        }
        let path = followed(path);
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !directory.is_dir() {
            return Err(FileError::refused(
                &name,
                "cannot be written: its directory does not exist",
            ));
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
            kept.map_err(|e| FileError::failed(&name, e))?;
        }
        Ok(Self { sink: Sink::Replaced(BufWriter::new(file), path), name })
    }

    /// Lets the file appear, in place of an existing one.
    ///
    /// # Errors
    /// When writing fails; an existing file is as it was then.
    pub fn commit(self) -> Result<(), FileError> {
        let fail = |e| FileError::failed(&self.name, e);
        match self.sink {
            Sink::Replaced(file, path) => {
                let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
                file.as_file().sync_all().map_err(fail)?;
                file.persist(&path).map_err(|e| fail(e.error))?;
            }
            Sink::Straight(mut file) => file.flush().map_err(fail)?,
        }
        Ok(())
    }
}

/// Nothing can be written there; the name of the temporary file, which is in some errors, is no concern of the user's.
fn cannot(name: &str, error: &std::io::Error) -> FileError {
    FileError::refused(name, format!("cannot be written: {}", error.kind()))
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
        match &mut self.sink {
            Sink::Replaced(file, _) => file.write(bytes),
            Sink::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.sink {
            Sink::Replaced(file, _) => file.flush(),
            Sink::Straight(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &Path, text: &str) -> Result<(), FileError> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes()).unwrap();
        file.commit()
    }

    #[test]
    fn what_is_not_committed_leaves_everything_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        std::fs::write(&path, "before").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        written(&path, "after").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "after");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |path: &Path| written(path, "").unwrap_err().to_string();
        assert!(refused(directory.path()).ends_with("is a directory"));
        let missing = refused(&directory.path().join("no/a.txt"));
        assert!(missing.contains("a.txt") && missing.contains("does not exist"), "{missing}");
        let path = directory.path().join("kept.txt");
        std::fs::write(&path, "kept").unwrap();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
        assert!(refused(&path).contains("is read-only"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_a_device_is_written_straight_into() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target.txt"), directory.path().join("link"));
        symlink("target.txt", &link).unwrap();
        // What it points to need not exist yet.
        written(&link, "one").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "one");
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        written(&link, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "two");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        written(Path::new("/dev/null"), "gone").unwrap();
        let whole = AtomicFile::create_whole(Path::new("/dev/null")).unwrap_err();
        assert!(whole.to_string().contains("is no file"), "{whole}");
    }
}
