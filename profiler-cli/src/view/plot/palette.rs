//! How series differ: by colours, and where these are used up by dashes.

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Colours of series. All have a contrast of 3 to 1 on the pages of both themes, and differ for readers with
/// any kind of colour blindness. None marks a peak.
pub(super) const SERIES: [Rgb; 6] =
    [(17, 153, 221), (187, 136, 0), (119, 85, 255), (0, 119, 0), (255, 68, 136), (153, 68, 153)];

/// Lengths of dashes and gaps. The first line has none.
pub(super) const DASHES: [&[f32]; 4] = [&[], &[7.0, 4.0], &[2.0, 3.0], &[10.0, 3.0, 2.0, 3.0]];

/// The look of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// One of [`Self::COUNT`] that differ.
    Nth(usize),
    /// The colour of all others: grey.
    Other,
}

impl Style {
    pub(super) const COUNT: usize = SERIES.len() * DASHES.len();

    /// The style of a series by its place.
    pub(super) fn nth(index: usize) -> Self {
        if index < Self::COUNT { Self::Nth(index) } else { Self::Other }
    }

    /// Index of its colour; `None` for grey.
    pub(super) fn color(self) -> Option<usize> {
        match self {
            Self::Nth(index) => Some(index % SERIES.len()),
            Self::Other => None,
        }
    }

    /// Index of its dashes.
    pub(super) fn dash(self) -> usize {
        match self {
            Self::Nth(index) => index / SERIES.len() % DASHES.len(),
            Self::Other => 0,
        }
    }
}

/// The colours of a page.
pub(super) struct Theme {
    pub(super) page: Rgb,
    pub(super) text: Rgb,
    pub(super) muted: Rgb,
    pub(super) rule: Rgb,
}

pub(super) const LIGHT: Theme = Theme {
    page: (253, 252, 251),
    text: (34, 32, 29),
    muted: (106, 100, 92),
    rule: (230, 225, 218),
};

pub(super) const DARK: Theme =
    Theme { page: (21, 23, 27), text: (233, 230, 225), muted: (163, 157, 148), rule: (48, 53, 61) };

#[cfg(test)]
mod tests {
    use super::*;

    fn linear((red, green, blue): Rgb) -> [f64; 3] {
        [red, green, blue].map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// By the rules of WCAG.
    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let light = |color| {
            let [red, green, blue] = linear(color);
            0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
        };
        let (one, other) = (light(one), light(other));
        one.max(other) / one.min(other)
    }

    fn product(matrix: [[f64; 3]; 3], [a, b, c]: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row[0] * a + row[1] * b + row[2] * c)
    }

    /// As Machado, Oliveira and Fernandes (2009) have it for readers without one kind of cones.
    const SIGHTS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    /// In Oklab, where a distance of 0.02 is just visible.
    fn seen(color: Rgb, sight: [[f64; 3]; 3]) -> [f64; 3] {
        let seen = product(sight, linear(color)).map(|it| it.clamp(0.0, 1.0));
        let cones = product(
            [
                [0.412_221, 0.536_333, 0.051_446],
                [0.211_903, 0.680_700, 0.107_397],
                [0.088_302, 0.281_719, 0.629_979],
            ],
            seen,
        );
        product(
            [
                [0.210_454, 0.793_618, -0.004_072],
                [1.977_998, -2.428_592, 0.450_594],
                [0.025_904, 0.782_772, -0.808_676],
            ],
            cones.map(f64::cbrt),
        )
    }

    #[test]
    fn colours_are_legible_in_both_themes_and_differ_for_colour_blind_readers() {
        for (index, one) in SERIES.into_iter().enumerate() {
            for page in [LIGHT.page, DARK.page] {
                assert!(contrast(one, page) >= 3.0, "{one:?} on {page:?}");
            }
            for other in &SERIES[..index] {
                for sight in SIGHTS {
                    let pairs = std::iter::zip(seen(one, sight), seen(*other, sight));
                    let distance = pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                    assert!(distance >= 0.1, "{one:?} and {other:?}: {distance}");
                }
            }
        }
        for Theme { page, text, muted, .. } in [LIGHT, DARK] {
            assert!(contrast(text, page) >= 7.0 && contrast(muted, page) >= 4.5);
        }
    }

    #[test]
    fn all_styles_but_the_last_differ() {
        let styles: Vec<_> = (0..40).map(Style::nth).collect();
        let looks: std::collections::HashSet<_> =
            styles.iter().map(|style| (style.color(), style.dash())).collect();
        assert_eq!((looks.len(), Style::COUNT), (25, 24));
        assert_eq!((styles[23], styles[24]), (Style::Nth(23), Style::Other));
    }
}
