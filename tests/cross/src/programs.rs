//! The programs, and what they are run on.

/// A published crate with a program.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) binary: &'static str,
    /// Libraries of it that get the attribute as well.
    pub(crate) libraries: &'static [&'static str],
    pub(crate) runs: &'static [Run],
}

/// One run. `{src}` in an argument stands for the sources of the program, `{in}` for the folder of
/// inputs, and `{copy}` for a copy of one that the program may change.
pub(crate) struct Run {
    pub(crate) arguments: &'static [&'static str],
    /// The input that is its standard input.
    pub(crate) input: Option<&'static str>,
}

const fn run(arguments: &'static [&'static str]) -> Run {
    Run { arguments, input: None }
}

const fn fed(input: &'static str, arguments: &'static [&'static str]) -> Run {
    Run { arguments, input: Some(input) }
}

pub(crate) const PROGRAMS: [Program; 12] = [
    Program { name: "zopfli", binary: "zopfli", libraries: &[], runs: &[run(&["{copy}"])] },
    Program {
        name: "pulldown-cmark",
        binary: "pulldown-cmark",
        libraries: &["pulldown-cmark-escape", "getopts"],
        runs: &[
            fed("document.md", &[]),
            fed("document.md", &["-TmFSUBLPHMGDW"]),
            fed("document.md", &["-Tfe"]),
            fed("document.md", &["-Rd"]),
            run(&["--help"]),
        ],
    },
    Program {
        name: "hexyl",
        binary: "hexyl",
        libraries: &["clap_builder", "clap_lex"],
        runs: &[
            run(&["{in}/document.md"]),
            run(&["--color=always", "--border=ascii", "-n64", "--panels=1", "{in}/table.csv"]),
            run(&["--plain", "--base=2", "-s0x10", "--group-size=2", "{in}/table.csv"]),
            run(&["--include", "-c2KiB", "{in}/document.md"]),
            run(&["--print-color-table"]),
            run(&["--completion=bash"]),
            run(&["--completion=zsh"]),
            run(&["--help"]),
            run(&["-h"]),
            run(&["--version"]),
            run(&["--colour"]),
            run(&["--block-size=x", "{in}/table.csv"]),
        ],
    },
    Program {
        name: "tokei",
        binary: "tokei",
        libraries: &["toml", "serde_json", "encoding_rs_io"],
        runs: &[
            run(&["{src}"]),
            run(&["--files", "--sort=lines", "--exclude=*.md", "{src}"]),
            run(&["--output=json", "{src}"]),
            run(&["--languages"]),
            run(&["--types=Rust,Markdown", "--compact", "{in}", "{src}"]),
            run(&["--help"]),
        ],
    },
    Program {
        name: "ripgrep",
        binary: "rg",
        libraries: &[
            "grep-printer",
            "grep-searcher",
            "grep-regex",
            "grep-matcher",
            "grep-cli",
            "ignore",
            "globset",
            "regex-automata",
            "regex-syntax",
            "bstr",
            "termcolor",
        ],
        runs: &[
            run(&["-j1", "fn .*self", "{src}"]),
            run(&["-j2", "--hidden", "-i", "-n", "-C2", "e(r+)or|warn(ing)?", "{src}"]),
            run(&["-j1", "--json", "-w", "pub", "{src}"]),
            run(&["-j1", "--sort=path", "--stats", "-c", "-F", "-e", "fn", "-e", "let", "{src}"]),
            run(&["-j1", "-U", "--multiline-dotall", "-o", "-b", "fn .{0,40}\\{", "{src}"]),
            run(&["-j1", "-r", "$2 $1", "--column", "--color=always", "(\\w+) (\\w+)", "{in}"]),
            run(&["-j1", "--files", "-g", "*.{rs,md}", "-g", "!**/a*/", "-trust", "{src}"]),
            run(&["-j1", "-v", "--passthru", "-a", "-x", "\\p{Greek}+|[^a-z&&x]", "{in}"]),
            run(&["-j1", "-l", "-s", "--vimgrep", "-m2", "(?i)straße|k\\b{start}", "{in}"]),
            run(&["--type-list"]),
            run(&["--help"]),
            run(&["-h"]),
            run(&["--generate=man"]),
            run(&["--generate=complete-zsh"]),
            run(&["--generate=complete-bash"]),
            run(&["("]),
            run(&["--nosuch"]),
        ],
    },
    Program {
        name: "brotli",
        binary: "brotli",
        libraries: &["brotli-decompressor"],
        runs: &[
            fed("document.md", &["-c"]),
            fed("document.md", &["-c", "-q5", "-w18"]),
            fed("table.csv", &["-c", "-q11", "-basicstrlen"]),
            fed("words.txt", &["-c", "-q9.5", "-catable"]),
        ],
    },
    Program {
        name: "sd",
        binary: "sd",
        libraries: &["regex", "unescape", "tempfile"],
        runs: &[
            run(&["-p", "a(\\w)", "$1a", "{copy}"]),
            run(&["(?P<first>\\w+) (\\w+)", "$2 ${first}", "{copy}"]),
            run(&["-F", "-n1", "alpha", "\\n", "{copy}"]),
            fed("words.txt", &["-f", "mi", "ALPHA", "omega"]),
            run(&["(", "x", "{copy}"]),
            run(&["a", "$1bad", "{copy}"]),
        ],
    },
    Program {
        name: "choose",
        binary: "choose",
        libraries: &["clap", "textwrap", "backslash"],
        runs: &[
            fed("words.txt", &["0:2"]),
            fed("words.txt", &["-f", "[aeiou]", "-1", "0"]),
            fed("words.txt", &["-c", "1..4"]),
            fed("words.txt", &["-x", "-o", "\\t", ":2", "3:"]),
            run(&["--help"]),
            run(&["--version"]),
            run(&["x"]),
        ],
    },
    Program {
        name: "huniq",
        binary: "huniq",
        libraries: &["anyhow"],
        runs: &[
            fed("words.txt", &[]),
            fed("words.txt", &["-c"]),
            fed("words.txt", &["-c", "-s"]),
            fed("words.txt", &["-c", "-S"]),
            fed("words.txt", &["-d", " "]),
            run(&["-d", "long"]),
        ],
    },
    Program {
        name: "comrak",
        binary: "comrak",
        libraries: &["shell-words", "slug", "caseless"],
        runs: &[
            run(&["{in}/document.md"]),
            run(&["--gfm", "--to=commonmark", "--width=60", "{in}/document.md"]),
            run(&["--gfm", "--to=xml", "--sourcepos", "{in}/document.md"]),
            run(&[
                "--unsafe",
                "--smart",
                "--header-ids=x-",
                "--front-matter-delimiter=---",
                "-e=table,footnotes,description-lists,tasklist,strikethrough,autolink,tagfilter",
                "-e=superscript,multiline-block-quotes,math-dollars,wikilinks-title-after-pipe",
                "-e=underline,subscript,spoiler,greentext,alerts",
                "{in}/document.md",
            ]),
            run(&["--help"]),
        ],
    },
    Program {
        name: "xsv",
        binary: "xsv",
        libraries: &["csv", "docopt", "streaming-stats", "tabwriter", "csv-index", "regex-syntax"],
        runs: &[
            run(&["stats", "--everything", "{in}/table.csv"]),
            run(&["frequency", "{in}/table.csv"]),
            run(&["table", "{in}/table.csv"]),
            run(&["flatten", "{in}/table.csv"]),
            run(&["fixlengths", "{in}/table.csv"]),
            run(&["fmt", "-t;", "--quote-always", "{in}/table.csv"]),
            run(&["headers", "{in}/table.csv"]),
            run(&["index", "{copy}"]),
            run(&["input", "{in}/table.csv"]),
            run(&["join", "name", "{in}/table.csv", "name", "{in}/table.csv"]),
            run(&["join", "--full", "kind", "{in}/table.csv", "size", "{in}/table.csv"]),
            run(&["cat", "rows", "{in}/table.csv", "{in}/table.csv"]),
            run(&["cat", "columns", "--pad", "{in}/table.csv", "{in}/table.csv"]),
            run(&["reverse", "{in}/table.csv"]),
            run(&["sample", "3", "{in}/table.csv"]),
            run(&["search", "-s", "name,kind", "^[ap]\\w+", "{in}/table.csv"]),
            run(&["select", "name-size,!kind,\"note\"[0],price", "{in}/table.csv"]),
            run(&["select", "5-1", "{in}/table.csv"]),
            run(&["slice", "-s2", "-e5", "{in}/table.csv"]),
            run(&["sort", "-s", "size", "-NR", "{in}/table.csv"]),
            run(&["count", "{in}/table.csv"]),
            run(&["exclude", "name", "{in}/table.csv", "name", "{in}/table.csv"]),
            run(&["partition", "kind", "{out}", "{in}/table.csv"]),
            run(&["split", "-s2", "{out}", "{in}/table.csv"]),
            run(&["stats", "{in}/nowhere.csv"]),
            run(&["--list"]),
            run(&["--help"]),
        ],
    },
    Program {
        name: "grex",
        binary: "grex",
        libraries: &["petgraph", "itertools"],
        runs: &[
            run(&["-f", "{in}/words.txt"]),
            run(&["-d", "-w", "-s", "-r", "-f", "{in}/words.txt"]),
            run(&["-i", "-g", "-x", "-c", "-f", "{in}/words.txt"]),
            run(&["-e", "--with-surrogates", "--no-anchors", "♥♥", "aaa", "💩"]),
            run(&["-D", "-W", "-S", "--min-repetitions=2", "a1 ", "b22  "]),
            run(&["--help"]),
        ],
    },
];
