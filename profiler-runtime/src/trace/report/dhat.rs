//! What DHAT's viewer reads: version 2 of its JSON, as Valgrind's `dhat/dh_main.c` describes it.
//!
//! Times, reads and writes are not measured. The highest mark takes the place of `t-gmax`.

use std::collections::HashMap;

use miniserde::Serialize;

use super::label;
use crate::trace::counters::ONE_BLOCK;
use crate::trace::snapshot::Snapshot;

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
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

/// A program point: total bytes and blocks, those at the global maximum, those at the end.
#[derive(Serialize)]
struct Point {
    tb: i64,
    tbk: i64,
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
    let mut points = Vec::new();
    for trace in &snapshot.data().traces {
        let mut shown: Vec<_> = snapshot
            .shown(trace)
            .map(|frame| frames.index(format!("0x0: {}", label(frame))))
            .collect();
        if shown.is_empty() {
            shown.push(frames.index("0x0: [no stack]".to_owned()));
        }
        points.push(Point {
            tb: trace.allocated_bytes,
            tbk: trace.allocated_blocks / ONE_BLOCK,
            gb: trace.peak_bytes,
            gbk: trace.peak_blocks / ONE_BLOCK,
            eb: trace.live_bytes,
            ebk: trace.live_blocks / ONE_BLOCK,
            fs: shown,
        });
    }
    let profile = Profile {
        dhatFileVersion: 2,
        mode: "rust-heap".to_owned(),
        verb: "Allocated".to_owned(),
        bklt: false,
        bkacc: false,
        tu: "events".to_owned(),
        Mtu: "Mevents".to_owned(),
        cmd: std::env::args_os()
            .map(|part| part.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" "),
        pid: std::process::id(),
        te: 1,
        tg: 0,
        pps: points,
        ftbl: frames.names,
    };
    miniserde::json::to_string(&profile)
}
