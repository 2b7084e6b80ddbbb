//! Charts as pictures.

use super::*;

#[test]
fn a_name_without_room_keeps_its_end() {
    let name = "pulldown_cmark::firstpass::FirstPass<'a, 'b>::parse_line_with_a_very_long_name";
    let chart = chart(
        Timeline { spans: vec![span(name, 1.0, 2.0, 0, 0)], ..rising() },
        &Options {
            title: Some(
                "/a/long/folder/of/a/project/target/release/program --with-arguments".into(),
            ),
            ..Options::default()
        },
    );
    for width in [400, 900, 1600] {
        let picture = svg(&chart, width, None);
        let texts = texts(&picture);
        assert!(texts.iter().any(|text| text.ends_with("a_very_long_name")), "{texts:?}");
        assert!(texts[0].contains("/program --with-arg"), "{texts:?}");
    }
    let narrow = terminal(&chart, 60);
    assert!(narrow.contains("…very_long_name │"), "{narrow}");
}

/// Where the texts of a picture begin and end.
fn extents(chart: &Chart, width: f32) -> Vec<(String, f32, f32)> {
    use super::super::scene::{Anchor, Shape};
    let shapes = super::super::layout::scene(chart, width).shapes;
    let extent = |shape| {
        let Shape::Text { at: (x, _), text, size, anchor, .. } = shape else { return None };
        let length = super::super::font::width(&text, size);
        let start = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - length / 2.0,
            Anchor::End => x - length,
        };
        Some((text, start, start + length))
    };
    shapes.into_iter().filter_map(extent).collect()
}

#[test]
fn no_text_leaves_the_picture() {
    let name = "pulldown_cmark::firstpass::FirstPass<'a, 'b>::parse_line_with_a_very_long_name";
    for peak in [0.0, 4.9, 5.0, 9.9, 10.0] {
        let mut timeline = rising();
        timeline.memory.mark = Some(Peak::of_system(sample(peak, 130)));
        timeline.spans = vec![span(name, 1.0, 2.0, 0, 0), span("b", 1.0, 2.0, 1, 3)];
        timeline.children = vec![child(41, name, &[(1.0, 90), (2.0, 5)])];
        for flame in [false, true] {
            let options = Options { flame, slope: true, ..Options::default() };
            let chart = chart(timeline.clone(), &options);
            for width in [320.0, 400.0, 900.0, 1600.0] {
                for (text, start, end) in extents(&chart, width) {
                    assert!(start >= 0.0 && end <= width, "{text} at {start} to {end} of {width}");
                }
            }
        }
    }
}

fn pixels(chart: &Chart, width: u32, theme: Theme) -> tiny_skia::Pixmap {
    tiny_skia::Pixmap::decode_png(&png(chart, width, Some(theme)).unwrap()).unwrap()
}

#[test]
fn a_png_has_two_pixels_for_each_and_the_colours_of_its_theme() {
    let chart = chart(busy(), &Options { flame: true, ..Options::default() });
    for (theme, page) in [(Theme::Light, LIGHT.page), (Theme::Dark, DARK.page)] {
        let picture = pixels(&chart, 400, theme);
        assert_eq!(picture.width(), 800);
        let first = picture.pixel(0, 0).unwrap();
        assert_eq!((first.red(), first.green(), first.blue()), page);
    }
}

#[test]
fn lines_in_a_png_have_soft_edges() {
    let chart = chart(rising(), &Options::default());
    let picture = pixels(&chart, 900, Theme::Light);
    // Between the grey of a rule and the blue of the curve are mixtures of both.
    let colors: std::collections::HashSet<_> =
        picture.pixels().iter().map(|it| (it.red(), it.green(), it.blue())).collect();
    assert!(colors.len() > 100, "{}", colors.len());
}

#[test]
fn an_svg_has_the_theme_of_its_reader_or_the_one_asked_for() {
    let chart = chart(rising(), &Options::default());
    let (light, dark) = ("fill: #fdfcfb", "fill: #15171b");
    let has = |theme| [light, dark].map(|page| svg(&chart, 900, theme).contains(page));
    assert_eq!(has(None), [true, true]);
    assert_eq!(has(Some(Theme::Light)), [true, false]);
    assert_eq!(has(Some(Theme::Dark)), [false, true]);
}

#[test]
fn an_svg_shrinks_to_a_narrow_window() {
    let picture = svg(&chart(rising(), &Options::default()), 1200, None);
    let root = picture.split_once('>').unwrap().0;
    assert!(
        root.ends_with("viewBox=\"0 0 1200 494\" style=\"max-width:100%;height:auto\""),
        "{root}"
    );
}

#[test]
fn a_plot_for_terminals() {
    let mut chart = chart(busy(), &Options::default());
    // It depends on the time zone.
    chart.headline.truncate(1);
    let picture = anstream::adapter::strip_str(&terminal(&chart, 50)).to_string();
    insta::assert_snapshot!(picture, @"
    app --fast
    peak 100.0 MiB after 10 s, in main, the highest
    sample
                │
                │
        100 MiB │                                  ⣠⠔●
                │                               ⣀⠔⠋
                │                            ⣀⠔⠊
                │                         ⢀⡠⠚
                │                      ⢀⡠⠒⠁
                │                   ⢀⡠⠖⠉
         50 MiB │                 ⡠⠔⠉
                │              ⡠⠔⠉
                │           ⢀⠤⠊⠁
                │        ⢀⡤⠊⠁
                │     ⢀⡤⠚⠁
                │  ⢀⡠⠚⠁
          0 MiB │⡠⠒⠁
                └─────────────────────────────────────
                 0 s                              10 s
           main │━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    parse::line │   ━━━━━━━━━━━━━━━━
     read::line │   ━━━━━━━━━━━━━━━━
    ");
}
