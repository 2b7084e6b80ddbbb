//! What tells builds apart, read from a file.

use std::fs::File;
use std::io;
use std::path::Path;

use object::{Object, ReadCache};

/// In hexadecimal.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let invalid = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    // Only what is asked for is read: such a file may be large.
    let content = ReadCache::new(File::open(path)?);
    let file = object::File::parse(&content).map_err(|_| invalid("not a program"))?;
    let id = file.build_id().ok().flatten().ok_or_else(|| invalid("it has no build id"))?;
    Ok(id.iter().map(|byte| format!("{byte:02x}")).collect())
}
