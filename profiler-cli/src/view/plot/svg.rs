//! Draws a picture as SVG.

use std::fmt::Write as _;

use mem_profile_format::report::markup;

use super::palette::{DARK, LIGHT, Rgb, SERIES, Theme};
use super::scene::{Anchor, Color, Point, Scene, Shape};

/// The picture. Without a theme it follows its reader's.
pub(super) fn draw(scene: &Scene, theme: Option<&Theme>) -> String {
    let Scene { width, height, shapes } = scene;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" style=\"max-width:100%;height:auto\">\n<style>\n{}</style>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n",
        style(theme)
    );
    for shape in shapes {
        let _ = writeln!(text, "{}", element(shape));
    }
    text + "</svg>\n"
}

fn style(theme: Option<&Theme>) -> String {
    let mut style = String::from(
        "text { font-family: \"DejaVu Sans\", Verdana, sans-serif; }\n\
         path.line { fill: none; stroke-linejoin: round; }\n",
    );
    for (index, color) in SERIES.iter().enumerate() {
        let _ = writeln!(style, "{}", both(&format!("s{index}"), *color));
    }
    style += &colors(theme.unwrap_or(&LIGHT));
    if theme.is_none() {
        let _ = writeln!(style, "@media (prefers-color-scheme: dark) {{\n{}}}", colors(&DARK));
    }
    style
}

fn colors(theme: &Theme) -> String {
    let page = hex(theme.page);
    let parts = [("text", theme.text), ("muted", theme.muted), ("rule", theme.rule)];
    let classes = parts.map(|(name, color)| both(name, color) + "\n").concat();
    format!(".page, circle.ring {{ fill: {page}; }}\n{classes}")
}

/// The class of a colour. Lines and rings have it as `stroke`, everything else as `fill`.
fn both(name: &str, color: Rgb) -> String {
    let color = hex(color);
    format!(".{name} {{ fill: {color}; }} .line.{name}, .ring.{name} {{ stroke: {color}; }}")
}

fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Line { points, color, width, dashes } => {
            let dashes: Vec<_> = dashes.iter().map(f32::to_string).collect();
            let dashes = match dashes[..] {
                [] => String::new(),
                _ => format!(" stroke-dasharray=\"{}\"", dashes.join(" ")),
            };
            let class = class(*color);
            let path = path(points);
            format!("<path class=\"line {class}\" stroke-width=\"{width}\"{dashes} d=\"{path}\"/>")
        }
        Shape::Area { points, color, opacity } => {
            let class = class(*color);
            format!("<path class=\"{class}\" opacity=\"{opacity}\" d=\"{}z\"/>", path(points))
        }
        Shape::Bars { bars, color, opacity } => {
            let bar = |[x, y, width, height]: &[f32; 4]| {
                format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z")
            };
            let path: String = bars.iter().map(bar).collect();
            format!("<path class=\"{}\" opacity=\"{opacity}\" d=\"{path}\"/>", class(*color))
        }
        Shape::Clear([x, y, width, height]) => format!(
            "<rect class=\"page\" opacity=\"0.8\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ),
        Shape::Ring { at: (x, y), radius, color } => format!(
            "<circle class=\"ring {}\" stroke-width=\"2\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>",
            class(*color)
        ),
        Shape::Text { at: (x, y), text, size, anchor, color } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            let text = markup(text);
            let class = class(*color);
            format!(
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\"{anchor}>{text}</text>"
            )
        }
    }
}

fn class(color: Color) -> String {
    match color {
        Color::Text => "text".into(),
        Color::Muted => "muted".into(),
        Color::Rule => "rule".into(),
        Color::Of(style) => style.color().map_or("muted".into(), |index| format!("s{index}")),
    }
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
    path
}
