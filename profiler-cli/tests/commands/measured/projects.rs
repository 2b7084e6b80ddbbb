//! Workspaces, targets and patterns.

use super::project::Project;
use crate::run::{Folder, ran};

const WORKSPACE: &str = "[workspace]\nmembers = [\"tool\", \"tool-lib\"]\nresolver = \"3\"\n";

fn workspace(name: &str) -> Project {
    let files = [
        ("Cargo.toml", WORKSPACE),
        (
            "tool/Cargo.toml",
            "[package]\nname = \"tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
             [dependencies]\ntool-lib = { path = \"../tool-lib\" }\n",
        ),
        (
            "tool/src/main.rs",
            "fn main() {\n    let all = tool_lib::parse::numbers(4);\n    println!(\"{}\", all.len());\n\
             std::mem::forget(all);\n}\n",
        ),
        (
            "tool-lib/Cargo.toml",
            "[package]\nname = \"tool-lib\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
        ),
        (
            "tool-lib/src/lib.rs",
            "#![forbid(unsafe_code)]\npub mod parse;\npub fn size() -> usize { 100 }\n\
             #[cfg(test)]\nmod tests {\n    #[test]\n    fn holds() {\n        \
             let all = crate::parse::numbers(2);\n        assert_eq!(all.len(), 200);\n    }\n}\n",
        ),
        (
            "tool-lib/src/parse.rs",
            "pub fn numbers(count: usize) -> Vec<u8> {\n    let mut all = Vec::new();\n    \
             for _ in 0..count {\n        all.reserve_exact(crate::size());\n        \
             all.resize(all.len() + crate::size(), 0);\n    }\n    all\n}\n",
        ),
        (
            "tool-lib/tests/outer.rs",
            "#[test]\nfn outer() {\n    let all = tool_lib::parse::numbers(1);\n    \
             std::mem::forget(all);\n}\n",
        ),
    ];
    Project::new(name, &files)
}

#[test]
fn a_workspace_is_measured_as_a_whole_or_by_pattern() {
    let project = workspace("whole");
    let ran = project.run(&[]).ended(0);
    assert_eq!(ran.stdout, "400\n");
    let held = [
        "tool_lib::parse::numbers tool-lib/src/parse.rs:4 400",
        "tool::main tool/src/main.rs:2 400",
    ];
    assert_eq!(ran.increments()[..2], held);
    let ran = project.run(&["--lines", "tool_lib::*", "-p", "tool"]).ended(0);
    assert_eq!(ran.functions(), ["tool_lib::size", "tool_lib::parse::numbers"]);
    let ran = project.run(&["--lines", "tool-lib/src/parse.rs:4"]).ended(0);
    assert_eq!(ran.functions(), ["tool_lib::parse::numbers"]);
}

#[test]
fn tests_are_run_and_measured() {
    let project = workspace("outer");
    let ran = project.run(&["--test", "outer"]).ended(0);
    assert!(ran.stdout.contains("1 passed"), "{}", ran.stdout);
    let held = [
        "tool_lib::parse::numbers tool-lib/src/parse.rs:4 100",
        "outer::outer tool-lib/tests/outer.rs:3 100",
    ];
    assert_eq!(ran.increments(), held);
    let ran = project.run(&["--lib", "-p", "tool-lib", "--", "holds"]).ended(0);
    assert_eq!(ran.functions(), ["tool_lib::tests::holds", "tool_lib::parse::numbers"]);
}

#[test]
fn code_that_runs_in_the_build_can_use_a_measured_crate() {
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{rest}")
    };
    let shared = "shared = { path = \"shared\" }\n";
    let manifest = format!(
        "[dependencies]\n{shared}derives = {{ path = \"derives\" }}\n[build-dependencies]\n{shared}[workspace]\n"
    );
    let library = "pub fn text() -> String {\n    let text = \"1\".repeat(3);\n    text\n}\n";
    let files = [
        ("Cargo.toml", package("built", &manifest)),
        ("build.rs", "fn main() { println!(\"cargo::rustc-env=T={}\", shared::text()); }".into()),
        (
            "src/main.rs",
            "fn main() { let unused = 1; println!(\"{} {} {}\", env!(\"T\"), derives::number!(), shared::text()); }".into(),
        ),
        ("shared/Cargo.toml", package("shared", "")),
        ("shared/src/lib.rs", library.into()),
        (
            "derives/Cargo.toml",
            package("derives", "[lib]\nproc-macro = true\n[dependencies]\nshared = { path = \"../shared\" }\n"),
        ),
        (
            "derives/src/lib.rs",
            "#[proc_macro]\npub fn number(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \
             shared::text().parse().unwrap() }\n"
                .into(),
        ),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let ran = Project::new("built", &files).run(&["--lines", "shared::*"]).ended(0);
    assert_eq!(ran.stdout, "111 111 111\n");
    let snapshot = ran.snapshot.unwrap();
    assert_eq!(snapshot.functions[0].lines[0].occurrences, Some(1), "the program's own call");
    assert!(ran.stderr.contains("unused variable"), "{}", ran.stderr);
}

#[test]
fn a_pattern_without_a_function_is_an_error_with_suggestions() {
    let project = workspace("missed");
    let ran = project.run(&["--lines", "tool_lib::prase::numbers"]).ended(125);
    assert_eq!(
        ran.stderr,
        "error: `tool_lib::prase::numbers` matches no function that can be measured: did you \
         mean `tool_lib::parse::numbers`?\n"
    );
}

#[test]
fn a_pattern_without_a_built_function_is_an_error() {
    let project = workspace("unbuilt");
    // One is only built in tests, the other in another program.
    let absent = "tool_lib::tests::*,outer::outer";
    let ran = project.run(&["--lines", absent]).ended(101);
    for pattern in absent.split(',') {
        let error =
            format!("error: `{pattern}` matches no function in the crates that are built\n");
        assert!(ran.stderr.contains(&error), "{}", ran.stderr);
    }
    // The program is not run either when everything is up to date.
    project.run(&["--lines", absent]).ended(101);
    let lines = &["--lines", absent, "--lines", "tool_lib::parse::*"];
    let ran = project.run(lines).ended(0);
    assert_eq!(ran.functions(), ["tool_lib::parse::numbers"]);
    let note =
        "mem-profile: tool: `outer::outer` matches no function in the crates that are built\n";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    project.run(&["--lines", absent, "--test", "outer"]).ended(0);
}

#[test]
fn a_crate_without_measured_functions_is_named() {
    let files = [
        ("src/lib.rs", "#[macro_export]\nmacro_rules! code { () => { 5 } }\n"),
        ("src/main.rs", "fn main() { std::process::exit(5) }\n"),
    ];
    let ran = Project::new("slight", &files).run(&[]).ended(5);
    let notes: Vec<_> = ran.stderr.lines().filter(|it| it.starts_with("mem-profile: ")).collect();
    let expected = [
        "mem-profile: slight: not measured: it has no functions outside of macros",
        "mem-profile: slight: not measured: all its functions are trivial; `--lines 'slight::*'` measures them",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn options_override_variables_and_variables_override_files() {
    let project = workspace("settings");
    project.write(".config/mem-profile.toml", "lines = [\"tool_lib::parse::*\"]\n");
    let by_file = project.run(&[]).ended(0);
    assert_eq!(by_file.functions(), ["tool_lib::parse::numbers"]);
    let mut command = project.command(&[]);
    command.env("MEM_PROFILE_LINES", "tool::main");
    let by_environment = project.measured(&command.output().unwrap()).ended(0);
    assert_eq!(by_environment.functions(), ["tool::main"]);
    let mut command = project.command(&["--lines", "tool_lib::size"]);
    command.env("MEM_PROFILE_LINES", "tool::main");
    let by_flag = project.measured(&command.output().unwrap()).ended(0);
    assert_eq!(by_flag.functions(), ["tool_lib::size"]);
}

#[test]
fn the_manifest_path_selects_the_settings() {
    let project = workspace("selected");
    project.write(".config/mem-profile.toml", "lines = [\"tool_lib::parse::*\"]\n");
    let other = crate::run::Folder::new();
    let manifest = project.folder.join("tool/Cargo.toml");
    let mut command = project.command(&["--manifest-path", manifest.to_str().unwrap()]);
    let ran = project.measured(&command.current_dir(other.path("")).output().unwrap()).ended(0);
    assert_eq!(ran.functions(), ["tool_lib::parse::numbers"]);
}

#[test]
fn a_project_with_vendored_crates_is_measured() {
    let manifest = "[package]\nname = \"vendored\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
        [dependencies]\ntiny-of-nobody = \"1\"\n[workspace]\n";
    let config =
        "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\ndirectory = \"vendor\"\n";
    let files = [
        ("Cargo.toml", manifest),
        (".cargo/config.toml", config),
        (
            "src/main.rs",
            "fn main() {\n    let all = tiny_of_nobody::all();\n    println!(\"{}\", all.len());\n    std::mem::forget(all);\n}\n",
        ),
        (
            "vendor/tiny-of-nobody/Cargo.toml",
            "[package]\nname = \"tiny-of-nobody\"\nversion = \"1.2.0\"\n",
        ),
        ("vendor/tiny-of-nobody/src/lib.rs", "pub fn all() -> Vec<u8> { vec![1; 700] }\n"),
        ("vendor/tiny-of-nobody/.cargo-checksum.json", "{\"files\":{}}"),
    ];
    let ran = Project::new("vendored", &files).run(&[]).ended(0);
    assert_eq!(ran.stdout, "700\n");
    assert_eq!(ran.increments()[0], "vendored::main src/main.rs:2 700");
}

#[cfg(unix)]
#[test]
fn the_user_s_own_wrapper_still_wraps_rustc() {
    use std::os::unix::fs::PermissionsExt;

    let project = workspace("wrapped");
    project.write("wrapper.sh", "#!/bin/sh\necho \"$* \" >> \"$0.log\"\nexec \"$@\"\n");
    let wrapper = project.folder.join("wrapper.sh");
    std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755)).unwrap();
    let compiled = || {
        let log = wrapper.with_extension("sh.log");
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(log);
        ["tool", "tool_lib"].map(|name| text.contains(&format!(" --crate-name {name} ")))
    };
    let config = "[build]\nrustc-workspace-wrapper = \"./wrapper.sh\"\n";
    project.write(".cargo/config.toml", config);
    let ran = project.run(&["-p", "tool"]).ended(0);
    assert_eq!((ran.stdout.as_str(), compiled()), ("400\n", [true; 2]));
    assert!(ran.functions().contains(&"tool_lib::parse::numbers"));
    // A variable overrides the file, and an empty one disables the wrapper.
    let mut command = project.command(&["-p", "tool"]);
    command.env("RUSTC_WORKSPACE_WRAPPER", "");
    project.measured(&command.output().unwrap()).ended(0);
    assert_eq!(compiled(), [false; 2]);
}

#[test]
fn a_folder_without_a_project_is_an_error() {
    let folder = crate::run::Folder::new();
    for colour in ["never", "always"] {
        let mut command = folder.command(&["run"]);
        let ran = crate::run::ran(&command.env("CARGO_TERM_COLOR", colour).output().unwrap());
        assert_eq!(ran.code, 125);
        assert!(ran.stderr.starts_with("error: could not find `Cargo.toml` in "), "{}", ran.stderr);
    }
}

/// A manifest with `mem-profile` among its `dependencies`, and its lock file.
fn with_runtime(project: &str, dependencies: &str) -> [(&'static str, String); 2] {
    let runtime = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = format!(
        "[package]\nname = \"{project}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         {dependencies} = {{ path = {runtime:?}, package = \"mem-profile\" }}\n[workspace]\n"
    );
    let lock = std::fs::read_to_string(runtime.join("Cargo.lock")).unwrap();
    [("Cargo.toml", manifest), ("Cargo.lock", lock)]
}

#[test]
fn a_program_that_measures_itself_is_measured_once() {
    let main = "#[global_allocator]\nstatic OWN: profile::Alloc = profile::Alloc::new();\n\
                #[profile::mem_profile(name = \"named\")]\nfn first() {\n    \
                std::mem::forget(vec![0u8; 40]);\n}\n\
                fn main() {\n    first();\n    std::mem::forget(vec![0u8; 2]);\n}\n";
    let main = main.replace("#[profile::mem", "use profile as mem_profile;\n#[mem_profile::mem");
    let [manifest, lock] = with_runtime("itself", "[dependencies]\nprofile");
    let [manifest, lock] = [(manifest.0, &*manifest.1), (lock.0, &*lock.1)];
    let ran = Project::new("itself", &[manifest, ("src/main.rs", &main), lock]).run(&[]).ended(0);
    assert_eq!(
        ran.increments(),
        [
            "named src/main.rs:6 40",
            "itself::main src/main.rs:9 40",
            "itself::main src/main.rs:10 2"
        ]
    );
    assert!(!ran.stderr.contains("mem-profile:"), "{}", ran.stderr);
}

#[test]
fn a_runtime_for_tests_is_not_used_for_the_program() {
    let main = "fn main() { println!(\"{}\", tested::kept(3)); }\n";
    let library = "#[cfg_attr(any(), mem_profile::mem_profile)]\n\
                   pub fn kept(size: usize) -> usize {\n    let all = vec![0u8; size];\n    \
                   std::mem::forget(all);\n    size\n}\n";
    let test = "#[global_allocator]\nstatic OWN: mem_profile::Alloc = mem_profile::Alloc::new();\n\
                #[test]\nfn small() {\n    \
                mem_profile::assert_budget!(max_peak = \"1 KiB\", { tested::kept(5) });\n}\n";
    let [manifest, lock] = with_runtime("tested", "[dev-dependencies]\nmem-profile");
    let files = [
        (manifest.0, &*manifest.1),
        (lock.0, &*lock.1),
        ("src/main.rs", main),
        ("src/lib.rs", library),
        ("tests/small.rs", test),
    ];
    let project = Project::new("tested", &files);
    let kept = |size| format!("tested::kept src/lib.rs:3 {size}");
    let ran = project.run(&["--lines", "kept"]).ended(0);
    assert_eq!((ran.stdout.as_str(), ran.increments()), ("3\n", vec![kept(3)]));
    // Here the library does not depend on a runtime either, and uses the test's.
    let ran = project.run(&["--lines", "kept", "--test", "small"]).ended(0);
    assert_eq!(ran.increments(), [kept(5)]);
}

/// The variable of the tracer has more values than the option.
#[test]
fn a_variable_can_enable_tracing() {
    let nowhere = Folder::new();
    for value in ["0", "1", "sample"] {
        let mut command = nowhere.command(&["run"]);
        let ran = ran(&command.env("MEM_PROFILE_TRACE", value).output().unwrap());
        assert!(ran.stderr.contains("could not find `Cargo.toml`"), "{value}: {}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_command_as_it_ends_the_program() {
    use std::os::unix::process::ExitStatusExt;
    let main = "fn main() {\n    let text = \"x\".repeat(2);\n    println!(\"{text}\");\n    \
                std::process::abort();\n}\n";
    let project = Project::new("aborts", &[("src/main.rs", main)]);
    let output = project.command(&["-q"]).output().unwrap();
    assert_eq!((output.status.signal(), output.stdout.as_slice()), (Some(6), &b"xx\n"[..]));
}
