//! The layout of a flame graph.

use std::fmt::Write;

use super::super::escape::markup;
use super::{FlameGraph, Frame, FrameKind};

/// Without a script, which fits the picture to its window.
const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 12.0;
const ROW: f64 = 20.0;
/// Of a letter of the monospaced font.
const LETTER: f64 = 7.25;
/// Title, first note, and two rows of the search.
const HEADER: f64 = 112.0;
const NOTE: f64 = 18.0;

/// Frames below this share of the total are left out: one in ten thousand.
const SMALLEST: u64 = 10_000;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A frame with its place.
struct Placed<'a> {
    frame: &'a Frame,
    below: usize,
    level: usize,
    /// The amounts left of it.
    start: u64,
    amount: u64,
}

impl FlameGraph {
    /// A picture in SVG, which can be searched and zoomed in a browser.
    #[must_use]
    pub fn svg(&self) -> String {
        render(self)
    }
}

fn render(graph: &FlameGraph) -> String {
    let amounts = graph.amounts();
    let total = amounts[FlameGraph::ROOT];
    let (placed, omitted) = placed(graph, &amounts);
    let mut notes = graph.notes.clone();
    if omitted > 0 {
        let frames = if omitted == 1 {
            "frame of less than 0.01 % is"
        } else {
            "frames of less than 0.01 % are"
        };
        notes.push(format!("{omitted} {frames} not drawn"));
    }
    let levels = placed.iter().map(|it| it.level + 1).max().unwrap_or(1);
    let top = HEADER + NOTE * notes.len() as f64;
    let height = top + ROW * levels as f64 + MARGIN;
    let title = format!("{}: {}", graph.title, graph.shown(total));
    let mut svg = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
         width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         data-total=\"{total}\" data-size=\"{}\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
        graph.is_size,
    );
    caption(&mut svg, "title", 30.0, &title);
    let whole = format!("{} in all; callers are below, lines above", graph.whole(total));
    for (at, note) in [whole].iter().chain(&notes).enumerate() {
        caption(&mut svg, "note", 50.0 + NOTE * at as f64, note);
    }
    let toolbar = top - 54.0;
    let _ = write!(svg, "<g id=\"frames\" data-toolbar=\"{toolbar}\">");
    for it in &placed {
        let y = top + ROW * (levels - 1 - it.level) as f64;
        push_frame(&mut svg, graph, it, total, y);
    }
    let _ = write!(svg, "\n</g>\n<script><![CDATA[{SCRIPT}]]></script>\n</svg>\n");
    svg
}

fn caption(svg: &mut String, class: &str, y: f64, text: &str) {
    let text = markup(text);
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{text}</text>");
}

/// The frames that are wide enough, each behind the one below it, widest first; and how many are not.
fn placed<'a>(graph: &'a FlameGraph, amounts: &[u64]) -> (Vec<Placed<'a>>, usize) {
    let mut above = vec![Vec::new(); graph.frames.len()];
    for (at, frame) in graph.frames.iter().enumerate().skip(1).filter(|(at, _)| amounts[*at] > 0) {
        above[frame.below].push(at);
    }
    let least = amounts[FlameGraph::ROOT] / SMALLEST;
    let mut placed: Vec<Placed> = Vec::new();
    let mut next = vec![(FlameGraph::ROOT, 0, 0, 0)];
    while let Some((at, below, level, start)) = next.pop() {
        let index = placed.len();
        let frame = &graph.frames[at];
        placed.push(Placed { frame, below, level, start, amount: amounts[at] });
        let mut frames = std::mem::take(&mut above[at]);
        frames.sort_by(|one, other| {
            let name = |at: usize| (&graph.frames[at].path, &graph.frames[at].rest);
            amounts[*other].cmp(&amounts[*one]).then_with(|| name(*one).cmp(&name(*other)))
        });
        frames.retain(|&at| amounts[at] >= least);
        let ends = frames.iter().scan(start, |start, &at| {
            let place = (at, index, level + 1, *start);
            *start += amounts[at];
            Some(place)
        });
        let places: Vec<_> = ends.collect();
        next.extend(places.into_iter().rev());
    }
    let shown = amounts.iter().skip(1).filter(|&&amount| amount > 0).count() + 1;
    let omitted = shown - placed.len();
    (placed, omitted)
}

fn push_frame(svg: &mut String, graph: &FlameGraph, it: &Placed, total: u64, y: f64) {
    let inner = WIDTH - 2.0 * MARGIN;
    let scale = inner / total.max(1) as f64;
    let (x, width) = (MARGIN + it.start as f64 * scale, it.amount as f64 * scale);
    let Frame { path, rest, own, .. } = it.frame;
    let mut figures = format!(
        "{} ({}), {}",
        graph.shown(it.amount),
        graph.whole(it.amount),
        share(it.amount, total)
    );
    if !graph.is_size {
        figures = format!("{}, {}", graph.whole(it.amount), share(it.amount, total));
    }
    if *own > 0 && *own < it.amount {
        figures += &format!("; itself {}", graph.shown(*own));
    }
    let (name, figures) = (markup(&it.frame.name()), markup(&figures));
    let letters = ((width - 8.0) / LETTER).max(0.0) as usize;
    let label = markup(&fitted(path, rest, &graph.shown(it.amount), letters));
    let (class, cut) = (class(it.frame, total), path.encode_utf16().count());
    let Placed { start, amount, below, .. } = it;
    let (text_x, text_y, high) = (x + 4.0, y + 14.0, ROW - 1.0);
    let _ = write!(
        svg,
        "\n<g class=\"{class}\" data-s=\"{start}\" data-a=\"{amount}\" data-b=\"{below}\" \
         data-p=\"{cut}\"><title>{name}\n{figures}</title><rect x=\"{x:.2}\" y=\"{y}\" \
         width=\"{width:.2}\" height=\"{high}\"/><text x=\"{text_x:.2}\" y=\"{text_y}\">{label}</text></g>",
    );
}

/// Warm where memory was allocated, by the frame's own share.
fn class(frame: &Frame, total: u64) -> String {
    let share = |percent: u128| u128::from(frame.own) * 100 >= u128::from(total) * percent;
    match frame.kind {
        FrameKind::Other => "other".into(),
        _ if frame.own > 0 && share(20) => "hot".into(),
        _ if frame.own > 0 && share(5) => "warm".into(),
        _ if frame.own > 0 && share(1) => "mild".into(),
        FrameKind::Line => "call".into(),
        // Neighbours of one colour would look like one frame.
        FrameKind::Function => format!("f{}", frame.path.bytes().map(u32::from).sum::<u32>() % 3),
    }
}

/// As much of a name as there is room for, and the amount behind a whole one. A path ends in what distinguishes
/// it, so its front is cut off.
fn fitted(path: &str, rest: &str, amount: &str, letters: usize) -> String {
    let name = format!("{path} {rest}").trim_end().to_owned();
    let [of_path, of_rest, of_name] = [path, rest, &name].map(|text| text.chars().count());
    match letters {
        0..3 => String::new(),
        _ if letters >= of_name + 2 + amount.len() => format!("{name}  {amount}"),
        _ if letters >= of_name => name,
        _ if letters > of_path + 3 && of_rest > 0 => {
            let shown: String = rest.chars().take(letters - of_path - 2).collect();
            format!("{path} {}…", shown.trim_end())
        }
        _ if letters >= of_path => path.to_owned(),
        _ => "…".to_owned() + &path.chars().skip(of_path + 1 - letters).collect::<String>(),
    }
}

/// `12.5 %`.
fn share(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    match (part * 1000 + whole / 2) / whole {
        0 => "less than 0.1 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_loses_its_amount_then_its_source_then_the_front_of_its_path() {
        let shown = |letters| fitted("src/text.rs:6", "let words = 1", "1.5 KiB", letters);
        assert_eq!(shown(36), "src/text.rs:6 let words = 1  1.5 KiB");
        assert_eq!(shown(35), "src/text.rs:6 let words = 1");
        assert_eq!(shown(26), "src/text.rs:6 let words =…");
        assert_eq!(shown(16), "src/text.rs:6");
        assert_eq!(shown(12), "…c/text.rs:6");
        assert_eq!(shown(3), "…:6");
        assert_eq!(shown(2), "");
    }

    #[test]
    fn frames_too_narrow_to_see_are_counted() {
        let mut graph = FlameGraph::new("At peak", true);
        for (name, amount) in [("wide", 99_990_000), ("narrow", 9_000), ("thin", 1_000)] {
            let frame = graph.frame(FlameGraph::ROOT, FrameKind::Function, name, "");
            graph.add(frame, amount);
        }
        let picture = graph.svg();
        assert!(picture.contains("2 frames of less than 0.01 % are not drawn"), "{picture}");
        assert!(picture.contains("data-total=\"100000000\"") && !picture.contains(">thin"));
        assert_eq!(picture.matches("\n<g class").count(), 2);
    }

    #[test]
    fn shares_are_rounded_to_tenths() {
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(4, 10_000), "less than 0.1 %");
        assert_eq!(share(u64::MAX, u64::MAX), "100.0 %");
    }
}
