//! When a process was started.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Parts of a second in which the system counts for programs, on each architecture.
const TICKS: u64 = 100;

/// When a process was started, by its own `stat` and the system's.
pub(super) fn started_at(process: &Path, system: &Path) -> Option<Duration> {
    let [process, system] = [process, system].map(fs::read_to_string);
    start(&process.ok()?, &system.ok()?)
}

fn start(process: &str, system: &str) -> Option<Duration> {
    // The name of the program, in parentheses, may have blanks and parentheses.
    let (_, fields) = process.rsplit_once(')')?;
    let ticks: u64 = fields.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot = Duration::from_secs(boot.trim().parse().ok()?);
    Some(boot + Duration::from_millis(ticks * (1000 / TICKS)))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn the_start_is_the_boot_and_the_ticks_since() {
        let own = "7 (a) b) (c) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2";
        let system = "cpu  1 2 3\nintr 5\nbtime 1700000000\nprocesses 9\n";
        assert_eq!(start(own, system), Some(Duration::from_millis(1_700_000_000_000 + 123_450)));
        assert_eq!(start("7 (a", system), None);
        assert_eq!(start(own, "cpu 1"), None);
    }

    #[test]
    fn this_test_was_started_a_moment_ago() {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let start = started_at("/proc/self/stat".as_ref(), "/proc/stat".as_ref()).unwrap();
        let ago = (now.as_secs_f64() - start.as_secs_f64()).abs();
        assert!(ago < 600.0, "{ago} s");
    }
}
