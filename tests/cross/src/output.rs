//! The probe's output: tables of rows, and stacks.

use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) rows: Figures,
    /// The lines of rows that ran.
    pub(crate) ran: BTreeSet<u32>,
}

/// The blocks allocated at one stack, and the program's own lines on it, the innermost first.
pub(crate) struct Stack {
    pub(crate) bytes: i64,
    pub(crate) blocks: i64,
    pub(crate) frames: Vec<Frame>,
}

pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) function: String,
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
                    output.tables.entry(table.clone()).or_default().name = next()?.to_owned();
                }
                "row" => {
                    let found = output.tables.entry(table.clone()).or_default();
                    let line = next()?.parse()?;
                    let row = found.rows.entry(line).or_default();
                    row.0 += next()?.parse::<i64>()?;
                    row.1 += next()?.parse::<i64>()?;
                    if next()? != "0" {
                        found.ran.insert(line);
                    }
                }
                "stack" => {
                    let (bytes, blocks) = (next()?.parse()?, next()?.parse()?);
                    let mut frames = Vec::new();
                    while let Some(file) = fields.next() {
                        let mut next = || fields.next().context("a frame is incomplete");
                        let (line, function) = (next()?.parse()?, next()?.to_owned());
                        frames.push(Frame { file: file.to_owned(), line, function });
                    }
                    output.stacks.push(Stack { bytes, blocks, frames });
                }
                _ => output.notes.push(line.to_owned()),
            }
        }
        Ok(output)
    }
}
