//! The command line with which cargo calls rustc.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A call of rustc that compiles a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) compiler: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) name: String,
    pub(crate) kinds: Vec<String>,
    /// Whether the edition is older than 2018.
    pub(crate) is_edition_2015: bool,
    pub(crate) is_test: bool,
    pub(crate) target: Option<String>,
    pub(crate) panic: Option<String>,
    /// The root file of the crate, and its index in the arguments.
    pub(crate) root: (usize, PathBuf),
    pub(crate) folder: PathBuf,
    extra_filename: String,
    /// Dependencies by name, with their files.
    pub(crate) externs: Vec<(String, PathBuf)>,
}

/// Options whose value is a separate argument.
const WITH_VALUE: [&str; 19] = [
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "--codegen",
    "--color",
    "--crate-name",
    "--crate-type",
    "--edition",
    "--emit",
    "--extern",
    "--out-dir",
    "--remap-path-prefix",
    "--sysroot",
    "--target",
    "-C",
    "-L",
    "-Z",
    "-l",
    "-o",
];

impl Invocation {
    /// `None` if no crate is compiled: cargo also queries the capabilities of rustc.
    pub(crate) fn read(compiler: &OsStr, arguments: &[OsString]) -> Option<Self> {
        let options = Options::read(arguments)?;
        let codegen = |name: &str| {
            let prefix = format!("{name}=");
            options.all("-C").find_map(|value| value.strip_prefix(&prefix).map(str::to_owned))
        };
        let edition = options.last("--edition");
        let externs = options.all("--extern").map(|value| {
            let (name, file) = value.split_once('=').unwrap_or((value, ""));
            (name.rsplit(':').next().unwrap_or(name).to_owned(), PathBuf::from(file))
        });
        Some(Self {
            compiler: compiler.to_owned(),
            name: options.last("--crate-name")?.to_owned(),
            kinds: options.all("--crate-type").map(str::to_owned).collect(),
            is_edition_2015: edition.is_none_or(|edition| edition == "2015"),
            is_test: arguments.iter().any(|argument| argument == "--test"),
            target: options.last("--target").map(str::to_owned),
            panic: codegen("panic"),
            folder: options.last("--out-dir")?.into(),
            extra_filename: codegen("extra-filename").unwrap_or_default(),
            externs: externs.collect(),
            root: options.root.clone(),
            arguments: arguments.to_vec(),
        })
    }

    pub(crate) fn is_build_script(&self) -> bool {
        self.name.starts_with("build_script_")
    }

    /// Whether the output is an executable.
    pub(crate) fn is_program(&self) -> bool {
        self.is_test || self.kinds.iter().any(|kind| kind == "bin")
    }

    pub(crate) fn has_extern(&self, name: &str) -> bool {
        self.externs.iter().any(|own| own.0 == name)
    }

    /// The library of the runtime that the crate itself depends on, under any name.
    pub(crate) fn runtime(&self) -> Option<&Path> {
        self.externs.iter().map(|(_, file)| file.as_path()).find(|file| is_runtime(file))
    }

    /// Replaces the runtime, if the crate depends on it, by another build.
    pub(crate) fn replace_runtime(&mut self, library: &Path) {
        let end = |text: &str| Some(text.rsplit_once('=')?.0.len() + 1);
        for argument in &mut self.arguments {
            let text = argument.to_string_lossy();
            if let Some(end) = end(&text).filter(|end| is_runtime(Path::new(&text[*end..]))) {
                let mut replaced = OsString::from(&text[..end]);
                replaced.push(library);
                *argument = replaced;
            }
        }
    }

    /// A name that is unique among crates of the same name in one build.
    pub(crate) fn unit(&self) -> String {
        format!("{}{}", self.name, self.extra_filename)
    }

    pub(crate) fn dep_info(&self) -> PathBuf {
        self.folder.join(format!("{}.d", self.unit()))
    }

    /// The arguments with another root file.
    pub(crate) fn with_root(&self, root: &Path) -> Vec<OsString> {
        let mut arguments = self.arguments.clone();
        arguments[self.root.0] = root.into();
        arguments
    }

    /// The arguments changed to emit only `kind`, to `folder`.
    pub(crate) fn into_scratch(arguments: &[OsString], kind: &str, folder: &Path) -> Vec<OsString> {
        let mut checking = Vec::new();
        let mut arguments = arguments.iter().peekable();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            let next = arguments.peek().map(|next| next.to_string_lossy());
            let is_incremental = next.is_some_and(|next| next.starts_with("incremental="));
            match &*text {
                "-C" if is_incremental => _ = arguments.next(),
                "--out-dir" => {
                    arguments.next();
                    checking.extend(["--out-dir".into(), folder.into()]);
                }
                "--emit" => {
                    arguments.next();
                    checking.push(format!("--emit={kind}").into());
                }
                text if text.starts_with("--emit=") => {
                    checking.push(format!("--emit={kind}").into());
                }
                _ => checking.push(argument.clone()),
            }
        }
        checking
    }
}

/// Whether it is the library of the package `mem-profile`, by the name that cargo gives it.
fn is_runtime(file: &Path) -> bool {
    let name = file.file_name().map(OsStr::to_string_lossy);
    name.is_some_and(|name| name.starts_with("libmem_profile-"))
}

/// Options of both forms, `--name value` and `--name=value`.
struct Options {
    values: Vec<(String, String)>,
    root: (usize, PathBuf),
}

impl Options {
    fn read(arguments: &[OsString]) -> Option<Self> {
        let mut values = Vec::new();
        let mut root = None;
        let mut indices = 0..arguments.len();
        while let Some(index) = indices.next() {
            let argument = arguments[index].to_string_lossy();
            if WITH_VALUE.contains(&&*argument) {
                let value = arguments.get(indices.next()?)?;
                values.push((argument.into_owned(), value.to_string_lossy().into_owned()));
            } else if let Some((name, value)) =
                argument.split_once('=').filter(|(name, _)| name.starts_with("--"))
            {
                values.push((name.to_owned(), value.to_owned()));
            } else if let Some(value) = argument.strip_prefix("-C") {
                values.push(("-C".to_owned(), value.to_owned()));
            } else if argument.ends_with(".rs") && !argument.starts_with('-') {
                root = Some((index, PathBuf::from(&arguments[index])));
            }
        }
        Some(Self { values, root: root? })
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |it| it.0 == name).map(|it| it.1.as_str())
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &str) -> Option<Invocation> {
        let arguments: Vec<_> = arguments.split_whitespace().map(OsString::from).collect();
        Invocation::read("rustc".as_ref(), &arguments)
    }

    const LIBRARY: &str = "--crate-name app --edition=2021 crates/app/src/lib.rs \
        --error-format=json --crate-type lib --emit=dep-info,metadata,link -C panic=abort \
        -Cdebuginfo=2 -C extra-filename=-12ab --out-dir /t/deps -C incremental=/t/incremental \
        -L dependency=/t/deps --extern noprelude:a=/t/liba.rlib --extern b";

    #[test]
    fn a_call_of_cargo_is_read() {
        let library = read(LIBRARY).unwrap();
        assert_eq!((library.name.as_str(), library.unit().as_str()), ("app", "app-12ab"));
        assert_eq!(library.root, (3, PathBuf::from("crates/app/src/lib.rs")));
        assert_eq!(library.dep_info(), Path::new("/t/deps/app-12ab.d"));
        assert_eq!(library.panic.as_deref(), Some("abort"));
        assert_eq!(library.externs, [("a".into(), "/t/liba.rlib".into()), ("b".into(), "".into())]);
        assert!(!library.is_edition_2015 && !library.is_program());
    }

    #[test]
    fn a_query_is_no_compilation() {
        assert_eq!(read("- --crate-name ___ --print=file-names --crate-type bin"), None);
        assert_eq!(read("-vV"), None);
    }

    #[test]
    fn a_runtime_of_the_crate_is_found_by_its_file_and_replaced() {
        assert_eq!(read(LIBRARY).unwrap().runtime(), None);
        let renamed = format!("{LIBRARY} --extern mp=/t/libmem_profile-0f.rmeta --cfg x=\"y\"");
        let mut library = read(&renamed).unwrap();
        assert_eq!(library.runtime(), Some(Path::new("/t/libmem_profile-0f.rmeta")));
        library.replace_runtime(Path::new("/o/new.rlib"));
        let expected = renamed.replace("/t/libmem_profile-0f.rmeta", "/o/new.rlib");
        assert_eq!(Some(library.arguments), read(&expected).map(|it| it.arguments));
    }

    #[test]
    fn a_check_writes_nothing_where_the_build_does() {
        let arguments = read(LIBRARY).unwrap().arguments;
        let checking = Invocation::into_scratch(&arguments, "metadata", Path::new("/scratch"));
        let checking = checking.join("".as_ref() as &OsStr).to_string_lossy().into_owned();
        assert!(checking.contains("--emit=metadata") && checking.contains("--out-dir/scratch"));
        assert!(!checking.contains("incremental") && !checking.contains("link"));
    }
}
