//! One function on a stack, and whose it is.

use std::fmt;

use mem_profile_format::report::printable_line;

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// The program's own: its file lies neither in the registry nor in the toolchain. Where the
    /// program was built without lines, also the code of libraries.
    User,
    /// A crate of the registry, or checked out by cargo.
    Library,
    /// The standard library, and what it is made of.
    Standard,
    /// The allocator, and the profiler itself.
    Profiler,
    /// Neither file nor line is known: C libraries, or built without lines.
    Unknown,
}

/// One function on a stack, at the line that was running.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Frame {
    /// Path of the function, such as `leak::build`, or the address where it has no name;
    /// `[recursion]` where repeated calls of a recursive program were left out.
    pub function: String,
    /// The file, relative to its workspace where it is the program's own; empty if not known.
    pub file: String,
    /// The line, from 1; 0 if not known.
    pub line: u32,
    /// The crate, or for code that is not Rust the library.
    pub krate: String,
    /// Whose code it is.
    pub origin: Origin,
}

impl Frame {
    #[doc(hidden)]
    #[must_use]
    pub fn without_line(function: String, module: &str) -> Self {
        let origin = origin_of(&function, "");
        Self { function, file: String::new(), line: 0, krate: module.to_owned(), origin }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn unknown(address: u64, module: &str) -> Self {
        Self::without_line(format!("{module}+{address:#x}"), module)
    }

    /// In the place of the frames that were left out of a recursive program's stack.
    #[doc(hidden)]
    #[must_use]
    pub fn recursion() -> Self {
        Self::without_line("[recursion]".to_owned(), "")
    }

    /// File and line, or the function where the line is not known.
    #[doc(hidden)]
    #[must_use]
    pub fn place(&self) -> String {
        match self.file.as_str() {
            "" => self.function.clone(),
            file => format!("{file}:{}", self.line),
        }
    }
}

/// `src/leak.rs:20`, or the function where the line is not known.
impl fmt::Display for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable_line(&self.place()))
    }
}

/// Names of the functions through which the compiler calls the allocator.
const ALLOCATOR: [&str; 9] = [
    "__rust_alloc",
    "__rust_realloc",
    "__rust_dealloc",
    "__rg_alloc",
    "__rg_realloc",
    "__rg_dealloc",
    "__rdl_alloc",
    "__rdl_realloc",
    "__rustc::",
];

/// How paths of our own functions begin.
const OWN_CRATES: [&str; 7] = [
    "mem_profile_trace::",
    "mem_profile_runtime::",
    "mem_profile_format::",
    "mem_profile_names::",
    "mem_profile_account::",
    "mem_profile_monitor::",
    "mem_profile::",
];

/// Where our own files are beside the folder of this crate, unless they came from a registry.
const OWN_FOLDERS: [&str; 3] =
    ["profiler-runtime/src/", "profiler-trace/src/", "profiler-monitor/src/"];

/// Under which names they come from one.
const OWN_PACKAGES: [&str; 3] = ["mem-profile-runtime", "mem-profile-trace", "mem-profile-monitor"];

pub(crate) fn origin_of(function: &str, file: &str) -> Origin {
    let path = function.trim_start_matches('<');
    let starts = |names: &[&str]| names.iter().any(|name| path.starts_with(name));
    if starts(&OWN_CRATES) || starts(&ALLOCATOR) {
        return Origin::Profiler;
    }
    let file = file.replace('\\', "/");
    let contains = |parts: &[&str]| parts.iter().any(|part| file.contains(part));
    if file.is_empty() {
        return without_file(function);
    }
    // Of line tables alone, names have no crate.
    let is_own = is_in_own_folder(&file) || OWN_PACKAGES.contains(&&*crate_of(function, &file));
    if is_own {
        return Origin::Profiler;
    }
    if file.starts_with("/rustc/") || contains(&["/rustlib/src/rust/", "/rust/deps/"]) {
        return Origin::Standard;
    }
    if contains(&["/registry/src/", "/git/checkouts/"]) {
        return Origin::Library;
    }
    if file.ends_with(".rs") { Origin::User } else { Origin::Unknown }
}

fn is_in_own_folder(file: &str) -> bool {
    let beside = env!("CARGO_MANIFEST_DIR").rfind(['/', '\\']).map_or(0, |slash| slash + 1);
    let folder = env!("CARGO_MANIFEST_DIR")[..beside].replace('\\', "/");
    let within = file.strip_prefix(&folder);
    within.is_some_and(|file| OWN_FOLDERS.iter().any(|own| file.starts_with(own)))
}

/// Without files, only C and the standard library differ from the program; libraries do not.
fn without_file(function: &str) -> Origin {
    if !function.contains("::") {
        return Origin::Unknown;
    }
    // A method of a type that is in no crate, such as `<u8 as alloc::vec::…>::from_elem`, is the trait's.
    let path = match function.split_once(" as ") {
        Some((own, of_trait)) if !own.contains("::") => of_trait,
        _ => function,
    };
    match crate_of(path, "").as_str() {
        "std" | "core" | "alloc" | "hashbrown" => Origin::Standard,
        _ => Origin::User,
    }
}

/// The crate that the function was written in.
pub(crate) fn crate_of(function: &str, file: &str) -> String {
    let after = |mark: &str, skipped: usize| {
        file.split_once(mark).and_then(|(_, rest)| rest.split('/').nth(skipped))
    };
    // <registry>/src/<index>/<name>-<version>/…
    if let Some(folder) = after("/registry/src/", 1) {
        let version = folder
            .match_indices('-')
            .find(|(at, _)| folder[at + 1..].starts_with(|digit: char| digit.is_ascii_digit()));
        return folder[..version.map_or(folder.len(), |(at, _)| at)].to_owned();
    }
    if let Some(name) = after("/library/", 0) {
        return name.to_owned();
    }
    let start = function.trim_start_matches(|sign: char| !sign.is_alphanumeric() && sign != '_');
    let start = start.strip_prefix("dyn ").or(start.strip_prefix("mut ")).unwrap_or(start);
    let end = start.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
    start[..end.unwrap_or(start.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart_by_file_and_function() {
        let registry = "/home/me/.cargo/registry/src/index-1/serde_json-1.0.1/src/de.rs";
        for (function, file, origin, krate) in [
            ("leak::build", "/home/me/leak/src/main.rs", Origin::User, "leak"),
            ("<leak::Cache as core::fmt::Debug>::fmt", "/w/src/main.rs", Origin::User, "leak"),
            ("serde_json::de::next", registry, Origin::Library, "serde_json"),
            (
                "alloc::raw_vec::finish_grow",
                "/rustc/abc/library/alloc/src/raw_vec.rs",
                Origin::Standard,
                "alloc",
            ),
            (
                "hashbrown::raw::new",
                "/rust/deps/hashbrown-0.15.2/src/raw.rs",
                Origin::Standard,
                "hashbrown",
            ),
            ("__rustc::__rust_alloc", "/w/src/main.rs", Origin::Profiler, "__rustc"),
            (
                "<mem_profile_runtime::Alloc as GlobalAlloc>::alloc",
                "/w/a.rs",
                Origin::Profiler,
                "mem_profile_runtime",
            ),
            (
                "allocated",
                "/r/registry/src/i/mem-profile-trace-0.1.0/src/hook/watcher.rs",
                Origin::Profiler,
                "mem-profile-trace",
            ),
            (
                "alloc_slow",
                "/r/registry/src/i/mem-profile-runtime-0.1.0/src/record/alloc/count.rs",
                Origin::Profiler,
                "mem-profile-runtime",
            ),
            (
                "tick",
                "/r/registry/src/i/mem-profile-monitor-0.1.0/src/flight/recorder.rs",
                Origin::Profiler,
                "mem-profile-monitor",
            ),
            ("mem_profile_monitor::exits", "", Origin::Profiler, "mem_profile_monitor"),
            ("run", "/home/me/mem-profile-runtime-example/src/main.rs", Origin::User, "run"),
            ("leak::build", "", Origin::User, "leak"),
            ("<alloc::vec::Vec<T> as X>::from", "", Origin::Standard, "alloc"),
            ("<u8 as alloc::vec::spec::From>::of", "", Origin::Standard, "u8"),
            ("<u8 as leak::Kept>::keep", "", Origin::User, "u8"),
            ("malloc", "malloc/malloc.c", Origin::Unknown, "malloc"),
            ("__libc_start_main", "", Origin::Unknown, "__libc_start_main"),
        ] {
            assert_eq!(origin_of(function, file), origin, "{function}");
            assert_eq!(crate_of(function, file), krate, "{function}");
        }
    }
}
