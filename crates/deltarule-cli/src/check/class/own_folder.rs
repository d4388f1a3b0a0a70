//! A folder of files that the command writes, and of which it replaces only what it has written itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use deltarule_files::AtomicFile;

use crate::failure::{Failure, usage};

/// The list of what was written, with what it was.
const LIST: &str = ".deltarule-check";
/// The first line of that list.
const FORMAT: &str = "deltarule-check/1";

/// Files that will be written together.
pub(super) struct OwnFolder {
    path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

/// What a file was when it was written: its checksum and its length.
type Seal = (u32, usize);

fn seal(bytes: &[u8]) -> Seal {
    (crc32fast::hash(bytes), bytes.len())
}

impl OwnFolder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.into(), files: BTreeMap::new() }
    }

    /// Adds a file; its name has no folders in it.
    pub(super) fn add(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(name.into(), bytes);
    }

    /// Writes all files, or none if one of them is in the way: what is there under the name of one of them must be what an
    /// earlier run wrote. What an earlier run wrote and this one does not is taken away.
    pub(super) fn write(self) -> Result<usize, Failure> {
        let shown = |name: &str| self.path.join(name).display().to_string();
        let system =
            |name: &str, error: &std::io::Error| usage(format!("{}: {error}", shown(name)));
        if !self.path.is_dir() {
            std::fs::create_dir_all(&self.path).map_err(|error| system("", &error))?;
        }
        let mut list = self.list()?;
        for (name, bytes) in &self.files {
            let there = self.seal_of(name).map_err(|error| system(name, &error))?;
            let is_own = match &there {
                There::Nothing => true,
                There::File(found) => {
                    *found == seal(bytes) || list.get(name).is_some_and(|own| own.contains(found))
                }
                There::Other => false,
            };
            if !is_own {
                return Err(usage(format!(
                    "{}: not what deltarule wrote there, or changed since; move it away or name another folder with -o",
                    shown(name)
                )));
            }
        }
        let stale: Vec<String> =
            list.keys().filter(|name| !self.files.contains_key(*name)).cloned().collect();
        // First what may be there in the middle of it, so that a run that ends early is recognised too.
        for (name, bytes) in &self.files {
            list.entry(name.clone()).or_default().push(seal(bytes));
        }
        self.write_list(&list)?;
        for (name, bytes) in &self.files {
            self.write_one(name, bytes)?;
        }
        for name in &stale {
            if let Ok(There::File(found)) = self.seal_of(name)
                && list.get(name).is_some_and(|own| own.contains(&found))
            {
                std::fs::remove_file(self.path.join(name)).map_err(|error| system(name, &error))?;
            }
        }
        list.clear();
        for (name, bytes) in &self.files {
            list.insert(name.clone(), vec![seal(bytes)]);
        }
        self.write_list(&list)?;
        Ok(self.files.len())
    }

    fn write_one(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let mut file = AtomicFile::create_whole(&self.path.join(name))?;
        let problem = |error| usage(format!("{}: {error}", self.path.join(name).display()));
        file.write_all(bytes).map_err(problem)?;
        Ok(file.commit()?)
    }

    /// What is there under a name. A link is not followed: it may lead out of the folder.
    fn seal_of(&self, name: &str) -> std::io::Result<There> {
        let path = self.path.join(name);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(There::Nothing),
            Err(error) => Err(error),
            Ok(metadata) if metadata.is_file() => Ok(There::File(seal(&std::fs::read(&path)?))),
            Ok(_) => Ok(There::Other),
        }
    }

    /// What earlier runs wrote.
    fn list(&self) -> Result<BTreeMap<String, Vec<Seal>>, Failure> {
        let path = self.path.join(LIST);
        let not_own = || {
            usage(format!(
                "{}: not the list that deltarule keeps there; move it away",
                path.display()
            ))
        };
        let mut list: BTreeMap<String, Vec<Seal>> = BTreeMap::new();
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(list),
            Ok(metadata) if metadata.is_file() => {}
            _ => return Err(not_own()),
        }
        let text = std::fs::read_to_string(&path).map_err(|_| not_own())?;
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return Err(not_own());
        }
        for line in lines {
            let mut words = line.splitn(3, ' ');
            let (sum, length, name) = (words.next(), words.next(), words.next());
            let sum = sum.and_then(|sum| u32::from_str_radix(sum, 16).ok());
            let length = length.and_then(|length| length.parse().ok());
            let (Some(sum), Some(length), Some(name)) = (sum, length, name) else {
                return Err(not_own());
            };
            // The list could have been written by somebody else: only names in this folder.
            if Path::new(name).components().count() != 1
                || name.contains(['/', '\\'])
                || name == ".."
            {
                return Err(not_own());
            }
            list.entry(name.to_string()).or_default().push((sum, length));
        }
        Ok(list)
    }

    fn write_list(&self, list: &BTreeMap<String, Vec<Seal>>) -> Result<(), Failure> {
        let mut text = format!("{FORMAT}\n");
        for (name, seals) in list {
            for (sum, length) in seals {
                let _ = writeln!(text, "{sum:08x} {length} {name}");
            }
        }
        self.write_one(LIST, text.as_bytes())
    }
}

/// What is there.
enum There {
    Nothing,
    File(Seal),
    /// A folder, a link, a device.
    Other,
}
