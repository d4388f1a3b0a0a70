//! What is found below the answers of a class.

use std::path::PathBuf;

/// More files than this are refused, and folders nested deeper are left out.
pub(super) const MOST_FILES: usize = 20_000;
pub(super) const DEEPEST: usize = 16;

/// Files that systems and programs leave behind, beside those whose names begin with a dot or with `~$`.
const LEFT_BEHIND: [&str; 3] = ["__MACOSX", "Thumbs.db", "desktop.ini"];

/// A file, or something in the place of one.
pub(super) struct FoundFile {
    /// The names of the folders on its way and its own, as they are shown.
    pub(super) names: Vec<String>,
    pub(super) content: Content,
}

/// Where the bytes of a file are.
pub(super) enum Content {
    File(PathBuf),
    /// The entry of a .zip with this number.
    #[cfg(feature = "class")]
    Entry(usize),
    /// Nowhere, for this reason.
    None(String),
}

impl FoundFile {
    /// The path from the answers down.
    pub(super) fn path(&self) -> String {
        self.names.join("/")
    }

    /// Its own name.
    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// Whether nobody means a file or folder of this name.
pub(super) fn is_ignored(name: &str) -> bool {
    let is_left_behind = LEFT_BEHIND.iter().any(|known| known.eq_ignore_ascii_case(name));
    is_left_behind || name.starts_with('.') || name.starts_with("~$")
}

/// A name that can be shown: what would move the cursor of a terminal is replaced.
pub(super) fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
