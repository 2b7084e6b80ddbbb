//! A flame graph, drawn by `inferno`: functions, and above them their lines.

use inferno::flamegraph::color::{BackgroundColor, BasicPalette, Color, Palette};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};
use mem_profile_runtime::Snapshot;

use super::calls::Callees;
use super::folded;
use crate::figures::Measure;

const WHITE: Color = Color { r: 255, g: 255, b: 255 };

/// An SVG picture; `None` where there is nothing to show.
///
/// Lines that only call another function of the recording are left out, so that the widths add up.
pub(crate) fn render(snapshot: &Snapshot, measure: Measure) -> Option<String> {
    let mut stacks = stacks(snapshot, measure);
    stacks.sort_unstable();
    let mut options = Options::default();
    title(measure).clone_into(&mut options.title);
    options.subtitle = Some("functions and their lines; not the lines that only call them".into());
    options.count_name = if measure == Measure::Allocations { "blocks" } else { "bytes" }.into();
    options.name_type = "Line:".into();
    options.colors = Palette::Basic(BasicPalette::Hot);
    options.bgcolors = Some(BackgroundColor::Flat(WHITE));
    options.text_truncate_direction = TextTruncateDirection::Right;
    options.deterministic = true;
    let mut picture = Vec::new();
    // It only fails where there is nothing to draw: the picture goes to memory.
    from_lines(&mut options, stacks.iter().map(|stack| stack.trim_end()), &mut picture).ok()?;
    String::from_utf8(picture).ok()
}

fn stacks(snapshot: &Snapshot, measure: Measure) -> Vec<String> {
    let callees = Callees::new(&snapshot.functions);
    let mut stacks = Vec::new();
    for (index, function) in snapshot.functions.iter().enumerate() {
        let own = function.body_lines().filter(|line| callees.of(index, line).is_none());
        stacks.extend(own.filter_map(|line| folded::stack(function, line, measure)));
    }
    stacks
}

fn title(measure: Measure) -> &'static str {
    match measure {
        Measure::Increment => "Memory gained, by line",
        Measure::Peak => "Highest rise while it ran, by line",
        Measure::Allocated => "Memory allocated, by line",
        Measure::Allocations => "Allocations, by line",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_picture_names_functions_and_lines_with_their_bytes() {
        let picture = render(&sample::leak(), Measure::Increment).unwrap();
        let titles = picture.split("<title>").skip(1);
        let titles: Vec<_> = titles.filter_map(|rest| rest.split("</title>").next()).collect();
        insta::assert_snapshot!(titles.join("\n"), @"
        examples/leak.rs:35 let text = &quot;x&quot;.repeat(100_000) (100,000,000 bytes, 99.90%)
        leak::process (100,050,000 bytes, 99.95%)
        examples/leak.rs:36 kept.push(text) (50,000 bytes, 0.05%)
        all (100,098,000 bytes, 100%)
        text::parse (48,000 bytes, 0.05%)
        src/text.rs:6 let words: Vec&lt;&amp;str&gt; = text.split(&apos; &apos;).collect() (48,000 bytes, 0.05%)
        ");
        assert!(picture.contains("Memory gained, by line"));
    }

    #[test]
    fn calls_are_not_counted_twice() {
        let mut snapshot = sample::leak();
        let line = &mut snapshot.functions[1].lines[2];
        line.source = "    process(500)".into();
        line.increment = Some(100_050_000);
        assert!(!render(&snapshot, Measure::Increment).unwrap().contains("process(500)"));
    }

    #[test]
    fn nothing_to_show_is_no_picture() {
        assert_eq!(render(&sample::resident(), Measure::Peak), None);
    }
}
