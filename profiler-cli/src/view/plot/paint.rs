//! Colours, and the labels of functions.

use std::collections::HashMap;

use mem_profile_format::report;

use super::elements::Rgb;
use crate::timeline;

/// Colours of curves, which also differ in lightness.
pub(super) const CURVES: [Rgb; 6] =
    [(31, 41, 55), (37, 99, 235), (220, 38, 38), (22, 128, 60), (147, 51, 234), (180, 83, 9)];

/// Colours of functions, in the order of time spent; reused when there are more functions.
const SHADES: [Rgb; 10] = [
    (78, 121, 167),
    (242, 142, 43),
    (89, 161, 79),
    (225, 87, 89),
    (176, 122, 161),
    (118, 183, 178),
    (237, 201, 72),
    (156, 117, 95),
    (255, 157, 167),
    (121, 112, 110),
];

/// Longest label, in characters.
const LABEL: usize = 160;

/// The colour and the label of each function.
pub(super) struct Paint(HashMap<String, (Rgb, String)>);

impl Paint {
    pub(super) fn new(functions: &[timeline::Function]) -> Self {
        let labels = timeline::labels(functions.iter().map(|it| it.name.as_str()));
        let colors = SHADES.iter().cycle();
        let paint = functions.iter().zip(colors).map(|(function, color)| {
            let label = labels.get(function.name.as_str()).copied().unwrap_or(&function.name);
            let label = cut(&report::printable_line(label), LABEL);
            (function.name.clone(), (*color, label))
        });
        Self(paint.collect())
    }

    /// A function without a colour has its name as label.
    pub(super) fn of<'a>(&'a self, function: &'a str) -> (Rgb, &'a str) {
        let known = self.0.get(function);
        known.map_or((SHADES[9], function), |(color, label)| (*color, label.as_str()))
    }
}

/// Shortens a name to its end, its most specific part.
pub(super) fn cut(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    "…".to_owned() + &text.chars().skip(length + 1 - width).collect::<String>()
}
