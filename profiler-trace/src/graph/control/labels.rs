//! Labels, and the blocks that bear them.
//!
//! The map keeps a site for each block, on which its free is counted. So a label is a frame: the block goes to the
//! site of the same stack with the label as its innermost frame, and its figures go with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mem_profile_runtime::internal::{Block, Quiet};

use crate::capture::control;
use crate::hook::thread_state::{self, ReentrancyGuard};
use crate::tables::counters::{Amount, Counters};
use crate::tables::{peak, sample, shadow, tree};

/// The labels so far, each of which is a number. Texts of libraries may go, so they are copied.
static LABELS: Mutex<Option<HashMap<Box<str>, u16>>> = Mutex::new(None);

/// See [`crate::graph::track`].
pub(crate) fn track(address: usize, label: &str) -> bool {
    // Nobody captures, clears or reads meanwhile.
    let _control = control::lock();
    if !control::is_tracing_all() {
        return false;
    }
    let Some(block) = shadow::holder(address) else { return false };
    let labelled = number(label).and_then(|number| tree::with_label(block.site, number));
    labelled.is_some_and(|site| site == block.site || go(block, site))
}

/// The texts in the order of their numbers.
pub(super) fn all() -> Vec<String> {
    let labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut texts: Vec<_> = labels.iter().flatten().map(|(text, &number)| (number, text)).collect();
    texts.sort_unstable();
    texts.into_iter().map(|(_, text)| text.clone().into()).collect()
}

/// Of a label, from zero on; `None` where there is no room for another one.
fn number(label: &str) -> Option<u16> {
    let _quiet = Quiet::enter();
    let mut labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    let labels = labels.get_or_insert_default();
    if let Some(&number) = labels.get(label) {
        return Some(number);
    }
    let number = u16::try_from(labels.len()).ok()?;
    labels.insert(label.into(), number);
    Some(number)
}

/// The block and its figures go to another site.
fn go(block: Block, site: u32) -> bool {
    if !shadow::change_site(block.address, block.site, site) {
        return false;
    }
    let Amount { blocks, bytes } = sample::amount::<false>(block.size);
    for (site, sign) in [(block.site, -1), (site, 1)] {
        let amount = Amount { blocks: sign * blocks, bytes: sign * bytes };
        match ReentrancyGuard::enter() {
            Some(state) => state.counters(site).on_alloc(amount, peak::mark().1),
            // Past the end of the thread.
            None => shared(site, amount),
        }
    }
    true
}

fn shared(site: u32, amount: Amount) {
    if let Some(counters) = thread_state::shared(site) {
        Counters::add_shared(counters, amount, amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_one_number() {
        let [one, other] = ["a label of a test", "another label"].map(number);
        assert!(one.is_some() && other.is_some() && one != other);
        assert_eq!(number(&String::from("a label of a test")), one);
        let all = all();
        assert_eq!(all[usize::from(one.unwrap())], "a label of a test");
        assert_eq!(all[usize::from(other.unwrap())], "another label");
    }
}
