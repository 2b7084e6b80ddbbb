//! The format of DHAT's viewer: version 2 of its JSON, as Valgrind's `dhat/dh_main.c` describes it.
//!
//! The highest mark takes the place of `t-gmax`. Reads, writes and lifetimes are not measured; the
//! viewer wants lifetimes and the highest mark of each stack beside the figures that we have, so
//! these are zero, and the higher of what we know.

use std::collections::{BTreeMap, HashMap};

use miniserde::Serialize;

use mem_profile_format::report::json_printable;

use super::label::label;
use crate::query::group::outer_end;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::Statistic;

#[derive(Serialize)]
#[expect(non_snake_case, reason = "the format's names")]
struct Profile {
    dhatFileVersion: u32,
    mode: String,
    verb: String,
    bklt: bool,
    bkacc: bool,
    tu: String,
    Mtu: String,
    cmd: String,
    pid: u32,
    te: u64,
    tg: u64,
    tuth: u64,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

/// A stack: bytes and blocks in all, their lifetimes, the most at one time, those at the global
/// maximum, those at the end.
#[derive(Serialize)]
struct Point {
    tb: i64,
    tbk: i64,
    tl: u64,
    mb: i64,
    mbk: i64,
    gb: i64,
    gbk: i64,
    eb: i64,
    ebk: i64,
    fs: Vec<usize>,
}

#[derive(Default)]
struct Frames {
    known: HashMap<String, usize>,
    names: Vec<String>,
}

impl Frames {
    fn index(&mut self, name: String) -> usize {
        let next = self.names.len();
        let index = *self.known.entry(name.clone()).or_insert(next);
        if index == next {
            self.names.push(name);
        }
        index
    }
}

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut frames = Frames::default();
    // The viewer takes the first one as the root of all.
    frames.index("[root]".to_owned());
    let points = points(snapshot, &mut frames);
    let data = snapshot.data();
    let notes = snapshot.notes().into_iter().map(|note| format!("; {note}"));
    let profile = Profile {
        dhatFileVersion: 2,
        mode: format!("mem-profile, without lifetimes{}", notes.collect::<String>()),
        verb: "Allocated".to_owned(),
        bklt: true,
        bkacc: false,
        tu: "events".to_owned(),
        Mtu: "Mevents".to_owned(),
        cmd: data.command.clone(),
        pid: data.process,
        te: 1,
        tg: 0,
        tuth: 0,
        pps: points,
        ftbl: frames.names,
    };
    json_printable(&miniserde::json::to_string(&profile))
}

/// One for every stack: the viewer takes no two of the same names.
fn points(snapshot: &Snapshot, frames: &mut Frames) -> Vec<Point> {
    let mut sums: BTreeMap<Vec<usize>, Statistic> = BTreeMap::new();
    for trace in &snapshot.data().traces {
        let labels = snapshot.shown(trace).map(label);
        let labels = labels.chain(outer_end(trace.reach).map(str::to_owned));
        let stack: Vec<_> = labels.map(|label| frames.index(format!("0x0: {label}"))).collect();
        sums.entry(stack).or_default().add(trace);
    }
    let points = sums.into_iter().map(|(stack, mut sum)| {
        sum.round_blocks();
        Point {
            tb: sum.allocated_size,
            tbk: sum.allocated_count,
            tl: 0,
            mb: sum.peak_size.max(sum.size),
            mbk: sum.peak_count.max(sum.count),
            gb: sum.peak_size,
            gbk: sum.peak_count,
            eb: sum.size,
            ebk: sum.count,
            fs: stack,
        }
    });
    points.collect()
}
