//! The legend of a plot.

use mem_profile_format::report::{self, Unit};

use super::elements::{Curve, Entry, Run, Sign};
use super::palette::Style;
use super::rows::{self, FUNCTIONS, Functions};
use crate::timeline::Timeline;
use crate::view::words::end_of;

/// Longest name, in columns.
const NAME: usize = 40;

/// An entry for each curve with a style of its own. A single one without a slope needs none.
pub(super) fn curves(curves: &[Curve], with_slope: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (others, own): (Vec<_>, Vec<_>) =
        curves.iter().partition(|curve| curve.style == Style::Other);
    if curves.len() > 1 || own.iter().any(|curve| curve.trend.is_some()) {
        for Curve { name, style, peak, trend, .. } in own {
            let peak = Unit::Auto.format((*peak).into(), 1);
            let slope = trend.as_ref().map_or_else(String::new, |trend| slope(trend.slope));
            let text = format!("peak {peak}{slope}");
            entries.push(Entry { sign: Sign::Curve(*style), name: name.clone(), text });
        }
    }
    if let Some(highest) = others.iter().map(|curve| curve.peak).max() {
        let (noun, each) = if others.len() == 1 { ("process", "") } else { ("processes", "each ") };
        let highest = Unit::Auto.format(highest.into(), 1);
        let name = format!("and {} more {noun}", others.len());
        let text = format!("{each}at most {highest}");
        entries.push(Entry { sign: Sign::Curve(Style::Other), name, text });
    }
    let short = curves.iter().filter(|curve| curve.trend.is_none()).count();
    entries.extend((with_slope && short > 0).then(|| remark(without_slope(short))));
    entries
}

fn remark(text: String) -> Entry {
    Entry { sign: Sign::Nothing, name: String::new(), text }
}

fn without_slope(count: usize) -> String {
    let of = match count {
        1 => "1 curve".to_owned(),
        _ => format!("{count} curves"),
    };
    format!("no slope for {of} with less than 10 samples or 1 s")
}

/// `, slope +1.2 KiB/s`
fn slope(slope: f64) -> String {
    let rounded = slope.round() as i64;
    let sign = if rounded > 0 { "+" } else { "" };
    format!(", slope {sign}{}/s", Unit::Auto.format(rounded.into(), 1))
}

/// An entry for each function with a colour, or a remark on those that have no row.
pub(super) fn functions(functions: &Functions, with_colors: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let more = functions.more();
    if with_colors {
        for function in functions.all.iter().take(FUNCTIONS) {
            let (label, style) = functions.label(&function.name);
            let (name, text) = (end_of(label, NAME), rows::often(function));
            entries.push(Entry { sign: Sign::Bar(style), name, text });
        }
    }
    let noun = if more == 1 { "function" } else { "functions" };
    entries.extend((more > 0).then(|| match with_colors {
        true => Entry {
            sign: Sign::Bar(Style::Other),
            name: String::new(),
            text: format!("and {more} more {noun}"),
        },
        false => remark(format!("and {more} more {noun}, which ran shorter")),
    }));
    entries
}

/// The remark on levels that share a row.
pub(super) fn levels(levels: usize, rows: usize) -> Option<Entry> {
    (levels > rows).then(|| remark(format!("{levels} threads and levels in {rows} rows")))
}

/// The name of a process: of its program, and of its file if there are several runs. Empty for the only
/// process of the only run.
pub(super) fn process_name(
    child: Option<String>,
    timeline: &Timeline,
    run: &Run,
    runs: usize,
) -> String {
    let of_run = report::printable_line(&run.name);
    let name = match (child, runs) {
        (Some(child), 1) => report::printable_line(&child),
        (Some(child), _) => {
            format!("{}: {}", end_of(&of_run, NAME / 2), report::printable_line(&child))
        }
        (None, 1) if timeline.children.is_empty() => String::new(),
        (None, 1) => program(timeline),
        (None, _) => of_run,
    };
    end_of(&name, NAME)
}

fn program(timeline: &Timeline) -> String {
    let command = timeline.command.as_deref().unwrap_or_default();
    let words = shlex::split(command).unwrap_or_default();
    let name = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let name = report::printable_line(name);
    if name.is_empty() { "the program".into() } else { format!("{name} (the program)") }
}
