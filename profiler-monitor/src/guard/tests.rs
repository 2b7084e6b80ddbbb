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
    let sizes = [499, 500, 520, 549, 550, 604, 605, 600, 499, 500, 400, 510, 510];
    let expected = [(1, 500), (4, 550), (6, 605), (9, 500), (11, 510)];
    let expected = expected.map(|(index, size)| (index, Warning, size));
    assert_eq!(alarms(&mut guard, &sizes), expected);
}

#[test]
fn a_critical_event_takes_the_place_of_a_warning() {
    let mut guard = Guard::new(rules(500, 900), INTERVAL);
    let sizes = [100, 950, 960, 600, 905];
    let expected = [(1, Level::Critical, 950), (4, Level::Critical, 905)];
    assert_eq!(alarms(&mut guard, &sizes), expected);
    assert!(guard.is_critical());
    assert_eq!(alarms(&mut guard, &[899]), []);
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

#[test]
fn growth_is_said_once_the_window_is_full() {
    let window = Duration::from_secs(20 * 60);
    let growth = Some(Growth { per_minute: 3 * MIB, window });
    let mut guard = Guard::new(Rules { growth, ..rules(1 << 20, 1 << 20) }, INTERVAL);
    let mut said = Vec::new();
    // 4 MiB a minute for two hours, from 1 GiB.
    for index in 0..240_u32 {
        let at = INTERVAL * index;
        let resident = (1024 + 2 * u64::from(index)) * MIB;
        if let Some(alarm) = guard.look(&Sample { at, resident, ..Sample::default() }) {
            assert_eq!(alarm.cause, Cause::Growth { per_minute: 4 * MIB, window });
            said.push((at.as_secs() / 60, resident / MIB));
        }
    }
    // After 20 min, and after each further tenth.
    assert_eq!(said, [(20, 1104), (48, 1216), (78, 1338), (112, 1472)]);
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
    assert_eq!(causes(0.0, 9), killed(2));
    assert_eq!(causes(0.0, 9), None);
    // Both at once: the second reason comes with the next sample.
    assert_eq!(causes(50.0, 10), killed(1));
    assert_eq!(causes(50.0, 10), pressure(50.0));
    assert_eq!(causes(50.0, 0), None, "another group");
}
