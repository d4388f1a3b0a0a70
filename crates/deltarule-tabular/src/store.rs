//! Model files on disk.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use deltarule_files::AtomicFile;

use crate::error::{Error, Result};
use crate::model::TabularModel;

impl TabularModel {
    /// Writes the model to a file, which appears whole or not at all.
    ///
    /// # Errors
    /// When the place cannot be written or is no file; nothing is left behind then, and an existing file is as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = AtomicFile::create_whole(path)?;
        self.write(&mut file)?;
        Ok(file.commit()?)
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
