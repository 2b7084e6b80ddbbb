//! `run`, with a script in the place of cargo: what it says, and what it passes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::run::{Folder, Ran, ran, wait_for};
use crate::sample;

/// Answers `metadata` truly, "builds" three crates in 1.5 seconds, and notes how it is to run a program.
const CARGO: &str = r#"#!/bin/sh
artifact() {
    echo '{"reason":"compiler-artifact","package_id":"'$1'","manifest_path":"/x","target":{"kind":["lib"],"crate_types":["lib"],"name":"'$1'","src_path":"/x","edition":"2024","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/x/lib'$1'.rlib"],"executable":null,"fresh":false}'
}
case $1 in
metadata) exec "$REAL_CARGO" "$@" ;;
tree) printf 'own v1 (/x)\nmem_profile v1\nsyn v3 (proc-macro)\nsyn v3 (*)\n' ;;
build) artifact syn; artifact mem_profile; sleep 1.5; artifact own ;;
*)
    echo "$*" >arguments
    env | grep ^MEM_PROFILE >variables
    [ -n "$REPORT" ] && cp "$REPORT" "$MEM_PROFILE_RECORDING"
    exit 7
    ;;
esac
"#;

/// A project with a program `app`, and that script.
struct Started(Folder);

impl Started {
    fn new() -> Self {
        let folder = Folder::with("report.json", &sample::leak());
        folder.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[workspace]\n");
        fs::create_dir(folder.path("src")).unwrap();
        folder.write("src/main.rs", "fn main() {}\n");
        let started = Self(folder);
        started.script("cargo", CARGO);
        started.script("xdg-open", "#!/bin/sh\necho \"$1\" >opened\n");
        started
    }

    fn script(&self, name: &str, text: &str) {
        self.0.write(name, text);
        fs::set_permissions(self.0.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.command(&[&["run"], arguments].concat());
        let real = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let path = std::env::var("PATH").unwrap();
        let folder = self.0.path("");
        command.env("PATH", format!("{}:{path}", folder.display()));
        command.env("CARGO", self.0.path("cargo")).env("REAL_CARGO", real);
        command.env_remove("CARGO_TARGET_DIR");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(&self.command(arguments).output().unwrap())
    }

    /// The value of a variable in the program.
    fn variable(&self, name: &str) -> Option<String> {
        let text = self.0.read("variables");
        let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        text.lines().find_map(value)
    }

    fn recording(&self) -> String {
        let folder = fs::canonicalize(self.0.path("")).unwrap();
        folder.join("target/mem-profile/runs/dev-bin-app.mprof").display().to_string()
    }
}

#[test]
fn a_build_of_the_runtime_says_how_far_it_is() {
    const BUILDING: &str = "note: building the runtime, once for this toolchain";
    let started = Started::new();
    let loud = started.run(&[]);
    assert_eq!(loud.code, 7);
    let lines: Vec<_> = loud.stderr.lines().collect();
    let [progress, hint] = lines[..] else { panic!("{lines:?}") };
    // Without the number, the script was late.
    let says = [BUILDING.to_owned(), BUILDING.to_owned() + ": 2 of 3"];
    assert!(says.iter().any(|it| it == progress), "{progress}");
    let mut runs = (0..20).map(|_| Started::new().run(&[]).stderr);
    assert!(progress == says[1] || runs.any(|it| it.starts_with(&says[1])), "{lines:?}");
    assert!(hint.starts_with("note: every function of the workspace is measured"), "{hint}");
    assert!(hint.contains("`--lines "), "{hint}");
    let quiet = started.run(&["--quiet"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (7, ""));
    assert!(started.0.read("arguments").contains(" --quiet"));
}

#[test]
fn the_program_gets_the_settings_of_the_options() {
    let started = Started::new();
    started.run(&["--top", "5", "--timeline"]);
    let variables = ["TOP", "TIMELINE", "RECORDING", "OUTPUT", "FORMAT"]
        .map(|name| started.variable(&format!("MEM_PROFILE_{name}")));
    let [top, timeline, recording, output, format] = variables.each_ref().map(Option::as_deref);
    assert_eq!((top, timeline), (Some("5"), Some("on")));
    assert_eq!((recording, output, format), (Some(&*started.recording()), None, None));

    started.run(&["--top=all", "--output", "own.mprof"]);
    assert_eq!(started.variable("MEM_PROFILE_TOP").as_deref(), Some("all"));
    assert_eq!(started.variable("MEM_PROFILE_RECORDING"), None, "it has one");
    for wrong in ["0", "-1", "some"] {
        let refused = started.run(&[&format!("--top={wrong}")]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("a number from 1 up, or `all`"), "{}", refused.stderr);
    }
}

#[test]
fn the_page_is_opened_when_the_program_has_ended() {
    let started = Started::new();
    let with_report = |arguments: &[&str]| {
        let mut command = started.command(arguments);
        ran(&command.env("REPORT", started.0.path("report.json")).output().unwrap())
    };
    let ran = with_report(&["--open", "--quiet"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert_eq!(started.variable("MEM_PROFILE_FORMAT").as_deref(), Some("none"));
    let page = started.recording().replace(".mprof", ".html");
    assert_eq!(ran.stderr, format!("wrote: {page}\n"));
    assert!(fs::read_to_string(&page).unwrap().starts_with("<!doctype html>"));
    wait_for(|| fs::read_to_string(started.0.path("opened")).is_ok_and(|it| it.ends_with('\n')));
    assert_eq!(started.0.read("opened"), page.clone() + "\n");

    // A program that calls no measured function leaves the recording of the run before it.
    fs::remove_file(&page).unwrap();
    let ran = started.run(&["--open", "--quiet"]);
    assert_eq!((ran.code, ran.stderr.as_str(), Path::new(&page).exists()), (7, "", false));
    let refused = started.run(&["--open", "--output", "%p.mprof"]);
    assert_eq!(refused.code, 125);
    assert!(refused.stderr.ends_with("error: --open needs a recording without `%` in its name\n"));
}

#[test]
fn a_report_without_a_name_is_of_the_newest_recording() {
    let started = Started::new();
    let report = |folder: &Folder| {
        ran(&folder.command(&["report", "--function", "parse"]).output().unwrap())
    };
    let none = report(&started.0);
    assert_eq!(none.code, 125);
    assert!(none.stderr.starts_with("error: there is no recording of this project: make one"));
    let mut command = started.command(&["--quiet"]);
    command.env("REPORT", started.0.path("report.json")).output().unwrap();
    let shown = report(&started.0);
    let note = "note: showing the newest recording, target/mem-profile/runs/dev-bin-app.mprof\n";
    assert_eq!((shown.code, shown.stderr.as_str()), (0, note));
    assert_eq!(shown.stdout.matches("Function: text::parse").count(), 1);
    let outside = report(&Folder::new());
    assert_eq!(
        outside.stderr,
        "error: no recording is named, and this folder is not in a project\n"
    );
}

/// Measuring keeps small functions from being inlined, even while it is switched off.
#[test]
fn a_program_that_is_not_measured_is_built_as_it_is() {
    let started = Started::new();
    let off = |arguments: &[&str]| {
        ran(&started.command(arguments).env("MEM_PROFILE", "off").output().unwrap())
    };
    let ran = off(&["--release", "--timeline", "--", "--lines"]);
    let note = "note: MEM_PROFILE=off: the program is built and run unchanged\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (7, note));
    assert_eq!(started.0.read("arguments"), "run --release -- --lines\n");
    assert_eq!(started.0.read("variables"), "MEM_PROFILE=off\n");
    assert_eq!(off(&["--quiet"]).stderr, "");
    // The tracer is another instrument.
    off(&["--trace"]);
    assert_eq!(started.variable("MEM_PROFILE_TRACE").as_deref(), Some("1"));
}
