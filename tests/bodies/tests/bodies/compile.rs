//! Compiles a source file twice, without cargo: once unchanged, and once with the attribute blanked.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a program is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Options<'a> {
    pub(crate) edition: &'a str,
    pub(crate) flags: &'a [&'a str],
}

/// A program and the compiler's messages about it.
pub(crate) struct Built {
    pub(crate) program: PathBuf,
    pub(crate) diagnostics: Vec<String>,
}

/// The same source without the attribute and with it.
pub(crate) struct Twins {
    pub(crate) plain: Built,
    pub(crate) annotated: Built,
}

/// The attribute, on a line of its own.
pub(crate) const ATTRIBUTE: &str = "#[mem_profile::mem_profile]";

/// The libraries that a program needs.
pub(crate) struct Compiler {
    arguments: Vec<String>,
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The output of the command, once it succeeded.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    output
}

/// A folder below the target folder, which keeps failed cases.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bodies").join(name)
}

impl Compiler {
    /// The paths of the libraries that cargo has just built.
    pub(crate) fn new() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        let mut command = Command::new(env!("CARGO"));
        // No package is named, for then cargo would choose other features than `cargo test` does. The tracer is
        // not among these: with it, an allocator that is wrapped is asked for 16 bytes at least.
        command.args(["test", "--no-run", "--test", "bodies", "--message-format", "json"]);
        let workspace =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
        command.current_dir(workspace).env("CARGO_TARGET_DIR", target);
        let output = text(&run(&mut command).stdout);
        let mut arguments = Vec::new();
        for line in output.lines() {
            let message: Value = serde_json::from_str(line).expect("cargo writes JSON");
            let (name, files) = (&message["target"]["name"], &message["filenames"]);
            let name = name.as_str().unwrap_or_default();
            let files = files.as_array().map_or(&[][..], Vec::as_slice);
            let mut files = files.iter().filter_map(Value::as_str);
            let Some(file) = files.find(|file| file.ends_with(".rlib")) else { continue };
            if ["bodies", "mem_profile"].contains(&name) {
                arguments.extend(["--extern".to_owned(), format!("{name}={file}")]);
            }
        }
        assert_eq!(arguments.len(), 4, "{output}");
        let dependencies = target.join("debug/deps");
        arguments.extend(["-L".to_owned(), format!("dependency={}", dependencies.display())]);
        Self { arguments }
    }

    /// Compiles `source`, in two folders under the same name.
    pub(crate) fn twins(&self, name: &str, source: &str, options: Options<'_>) -> Twins {
        assert!(source.contains(ATTRIBUTE));
        let folder = folder(name);
        let plain = source.replace(ATTRIBUTE, "");
        Twins {
            plain: self.compile(&folder.join("plain"), &plain, options),
            annotated: self.compile(&folder.join("annotated"), source, options),
        }
    }

    fn compile(&self, folder: &Path, source: &str, options: Options<'_>) -> Built {
        fs::create_dir_all(folder).expect("a folder for the program");
        fs::write(folder.join("main.rs"), source).expect("the source can be written");
        let mut command = Command::new("rustc");
        command.current_dir(folder).args(["main.rs", "--error-format", "json"]);
        command.args(["--edition", options.edition]).args(options.flags).args(&self.arguments);
        let output = command.output().expect("the compiler starts");
        let diagnostics = diagnostics(&text(&output.stderr));
        let errors = diagnostics.join("\n");
        assert!(output.status.success(), "{}/main.rs: {errors}", folder.display());
        Built { program: folder.join("main"), diagnostics }
    }
}

/// Each message with the start of the code that it is about: an event has the start of the user's
/// statement, but not its end.
fn diagnostics(output: &str) -> Vec<String> {
    let mut diagnostics = Vec::new();
    for line in output.lines() {
        // A compiler crash is reported as text.
        let message = serde_json::from_str(line).unwrap_or(Value::String(line.to_owned()));
        let spans = message["spans"].as_array().map_or(&[][..], Vec::as_slice);
        let primary = spans.iter().filter(|span| span["is_primary"] == true);
        let places: Vec<_> = primary
            .map(|span| format!("{}:{}", span["line_start"], span["column_start"]))
            .collect();
        let text = message["message"].as_str().unwrap_or(line);
        let is_count = places.is_empty() && text.ends_with(" emitted");
        if !is_count {
            diagnostics.push(format!("{}: {text} {}", message["level"], places.join(" ")));
        }
    }
    diagnostics.sort();
    diagnostics
}
