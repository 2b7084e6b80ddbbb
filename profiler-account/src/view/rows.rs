//! The rows and sentences that all views show. Their strings are safe in a terminal.

use mem_profile_format::report::{Unit, count, markdown_cell, printable};

use crate::account::Account;
use crate::advice::Advice;
use crate::class::{Class, ClassKind, Part};
use crate::pins::Pin;

/// Most lines and parts below a row.
const MOST: usize = 5;
/// A part is shown from so many of a hundred of the resident set on, and a line of all pinned bytes.
const LEAST_SHARE: u64 = 1;

/// A row of the account.
pub(super) struct Row {
    pub(super) kind: ClassKind,
    pub(super) name: String,
    pub(super) bytes: u64,
    /// A remark on the figure.
    pub(super) note: String,
    /// Of what it consists.
    pub(super) details: Vec<Detail>,
}

/// A part of a row.
pub(super) struct Detail {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) note: String,
}

/// The classes, which add up to the resident set.
pub(super) fn rows(account: &Account) -> Vec<Row> {
    let row = |class: &Class| Row {
        kind: class.kind,
        name: name(class, account),
        bytes: class.bytes,
        note: note(class, account),
        details: details(class, account),
    };
    account.classes.iter().map(row).collect()
}

fn name(class: &Class, account: &Account) -> String {
    match (class.kind, account.threads) {
        (ClassKind::Stacks, Some(threads)) => format!("stacks of {}", count(threads, "thread")),
        (kind, _) => kind.name().to_owned(),
    }
}

fn note(class: &Class, account: &Account) -> String {
    let counted = account.counted.map(|counted| {
        let blocks = counted.blocks.map(|blocks| format!(" in {}", count(blocks, "block")));
        format!("{} are live{}", size(counted.bytes), blocks.unwrap_or_default())
    });
    let pages = account.pins.as_ref().map(|pins| {
        let average = pins.live.checked_div(pins.pages).unwrap_or(0);
        format!("on {} with {} of live blocks each", count(pins.pages, "page"), size(average))
    });
    let trim = account.advice.iter().filter_map(|advice| match advice {
        Advice::Trim(bytes) => {
            let up_to = if class.kind == ClassKind::FreeWholeOrC { "up to " } else { "" };
            Some(format!("malloc_trim(0) would return {up_to}{}", size(*bytes)))
        }
        _ => None,
    });
    match class.kind {
        ClassKind::LiveBlocks => format!("exact, {}", count(class.count.unwrap_or(0), "block")),
        ClassKind::Overhead => "headers and rounding, estimated".to_owned(),
        ClassKind::CLibraries => "in use, but by no block of this program".to_owned(),
        ClassKind::CHeap => match class.in_use {
            Some(bytes) => format!("{} in use", size(bytes)),
            None => "in use and free".to_owned(),
        },
        ClassKind::Heap => counted.unwrap_or_else(|| "live blocks and free memory".to_owned()),
        ClassKind::Anonymous => {
            let mappings = count(class.count.unwrap_or(0), "mapping");
            format!("{mappings} without a file, by allocators or by hand")
        }
        kind if kind.is_pinned() => pages.unwrap_or_default(),
        kind if kind.is_whole_pages() => trim.collect(),
        _ => String::new(),
    }
}

fn details(class: &Class, account: &Account) -> Vec<Detail> {
    if class.kind.is_pinned() {
        return pins(account);
    }
    let is_named = matches!(
        class.kind,
        ClassKind::Code | ClassKind::Files | ClassKind::SharedMemory | ClassKind::Anonymous
    );
    let least = account.resident / 100 * LEAST_SHARE;
    let parts = class.parts.iter().filter(|part| is_named && part.bytes >= least.max(1));
    let detail = |part: &Part| Detail {
        name: printable(&part.name),
        bytes: part.bytes,
        note: String::new(),
    };
    parts.take(MOST).map(detail).collect()
}

fn pins(account: &Account) -> Vec<Detail> {
    let sites = account.pins.as_ref().map_or(&[][..], |pins| &pins.sites);
    let detail = |pin: &Pin| {
        let note = format!("pinned by {} in {}", size(pin.block_bytes), count(pin.blocks, "block"));
        Detail { name: printable(&pin.site), bytes: pin.pinned, note }
    };
    let whole = account.pins.as_ref().map_or(0, |pins| pins.bytes);
    let is_small = |pin: &Pin| pin.pinned < whole / 100 * LEAST_SHARE;
    let shown = sites.iter().position(is_small).unwrap_or(sites.len()).min(MOST);
    let (shown, more) = sites.split_at(shown);
    let mut details: Vec<_> = shown.iter().map(detail).collect();
    if !more.is_empty() {
        let bytes = more.iter().map(|pin| pin.pinned).sum();
        let name = count(more.len() as u64, "more line");
        details.push(Detail { name, bytes, note: "pinned".to_owned() });
    }
    details
}

/// Figures that are no classes, if they are not zero.
pub(super) fn beside(account: &Account) -> Vec<(&'static str, u64, String)> {
    let untouched = account.untouched.iter().map(|it| it.bytes).sum();
    let place = account.untouched.first().map(|it| {
        let more = account.untouched.len() - 1;
        let more = if more > 0 { format!(", and by {more} more lines") } else { String::new() };
        let (site, blocks) = (printable(&it.site), count(it.blocks, "block"));
        format!("not resident; {} in {blocks} of {site}{more}", size(it.bytes))
    });
    let all = [
        ("in huge pages", account.huge_pages, "of the resident set".to_owned()),
        ("reserved, never touched", untouched, place.unwrap_or_default()),
        ("swapped out", account.swap, "not resident".to_owned()),
        ("page tables", account.page_tables, "not in the resident set".to_owned()),
    ];
    all.into_iter().filter(|(_, bytes, _)| *bytes > 0).collect()
}

/// Remarks on the account as a whole.
pub(super) fn remarks(account: &Account) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(account.missing.clone());
    if account.classes.iter().any(|class| class.kind == ClassKind::FreeWholeOrC) {
        remarks.push(
            "C's: memory that C libraries have in use. The allocator would have to be asked for it.".to_owned(),
        );
    }
    remarks.extend(account.advice.iter().filter_map(sentence));
    if account.moved > 0 {
        remarks.push(format!("The sums moved by {} while they were read.", size(account.moved)));
    }
    if !account.took.is_zero() {
        remarks.push(format!("Read in {:.1} ms.", account.took.as_secs_f64() * 1000.0));
    }
    remarks
}

fn sentence(advice: &Advice) -> Option<String> {
    match advice {
        // It is beside the row of free pages.
        Advice::Trim(_) => None,
        Advice::Arenas { arenas, resident, peak, bytes } => {
            let [resident, peak, bytes] = [resident, peak, bytes].map(|it| size(*it));
            Some(format!(
                "Started with MALLOC_ARENA_MAX=2, it would have at least {bytes} less: {arenas} arenas have {resident}, and live blocks never had more than {peak} at once."
            ))
        }
        Advice::Threshold(bytes) => Some(format!(
            "Started with MALLOC_MMAP_THRESHOLD_=131072, it would have about {} less: since a mapped block was freed, glibc maps only larger ones for themselves, and keeps what others had.",
            size(*bytes)
        )),
        Advice::Gather { site, bytes } => {
            let (site, bytes) = (printable(site), size(*bytes));
            Some(format!(
                "Kept together, as in one large block, the blocks of {site} would leave {bytes} more in free pages."
            ))
        }
    }
}

pub(super) fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

/// A size in MiB, so that sizes are aligned.
pub(super) fn mib(bytes: u64) -> String {
    Unit::MiB.format(bytes.into(), 1)
}

/// A sentence in a cell of Markdown: one with signs that mean something there is code.
pub(super) fn prose(text: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || " ,.;:()%'".contains(sign);
    if text.chars().all(is_plain) { text.to_owned() } else { markdown_cell(text) }
}
