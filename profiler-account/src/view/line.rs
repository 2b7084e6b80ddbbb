//! An account in one line.

use mem_profile_format::report::Unit;

use crate::account::Account;

/// Classes with a name; all others are one.
const CLASSES: usize = 4;

impl Account {
    /// The resident set and its largest classes, in one line for logs.
    #[must_use]
    pub fn line(&self) -> String {
        let size = |bytes: u64| Unit::Auto.format(bytes.into(), 1);
        let mut classes: Vec<_> = self.classes.iter().filter(|class| class.bytes > 0).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.bytes));
        let (largest, others) = classes.split_at(classes.len().min(CLASSES));
        let mut parts: Vec<_> = largest
            .iter()
            .map(|class| format!("{} {}", class.kind.name(), size(class.bytes)))
            .collect();
        let rest: u64 = others.iter().map(|class| class.bytes).sum();
        if rest > 0 {
            parts.push(format!("all else {}", size(rest)));
        }
        let colon = if parts.is_empty() { "" } else { ": " };
        format!("resident set {}{colon}{}", size(self.resident), parts.join(" · "))
    }
}
