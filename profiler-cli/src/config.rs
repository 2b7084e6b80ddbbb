//! Settings from files. Variables and options override them.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mem_profile_format::report;
use toml::{Table, Value};

/// The settings file, in the folder of the project or a parent.
const FILE: &str = ".config/mem-profile.toml";

/// The settings: each stands for a variable, `MEM_PROFILE_` and the name in capitals.
const NAMES: [&str; 11] = [
    "backend",
    "color",
    "filter",
    "format",
    "lines",
    "output",
    "precision",
    "top",
    "trace",
    "unit",
    "width",
];

/// Name and value of a variable.
type Variable = (String, String);

/// Sets the variables of settings files that are not set yet, for this command and for the programs
/// that it runs.
///
/// # Errors
/// If a file is not TOML, or has an unknown setting.
pub(crate) fn apply(arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let here = env::current_dir().context("there is no current folder")?;
    // If there is no such project, cargo reports it.
    let manifest = manifest(arguments).and_then(|path| fs::canonicalize(path).ok());
    let folder = manifest.as_deref().and_then(Path::parent).unwrap_or(&here);
    for (name, value) in read(folder)? {
        if env::var_os(&name).is_none() {
            // SAFETY: called first thing in `main`, when there is no other thread.
            unsafe { env::set_var(name, value) };
        }
    }
    Ok(())
}

/// The manifest in the arguments of a subcommand that builds a project. The arguments cannot be parsed
/// properly yet, since the settings change their defaults.
fn manifest(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let command = arguments.find(|it| ["run", "test", "exec"].iter().any(|name| it == name))?;
    if command == "exec" {
        return None;
    }
    let mut arguments = arguments.take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        if argument == "--manifest-path" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = argument.to_str().and_then(|it| it.strip_prefix("--manifest-path=")) {
            return Some(PathBuf::from(path));
        }
    }
    None
}

/// The settings that apply to a folder: those of the file, then those of the manifest.
///
/// PERF: asking `cargo metadata` instead would take 50 ms, on every command; `report` takes 5 ms.
fn read(folder: &Path) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    if let Some(path) = around(folder, FILE).next() {
        let table = parse(&path)?;
        variables.extend(all(&table).with_context(|| format!("cannot use {}", path.display()))?);
    }
    let mut parts = ["package", "workspace"].as_slice();
    for path in around(folder, "Cargo.toml") {
        // Cargo itself reports an invalid manifest.
        let manifest = parse(&path).unwrap_or_default();
        for part in parts {
            let own = manifest.get(*part).and_then(|it| it.get("metadata")?.get("mem-profile"));
            if let Some(table) = own.and_then(Value::as_table) {
                let place =
                    || format!("cannot use {part}.metadata.mem-profile in {}", path.display());
                variables.extend(all(table).with_context(place)?);
            }
        }
        if manifest.contains_key("workspace") {
            break;
        }
        // Further out there are only settings of a workspace: a package there is a different one.
        parts = &["workspace"];
    }
    Ok(variables)
}

/// Files of this name in a folder and its parents.
fn around(folder: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
    folder.ancestors().map(move |folder| folder.join(name)).filter(|path| path.is_file())
}

fn parse(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("cannot use {}", path.display()))
}

fn all(table: &Table) -> Result<Vec<Variable>> {
    table.iter().map(|(name, value)| variable(name, value)).collect()
}

fn variable(name: &str, value: &Value) -> Result<Variable> {
    if !NAMES.contains(&name) {
        bail!("unknown setting `{name}`: the settings are {}", NAMES.join(", "));
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(is_on) => if *is_on { "1" } else { "0" }.to_owned(),
        Value::Array(values) if values.iter().all(Value::is_str) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        _ => bail!("`{name}` must be a string, a list of strings, a number, true or false"),
    };
    if report::printable(&text) != text {
        bail!("`{name}` contains a control character or trailing blanks: remove them");
    }
    Ok((format!("MEM_PROFILE_{}", name.to_uppercase()), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> Result<Vec<Variable>> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        read(&inner)
    }

    #[test]
    fn the_file_comes_before_the_manifest_and_both_are_found_from_inside() {
        let file = (FILE, "lines = [\"app::*\", \"!app::x\"]\nprecision = 1\ntrace = true\n");
        let member = ("a/Cargo.toml", "[package.metadata.mem-profile]\nunit = \"KiB\"\n");
        let manifest = (
            "Cargo.toml",
            "[workspace.metadata.mem-profile]\nwidth = 80\n[package.metadata.mem-profile]\nfilter = \"x\"\n",
        );
        let pair = |name: &str, value: &str| (format!("MEM_PROFILE_{name}"), value.to_owned());
        let expected = [
            pair("LINES", "app::*,!app::x"),
            pair("PRECISION", "1"),
            pair("TRACE", "1"),
            pair("UNIT", "KiB"),
            pair("WIDTH", "80"),
        ];
        assert_eq!(with(&[file, member, manifest]).unwrap(), expected);
        assert_eq!(with(&[("Cargo.toml", "no TOML")]).unwrap(), []);
    }

    #[test]
    fn a_manifest_is_that_of_the_command_and_not_of_a_program() {
        let named = |line: &str| {
            let words = line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
            manifest(words.into_iter()).map(|path| path.display().to_string())
        };
        let own = [
            "cargo-mem-profile run --manifest-path a/Cargo.toml -- x",
            "cargo mem-profile --color never run -q --manifest-path=a/Cargo.toml",
            "cargo mem-profile test --manifest-path a/Cargo.toml",
        ];
        assert_eq!(own.map(named), own.map(|_| Some("a/Cargo.toml".to_owned())));
        let others = [
            "cargo mem-profile run -- --manifest-path a/Cargo.toml",
            "cargo mem-profile exec run --manifest-path a/Cargo.toml",
            "cargo mem-profile report run.mprof",
            "cargo mem-profile run --manifest-path",
        ];
        assert_eq!(others.map(named), others.map(|_| None));
    }

    #[test]
    fn an_invalid_setting_is_an_error_that_names_the_file() {
        let fault = |text| {
            let error = format!("{:#}", with(&[(FILE, text)]).unwrap_err());
            error.rsplit_once("/.config/").unwrap().1.to_owned()
        };
        assert_eq!(
            fault("units = 1"),
            "mem-profile.toml: unknown setting `units`: the settings are backend, color, filter, \
             format, lines, output, precision, top, trace, unit, width"
        );
        assert_eq!(
            fault("unit = 1.5"),
            "mem-profile.toml: `unit` must be a string, a list of strings, a number, true or false"
        );
        assert!(fault("=").starts_with("mem-profile.toml: TOML parse error"));
    }
}
