//! Everything, with names.

use miniserde::Serialize;

use mem_profile_format::report::json_printable;

use crate::data;
use crate::query::group;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::{By, Statistic};
use mem_profile_names::Frame;

#[derive(Serialize)]
struct Report {
    mem_profile_trace_version: u32,
    taken_at_nanoseconds: u64,
    live_bytes: u64,
    peak_bytes: u64,
    overhead_bytes: u64,
    sampled_every_bytes: u64,
    notes: Vec<String>,
    lines: Vec<Group>,
    stacks: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    live_bytes: i64,
    live_blocks: i64,
    peak_bytes: i64,
    peak_blocks: i64,
    allocated_bytes: i64,
    allocated_blocks: i64,
    reallocations: u64,
    temporary: u64,
    leak_score: f64,
    frames: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    function: String,
    file: String,
    line: u32,
    krate: String,
}

pub(super) fn render(snapshot: &Snapshot) -> String {
    let data = snapshot.data();
    let groups = |by| group::statistics(snapshot, by, false).into_iter().map(of_group).collect();
    let report = Report {
        mem_profile_trace_version: data::VERSION,
        taken_at_nanoseconds: data.taken_at,
        live_bytes: data.live_bytes,
        peak_bytes: data.peak_bytes,
        overhead_bytes: data.overhead_bytes,
        sampled_every_bytes: data.mean_bytes,
        notes: snapshot.notes(),
        lines: groups(By::Line),
        stacks: groups(By::Traceback),
    };
    json_printable(&miniserde::json::to_string(&report)) + "\n"
}

fn of_group(statistic: Statistic) -> Group {
    Group {
        leak_score: statistic.leak_score(),
        live_bytes: statistic.size,
        live_blocks: statistic.count,
        peak_bytes: statistic.peak_size,
        peak_blocks: statistic.peak_count,
        allocated_bytes: statistic.allocated_size,
        allocated_blocks: statistic.allocated_count,
        reallocations: statistic.reallocations,
        temporary: statistic.temporary,
        frames: statistic.traceback.into_iter().map(place).collect(),
        name: statistic.name,
    }
}

fn place(frame: Frame) -> Place {
    let Frame { function, file, line, krate, .. } = frame;
    Place { function, file, line, krate }
}
