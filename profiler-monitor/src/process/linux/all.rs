//! All processes, and who started them.

use std::fs;

use super::fields::Fields;
use crate::process::ProcessStat;

/// All processes that have not ended.
pub(crate) fn all() -> impl Iterator<Item = ProcessStat> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter_map(stat)
}

fn stat(id: u32) -> Option<ProcessStat> {
    let text = fs::read(format!("/proc/{id}/stat")).ok()?;
    // The name of the program, in parentheses, may contain anything.
    let end = text.iter().rposition(|&byte| byte == b')')?;
    let mut fields = str::from_utf8(&text[end + 1..]).ok()?.split_ascii_whitespace();
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    let start = fields.nth(17)?.parse().ok()?;
    let is_over = matches!(state, "Z" | "X");
    (!is_over).then_some(ProcessStat { id, parent, start })
}

/// Name and resident set of a process; `None` if it has no memory any more.
pub(crate) fn resident(id: u32) -> Option<(String, u64)> {
    let mut status = Fields::new();
    status.read(format!("/proc/{id}/status").as_ref()).ok()?;
    let name = String::from_utf8_lossy(status.after("Name")?.trim_ascii()).into_owned();
    Some((name, status.kibibytes("VmRSS")?))
}
