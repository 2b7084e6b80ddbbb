//! The last run as one page, in both themes. It has no script, and fetches nothing.

use std::fmt::Write;

use mem_profile_format::report::{THEME, markup, percent, printable_line};

use super::last_run::{End, LastRun};
use super::text::{LINES, parts, size, time};

const STYLE: &str = include_str!("style.css");
/// The width and the height of a picture, in its own unit.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// The classes of the style sheet for the parts of the resident set.
const CLASSES: [&str; 4] = ["live", "files", "profiler", "rest"];

impl LastRun {
    /// As a page of its own.
    #[must_use]
    pub fn html(&self) -> String {
        let path = printable_line(&self.program);
        let name = path.rsplit('/').next().unwrap_or(&path);
        let title = markup(&format!("{name} ({})", self.process));
        let (path, verdict) = (markup(&path), markup(&self.verdict()));
        let class = if let End::OutOfMemory(_) = self.end { "killed" } else { "ended" };
        let holding: String =
            self.holding().iter().map(|it| format!("<p>{}</p>\n", markup(it))).collect();
        let notes: String = self
            .notes
            .iter()
            .map(|it| format!("<p>{}</p>\n", markup(&printable_line(it))))
            .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{THEME}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
             <p class=\"path\">{path}</p>\n<p class=\"verdict {class}\">{verdict}</p>\n{}\
             <section>\n<h2>What held the memory</h2>\n{holding}{}{}</section>\n\
             <footer>\n{notes}</footer>\n</body>\n</html>\n",
            self.curve_picture(),
            self.bar(),
            self.table(),
        )
    }

    /// The use over the last minutes, below the limit.
    fn curve_picture(&self) -> String {
        let (Some(first), Some(last)) = (self.curve.first(), self.curve.last()) else {
            return String::new();
        };
        let span = last.at.saturating_sub(first.at);
        let top = self.top().max(1) as f64;
        let place = |at: f64, bytes: u64| {
            let x = at / span.as_secs_f64().max(1e-9) * WIDTH;
            (x, HEIGHT - bytes as f64 / top * HEIGHT)
        };
        let mut line = String::new();
        for sample in &self.curve {
            let (x, y) = place((sample.at.saturating_sub(first.at)).as_secs_f64(), sample.used());
            // Writing to a string cannot fail.
            let _ = write!(line, "{}{x:.1} {y:.1}", if line.is_empty() { 'M' } else { 'L' });
        }
        let mark = self.mark.map_or(String::new(), |mark| {
            let (x, _) = place(mark.at.saturating_sub(first.at).as_secs_f64(), 0);
            let x = x.min(WIDTH);
            format!(
                "<path class=\"mark\" d=\"M{x:.1} 0V{HEIGHT}\"><title>the last mark</title></path>"
            )
        });
        let limit = last.limit.filter(|limit| limit.bytes as f64 <= top);
        let limit = limit.map_or_else(
            || format!("up to {}", size(top as u64)),
            |limit| format!("{} {}", size(limit.bytes), limit.kind),
        );
        format!(
            "<figure>\n<p class=\"top\">{}</p>\n\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-label=\"Memory in use over time\">\n<path class=\"area\" d=\"{line}V{HEIGHT}H0z\"/>\
             <path class=\"line\" d=\"{line}\"/>{mark}</svg>\n\
             <figcaption><span>{} before</span><span>the last sample</span></figcaption>\n</figure>\n",
            markup(&limit),
            time(span),
        )
    }

    /// The resident set of the last mark by its parts.
    fn bar(&self) -> String {
        let Some((mark, parts)) = self.mark.as_ref().and_then(|it| Some((it, parts(it)?))) else {
            return String::new();
        };
        let (mut bar, mut keys, mut before) = (String::new(), String::new(), 0);
        for ((name, bytes), class) in parts.into_iter().zip(CLASSES) {
            let at = |bytes: u64| bytes as f64 / mark.resident.max(1) as f64 * WIDTH;
            let (x, width) = (at(before), at(bytes));
            before += bytes;
            let (name, shown) = (markup(name), size(bytes));
            let _ = writeln!(
                bar,
                "<rect class=\"{class}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"10\">\
                 <title>{name} {shown}</title></rect>"
            );
            let _ = writeln!(
                keys,
                "<li><svg class=\"key {class}\" aria-hidden=\"true\"><rect width=\"11\" height=\"11\"/></svg>\
                 {name} <b>{shown}</b></li>"
            );
        }
        format!(
            "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-label=\"The resident set by its parts\">\n{bar}</svg>\n<ul class=\"keys\">\n{keys}</ul>\n"
        )
    }

    /// The lines that held most.
    fn table(&self) -> String {
        let rows: String = self
            .lines
            .iter()
            .take(LINES)
            .map(|line| {
                let (site, function) = (printable_line(&line.site), printable_line(&line.function));
                let share = percent(line.bytes, self.held);
                format!(
                    "<tr><td class=\"size\">{}</td><td class=\"share\">{}</td>\
                     <th><code>{}</code> <span>{}</span></th></tr>\n",
                    size(line.bytes),
                    markup(&share),
                    markup(&site),
                    markup(&function),
                )
            })
            .collect();
        if rows.is_empty() { rows } else { format!("<table>\n<tbody>\n{rows}</tbody>\n</table>\n") }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tests::killed;

    #[test]
    fn a_page_has_the_curve_the_lines_and_no_markup_of_others() {
        let page = killed().html();
        assert!(page.contains("<h1>web\\u{1b}[2J (4711)</h1>") && !page.contains("<b>,"));
        assert!(page.contains("<code>&lt;b&gt;</code>") && page.contains("default-src 'none'"));
        assert!(page.contains("M0.0 80.9L2.5 80.7"), "98 of 512 MiB, and a second later 99");
        assert!(page.contains("<p class=\"top\">512.0 MiB memory.max</p>"));
        assert!(page.contains("380.0 MiB</td><td class=\"share\">94 %</td>"));
        assert!(page.contains("live blocks at most <b>406.0 MiB</b>"));
    }
}
