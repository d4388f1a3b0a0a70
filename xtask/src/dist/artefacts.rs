//! What a release publishes, as far as it is built here.

use crate::context::Context;

/// Where the artefacts go, from the root.
pub(super) const FOLDER: &str = "target/dist";

/// A line for each file that is there, with its size.
pub(super) fn list(context: &Context) -> Result<String, String> {
    let folder = context.root.join(FOLDER);
    if !folder.exists() {
        return Ok(String::new());
    }
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| format!("{FOLDER}: {error}"))? {
        let entry = entry.map_err(|error| format!("{FOLDER}: {error}"))?;
        let size = entry.metadata().map_or(0, |data| data.len());
        lines.push(format!(
            "{FOLDER}/{}  {:.2} MB\n",
            entry.file_name().display(),
            size as f64 / 1e6
        ));
    }
    lines.sort();
    Ok(lines.concat())
}
