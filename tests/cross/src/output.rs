//! The probe's output: tables of rows, and stacks.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::rows::Figures;

#[derive(Default)]
pub(crate) struct Output {
    /// By file and first line.
    pub(crate) tables: BTreeMap<(String, u32), Table>,
    pub(crate) stacks: Vec<Stack>,
    pub(crate) notes: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) last_line: u32,
    pub(crate) rows: Figures,
}

/// The blocks allocated at one stack, and the program's own lines on it, the innermost first.
pub(crate) struct Stack {
    pub(crate) bytes: i64,
    pub(crate) blocks: i64,
    pub(crate) frames: Vec<(String, u32)>,
}

impl Output {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut output = Self::default();
        let mut table = (String::new(), 0);
        for line in text.lines() {
            let mut fields = line.split('\t');
            let mut next = || fields.next().context("a field is missing");
            match next()? {
                "function" => {
                    table = (next()?.to_owned(), next()?.parse()?);
                    let (rows, _) = (next()?.parse::<u32>()?, next()?);
                    let found = output.tables.entry(table.clone()).or_default();
                    (found.name, found.last_line) = (next()?.to_owned(), table.1 + rows - 1);
                }
                "row" => {
                    let figures = output.tables.entry(table.clone()).or_default();
                    let row = figures.rows.entry(next()?.parse()?).or_default();
                    row.0 += next()?.parse::<i64>()?;
                    row.1 += next()?.parse::<i64>()?;
                }
                "stack" => {
                    let (bytes, blocks) = (next()?.parse()?, next()?.parse()?);
                    let frames = fields.map(frame).collect::<Result<_>>()?;
                    output.stacks.push(Stack { bytes, blocks, frames });
                }
                _ => output.notes.push(line.to_owned()),
            }
        }
        Ok(output)
    }
}

fn frame(text: &str) -> Result<(String, u32)> {
    let (file, line) = text.rsplit_once(':').context("a frame is a file and a line")?;
    Ok((file.to_owned(), line.parse()?))
}
