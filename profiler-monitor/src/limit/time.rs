//! Times as people write them.

use std::time::Duration;

/// A time with a unit, such as `1.5s` or `20min`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let at = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
    let (number, unit) = text.split_at(at);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        let seconds = |text| time(text).map(|time| time.as_secs_f64());
        let texts = ["250ms", "30s", "1.5 min", "2m", "1h"];
        assert_eq!(texts.map(seconds), [0.25, 30.0, 90.0, 120.0, 3600.0].map(Some));
        for text in ["", "5", "s", "0s", "-1s", "1d", "1e9s", "99999999999999999999999h"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
