use super::*;
use crate::limit::{Limit, LimitKind};
use crate::sample::{Group, GroupEvents};

const MIB: u64 = 1 << 20;
const INTERVAL: Duration = Duration::from_secs(30);

fn rules(warn_above: u64, critical_above: u64) -> Rules {
    Rules {
        warn_above: Some(Threshold::Bytes(warn_above * MIB)),
        critical_above: Some(Threshold::Bytes(critical_above * MIB)),
        growth: None,
    }
}

/// Alarms by the indices of the samples that raised them.
fn alarms(guard: &mut Guard, sizes: &[u64]) -> Vec<(usize, Level, u64)> {
    let look = |(index, &size): (usize, &u64)| {
        let at = INTERVAL * index as u32;
        let alarm = guard.look(&Sample { at, resident: size * MIB, ..Sample::default() })?;
        let Cause::Above { used, .. } = alarm.cause else { panic!("{alarm:?}") };
        assert_eq!((alarm.sample.at, used), (at, size * MIB));
        Some((index, alarm.level, size))
    };
    sizes.iter().enumerate().filter_map(look).collect()
}

#[test]
fn a_warning_comes_again_after_a_further_tenth_or_a_fall() {
    use Level::Warning;
    let mut guard = Guard::new(rules(500, 10_000), INTERVAL);
    let sizes = [499, 500, 520, 549, 550, 604, 605, 600, 499, 500, 450, 500, 449, 510, 510];
    let expected = [(1, 500), (4, 550), (6, 605), (13, 510)];
    let expected = expected.map(|(index, size)| (index, Warning, size));
    assert_eq!(alarms(&mut guard, &sizes), expected);
}

/// A day around both thresholds: up and down by 2 % from one sample to the next.
#[test]
fn memory_that_hovers_at_a_threshold_is_said_once() {
    let mut guard = Guard::new(rules(500, 950), INTERVAL);
    let around =
        |size: u64| (0..1440).map(move |index| if index % 2 == 0 { size } else { size * 98 / 100 });
    let sizes: Vec<u64> = around(505).chain(around(955)).collect();
    let expected = [(0, Level::Warning, 505), (1440, Level::Critical, 955)];
    assert_eq!(alarms(&mut guard, &sizes), expected);
    assert!(guard.is_critical());
}

#[test]
fn a_critical_event_takes_the_place_of_a_warning() {
    let mut guard = Guard::new(rules(500, 900), INTERVAL);
    let sizes = [100, 950, 960, 600, 905];
    let expected = [(1, Level::Critical, 950), (4, Level::Critical, 905)];
    assert_eq!(alarms(&mut guard, &sizes), expected);
    assert!(guard.is_critical());
    assert_eq!(alarms(&mut guard, &[810]), []);
    assert!(guard.is_critical());
    assert_eq!(alarms(&mut guard, &[809]), []);
    assert!(!guard.is_critical());
}

#[test]
fn without_other_rules_the_limit_decides() {
    let mut guard = Guard::new(Rules::default(), INTERVAL);
    let mut level = |used: u64| {
        let limit = Some(Limit { bytes: 1000 * MIB, kind: LimitKind::GroupMax });
        let group = Some(Group { working_set: used * MIB, ..Group::default() });
        guard.look(&Sample { limit, group, ..Sample::default() }).map(|alarm| alarm.level)
    };
    let expected = [None, Some(Level::Warning), None, Some(Level::Critical)];
    assert_eq!([799, 800, 850, 950].map(&mut level), expected);
    assert_eq!(guard.look(&Sample { resident: u64::MAX, ..Sample::default() }), None);
}

/// Alarms by the minute, for a resident set in MiB by the number of the sample.
fn growth(per_minute: u64, samples: u32, resident: impl Fn(u64) -> u64) -> Vec<(u64, Cause)> {
    let growth =
        Some(Growth { per_minute: per_minute * MIB, window: Duration::from_secs(20 * 60) });
    let mut guard = Guard::new(Rules { growth, ..rules(1 << 20, 1 << 20) }, INTERVAL);
    let look = |index| {
        let (at, resident) = (INTERVAL * index, resident(index.into()) * MIB);
        let alarm = guard.look(&Sample { at, resident, ..Sample::default() })?;
        Some((at.as_secs() / 60, alarm.cause))
    };
    (0..samples).filter_map(look).collect()
}

#[test]
fn growth_is_said_once_the_window_is_full() {
    // 4 MiB a minute for two hours, from 1 GiB: after 20 min, and after each further tenth.
    let said = growth(3, 240, |index| 1024 + 2 * index);
    let cause = Cause::Growth { per_minute: 4 * MIB, window: Duration::from_secs(20 * 60) };
    assert_eq!(said, [20, 48, 78, 112].map(|minute| (minute, cause)));
}

/// 4 MiB a minute for half an hour, 70 min of nothing, and the same growth again. The slope of the window is 3.11 after 28
/// of its 40 steps, and 2.99 after 27.
#[test]
fn a_plateau_after_growth_is_not_said() {
    let said = growth(3, 260, |index| 1024 + 2 * (index.min(60) + index.saturating_sub(200)));
    let said = said.iter().map(|&(minute, cause)| match cause {
        Cause::Growth { per_minute, .. } => (minute, per_minute * 100 / MIB),
        _ => panic!("{cause:?}"),
    });
    assert_eq!(said.collect::<Vec<_>>(), [(20, 400), (114, 311)]);
}

#[test]
fn a_sawtooth_is_no_growth() {
    assert_eq!(growth(1, 1000, |index| 100 + 10 * (index % 10)), []);
}

#[test]
fn pressure_and_kills_are_said_once() {
    let mut guard = Guard::new(Rules::default(), INTERVAL);
    let mut causes = |pressure: f32, oom_kill: u64| {
        let events = GroupEvents { oom_kill, ..GroupEvents::default() };
        let group = Some(Group { pressure: Some(pressure), events, ..Group::default() });
        guard.look(&Sample { group, ..Sample::default() }).map(|alarm| (alarm.level, alarm.cause))
    };
    let pressure = |percent| Some((Level::Warning, Cause::Pressure { percent }));
    let killed = |processes| Some((Level::Critical, Cause::Killed { processes }));
    assert_eq!(causes(0.0, 7), None, "processes that were ended before the first sample");
    assert_eq!(causes(19.9, 7), None);
    assert_eq!(causes(20.0, 7), pressure(20.0));
    assert_eq!(causes(60.0, 7), None);
    // It wavers.
    assert_eq!(causes(10.0, 7), None);
    assert_eq!(causes(20.0, 7), None);
    assert_eq!(causes(9.9, 7), None);
    assert_eq!(causes(20.0, 7), pressure(20.0));
    assert_eq!(causes(0.0, 9), killed(2));
    assert_eq!(causes(0.0, 9), None);
    // Both at once: the second reason comes with the next sample.
    assert_eq!(causes(50.0, 10), killed(1));
    assert_eq!(causes(50.0, 10), pressure(50.0));
    assert_eq!(causes(50.0, 0), None, "another group");
}
