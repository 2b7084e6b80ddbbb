//! Names, lists, selects and reads sample files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use jiff::civil::DateTime;

use super::model::Timeline;
use super::{dat, recorded};
use crate::input::Input;
use crate::output;

const START: &str = "mprofile_";
const END: &str = ".dat";

/// The name of a file that begins now: `mprofile_YYYYMMDDhhmmss.dat`.
pub(crate) fn name(now: DateTime) -> String {
    format!("{START}{}{END}", now.strftime("%Y%m%d%H%M%S"))
}

/// The time in such a name; `None` for any other name.
pub(crate) fn begun(name: &str) -> Option<DateTime> {
    let digits = name.strip_prefix(START)?.strip_suffix(END)?;
    let is_number = digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| DateTime::strptime("%Y%m%d%H%M%S", digits).ok())?
}

/// The files in this folder with such a name, the oldest first.
pub(crate) fn all() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(".").context("cannot list this folder")?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| begun(name).is_some()).collect();
    names.sort_unstable();
    Ok(names.into_iter().map(PathBuf::from).collect())
}

/// The selected files, each once: by path, or by their index in [`all`], where -1 is the last. Without
/// a selection, the last file.
pub(crate) fn choose(named: &[String]) -> Result<Vec<PathBuf>> {
    let all = all()?;
    if named.is_empty() {
        let last = all.last().context(
            "there is no mprofile_*.dat in this folder: make one with `cargo mem-profile exec PROGRAM`",
        )?;
        output::status("note", &format!("using the last run, {}", last.display()));
        return Ok(vec![last.clone()]);
    }
    let (mut chosen, mut known) = (Vec::new(), HashSet::new());
    for name in named {
        let path = find(name, &all)?;
        if known.insert(path.clone()) {
            chosen.push(path);
        }
    }
    Ok(chosen)
}

fn find(name: &str, all: &[PathBuf]) -> Result<PathBuf> {
    let Ok(index) = name.parse::<i64>() else {
        let path = PathBuf::from(name);
        return match fs::metadata(&path) {
            Ok(it) if it.is_dir() => bail!("{name} is a folder: name a file in it"),
            Ok(_) => Ok(path),
            Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
        };
    };
    let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    let index = if index < 0 { all.len().checked_sub(from_end) } else { Some(from_end) };
    index.and_then(|index| all.get(index)).cloned().with_context(|| {
        let count = all.len();
        format!("there is no file number {name}: `cargo mem-profile list` shows all {count}")
    })
}

/// Reads a sample file, or the timeline of a recording. Prints a warning if parts are invalid.
pub(crate) fn load(path: &Path) -> Result<Timeline> {
    let input = Input::open(path)?;
    if input.is_recording() || input.first_byte() == Some(b'{') {
        return recorded::read(path, input);
    }
    let shown = path.display();
    let bytes = match input.is_text() {
        true => input.into_bytes().with_context(|| format!("cannot read {shown}"))?,
        false => input.into_head(),
    };
    let parsed = dat::parse(&bytes).map_err(|fault| anyhow!("{shown} {fault}"))?;
    if let Some(fault) = parsed.fault {
        output::status("warning", &format!("{shown}: {fault}"));
    }
    Ok(parsed.timeline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_contains_the_start_time() {
        let now = jiff::civil::date(2026, 11, 24).at(9, 5, 7, 0);
        assert_eq!(name(now), "mprofile_20261124090507.dat");
        assert_eq!(begun("mprofile_20261124090507.dat"), Some(now));
        for other in ["mprofile_2026112409050.dat", "mprofile_abcdefghijklmn.dat", "a.dat"] {
            assert_eq!(begun(other), None);
        }
    }

    #[test]
    fn a_file_is_found_by_its_place_from_either_end() {
        let all = ["a", "b", "c"].map(PathBuf::from);
        let found = |name| find(name, &all).unwrap();
        assert_eq!(["0", "2", "-1", "-3"].map(found), ["a", "c", "c", "a"].map(PathBuf::from));
        let refusal = |name| find(name, &all).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("-4"), @"there is no file number -4: `cargo mem-profile list` shows all 3");
        insta::assert_snapshot!(refusal("3"), @"there is no file number 3: `cargo mem-profile list` shows all 3");
    }
}
