//! Pages as a .zip, as Moodle's "upload multiple feedback files in a zip" takes it.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

/// The .zip of these files, each with its name in it.
pub(super) fn zipped(files: &[(String, &str)]) -> Result<Vec<u8>, String> {
    zip(files).map_err(|error| error.to_string())
}

fn zip(files: &[(String, &str)]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        // Without a time: the same answers make the same file.
        writer.start_file(name.as_str(), SimpleFileOptions::default())?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}
