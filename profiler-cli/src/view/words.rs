//! Times and names in the words of all views.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The largest unit of time of which there is at least one, of minutes and hours two, and its length in seconds.
pub(super) fn time_unit(seconds: f64) -> (&'static str, f64) {
    let units = [("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)];
    let least = |length: f64| if length > 1.0 { 2.0 * length } else { length };
    units.into_iter().find(|(_, length)| seconds.abs() >= least(*length)).unwrap_or(("µs", 1e-6))
}

/// A time with three digits, in the words of the HTML page: `19.4 s`, `620 ms`.
pub(super) fn time(seconds: f64) -> String {
    // A sample file tells no shorter ones.
    if seconds.abs() < 1e-6 {
        return "0 s".into();
    }
    let (unit, length) = time_unit(seconds);
    let value = seconds / length;
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 2.0) as usize;
    format!("{} {unit}", decimals(value, digits))
}

/// A number without zeros at its end.
pub(super) fn decimals(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// The text, or as much of its end as fits in so many columns: the most specific part of a path.
pub(super) fn end_of(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(1);
    let fits = |letter: &char| {
        let width = letter.width().unwrap_or(0);
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    let end: Vec<char> = text.chars().rev().take_while(fits).collect();
    std::iter::once('…').chain(end.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_in_their_largest_unit() {
        let times = [0.0, 4e-7, 1.5e-5, 0.00123, 0.62, 1.0, 19.44, 75.0, 125.0, 4e4, 1e6];
        let expected = [
            "0 s", "0 s", "15 µs", "1.23 ms", "620 ms", "1 s", "19.4 s", "75 s", "2.08 min",
            "11.1 h", "278 h",
        ];
        assert_eq!(times.map(time), expected);
    }

    #[test]
    fn the_end_of_a_name_fits() {
        let ends = [12, 11, 4, 1, 0].map(|columns| end_of("app::parse:7", columns));
        assert_eq!(ends, ["app::parse:7", "…p::parse:7", "…e:7", "…", "…"]);
        // A wide letter takes two columns.
        assert_eq!([5, 4].map(|columns| end_of("a漢字:7", columns)), ["…字:7", "…:7"]);
    }
}
