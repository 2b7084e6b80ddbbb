//! The report in Markdown, for an issue or a pull request.

use std::fmt::Write;

use mem_profile_format::report::{markdown_cell, markdown_code, markdown_prose};

use super::words::{self, Part, Words};
use super::{Report, Rows, Suspect};
use crate::ask::Sum;
use crate::class::Class;
use crate::text::{count, size};

impl Report {
    /// The report in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut out);
        out
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        let command = markdown_code(&self.command);
        let (blocks, bytes) = (count(self.blocks, "block"), size(self.bytes));
        writeln!(out, "## {command}: {bytes} in {blocks}\n")?;
        self.notes.iter().try_for_each(|note| writeln!(out, "* {}", markdown_prose(note)))?;
        writeln!(out, "\n### Leak suspects: at least 10 % of the heap each\n")?;
        for (number, suspect) in (1..).zip(&self.suspects) {
            write_suspect(out, number, suspect, self.bytes)?;
        }
        if self.suspects.is_empty() {
            writeln!(out, "None.\n")?;
        }
        writeln!(
            out,
            "### Memory by what holds it\n\n| Bytes | Blocks | |\n| ---: | ---: | :--- |"
        )?;
        for class in Class::ALL {
            let Sum { blocks, bytes, .. } = self.classes.of(class);
            writeln!(out, "| {} | {blocks} | {class} |", size(bytes))?;
        }
        writeln!(out, "\n### Largest types\n\n| Bytes | Retained | Blocks | Type |")?;
        writeln!(out, "| ---: | ---: | ---: | :--- |")?;
        for kind in &self.types.rows {
            let (sum, kind) = (kind.sum, markdown_cell(&kind.name));
            writeln!(
                out,
                "| {} | {} | {} | {kind} |",
                size(sum.bytes),
                size(sum.retained),
                sum.blocks
            )?;
        }
        write_more(out, &self.types)?;
        write_rows(out, "Largest retainers", &self.retainers)?;
        write_rows(out, "Lost", &self.leaks)?;
        write_rows(out, "Cycles", &self.cycles)
    }
}

fn write_suspect(
    out: &mut String,
    number: usize,
    suspect: &Suspect,
    bytes: u64,
) -> std::fmt::Result {
    writeln!(out, "{number}. **{}**\n", marked(&words::headline(suspect, bytes)))?;
    let sentences: Vec<_> = words::sentences(suspect).iter().map(marked).collect();
    writeln!(out, "   {}\n", sentences.join(" "))?;
    let steps = words::steps(suspect);
    if !steps.is_empty() {
        writeln!(out, "   {}\n", markdown_code(&steps.join(" ")))?;
    }
    Ok(())
}

fn write_rows<T: ToString>(out: &mut String, title: &str, rows: &Rows<T>) -> std::fmt::Result {
    writeln!(out, "\n### {title}\n")?;
    for row in &rows.rows {
        writeln!(out, "* {}", markdown_code(&row.to_string()))?;
    }
    if rows.rows.is_empty() {
        writeln!(out, "None.")?;
    }
    write_more(out, rows)
}

fn write_more<T>(out: &mut String, rows: &Rows<T>) -> std::fmt::Result {
    if rows.more == 0 {
        return Ok(());
    }
    let bytes = rows.more_bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    writeln!(out, "\n… {} more{bytes}", rows.more)
}

fn marked(words: &Words) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Name(name) => markdown_code(name),
    };
    words.0.iter().map(part).collect()
}
