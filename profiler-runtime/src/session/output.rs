//! Where a report goes.
//!
//! A report truncates regular files only. It goes into pipes and devices as they are, and is given
//! up after ten seconds without a reader. A file that the program has open already, as
//! `/dev/stdout` is, is written by the program's own descriptor.

use std::env;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use mem_profile_format::Snapshot;
use mem_profile_format::recording;
use mem_profile_format::report::{self, Format, Style, Unit};

use super::exit;
use super::options::Options;
use super::values::Output;
use super::warning::warn;
use crate::process::{self, Stream};

pub(super) fn emit(snapshot: &Snapshot, options: &Options, formats: &[Format]) {
    match &options.output {
        Output::Stderr | Output::Recording(_) => {
            emit_to_stream(snapshot, options, formats, Stream::Stderr);
        }
        Output::Stdout => emit_to_stream(snapshot, options, formats, Stream::Stdout),
        Output::Path(pattern) => emit_to_path(snapshot, options, formats, pattern),
    }
}

fn emit_to_stream(snapshot: &Snapshot, options: &Options, formats: &[Format], stream: Stream) {
    let mut style = style(options, stream.is_terminal());
    style.width = style.width.or_else(|| stream.terminal_width());
    for &format in formats {
        // Nobody reads a closed stream, so nobody would read an error there either.
        let _ = process::write_all_raw(stream, report::render(snapshot, format, &style).as_bytes());
    }
}

/// Prints text to the stream that reports go to; to standard error where they go to a file.
#[cfg(feature = "account")]
pub(crate) fn print(text: &str) {
    let stream = match super::options().output {
        Output::Stdout => Stream::Stdout,
        _ => Stream::Stderr,
    };
    // As above.
    let _ = process::write_all_raw(stream, text.as_bytes());
}

fn emit_to_path(snapshot: &Snapshot, options: &Options, formats: &[Format], pattern: &str) {
    let path = path(pattern);
    for &format in formats {
        let path = path_of(&path, format, formats.len());
        let text = report::render(snapshot, format, &style(options, false));
        if let Err(error) = write(Path::new(&path), text.as_bytes()) {
            warn(&format!("mem-profile: cannot write {}: {error}", path.escape_debug()));
        }
    }
}

/// Writes a report to what is at `path`, or to a new file.
///
/// # Errors
/// The error that the system reports; also if there is a recording, which may be a program's memory.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if recording::is_recording(path) {
        return Err(io::Error::other("it is a recording, and would be lost: name another file"));
    }
    process::write_to(path, bytes)
}

fn style(options: &Options, is_terminal: bool) -> Style {
    Style {
        unit: options.unit.unwrap_or_default(),
        overview_unit: options.unit.unwrap_or(Unit::Auto),
        precision: options.precision,
        color: options.color.decide(|name| env::var_os(name), is_terminal),
        width: options.width,
        top: options.top,
        has_ended: exit::fired(),
    }
}

/// Several formats need a file each.
fn path_of(path: &str, format: Format, formats: usize) -> String {
    if formats > 1 { format!("{path}.{}", format.extension()) } else { path.to_owned() }
}

/// The path that a pattern stands for.
pub fn path(pattern: &str) -> String {
    expand(pattern, &Place::here())
}

/// The values of the placeholders in a path.
struct Place {
    process: u32,
    program: String,
    seconds: u64,
}

impl Place {
    fn here() -> Self {
        let program = env::args_os().next().unwrap_or_default();
        let program = Path::new(&program).file_stem().unwrap_or_default();
        Self {
            process: process::id(),
            program: program.to_string_lossy().into_owned(),
            seconds: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        }
    }
}

/// Replaces the placeholders. Unknown ones stay as they are.
fn expand(pattern: &str, place: &Place) -> String {
    let mut path = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            path.push(character);
            continue;
        }
        match characters.next() {
            Some('p') => path.push_str(&place.process.to_string()),
            Some('n') => path.push_str(&place.program),
            Some('t') => path.push_str(&place.seconds.to_string()),
            Some('%') => path.push('%'),
            unknown => path.extend(std::iter::once('%').chain(unknown)),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use mem_profile_format::Backend;

    fn empty() -> Snapshot {
        Snapshot::empty(Backend::Rss)
    }

    #[test]
    fn placeholders_are_replaced() {
        let place = Place { process: 12, program: "tool".into(), seconds: 99 };
        assert_eq!(expand("a/%n-%p.%t", &place), "a/tool-12.99");
        assert_eq!(expand("100%%-%x-%", &place), "100%-%x-%");
    }

    #[test]
    fn one_format_is_written_to_the_path_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report").to_str().unwrap().to_owned();
        let options = Options {
            output: Output::Path(format!("{path}-%p")),
            formats: vec![Format::Json],
            ..Options::default()
        };
        emit(&empty(), &options, &options.formats);
        let text = fs::read_to_string(format!("{path}-{}", process::id())).unwrap();
        assert_eq!(text, report::render(&empty(), Format::Json, &Style::default()));
    }

    #[test]
    fn several_formats_get_a_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report").to_str().unwrap().to_owned();
        let formats = vec![Format::Table, Format::Json, Format::Markdown, Format::Csv];
        let options = Options { output: Output::Path(path), ..Options::default() };
        emit(&empty(), &options, &formats);
        for name in ["report.txt", "report.json", "report.md", "report.csv"] {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_written_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/report").to_str().unwrap().to_owned();
        let options = Options { output: Output::Path(path.clone()), ..Options::default() };
        emit(&empty(), &options, &options.formats);
        assert!(!Path::new(&path).exists());
    }
}
