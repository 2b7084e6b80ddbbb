//! What a client accepts, by the header `accept`.

use std::str::Split;

const OPEN_METRICS: &str = "application/openmetrics-text";
const TEXT: &str = "text/plain";

/// Whether a client would rather have OpenMetrics than Prometheus' own text.
pub(super) fn prefers_open_metrics(accept: &str) -> bool {
    let open_metrics = quality(accept, OPEN_METRICS);
    open_metrics > 0.0 && open_metrics >= quality(accept, TEXT)
}

/// How much a type is wanted, from 0 to 1; zero where it is not named.
fn quality(accept: &str, wanted: &str) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';');
        let is_wanted = parts.next()?.trim().eq_ignore_ascii_case(wanted);
        is_wanted.then(|| weight(parts))
    });
    ranges.fold(0.0, f32::max)
}

/// The parameter `q`, which is 1 where there is none.
fn weight(parameters: Split<'_, char>) -> f32 {
    let mut weights = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().unwrap_or(0.0))
    });
    weights.next().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_are_for_those_that_want_them_at_least_as_much_as_text() {
        // The headers of Prometheus 2.53, and of one that was told to ask for its own text first.
        let usual = "application/openmetrics-text;version=1.0.0;q=0.5,\
                     application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let text_first = "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2";
        let both = "text/plain, application/openmetrics-text";
        for accept in [usual, both, "Application/OpenMetrics-Text ; Q=0.1", OPEN_METRICS] {
            assert!(prefers_open_metrics(accept), "{accept}");
        }
        for accept in [
            text_first,
            "application/openmetrics-text;q=0",
            "application/openmetrics-text; q=0.000, */*",
            "application/openmetrics-text;q=x",
            "application/openmetrics-text-2",
            "*/*",
            ";;q=,,=",
            "",
        ] {
            assert!(!prefers_open_metrics(accept), "{accept}");
        }
    }
}
