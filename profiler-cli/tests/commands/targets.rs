//! Results are written to pipes, devices and links, which are never replaced.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::process::{Command, Stdio};
use std::thread;

use crate::run::{COMMAND, Folder, Ran, ran};
use crate::sample;

fn folder() -> Folder {
    Folder::with("run.json", &sample::leak())
}

/// The report as CSV.
fn expected(folder: &Folder) -> String {
    folder.run(&["report", "run.json", "--format", "csv"]).stdout
}

fn report_to(folder: &Folder, output: &str) -> Command {
    folder.command(&["report", "run.json", "--format", "csv", "--output", output])
}

/// A shell script in which `$0` is the command.
fn shell(folder: &Folder, script: &str) -> Ran {
    let mut command = Command::new("bash");
    command.args(["-c", script, COMMAND]).current_dir(folder.path("")).stdin(Stdio::null());
    command.env_remove("MEM_PROFILE_OUTPUT");
    ran(&command.output().unwrap())
}

#[test]
fn a_pipe_is_written_into_and_stays_one() {
    let folder = folder();
    let path = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    for _ in 0..2 {
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        let ended = ran(&report_to(&folder, "pipe").output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, "wrote: pipe\n"));
        assert_eq!(reader.join().unwrap(), expected(&folder));
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
    }
}

#[test]
fn standard_output_by_its_path_is_standard_output() {
    let folder = folder();
    for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let in_pipe = ran(&report_to(&folder, path).output().unwrap());
        assert_eq!((in_pipe.code, &in_pipe.stdout), (0, &expected(&folder)), "{path}");

        let mut file = File::create(folder.path("all.txt")).unwrap();
        file.write_all(b"first\n").unwrap();
        assert!(report_to(&folder, path).stdout(file).status().unwrap().success());
        assert_eq!(folder.read("all.txt"), format!("first\n{}", expected(&folder)), "{path}");
    }
}

#[test]
fn a_shell_may_take_the_result_by_a_descriptor() {
    let folder = folder();
    let report = r#""$0" report run.json --format csv --output"#;
    // The shell does not wait for `>(…)`.
    let ended = shell(&folder, &format!("{report} >(cat > copy.csv; echo done) | cat"));
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "done\n"), "{}", ended.stderr);
    assert_eq!(folder.read("copy.csv"), expected(&folder));

    let ended = shell(&folder, &format!("exec 3>all.csv; echo first >&3; {report} /dev/fd/3"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(folder.read("all.csv"), format!("first\n{}", expected(&folder)));

    // A reader that closes the pipe early is no error.
    let ended = shell(&folder, &format!("{report} >(true); echo $?"));
    assert_eq!(ended.stdout, "0\n", "{}", ended.stderr);
}

#[test]
fn devices_and_links_stay_what_they_are() {
    let folder = folder();
    folder.write("target.csv", "something else, and longer than the result is".repeat(99).as_str());
    symlink("target.csv", folder.path("link.csv")).unwrap();
    let inode = || fs::metadata(folder.path("target.csv")).unwrap().ino();
    let before = inode();
    assert_eq!(ran(&report_to(&folder, "link.csv").output().unwrap()).code, 0);
    assert!(fs::symlink_metadata(folder.path("link.csv")).unwrap().is_symlink());
    assert_eq!((inode(), folder.read("target.csv")), (before, expected(&folder)));

    // Only root can create devices.
    let device = folder.path("null");
    let made =
        Command::new("mknod").arg(&device).args(["c", "1", "3"]).stderr(Stdio::null()).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(ran(&report_to(&folder, "null").output().unwrap()).code, 0);
        // Samples do not replace it, and a run without samples does not remove it.
        let exec = |program| folder.run(&["exec", "--output", "null", program]);
        assert_eq!((exec("true").code, exec("./missing").code), (0, 127));
        assert!(fs::metadata(&device).unwrap().file_type().is_char_device());
    }
    let full = ran(&report_to(&folder, "/dev/full").output().unwrap());
    let line = "error: cannot write /dev/full: No space left on device (os error 28)\n";
    assert_eq!((full.code, full.stderr.as_str()), (125, line));
}

#[test]
fn samples_go_through_a_pipe() {
    let folder = Folder::new();
    let ended = folder.run(&["exec", "--output", "/dev/stdout", "sleep", "0.1"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("CMDLINE sleep 0.1\nMEM "), "{}", ended.stdout);
}
