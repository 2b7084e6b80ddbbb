//! Renders a flame graph of functions and their lines, by `inferno`.

use anyhow::{Result, bail};
use inferno::flamegraph::color::{BackgroundColor, BasicPalette, Color, Palette};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};
use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot};

use super::calls::Callees;
use super::folded;
use crate::figures::{Figures, Measure};

const WHITE: Color = Color { r: 255, g: 255, b: 255 };

/// An SVG picture.
///
/// Lines that only call another measured function are left out, so that the widths add up.
///
/// # Errors
/// If there is nothing to show, or the sum overflows.
pub(crate) fn render(snapshot: &Snapshot, measure: Measure) -> Result<String> {
    let lines = own_lines(snapshot);
    let figures = lines.iter().filter_map(|(_, line)| measure.of(&Figures::of_line(line)));
    let total: i128 = figures.filter(|&figure| figure > 0).sum();
    let name = measure.name();
    if total == 0 {
        bail!("no line has any {name}: choose another figure with --measure");
    }
    if total > u64::MAX.into() {
        bail!("the sum of {name} exceeds 64 bits: the recording is damaged");
    }
    let stacks =
        lines.into_iter().filter_map(|(function, line)| folded::stack(function, line, measure));
    let mut stacks: Vec<_> = stacks.collect();
    stacks.sort_unstable();
    let mut picture = Vec::new();
    from_lines(&mut options(measure), stacks.iter().map(|it| it.trim_end()), &mut picture)?;
    Ok(String::from_utf8(picture)?)
}

fn options(measure: Measure) -> Options<'static> {
    let mut options = Options::default();
    options.title = format!("{} by line", measure.title());
    options.subtitle =
        Some("functions and their lines, without lines that only call a measured function".into());
    options.count_name = if measure == Measure::Allocs { "allocs" } else { "bytes" }.into();
    options.name_type = "Line:".into();
    options.colors = Palette::Basic(BasicPalette::Hot);
    options.bgcolors = Some(BackgroundColor::Flat(WHITE));
    options.text_truncate_direction = TextTruncateDirection::Right;
    options.deterministic = true;
    options
}

fn own_lines(snapshot: &Snapshot) -> Vec<(&FunctionSnapshot, &LineSnapshot)> {
    let callees = Callees::new(&snapshot.functions);
    let mut lines = Vec::new();
    for (index, function) in snapshot.functions.iter().enumerate() {
        let own = function.body_lines().filter(|line| callees.of(index, line).is_none());
        lines.extend(own.map(|line| (function, line)));
    }
    lines
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
        assert!(picture.contains("Increment by line"));
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
    fn nothing_to_show_is_an_error() {
        let error = render(&sample::resident(), Measure::Peak).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"no line has any peak: choose another figure with --measure");
    }

    #[test]
    fn an_overflowing_sum_is_an_error() {
        let mut snapshot = sample::leak();
        for line in snapshot.functions.iter_mut().flat_map(|it| &mut it.lines) {
            line.allocated = Some(u64::MAX);
        }
        let error = render(&snapshot, Measure::Allocated).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"the sum of allocated exceeds 64 bits: the recording is damaged");
    }
}
