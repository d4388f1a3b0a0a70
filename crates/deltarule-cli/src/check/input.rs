//! Bytes of files that strangers wrote: no more of them than an answer can need.

use std::io::Read;
use std::path::Path;

use crate::failure::{Failure, usage};

/// A longer file is not read: all numbers of the largest exercise that is marked need less, even with a row for each.
const MOST_BYTES: u64 = 32 << 20;

/// A file, or standard input for `-`.
pub(super) fn read(path: &str) -> Result<Vec<u8>, Failure> {
    if path == "-" {
        return limited(std::io::stdin().lock(), "standard input");
    }
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => usage(format!(
            "{path}: no such file; `deltarule check EXERCISE --template` writes one to fill in"
        )),
        _ => usage(format!("{path}: {error}")),
    })?;
    limited(file, path)
}

/// A file that was found in a folder.
pub(super) fn read_found(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| usage(format!("{name}: {error}")))?;
    limited(file, &name)
}

/// All that there is to read, if it is not too much.
pub(super) fn limited(input: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let problem = |error| usage(format!("{name}: {error}"));
    input.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(usage(format!(
            "{name}: more than {most} MiB, which no answer to an exercise needs"
        )));
    }
    Ok(bytes)
}
