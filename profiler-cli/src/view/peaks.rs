//! Renders the peaks of a test run.

use mem_profile_format::report::{self, Unit};
use serde::{Deserialize, Serialize};

/// The peak of one process of a test run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Tested {
    /// The package; empty if cargo does not set it.
    pub(crate) package: String,
    /// Name of the test binary.
    pub(crate) binary: String,
    /// The test, if only one was run.
    pub(crate) test: Option<String>,
    /// In bytes; `None` if the process ended before it could be sampled.
    pub(crate) peak: Option<u64>,
    /// The exit code.
    pub(crate) code: u8,
}

/// One line for each process.
pub(crate) fn text(tested: &[Tested]) -> String {
    let rows: Vec<_> = tested.iter().map(|it| (size(it), report::printable(&name(it)))).collect();
    let width = rows.iter().map(|(size, _)| size.len()).chain(["Peak".len()]).max().unwrap_or(0);
    let mut text = String::new();
    for (size, name) in [("Peak".to_owned(), "Test".to_owned())].iter().chain(&rows) {
        text += &format!("{size:>width$}  {name}\n");
    }
    if rows.is_empty() { String::new() } else { text }
}

fn size(tested: &Tested) -> String {
    tested.peak.map_or_else(|| "too short".into(), |bytes| Unit::Auto.format(bytes.into(), 1))
}

fn name(tested: &Tested) -> String {
    let Tested { package, binary, test, code, .. } = tested;
    let mut name = binary.clone();
    if !package.is_empty() && package.replace('-', "_") != *binary {
        name = format!("{package} {binary}");
    }
    if let Some(test) = test {
        name += &format!(" {test}");
    }
    match code {
        0 => name,
        _ => format!("{name} (exit code {code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_peaks() {
        let tested = |package: &str, binary: &str, test: Option<&str>, peak, code| Tested {
            package: package.into(),
            binary: binary.into(),
            test: test.map(str::to_owned),
            peak,
            code,
        };
        let all = [
            tested("my-app", "my_app", None, Some(123_456_789), 0),
            tested("my-app", "parses", Some("lines::long"), Some(2_097_152), 101),
            tested("", "other", None, None, 0),
        ];
        insta::assert_snapshot!(text(&all), @"
             Peak  Test
        117.7 MiB  my_app
          2.0 MiB  my-app parses lines::long (exit code 101)
        too short  other
        ");
        assert_eq!(text(&[]), "");
    }
}
