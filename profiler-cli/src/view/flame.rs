//! Renders a flame graph of functions and their lines.

use anyhow::{Result, bail};
use mem_profile_format::Snapshot;
use mem_profile_format::report::{FlameGraph, Overview, Unit, exactness};

use super::frames;
use super::names::without_unnamed;
use crate::figures::Own;

/// An SVG picture.
///
/// # Errors
/// If there is nothing to show.
pub(crate) fn render(snapshot: &Snapshot, measure: Own) -> Result<String> {
    let mut graph = FlameGraph::new(measure.title(), measure != Own::Allocs);
    let statements = frames::Statements::of(snapshot);
    let frames = frames::of(snapshot, &statements)?;
    let mut drawn: Vec<usize> = Vec::with_capacity(frames.len());
    for frame in &frames {
        let below = frame.below.map_or(FlameGraph::ROOT, |below| drawn[below]);
        let place = frame.place;
        let index =
            graph.frame(below, place.kind(), &without_unnamed(&place.path()), place.source());
        graph.add(index, measure.of(&frame.own));
        drawn.push(index);
    }
    if graph.total() == 0 {
        let name = measure.name();
        bail!("no line has any {name} memory: choose another figure with --measure");
    }
    let size = |bytes: u64| Unit::Auto.format(bytes.into(), 1);
    let peak = Overview::of(snapshot).peak.filter(|_| measure == Own::AtPeak);
    if let Some((peak, words)) = peak.and_then(|peak| Some((peak, exactness(&peak, size)?))) {
        graph.note(&format!("several threads ran: the peak is {}, {words}", size(peak.bytes)));
    }
    Ok(graph.svg())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_picture_names_functions_and_lines_with_their_sizes() {
        let picture = render(&sample::by_line(), Own::AtPeak).unwrap();
        let titles = picture.split("<title>").skip(1);
        let titles: Vec<_> = titles.filter_map(|rest| rest.split("</title>").next()).collect();
        insta::assert_snapshot!(titles.join("\n"), @r#"
        all
        381.6 MiB (400,175,200 bytes), 100.0 %
        leak::process
        381.6 MiB (400,174,000 bytes), 100.0 %
        examples/leak.rs:38 summary(|a| a &amp; &quot;&amp;amp;&quot;)
        286.2 MiB (300,124,000 bytes), 75.0 %; itself 97.7 KiB
        audit::log
        286.1 MiB (300,024,000 bytes), 75.0 %
        src/text.rs:21 format!(&quot;{:&gt;300000000}&quot;, 1)
        286.1 MiB (300,024,000 bytes), 75.0 %; itself 286.1 MiB
        examples/leak.rs:35 let text = &quot;x&quot;.repeat(100_000)
        95.4 MiB (100,000,000 bytes), 25.0 %
        examples/leak.rs:36 kept.push(text)
        48.8 KiB (50,000 bytes), less than 0.1 %
        "#);
        assert!(picture.contains("At peak: 381.6 MiB"));
    }

    #[test]
    fn with_several_threads_a_picture_says_how_exact_it_is() {
        let mut snapshot = sample::by_line();
        snapshot.peak.as_mut().unwrap().uncertainty = 65_536;
        let note = "several threads ran: the peak is 381.6 MiB, within 64.0 KiB";
        assert!(render(&snapshot, Own::AtPeak).unwrap().contains(note));
        assert!(!render(&snapshot, Own::Allocated).unwrap().contains("several threads"));
    }

    #[test]
    fn nothing_to_show_is_an_error() {
        let mut snapshot = sample::by_line();
        snapshot.paths = Some(Default::default());
        let error = render(&snapshot, Own::Live).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"no line has any live memory: choose another figure with --measure");
    }
}
