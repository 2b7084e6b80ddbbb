//! Tests of which processes are sampled, when sampling ends, and the effect of a panic.

use super::*;

const FAST: Duration = Duration::from_millis(1);
const FOREVER: Duration = Duration::from_secs(3600);

#[test]
fn the_closure_runs_once_here_and_its_value_is_returned() {
    let mut runs = 0;
    let caller = thread::current().id();
    let usage = memory_usage(FOREVER, || {
        runs += 1;
        thread::current().id()
    });
    assert_eq!(usage.value, caller);
    assert_eq!(runs, 1);
    assert_eq!(usage.samples.len(), 2);
}

#[test]
fn a_panic_goes_on_without_waiting_for_the_interval() {
    let start = Instant::now();
    let result = std::panic::catch_unwind(|| memory_usage(FOREVER, || panic!("expected")));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&"expected"));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn samples_are_ordered_and_reach_what_is_touched() {
    const SIZE: usize = 64 << 20;
    let usage = memory_usage(FAST, || {
        let block = std::hint::black_box(vec![1_u8; SIZE]);
        thread::sleep(20 * FAST);
        block
    });
    assert!(usage.max >= usage.value.len() as u64);
    assert!(usage.samples.len() > 2);
    assert!(usage.samples.is_sorted_by_key(|sample| sample.elapsed));
}

#[test]
fn a_timeout_ends_the_sampling_but_not_the_closure() {
    let options = MemoryUsageOptions::new().interval(FAST).timeout(Some(Duration::ZERO));
    let usage = options.run(|| thread::sleep(20 * FAST));
    assert_eq!(usage.samples.len(), 2);
    assert!(options.watch(process::id()).unwrap().samples.len() == 1);
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use std::process::Command;

    #[test]
    fn children_count_when_asked_for() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let options = MemoryUsageOptions::new().include_children(true);
        let family = Sampler::new(&options, process::id());
        assert!(process::children_of(process::id()).unwrap().contains(&child.id()));
        let child_bytes = process::rss_of(child.id()).unwrap();
        assert!(family.sample().unwrap().bytes > child_bytes);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_is_watched_until_it_ends_even_if_nobody_waits_for_it() {
        let mut child = Command::new("sleep").arg("0.05").spawn().unwrap();
        let usage = MemoryUsageOptions::new().interval(FAST).watch(child.id()).unwrap();
        assert!(usage.max > 0 && !usage.samples.is_empty());
        child.wait().unwrap();
    }

    #[test]
    fn a_missing_process_is_an_error() {
        let error = MemoryUsageOptions::new().watch(u32::MAX).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
