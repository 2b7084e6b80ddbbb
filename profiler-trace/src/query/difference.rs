//! The figures between two snapshots of one process.

use std::collections::HashMap;

use crate::data::{Data, Reach, Trace};
use crate::query::snapshot::Snapshot;
use mem_profile_runtime::internal::Quiet;

/// A thread and its stack, which both snapshots have in common: as addresses, each with its module, of which a later
/// snapshot of the process has the same and more.
type Stack<'a> = (&'a str, Reach, Vec<(u64, Option<u32>)>);

impl Snapshot {
    /// The change of each figure since an older snapshot of this process: allocated bytes are those allocated
    /// meanwhile, and live bytes may be negative. Stacks on which nothing changed are left out. A profile for
    /// `go tool pprof` says how long that took.
    ///
    /// Figures of the peak stay those of this snapshot, since no difference of them has a meaning.
    #[must_use]
    pub fn since(&self, older: &Self) -> Self {
        let _quiet = Quiet::enter();
        let mut before: HashMap<Stack<'_>, &Trace> = HashMap::new();
        for trace in &older.data().traces {
            before.insert(stack(older.data(), trace), trace);
        }
        let changed = self.with_traces(|trace| {
            let mut trace = trace.clone();
            if let Some(old) = before.get(&stack(self.data(), &trace)) {
                trace.allocated_blocks -= old.allocated_blocks;
                trace.allocated_bytes -= old.allocated_bytes;
                trace.live_blocks -= old.live_blocks;
                trace.live_bytes -= old.live_bytes;
                trace.reallocations = trace.reallocations.saturating_sub(old.reallocations);
                trace.temporary = trace.temporary.saturating_sub(old.temporary);
            }
            let figures = [
                trace.allocated_blocks,
                trace.allocated_bytes,
                trace.live_blocks,
                trace.live_bytes,
            ];
            figures.iter().any(|&figure| figure != 0).then_some(trace)
        });
        changed.with_duration(self.taken_at().saturating_sub(older.taken_at()))
    }
}

fn stack<'a>(data: &'a Data, trace: &Trace) -> Stack<'a> {
    let thread = data.threads.get(trace.thread as usize).map_or("", String::as_str);
    let address = |&frame: &u32| {
        data.addresses.get(frame as usize).map_or((0, None), |it| (it.address, it.module))
    };
    (thread, trace.reach, trace.frames.iter().map(address).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Address;

    /// One stack of each address, with live and allocated bytes.
    fn snapshot(stacks: &[(u64, i64, i64)]) -> Snapshot {
        let address = |&(address, ..): &(u64, i64, i64)| Address { address, ..Address::default() };
        let trace = |(index, &(_, live_bytes, allocated_bytes)): (usize, &(u64, i64, i64))| Trace {
            frames: vec![index as u32],
            live_bytes,
            allocated_bytes,
            ..Trace::default()
        };
        Snapshot::of(Data {
            threads: vec!["main".to_owned()],
            addresses: stacks.iter().map(address).collect(),
            traces: stacks.iter().enumerate().map(trace).collect(),
            ..Data::default()
        })
    }

    #[test]
    fn what_changed_meanwhile_is_found_by_addresses() {
        let older = snapshot(&[(0x10, 100, 100), (0x20, 50, 70), (0x30, 9, 9)]);
        // Other indices for the same addresses.
        let newer = snapshot(&[(0x40, 5, 6), (0x20, 20, 90), (0x10, 130, 160), (0x30, 9, 9)]);
        let difference = newer.since(&older);
        let data = difference.data();
        let figures = data.traces.iter().map(|trace| {
            (
                data.addresses[trace.frames[0] as usize].address,
                trace.live_bytes,
                trace.allocated_bytes,
            )
        });
        assert_eq!(figures.collect::<Vec<_>>(), [(0x40, 5, 6), (0x20, -30, 20), (0x10, 30, 60)]);
        assert!(newer.since(&newer).data().traces.is_empty());
    }

    #[test]
    fn a_library_in_the_place_of_another_is_no_change_of_it() {
        let with_modules = |stacks: &[(u64, i64, i64)]| {
            let mut data = snapshot(stacks).data().clone();
            (0..).zip(&mut data.addresses).for_each(|(module, it)| it.module = Some(module));
            Snapshot::of(data)
        };
        let older = with_modules(&[(0x10, 100, 100)]);
        let newer = with_modules(&[(0x10, 100, 100), (0x10, 40, 50)]);
        let traces = newer.since(&older).data().traces.clone();
        let figures = traces.iter().map(|trace| (trace.live_bytes, trace.allocated_bytes));
        assert_eq!(figures.collect::<Vec<_>>(), [(40, 50)]);
    }
}
