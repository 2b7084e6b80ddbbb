//! A picture as shapes on a page, which [`mod@super::svg`] and [`mod@super::png`] draw.

use super::palette::Style;

/// From the upper left corner, in pixels.
pub(super) type Point = (f32, f32);

/// A picture.
pub(super) struct Scene {
    pub(super) width: f32,
    pub(super) height: f32,
    /// Later ones lie above.
    pub(super) shapes: Vec<Shape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Text,
    Muted,
    Rule,
    Of(Style),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

pub(super) enum Shape {
    Line {
        points: Vec<Point>,
        color: Color,
        width: f32,
        dashes: &'static [f32],
    },
    Area {
        points: Vec<Point>,
        color: Color,
        opacity: f32,
    },
    /// Rectangles: left, top, width, height.
    Bars {
        bars: Vec<[f32; 4]>,
        color: Color,
        opacity: f32,
    },
    /// A circle with the colour of the page inside.
    Ring {
        at: Point,
        radius: f32,
        color: Color,
    },
    /// Text on its base line.
    Text {
        at: Point,
        text: String,
        size: f32,
        anchor: Anchor,
        color: Color,
    },
    /// The page, where text above it must be legible: left, top, width, height.
    Clear([f32; 4]),
}
