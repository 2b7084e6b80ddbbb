//! A table for pages that show Markdown.

use mem_profile_format::report::{markdown_cell, markdown_prose, percent};

use super::rows::{beside, mib, prose, remarks, rows};
use crate::account::Account;

impl Account {
    /// The account as a table in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from("| | Size | Share | |\n| :--- | ---: | ---: | :--- |\n");
        text += &format!("| **resident set** | {} | | |\n", mib(self.resident));
        for row in rows(self) {
            let (bytes, share) = (mib(row.bytes), percent(row.bytes, self.resident));
            text += &format!("| {} | {bytes} | {share} | {} |\n", row.name, prose(&row.note));
            for detail in &row.details {
                let (name, bytes) = (markdown_cell(&detail.name), mib(detail.bytes));
                text += &format!("| | | | {name} {bytes} {} |\n", prose(&detail.note));
            }
        }
        for (name, bytes, note) in beside(self) {
            text += &format!("| {name} | {} | | {} |\n", mib(bytes), prose(&note));
        }
        for remark in remarks(self) {
            text += &format!("\n{}\n", markdown_prose(&remark));
        }
        text
    }
}
