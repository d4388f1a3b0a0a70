//! Where the bytes of a file are, so that they can be read from the start as often as needed.

use std::fs::File;
use std::io::{Cursor, Read, Result, Seek, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;

/// Where the bytes of a file are.
pub(crate) enum ByteSource {
    File(PathBuf),
    Spooled(File),
    Memory(Bytes),
}

impl ByteSource {
    /// The bytes from the start.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Spooled(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
        })
    }
}
