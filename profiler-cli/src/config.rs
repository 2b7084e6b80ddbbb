//! Settings from files: what they say holds where the environment and the flags say nothing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

/// The file, in the current folder or one around it.
const FILE: &str = ".config/mem-profile.toml";

/// What can be set: each is the variable `MEM_PROFILE_` with the name in capitals.
const NAMES: [&str; 10] = [
    "backend",
    "color",
    "filter",
    "format",
    "lines",
    "output",
    "precision",
    "trace",
    "unit",
    "width",
];

/// A variable, and what the files set it to.
type Variable = (String, String);

/// Puts settings of files into the environment, where they are not set yet: so they hold for this
/// command as well as for the programs that it runs.
///
/// # Errors
/// When a file is no TOML, or has a setting that there is not.
pub(crate) fn apply() -> Result<()> {
    let folder = env::current_dir().context("there is no current folder")?;
    for (name, value) in read(&folder)? {
        if env::var_os(&name).is_none() {
            // SAFETY: called first thing in `main`, when there is no other thread.
            unsafe { env::set_var(name, value) };
        }
    }
    Ok(())
}

/// The settings that hold in a folder: those of the file, and then those of the manifest.
fn read(folder: &Path) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    if let Some(path) = around(folder, FILE).next() {
        let table = parse(&path)?;
        variables.extend(all(&table).with_context(|| format!("cannot use {}", path.display()))?);
    }
    let mut parts = ["package", "workspace"].as_slice();
    for path in around(folder, "Cargo.toml") {
        // What else is in it is cargo's, which says more of it when it is wrong.
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
        // Another package around this one is another one.
        parts = &["workspace"];
    }
    Ok(variables)
}

/// Files of that name in a folder and those around it.
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
        bail!("there is no setting `{name}`: there are {}", NAMES.join(", "));
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(is_on) => if *is_on { "1" } else { "0" }.to_owned(),
        Value::Array(values) if values.iter().all(Value::is_str) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        _ => bail!("`{name}` is neither a text nor a list of texts, a number, true or false"),
    };
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
    fn what_makes_no_sense_is_an_error_that_names_the_file() {
        let fault = |text| {
            let error = format!("{:#}", with(&[(FILE, text)]).unwrap_err());
            error.rsplit_once("/.config/").unwrap().1.to_owned()
        };
        assert_eq!(
            fault("units = 1"),
            "mem-profile.toml: there is no setting `units`: there are backend, color, filter, \
             format, lines, output, precision, trace, unit, width"
        );
        assert_eq!(
            fault("unit = 1.5"),
            "mem-profile.toml: `unit` is neither a text nor a list of texts, a number, true or false"
        );
        assert!(fault("=").starts_with("mem-profile.toml: TOML parse error"));
    }
}
