//! The figures of one moment as a record of fixed size.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bytes::{Eye, Pen, WORD, checksum};
use crate::limit::{Limit, LimitKind};
use crate::sample::{Group, GroupEvents, Sample};

/// A sample, and when it was by the clock on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moment {
    /// Nanoseconds since 1970.
    pub(super) wall: u64,
    pub(super) sample: Sample,
}

/// Words of a moment.
pub(super) const WORDS: usize = 18;
/// Bytes of a point of the curve: its number, a moment, and a checksum.
pub(super) const POINT: usize = (WORDS + 2) * WORD;

/// Nanoseconds since 1970.
pub(super) fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    nanoseconds(since)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const KINDS: [LimitKind; 4] =
    [LimitKind::GroupMax, LimitKind::GroupHigh, LimitKind::AddressSpace, LimitKind::Physical];

impl Moment {
    pub(super) fn now(sample: &Sample) -> Self {
        Self { wall: wall_clock(), sample: *sample }
    }

    pub(super) fn write(&self, pen: &mut Pen<'_>) {
        let Self { wall, sample } = self;
        let kind = |limit: Limit| KINDS.iter().position(|&kind| kind == limit.kind);
        let group = sample.group;
        pen.word(nanoseconds(sample.at));
        pen.word(*wall);
        pen.word(sample.resident);
        pen.word(sample.address_space);
        pen.optional(sample.live);
        pen.optional(sample.files);
        pen.optional(sample.profiler);
        pen.optional(sample.limit.map(|limit| limit.bytes));
        pen.optional(sample.limit.and_then(kind).map(|kind| kind as u64));
        pen.optional(group.map(|group| group.current));
        pen.optional(group.map(|group| group.working_set));
        pen.optional(group.and_then(|group| group.peak));
        write_events(&group.unwrap_or_default().events, pen);
        let pressure = group.and_then(|group| group.pressure);
        pen.optional(pressure.map(|pressure| pressure.to_bits().into()));
        // Zero is none.
        let around = group.and_then(|group| group.oom_kill_around);
        pen.word(around.map_or(0, |count| count.saturating_add(1)));
    }

    pub(super) fn read(eye: &mut Eye<'_>) -> Option<Self> {
        let at = Duration::from_nanos(eye.word()?);
        let wall = eye.word()?;
        let (resident, address_space, live) = (eye.word()?, eye.word()?, eye.optional()?);
        let (files, profiler) = (eye.optional()?, eye.optional()?);
        let (bytes, kind) = (eye.optional()?, eye.optional()?);
        let kind = kind.and_then(|kind| KINDS.get(usize::try_from(kind).ok()?));
        let limit = bytes.zip(kind).map(|(bytes, &kind)| Limit { bytes, kind });
        let (current, working_set, peak) = (eye.optional()?, eye.optional()?, eye.optional()?);
        let events = read_events(eye)?;
        let pressure = eye.optional()?.map(|bits| f32::from_bits(bits as u32));
        let pressure = pressure.filter(|pressure| (0.0..=100.0).contains(pressure));
        let oom_kill_around = eye.word()?.checked_sub(1);
        let group = current.zip(working_set);
        let group = group.map(|(current, working_set)| Group {
            current,
            working_set,
            peak,
            events,
            oom_kill_around,
            pressure,
        });
        let sample = Sample { at, resident, files, profiler, address_space, live, limit, group };
        Some(Self { wall, sample })
    }

    /// A point of the curve, with its number.
    pub(super) fn point(&self, number: u64) -> [u8; POINT] {
        let mut point = [0; POINT];
        let mut pen = Pen::new(&mut point);
        pen.word(number);
        self.write(&mut pen);
        let sum = checksum(&point[..POINT - WORD]);
        point[POINT - WORD..].copy_from_slice(&sum.to_le_bytes());
        point
    }

    /// The point and its number, if it is whole.
    pub(super) fn from_point(point: &[u8]) -> Option<(u64, Self)> {
        let (content, sum) = point.split_at_checked(POINT - WORD)?;
        let (mut eye, sum) = (Eye(content), Eye(sum).word()?);
        let number = eye.word()?;
        // A file begins with zeroes.
        let is_whole = number != 0 && sum == checksum(content);
        Self::read(&mut eye).filter(|_| is_whole).map(|moment| (number, moment))
    }
}

pub(super) fn write_events(events: &GroupEvents, pen: &mut Pen<'_>) {
    let GroupEvents { high, oom, oom_kill, oom_group_kill } = *events;
    [high, oom, oom_kill, oom_group_kill].into_iter().for_each(|count| pen.word(count));
}

pub(super) fn read_events(eye: &mut Eye<'_>) -> Option<GroupEvents> {
    let (high, oom) = (eye.word()?, eye.word()?);
    Some(GroupEvents { high, oom, oom_kill: eye.word()?, oom_group_kill: eye.word()? })
}
