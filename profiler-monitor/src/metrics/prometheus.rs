//! Metrics as text for Prometheus.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::{Metrics, OTHER};

/// The format of metrics as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsFormat {
    /// Prometheus' own, version 0.0.4.
    #[default]
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl MetricsFormat {
    /// As a response names it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

impl Metrics {
    /// As text for Prometheus. Names have the prefix `mem_profile_`, where Prometheus has no usual one.
    #[must_use]
    pub fn text(&self, format: MetricsFormat) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Exposition(self.clone())));
        let mut text = String::new();
        let written = match format {
            MetricsFormat::Text => prometheus_text::encode(&mut text, &registry),
            MetricsFormat::OpenMetrics => text::encode(&mut text, &registry),
        };
        // A string takes all that is written, and each figure is in the range of its type.
        debug_assert!(written.is_ok());
        text
    }
}

#[derive(Debug)]
struct Exposition(Metrics);

/// A family of one figure without labels.
const ALONE: [(&str, &str); 0] = [];

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(&mut encoder);
        let metrics = &self.0;
        out.process(metrics)?;
        out.heap(metrics)?;
        out.lines(metrics)?;
        out.limit(metrics)?;
        let events = [("warning", metrics.warnings), ("critical", metrics.criticals)];
        let events = events.map(|(level, count)| ([("level", level)], count));
        out.counters("mem_profile_events", "Warnings of the monitor by their level.", events)?;
        let info = "The version of mem-profile.";
        let mut encoder =
            out.0.encode_descriptor("mem_profile_build", info, None, MetricType::Info)?;
        encoder.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
    }
}

struct Out<'a, 'b>(&'a mut DescriptorEncoder<'b>);

impl Out<'_, '_> {
    fn process(&mut self, metrics: &Metrics) -> fmt::Result {
        self.gauge(
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
            Some(figure(metrics.resident)),
        )?;
        self.gauge(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
            Some(figure(metrics.address_space)),
        )?;
        self.gauge(
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            metrics.started_at.map(|time| time.as_secs_f64()),
        )?;
        let classes = metrics.classes.iter();
        let classes = classes.map(|(kind, bytes)| ([("class", kind.key())], figure(*bytes)));
        self.gauges(
            "mem_profile_memory_bytes",
            "The resident set by its use. The classes add up to process_resident_memory_bytes.",
            classes,
        )
    }

    fn heap(&mut self, metrics: &Metrics) -> fmt::Result {
        self.gauge(
            "mem_profile_heap_live_bytes",
            "Bytes of live blocks, as requested from the allocator.",
            metrics.live.map(figure),
        )?;
        let (bytes, blocks) = metrics.allocated.unzip();
        self.counters(
            "mem_profile_heap_allocated_bytes",
            "Bytes requested from the allocator so far.",
            bytes.map(|bytes| (ALONE, bytes)),
        )?;
        self.counters(
            "mem_profile_heap_allocations",
            "Blocks requested from the allocator so far.",
            blocks.map(|blocks| (ALONE, blocks)),
        )
    }

    fn lines(&mut self, metrics: &Metrics) -> fmt::Result {
        let lines = metrics.lines.iter().map(|(name, bytes)| (name.as_str(), *bytes));
        let lines = lines.chain(metrics.other_lines.map(|bytes| (OTHER, bytes)));
        self.gauges(
            "mem_profile_line_live_bytes",
            "Bytes of live blocks by the line that allocated them: the largest lines, and the sum of all others.",
            lines.map(|(name, bytes)| ([("line", name)], figure(bytes))),
        )
    }

    fn limit(&mut self, metrics: &Metrics) -> fmt::Result {
        self.gauge(
            "mem_profile_limit_bytes",
            "The limit that holds: of a control group, the address space, or the machine.",
            metrics.limit.map(|limit| figure(limit.bytes)),
        )?;
        self.gauge(
            "mem_profile_pressure",
            "Share of the last 10 seconds in which a task of the control group waited for memory.",
            metrics.pressure,
        )
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        value: Option<impl EncodeGaugeValue>,
    ) -> fmt::Result {
        self.gauges(name, help, value.map(|value| (ALONE, value)))
    }

    /// Nothing where there are no figures: a family without any has no meaning.
    fn gauges<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'l str, &'l str); N], impl EncodeGaugeValue)>,
    ) -> fmt::Result {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return Ok(());
        }
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            encoder.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'l str, &'l str); N], impl EncodeCounterValue)>,
    ) -> fmt::Result {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return Ok(());
        }
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            let exemplar: Option<&Exemplar<[(&str, &str); 0], u64>> = None;
            encoder.encode_family(&labels)?.encode_counter(&value, exemplar)?;
        }
        Ok(())
    }
}

/// A gauge is a signed number.
fn figure(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mem_profile_account::ClassKind;

    use super::*;
    use crate::limit::{Limit, LimitKind};

    fn all() -> Metrics {
        Metrics {
            resident: 300,
            address_space: u64::MAX,
            started_at: Some(Duration::from_millis(1500)),
            classes: vec![(ClassKind::LiveBlocks, 200), (ClassKind::Code, 100)],
            live: Some(250),
            allocated: Some((1 << 60, 7)),
            lines: vec![("src/a \"b\"\\c.rs:1".to_owned(), 200)],
            other_lines: Some(50),
            limit: Some(Limit { bytes: 512, kind: LimitKind::GroupMax }),
            pressure: Some(0.25),
            warnings: 2,
            criticals: 0,
        }
    }

    const TEXT: &str = r#"# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 300
# HELP process_virtual_memory_bytes Virtual memory size in bytes.
# TYPE process_virtual_memory_bytes gauge
process_virtual_memory_bytes 9223372036854775807
# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.5
# HELP mem_profile_memory_bytes The resident set by its use. The classes add up to process_resident_memory_bytes.
# TYPE mem_profile_memory_bytes gauge
mem_profile_memory_bytes{class="live_blocks"} 200
mem_profile_memory_bytes{class="code"} 100
# HELP mem_profile_heap_live_bytes Bytes of live blocks, as requested from the allocator.
# TYPE mem_profile_heap_live_bytes gauge
mem_profile_heap_live_bytes 250
# HELP mem_profile_heap_allocated_bytes_total Bytes requested from the allocator so far.
# TYPE mem_profile_heap_allocated_bytes_total counter
mem_profile_heap_allocated_bytes_total 1152921504606846976
# HELP mem_profile_heap_allocations_total Blocks requested from the allocator so far.
# TYPE mem_profile_heap_allocations_total counter
mem_profile_heap_allocations_total 7
# HELP mem_profile_line_live_bytes Bytes of live blocks by the line that allocated them: the largest lines, and the sum of all others.
# TYPE mem_profile_line_live_bytes gauge
mem_profile_line_live_bytes{line="src/a \"b\"\\c.rs:1"} 200
mem_profile_line_live_bytes{line="other"} 50
# HELP mem_profile_limit_bytes The limit that holds: of a control group, the address space, or the machine.
# TYPE mem_profile_limit_bytes gauge
mem_profile_limit_bytes 512
# HELP mem_profile_pressure Share of the last 10 seconds in which a task of the control group waited for memory.
# TYPE mem_profile_pressure gauge
mem_profile_pressure 0.25
# HELP mem_profile_events_total Warnings of the monitor by their level.
# TYPE mem_profile_events_total counter
mem_profile_events_total{level="warning"} 2
mem_profile_events_total{level="critical"} 0
# HELP mem_profile_build_info The version of mem-profile.
# TYPE mem_profile_build_info gauge
mem_profile_build_info{version="VERSION"} 1
"#;

    fn expected() -> String {
        let escaped = r#"src/a \"b\"\\c.rs:1"#;
        let text = TEXT.replace("VERSION", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(escaped));
        text
    }

    #[test]
    fn every_figure_is_in_the_text_and_labels_are_escaped() {
        assert_eq!(all().text(MetricsFormat::Text), expected());
    }

    #[test]
    fn open_metrics_has_the_same_samples_and_an_end() {
        let text = all().text(MetricsFormat::OpenMetrics);
        let samples = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(samples(&text), samples(&expected()));
        assert!(text.ends_with("\n# EOF\n"));
        assert!(text.contains("# TYPE mem_profile_events counter\n"));
        assert!(text.contains("# TYPE mem_profile_build info\n"));
    }

    #[test]
    fn figures_that_are_not_known_are_left_out() {
        let text = Metrics { resident: 1, ..Metrics::default() }.text(MetricsFormat::Text);
        let families = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
        assert_eq!(families, 4, "{text}");
    }
}
