//! The files of a folder and of the folders in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::found::{Content, DEEPEST, FoundFile, MOST_FILES, is_ignored, shown};
use crate::failure::{Failure, usage};

/// What there is in a folder, without what the command reads or writes itself.
pub(super) fn files(folder: &Path, own: &[PathBuf]) -> Result<Vec<FoundFile>, Failure> {
    let problem = |error| usage(format!("{}: {error}", folder.display()));
    let root = folder.canonicalize().map_err(problem)?;
    let own: Vec<PathBuf> = own.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut walk = Walk { root, own, found: Vec::new() };
    walk.folder(folder, &[]).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            usage(format!("{}: more than {MOST_FILES} files", folder.display()))
        }
        _ => problem(error),
    })?;
    Ok(walk.found)
}

struct Walk {
    /// What links must not lead out of.
    root: PathBuf,
    own: Vec<PathBuf>,
    found: Vec<FoundFile>,
}

impl Walk {
    fn folder(&mut self, path: &Path, names: &[String]) -> std::io::Result<()> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            entries.push(entry?);
        }
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut is_empty = true;
        for entry in entries {
            let name = shown(&entry.file_name().to_string_lossy());
            if is_ignored(&name) {
                continue;
            }
            is_empty = false;
            if self.found.len() == MOST_FILES {
                return Err(ErrorKind::FileTooLarge.into());
            }
            let path = entry.path();
            // A link that leads nowhere has no canonical path, and is none of ours.
            if path.canonicalize().is_ok_and(|path| self.own.contains(&path)) {
                continue;
            }
            let names: Vec<String> = names.iter().cloned().chain([name]).collect();
            let kind = entry.file_type()?;
            if kind.is_dir() && names.len() < DEEPEST {
                let below = self.found.len();
                if let Err(error) = self.folder(&path, &names) {
                    if error.kind() == ErrorKind::FileTooLarge {
                        return Err(error);
                    }
                    self.found.truncate(below);
                    self.nothing(names, &format!("could not be read: {error}"));
                }
                continue;
            }
            match self.reason_against(&path, kind) {
                None => self.found.push(FoundFile { names, content: Content::File(path) }),
                Some(reason) => self.nothing(names, reason),
            }
        }
        if is_empty && !names.is_empty() {
            self.nothing(names.to_vec(), "no file in this folder");
        }
        Ok(())
    }

    fn nothing(&mut self, names: Vec<String>, reason: &str) {
        self.found.push(FoundFile { names, content: Content::None(reason.into()) });
    }

    /// Why something is no file that may be read.
    fn reason_against(&self, path: &Path, kind: std::fs::FileType) -> Option<&'static str> {
        if kind.is_dir() {
            return Some("folders are nested too deeply");
        }
        if kind.is_symlink() {
            return match path.canonicalize() {
                Err(_) => Some("a symbolic link that leads nowhere"),
                Ok(target) if !target.starts_with(&self.root) => {
                    Some("a symbolic link that leads out of the folder")
                }
                Ok(target) if target.is_file() => None,
                Ok(_) => Some("a symbolic link to a folder"),
            };
        }
        if kind.is_file() { None } else { Some("not a file") }
    }
}
