//! When a process was started.

use std::fs;
use std::time::Duration;

/// Parts of a second in which the system counts for programs, on each architecture.
const TICKS: u64 = 100;

/// When this process was started, since 1970, to a hundredth of a second.
#[must_use]
pub fn started_at() -> Option<Duration> {
    let (own, system) = (fs::read_to_string("/proc/self/stat"), fs::read_to_string("/proc/stat"));
    start(&own.ok()?, &system.ok()?)
}

fn start(own: &str, system: &str) -> Option<Duration> {
    // The name of the program, in parentheses, may have blanks and parentheses.
    let (_, fields) = own.rsplit_once(')')?;
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
        let ago = (now.as_secs_f64() - started_at().unwrap().as_secs_f64()).abs();
        assert!(ago < 600.0, "{ago} s");
    }
}
