//! The summary above all tables: the peak of the whole process, the lines that held it, and what is left.

use super::escape::printable;
use super::line;
use super::overview::{HeldByLine, HeldLine, Overview};
use super::share::percent;
use super::statement::statement;
use super::style::Style;
use super::top::Selection;
use crate::snapshot::{Backend, Division, ProcessPeak, Snapshot};

/// A smaller rest of the resident set, or one of less than a quarter, needs no explanation.
const LEAST_REST: u64 = 16 << 20;

/// Columns of a statement where none are prescribed.
const USUAL_WIDTH: usize = 100;

/// Columns of a statement in a terminal, however narrow.
const LEAST_WIDTH: usize = 20;

/// Columns of a file's name and its line, which are cut where they do not leave room for the statement.
const LEAST_PLACE: usize = 24;

/// The first line: `peak 16.9 MiB after 1.2 s · 0.5 KiB live at the end · resident 19.8 MiB`. Empty where nothing
/// is known.
#[must_use]
pub fn headline(snapshot: &Snapshot, overview: &Overview, style: &Style) -> String {
    let size = |bytes| style.overview_size(bytes);
    let end = if style.has_ended { "at the end" } else { "when reported" };
    let (peak, live, resident) = (overview.peak, overview.live, overview.resident_peak);
    let untouched = || match overview.untouched() {
        Some(bytes) => format!(", so at least {} of the peak was untouched", size(bytes)),
        None => String::new(),
    };
    let parts = match snapshot.backend {
        Backend::Off => [None, None, None],
        Backend::Heap => [
            peak.map(|peak| format!("peak {}{}", size(peak.bytes), circumstances(&peak, size))),
            live.map(|live| format!("{} live {end}", size(live))),
            resident.map(|resident| format!("resident {}{}", size(resident), untouched())),
        ],
        Backend::Rss => [
            match (resident, peak) {
                // The system's mark also has the moments between two readings.
                (Some(resident), _) => Some(format!("peak {} resident", size(resident))),
                (None, peak) => peak.map(|peak| {
                    format!("peak {} resident{}", size(peak.bytes), circumstances(&peak, size))
                }),
            },
            live.map(|live| format!("{} resident {end}", size(live))),
            None,
        ],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The resident set by its parts in one line, if much of it is neither live blocks, nor files, nor the profiler:
/// `resident set 247.4 MiB at the end: live blocks at most 12.7, …`.
#[must_use]
pub fn resident(snapshot: &Snapshot, style: &Style) -> Option<String> {
    let (set, live) = (snapshot.resident?, snapshot.process_bytes?);
    let Division { live, profiler, files, rest, .. } = set.divided(live);
    if rest < LEAST_REST.max(set.bytes / 4) {
        return None;
    }
    let end = if style.has_ended { "at the end" } else { "when reported" };
    let style = style.comparing_with(set.bytes);
    let figure = |bytes| {
        let size = style.overview_size(bytes);
        size.split_once(' ').map_or(size.clone(), |(number, _)| number.to_owned())
    };
    // A live block may lie on pages that were never touched.
    Some(format!(
        "resident set {} {end}: live blocks at most {}, code and files {}, the profiler itself {}, free and other at \
         least {}",
        style.overview_size(set.bytes),
        figure(live),
        figure(files),
        figure(profiler),
        figure(rest),
    ))
}

/// How exact the peak is, and when it was: ` (within 128.0 KiB) after 1.2 s`.
#[must_use]
pub fn circumstances(peak: &ProcessPeak, size: impl Fn(u64) -> String) -> String {
    let exactness = exactness(peak, size).map_or_else(String::new, |words| format!(" ({words})"));
    exactness + &peak.after.map_or_else(String::new, |after| format!(" after {}", time(after)))
}

/// How exact the peak is: `within 128.0 KiB`, or `at most 144.0 KiB` where it may be off by more than itself; `None`
/// if nothing is missing.
#[must_use]
pub fn exactness(peak: &ProcessPeak, size: impl Fn(u64) -> String) -> Option<String> {
    let ProcessPeak { bytes, uncertainty, .. } = *peak;
    match uncertainty {
        0 => None,
        _ if uncertainty < bytes => Some(format!("within {}", size(uncertainty))),
        _ => Some(format!("at most {}", size(bytes.saturating_add(uncertainty)))),
    }
}

/// Whole numbers throughout, as for sizes.
fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0..ProcessPeak::TICK => "less than 10 ms".to_owned(),
        ProcessPeak::TICK..1_000_000_000 => format!("{} ms", nanoseconds / 1_000_000),
        _ => {
            let tenths = nanoseconds / 100_000_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
    }
}

/// The summary as text, up to the first table.
pub(super) fn text(snapshot: &Snapshot, selection: &Selection, style: &Style) -> String {
    let overview = Overview::of(snapshot);
    let mut lines = vec![headline(snapshot, &overview, style)];
    lines.extend(resident(snapshot, style));
    if let Some((held, peak)) = overview.held.as_ref().zip(overview.peak) {
        lines.push("at the peak, by line:".to_owned());
        lines.extend(held_lines(snapshot, held, peak.bytes, &style.comparing_with(peak.bytes)));
    }
    lines.extend(hint(snapshot, &overview));
    lines.extend(tables(snapshot, &overview, selection));
    lines.retain(|line| !line.is_empty());
    let summary: String = lines.into_iter().map(|line| line + "\n").collect();
    if summary.is_empty() { summary } else { summary + "\n" }
}

/// A row of the list of lines: size, share, and where.
fn held_lines(snapshot: &Snapshot, held: &HeldByLine, peak: u64, style: &Style) -> Vec<String> {
    let others = others(held);
    let first_of_others = others.first().map(|(bytes, _)| *bytes);
    let sizes = held.lines.iter().map(|line| line.bytes).chain(first_of_others);
    let figures: Vec<_> =
        sizes.map(|bytes| (style.overview_size(bytes), percent(bytes, peak))).collect();
    let width = figures.iter().map(|(size, _)| size.len()).max().unwrap_or(0);
    let figures =
        figures.into_iter().map(|(size, share)| format!("  {size:>width$}  {share:>5}  "));
    let mut texts =
        places(snapshot, &held.lines, style.width.map(|all| all.saturating_sub(width + 11)));
    let others = others.iter().enumerate().map(|(place, (bytes, what))| match place {
        0 => what.clone(),
        _ => format!("{} {what}", style.overview_size(*bytes)),
    });
    texts.push(others.collect::<Vec<_>>().join(" · "));
    figures.zip(texts).map(|(figures, text)| figures + &text).collect()
}

/// Where the lines are, and their statements, in these columns.
fn places(snapshot: &Snapshot, lines: &[HeldLine], columns: Option<usize>) -> Vec<String> {
    let most = columns.map_or(usize::MAX, |columns| (columns / 2).max(LEAST_PLACE));
    let place = |line: &HeldLine| line::cut_front(&place(snapshot, line), most);
    let places: Vec<_> = lines.iter().map(place).collect();
    let width = places.iter().map(|place| line::columns(place)).max().unwrap_or(0);
    let room =
        columns.map_or(USUAL_WIDTH, |columns| columns.saturating_sub(width + 2).max(LEAST_WIDTH));
    let text = |(line, place): (&HeldLine, String)| {
        let blanks = " ".repeat(width - line::columns(&place) + 2);
        format!("{place}{blanks}{}", source(snapshot, line, room))
    };
    lines.iter().zip(places).map(text).collect()
}

/// The file and the number of a line.
pub(super) fn place(snapshot: &Snapshot, line: &HeldLine) -> String {
    let file = snapshot.functions.get(line.function).map_or("", |function| &function.file);
    printable(&format!("{file}:{}", line.line))
}

pub(super) fn source(snapshot: &Snapshot, line: &HeldLine, columns: usize) -> String {
    let function = snapshot.functions.get(line.function);
    function.map_or_else(String::new, |function| statement(function.rows_from(line.line), columns))
}

/// The rest of the peak, without parts that are empty.
pub(super) fn others(held: &HeldByLine) -> Vec<(u64, String)> {
    let plural = if held.more_lines == 1 { "" } else { "s" };
    let mut others = vec![
        (held.more, format!("in {} more line{plural}", held.more_lines)),
        (held.outside, "outside of measured functions".to_owned()),
        (held.unattributed, "not attributed to a line".to_owned()),
    ];
    others.retain(|(bytes, _)| *bytes > 0);
    others
}

/// The way to the lines that held the peak, where they were not recorded.
pub(super) fn hint(snapshot: &Snapshot, overview: &Overview) -> Option<String> {
    let is_missing = snapshot.backend == Backend::Heap && snapshot.paths.is_none();
    (is_missing && overview.peak.is_some())
        .then(|| "MEM_PROFILE_LIVE=1 shows the lines that held it".to_owned())
}

/// How many tables are shown; `None` where all are.
pub(super) fn tables(
    snapshot: &Snapshot,
    overview: &Overview,
    selection: &Selection,
) -> Option<String> {
    let (shown, of) = (selection.functions.len(), selection.of);
    if shown == of {
        return None;
    }
    let share = match overview.peak.filter(|_| overview.held.is_some()) {
        Some(peak) => {
            format!(" ({} of the peak)", percent(selection.at_peak(snapshot), peak.bytes))
        }
        None => String::new(),
    };
    Some(format!(
        "tables: {shown} of {of} functions shown{share}; all: MEM_PROFILE_TOP=all, or `cargo mem-profile \
         report --top all`"
    ))
}
