//! For people: the lines that matter.

use mem_profile_format::report::{printable, printable_line};

use crate::data::Trace;
use crate::query::group;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::{By, Statistic, size};

pub(super) fn render(snapshot: &Snapshot, count: usize) -> String {
    let is_listed = |trace: &&Trace| {
        snapshot.lists_start_up() || !group::is_around_main(snapshot.symbols(), trace)
    };
    let (listed, left_out): (Vec<_>, Vec<_>) = snapshot.data().traces.iter().partition(is_listed);
    let lines = group::statistics_of(snapshot, listed, By::Line, false);
    let (live, peak) = snapshot.traced_memory();
    let shown = |bytes: u64| size(i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut text = format!(
        "mem-profile trace: {} alive, {} at the peak, {} for the tables\n",
        shown(live),
        shown(peak),
        shown(snapshot.data().overhead_bytes),
    );
    for note in snapshot.notes() {
        text.push_str(&format!("note: {}\n", printable(&note)));
    }
    let bytes: i64 = left_out.iter().map(|trace| trace.live_bytes).sum();
    if bytes > 0 {
        text.push_str(&format!(
            "note: {} that the standard library holds since before `main` are not listed; \
             MEM_PROFILE_TRACE=all or `Snapshot::with_start_up` lists them\n",
            size(bytes),
        ));
    }
    let mut section = |title: &str, figure: &dyn Fn(&Statistic) -> i64, line: &Line| {
        let mut chosen: Vec<_> = lines.iter().filter(|one| figure(one) > 0).collect();
        chosen.sort_by_key(|one| std::cmp::Reverse(figure(one)));
        if !chosen.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        for statistic in chosen.into_iter().take(count) {
            text.push_str(&format!("  {}\n", line(statistic)));
        }
    };
    section("Alive, by line", &|one| one.size, &|one| {
        format!("{one}, leak score={:.2}", one.leak_score())
    });
    section("At the peak, by line", &|one| one.peak_size, &|one| {
        let name = printable_line(&one.name);
        format!("{name}: size={}, count={}", size(one.peak_size), one.peak_count)
    });
    section("Freed at once, by line", &|one| one.temporary as i64, &|one| {
        let name = printable_line(&one.name);
        format!("{name}: {} of {} allocations", one.temporary, one.allocated_count)
    });
    section("Reallocated, by line", &|one| one.reallocations as i64, &|one| {
        let name = printable_line(&one.name);
        format!("{name}: {} times, {} in all", one.reallocations, size(one.allocated_size))
    });
    text
}

type Line = dyn Fn(&Statistic) -> String;
