//! The files of a .zip, which are read without being unpacked to disk.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::input;
use super::found::{Content, FoundFile, MOST_FILES, is_ignored, shown};
use crate::failure::{Failure, usage};

/// More than this is not unpacked of one .zip: a class of thousands writes less.
const MOST_UNPACKED: u64 = 1 << 30;

/// A .zip of answers.
pub(super) struct Archive {
    zip: ZipArchive<File>,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl Archive {
    /// Opens it; what is in it, in the order of the names.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<FoundFile>), Failure> {
        let name = path.display();
        let file = File::open(path).map_err(|error| usage(format!("{name}: {error}")))?;
        let problem =
            |error: ZipError| usage(format!("{name}: not a .zip that can be read: {error}"));
        let mut zip = ZipArchive::new(file).map_err(problem)?;
        if zip.len() > MOST_FILES {
            return Err(usage(format!("{name}: more than {MOST_FILES} files")));
        }
        let mut found = Vec::new();
        let mut folders = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(problem)?;
            let raw = entry.name().map_err(problem)?.into_owned();
            let (names, is_inside) = split(&raw);
            if names.is_empty() || names.iter().any(|name| is_ignored(name)) {
                continue;
            }
            let content = if !is_inside {
                Content::None("its name leads out of the .zip".into())
            } else if entry.is_symlink() {
                Content::None("a symbolic link".into())
            } else if entry.is_dir() {
                folders.push(names);
                continue;
            } else if entry.encrypted() {
                Content::None("encrypted".into())
            } else {
                Content::Entry(index)
            };
            found.push(FoundFile { names, content });
        }
        for names in folders {
            if !found.iter().any(|found| found.names.starts_with(&names)) {
                let content = Content::None("no file in this folder".into());
                found.push(FoundFile { names, content });
            }
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        without_wrapper(&mut found, &stem);
        found.sort_by(|a, b| a.names.cmp(&b.names));
        Ok((Self { zip, left: MOST_UNPACKED }, found))
    }

    /// Unpacks an entry.
    pub(super) fn read(&mut self, index: usize, name: &str) -> Result<Vec<u8>, Failure> {
        let entry = self.zip.by_index(index).map_err(|error| usage(format!("{name}: {error}")))?;
        let bytes = input::limited(entry, name)?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let most = MOST_UNPACKED >> 20;
            usage(format!("{name}: the .zip unpacks to more than {most} MiB"))
        })?;
        Ok(bytes)
    }
}

/// The names on the path of an entry, and whether they stay in the .zip.
fn split(raw: &str) -> (Vec<String>, bool) {
    let pieces: Vec<&str> = raw.split(['/', '\\']).collect();
    let is_absolute = raw.starts_with(['/', '\\']) || pieces[0].ends_with(':');
    let leads_up = pieces.contains(&"..");
    let names = pieces.into_iter().filter(|name| !matches!(*name, "" | "." | ".."));
    (names.map(shown).collect(), !is_absolute && !leads_up)
}

/// Takes away a folder around everything: one that is called as the .zip is, or that has several folders in it, and so is
/// no student's.
fn without_wrapper(found: &mut [FoundFile], stem: &str) {
    let Some(wrapper) = found.first().map(|found| found.names[0].clone()) else { return };
    let is_wrapped = |found: &FoundFile| found.names.len() > 1 && found.names[0] == wrapper;
    if !found.iter().all(is_wrapped) {
        return;
    }
    let deep = found.iter().filter(|found| found.names.len() > 2);
    let folders: BTreeSet<&String> = deep.map(|found| &found.names[1]).collect();
    if folders.len() > 1 || wrapper == stem {
        for found in found {
            found.names.remove(0);
        }
    }
}
