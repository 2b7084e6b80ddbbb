//! Draws what `layout-rs` has laid out.

use std::fmt::Write;

use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use mem_profile_format::report::markup;

/// Sizes of letters, in pixels.
pub(super) struct Font {
    /// Of one letter.
    pub(super) width: f64,
    /// Between two lines.
    pub(super) line: f64,
}

/// A monospaced font of 12 pixels, so that widths are known.
pub(super) const FONT: Font = Font { width: 7.3, line: 16. };

const STYLE: &str = "\
<style>
text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1c2733; text-anchor: middle; }
.paper { fill: #ffffff; }
.detail, .label { fill: #5b6b7b; }
.label { font-size: 11px; }
.asked { fill: #fdf0d5; stroke: #c77700; stroke-width: 2; }
.blocks { fill: #eef3f8; stroke: #8aa0b5; }
.holder { fill: #e3f4ea; stroke: #3f9468; }
.rest { fill: none; stroke: #8aa0b5; stroke-dasharray: 4 3; }
.arrow { fill: none; stroke: #6b7f93; stroke-width: 1.3; }
.tip { fill: #6b7f93; }
@media (prefers-color-scheme: dark) {
text { fill: #e3e9ef; }
.paper { fill: #14191f; }
.detail, .label { fill: #9db0c2; }
.asked { fill: #3d2f12; stroke: #e0a030; }
.blocks { fill: #1f2a35; stroke: #55697d; }
.holder { fill: #17342a; stroke: #4fae7e; }
.rest { stroke: #55697d; }
.arrow { stroke: #8599ad; }
.tip { fill: #8599ad; }
}
</style>
<defs><marker id=\"tip\" markerWidth=\"9\" markerHeight=\"7\" refX=\"8\" refY=\"3.5\" orient=\"auto-start-reverse\">\
<polygon class=\"tip\" points=\"0 0, 9 3.5, 0 7\"/></marker></defs>
";

const MARGIN: f64 = 16.;

/// Collects shapes, and how far they reach.
pub(super) struct Canvas {
    shapes: String,
    /// Below the shapes, so that no line crosses a label.
    arrows: String,
    low: Point,
    high: Point,
}

impl Default for Canvas {
    fn default() -> Self {
        let (low, high) = (Point::new(f64::MAX, f64::MAX), Point::new(f64::MIN, f64::MIN));
        Self { shapes: String::new(), arrows: String::new(), low, high }
    }
}

impl Canvas {
    pub(super) fn finish(self) -> String {
        let (mut low, mut high) = (self.low, self.high);
        if low.x > high.x {
            (low, high) = (Point::zero(), Point::zero());
        }
        let (x, y) = (low.x - MARGIN, low.y - MARGIN);
        let (width, height) = (high.x - low.x + 2. * MARGIN, high.y - low.y + 2. * MARGIN);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"{x:.0} {y:.0} {width:.0} {height:.0}\">\n{STYLE}\
             <rect class=\"paper\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n\
             {}{}</svg>\n",
            self.arrows, self.shapes
        )
    }

    fn reach(&mut self, point: Point) {
        self.low = Point::new(self.low.x.min(point.x), self.low.y.min(point.y));
        self.high = Point::new(self.high.x.max(point.x), self.high.y.max(point.y));
    }
}

// Writing to a string cannot fail.
impl RenderBackend for Canvas {
    fn draw_rect(
        &mut self,
        at: Point,
        size: Point,
        look: &StyleAttr,
        _: Option<String>,
        _: Option<ClipHandle>,
    ) {
        self.reach(at);
        self.reach(at.add(size));
        let class = match (look.line_width, look.rounded) {
            (_, 16) => "holder",
            (0, _) => "rest",
            (2, _) => "asked",
            _ => "blocks",
        };
        let Point { x, y } = at;
        let _ = writeln!(
            self.shapes,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{}\"/>",
            size.x, size.y, look.rounded
        );
    }

    fn draw_text(&mut self, center: Point, text: &str, _: &StyleAttr) {
        let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
        let first = center.y - (lines.len() as f64 - 1.) * FONT.line / 2. + 4.;
        // A node has a line for its detail, if only an empty one.
        let is_node = text.contains('\n');
        for (number, line) in lines.iter().enumerate() {
            let class = match (number, is_node) {
                (0, false) => " class=\"label\"",
                (0, true) => "",
                _ => " class=\"detail\"",
            };
            let y = first + number as f64 * FONT.line;
            if !is_node {
                // The arrow goes on behind its label.
                let width = line.chars().count() as f64 * FONT.width + 4.;
                let _ = writeln!(
                    self.shapes,
                    "<rect class=\"paper\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\"/>",
                    center.x - width / 2.,
                    y - 12.
                );
            }
            let line = markup(line);
            let _ = writeln!(
                self.shapes,
                "<text{class} x=\"{:.1}\" y=\"{y:.1}\">{line}</text>",
                center.x
            );
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        dashed: bool,
        tips: (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
        let [(start, leave), (arrive, end), rest @ ..] = path else { return };
        let mut curve = format!("M {:.1} {:.1}", start.x, start.y);
        let ends = [leave, arrive, end].map(|point| format!("{:.1} {:.1}", point.x, point.y));
        let _ = write!(curve, " C {}", ends.join(", "));
        for (control, point) in rest {
            let _ = write!(
                curve,
                " S {:.1} {:.1}, {:.1} {:.1}",
                control.x, control.y, point.x, point.y
            );
        }
        path.iter().flat_map(|&(one, other)| [one, other]).for_each(|point| self.reach(point));
        let dashes = if dashed { " stroke-dasharray=\"4 3\"" } else { "" };
        let tip = |is_there, place| match is_there {
            true => format!(" marker-{place}=\"url(#tip)\""),
            false => String::new(),
        };
        // An arrow that closes a circle is laid out the other way round.
        let tips = tip(tips.0, "start") + &tip(tips.1, "end");
        let _ = writeln!(self.arrows, "<path class=\"arrow\" d=\"{curve}\"{dashes}{tips}/>");
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
