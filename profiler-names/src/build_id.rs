//! Build ids of files.

use std::fs::File;
use std::io;
use std::path::Path;

use object::{Object, ReadCache};

/// The build id of a program or library, in hexadecimal.
///
/// # Errors
/// When the file cannot be read, is no program, or has no build id (`InvalidData`).
pub fn build_id(path: &Path) -> io::Result<String> {
    let invalid = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    // Reads only the parts that it needs: such a file may be large.
    let content = ReadCache::new(File::open(path)?);
    let file = object::File::parse(&content).map_err(|_| invalid("not a program"))?;
    let id = file.build_id().ok().flatten().ok_or_else(|| invalid("it has no build id"))?;
    Ok(id.iter().map(|byte| format!("{byte:02x}")).collect())
}
