//! The programs, and what they are run on.

/// A published crate with a program.
pub(crate) struct Program {
    /// The crate, with its version.
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) binary: &'static str,
    /// `{src}` stands for the crate's own folder of sources, `{file}` for one of its files.
    pub(crate) arguments: &'static [&'static str],
    /// Whether the file is its standard input.
    pub(crate) reads_input: bool,
}

const fn program(name: &'static str, arguments: &'static [&'static str]) -> Program {
    Program { name, version: "*", binary: name, arguments, reads_input: false }
}

pub(crate) const PROGRAMS: [Program; 12] = [
    program("zopfli", &["{file}"]),
    Program { reads_input: true, ..program("pulldown-cmark", &[]) },
    program("hexyl", &["{file}"]),
    program("tokei", &["{src}"]),
    Program { binary: "rg", ..program("ripgrep", &["-j1", "fn .*self", "{src}"]) },
    Program { reads_input: true, ..program("brotli", &["-c"]) },
    program("sd", &["-p", "fn", "function", "{file}"]),
    Program { reads_input: true, ..program("choose", &["0:2"]) },
    Program { reads_input: true, ..program("huniq", &[]) },
    Program { reads_input: true, ..program("comrak", &[]) },
    Program { reads_input: true, ..program("xsv", &["stats"]) },
    Program { reads_input: true, ..program("grex", &["-f", "-"]) },
];
