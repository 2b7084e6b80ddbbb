//! The text of `/proc/PID/smaps`, and single fields of files like it.
//!
//! Nothing is believed: whatever the text is, it is read or refused, in memory of its own length.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// A mapping of a process. Sizes are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// Its addresses.
    pub range: Range<u64>,
    /// Whether it may be read, written or executed.
    pub is_accessible: bool,
    /// Whether it may be written.
    pub is_writable: bool,
    /// Whether it may be executed.
    pub is_executable: bool,
    /// Whether what is written there is seen by all who map it.
    pub is_shared: bool,
    /// Its file by number; zero if it has none.
    pub inode: u64,
    /// The path of its file, or how the system names it; often empty.
    pub name: String,
    /// Its part of the resident set.
    pub resident: u64,
    /// Of these bytes, those in huge pages.
    pub huge: u64,
    /// Of its addresses, those that the mapping before had too, in bytes: the process has changed it meanwhile. They
    /// are no longer part of the range.
    pub overlap: u64,
    /// Bytes that were swapped out.
    pub swap: u64,
    /// The size of its pages.
    pub page: u64,
    /// Whether it must not have huge pages, as stacks that threads get from the C library.
    pub refuses_huge_pages: bool,
    /// Whether no memory is set aside for it, as for arenas of glibc's allocator.
    pub is_unreserved: bool,
    /// Whether it grows downwards, as the first stack of a process.
    pub grows_down: bool,
}

/// Why a text is none of `smaps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmapsError {
    /// The line, from 1.
    pub line: usize,
    /// The fault.
    pub what: &'static str,
}

impl fmt::Display for SmapsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} of smaps is not valid: {}", self.line, self.what)
    }
}

impl Error for SmapsError {}

/// The size of pages where the text has none.
const PAGE: u64 = 4096;

/// All mappings in the text of `smaps`, by their addresses.
///
/// # Errors
/// At the first line that the system would not write.
pub fn parse_smaps(text: &[u8]) -> Result<Vec<Mapping>, SmapsError> {
    let mut mappings = Mappings::default();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    for (index, line) in lines.enumerate() {
        let at = |what| SmapsError { line: index + 1, what };
        match field(line) {
            Some((name, value)) => mappings.set(name, value),
            None => mappings.begin(line),
        }
        .map_err(at)?;
        mappings.lines = index + 1;
    }
    let line = mappings.lines;
    mappings.finish().map_err(|what| SmapsError { line, what })?;
    Ok(mappings.all)
}

#[derive(Default)]
struct Mappings {
    all: Vec<Mapping>,
    /// Whether the last one has its figure.
    is_complete: bool,
    lines: usize,
}

impl Mappings {
    fn begin(&mut self, line: &[u8]) -> Result<(), &'static str> {
        self.finish()?;
        let mapping = heading(line).ok_or("it is neither a mapping nor one of its figures")?;
        if mapping.range.start >= mapping.range.end {
            return Err("the mapping ends before it begins");
        }
        let end = self.all.last().map_or(0, |last| last.range.end);
        self.all.push(mapping.behind(end));
        self.is_complete = false;
        Ok(())
    }

    fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let mapping = self.all.last_mut().ok_or("a figure comes before the first mapping")?;
        let length = mapping.range.end - mapping.range.start;
        let figure = || kib(value).ok_or("the figure is not a number of kB");
        let part = || match figure()? {
            bytes if bytes <= length => Ok(bytes),
            bytes if bytes <= length.saturating_add(mapping.overlap) => Ok(length),
            _ => Err(TOO_LARGE),
        };
        match name {
            b"Rss" => {
                mapping.resident = part()?;
                self.is_complete = true;
            }
            b"AnonHugePages" => mapping.huge = part()?,
            b"Swap" => mapping.swap = part()?,
            b"KernelPageSize" => {
                let page = figure()?;
                mapping.page = if page.is_power_of_two() { page } else { return Err(NO_PAGE) };
            }
            b"VmFlags" => {
                let has = |flag: &[u8]| value.split(u8::is_ascii_whitespace).any(|it| it == flag);
                mapping.refuses_huge_pages = has(b"nh");
                mapping.is_unreserved = has(b"nr");
                mapping.grows_down = has(b"gd");
            }
            _ => {}
        }
        Ok(())
    }

    /// The last mapping is whole.
    fn finish(&self) -> Result<(), &'static str> {
        match self.all.is_empty() || self.is_complete {
            true => Ok(()),
            false => Err("the mapping before has no resident set"),
        }
    }
}

impl Mapping {
    /// The part from this address on, where the mapping before ends: that one may have grown, or become part of
    /// this one, since it was read.
    fn behind(mut self, end: u64) -> Self {
        let start = self.range.start.max(end);
        self.overlap = start.min(self.range.end) - self.range.start;
        self.range = start..self.range.end.max(start);
        self
    }
}

const TOO_LARGE: &str = "the figure is larger than the mapping";
const NO_PAGE: &str = "no page has this size";

/// The name and the value of a line such as `Rss:  16 kB`.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (!name.is_empty() && name.iter().all(is_name)).then_some((name, value))
}

/// `7f0000000000-7f0000004000 rw-p 00000000 00:00 0   /path with blanks`
fn heading(line: &[u8]) -> Option<Mapping> {
    let mut rest = line;
    let mut word = || {
        let end = rest.iter().position(|&byte| byte == b' ').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        str::from_utf8(word).ok()
    };
    let (start, end) = word()?.split_once('-')?;
    let [read, write, execute, sharing] = *word()?.as_bytes().first_chunk()?;
    let (_offset, _device) = (word()?, word()?);
    let inode = word()?.parse().ok()?;
    let hexadecimal = |digits: &str| {
        let is_number = !digits.starts_with('+');
        u64::from_str_radix(digits, 16).ok().filter(|_| is_number)
    };
    Some(Mapping {
        range: hexadecimal(start)?..hexadecimal(end)?,
        is_accessible: [read, write, execute] != *b"---",
        is_writable: write == b'w',
        is_executable: execute == b'x',
        is_shared: sharing == b's',
        inode,
        name: String::from_utf8_lossy(rest.trim_ascii_start()).into_owned(),
        page: PAGE,
        ..Mapping::default()
    })
}

/// A value such as ` 16 kB`, in bytes.
fn kib(value: &[u8]) -> Option<u64> {
    let number = str::from_utf8(value).ok()?.trim().strip_suffix("kB")?.trim_end();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(1024)
}

/// A field of `status` or `smaps_rollup`, in bytes.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) fn field_of(text: &[u8], name: &str) -> Option<u64> {
    let mut fields = text.split(|&byte| byte == b'\n').filter_map(field);
    fields.find_map(|(found, value)| (found == name.as_bytes()).then(|| kib(value)).flatten())
}

/// The resident set in `statm`, in pages.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) fn pages_of_statm(text: &[u8]) -> Option<u64> {
    str::from_utf8(text).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
5560e495a000-5560e495c000 r-xp 00002000 fe:00 247030                     /usr/bin/a b
Size:                  8 kB
KernelPageSize:        4 kB
Rss:                   4 kB
AnonHugePages:         0 kB
Swap:                  4 kB
THPeligible:           0
VmFlags: rd ex mr mw me 
7ffcaae5b000-7ffcaae7c000 rw-p 00000000 00:00 0                          [stack]
Rss:                 132 kB
VmFlags: rd wr mr mw me gd ac nh 
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
Rss:                   0 kB
";

    #[test]
    fn mappings_are_read() {
        let [code, stack, vsyscall] = &parse_smaps(SMAPS.as_bytes()).unwrap()[..] else { panic!() };
        assert_eq!((code.range.start, code.range.end), (0x5560_e495_a000, 0x5560_e495_c000));
        assert_eq!((&*code.name, code.inode, code.page), ("/usr/bin/a b", 247_030, 4096));
        assert_eq!((code.resident, code.swap, code.huge), (4096, 4096, 0));
        assert!(code.is_executable && !code.is_writable && !code.is_shared && !code.grows_down);
        assert_eq!((&*stack.name, stack.resident, stack.inode), ("[stack]", 132 << 10, 0));
        assert!(stack.is_writable && stack.grows_down && stack.refuses_huge_pages);
        assert_eq!((&*vsyscall.name, vsyscall.range.end), ("[vsyscall]", 0xffff_ffff_ff60_1000));
        assert_eq!(parse_smaps(b""), Ok(Vec::new()));
    }

    #[test]
    fn what_the_system_would_not_write_is_refused() {
        let heading = "1000-3000 rw-p 00000000 00:00 0 \n";
        for (text, line, what) in [
            ("Rss: 4 kB\n", 1, "a figure comes before the first mapping"),
            ("<html>\n", 1, "it is neither a mapping nor one of its figures"),
            ("1000-+3000 rw-p 0 00:00 0\n", 1, "it is neither a mapping nor one of its figures"),
            ("3000-1000 rw-p 0 00:00 0\nRss: 4 kB", 1, "the mapping ends before it begins"),
            (heading, 1, "the mapping before has no resident set"),
            (&format!("{heading}Rss: 12 kB\n"), 2, TOO_LARGE),
            (&format!("{heading}Rss: -4 kB\n"), 2, "the figure is not a number of kB"),
            (
                &format!("{heading}Rss: 18446744073709551615 kB\n"),
                2,
                "the figure is not a number of kB",
            ),
            (&format!("{heading}KernelPageSize: 0 kB\n"), 2, NO_PAGE),
        ] {
            assert_eq!(parse_smaps(text.as_bytes()), Err(SmapsError { line, what }), "{text}");
        }
    }

    /// While `smaps` is read, the process maps memory that becomes part of mappings which were read.
    #[test]
    fn a_mapping_that_was_changed_meanwhile_is_cut() {
        let smaps = b"1000-4000 rw-p 0 00:00 0\nRss: 12 kB\n1000-6000 rw-p 0 00:00 0\nRss: 20 kB\n\
                      2000-5000 rw-p 0 00:00 0\nRss: 4 kB\n7000-8000 rw-p 0 00:00 0\nRss: 4 kB\n";
        let mappings = parse_smaps(smaps).unwrap();
        let figure = |it: &Mapping| (it.range.start, it.range.end, it.resident, it.overlap);
        let expected = [
            (0x1000, 0x4000, 0x3000, 0),
            (0x4000, 0x6000, 0x2000, 0x3000),
            (0x6000, 0x6000, 0, 0x3000),
            (0x7000, 0x8000, 0x1000, 0),
        ];
        assert_eq!(mappings.iter().map(figure).collect::<Vec<_>>(), expected);
    }

    /// Any bytes in the place of others: the text is read or refused, and figures stay within their mappings.
    #[test]
    fn any_text_is_read_or_refused() {
        let mut random = fastrand::Rng::with_seed(20);
        let mut read = 0;
        for _ in 0..20_000 {
            let mut text = SMAPS.as_bytes().to_vec();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..text.len());
                match random.u8(..3) {
                    0 => text[at] = random.u8(..),
                    1 => _ = text.remove(at),
                    _ => text.insert(at, *random.choice(b"0f9-: \nkB\xff").unwrap()),
                }
            }
            let Ok(mappings) = parse_smaps(&text) else { continue };
            read += 1;
            for mapping in &mappings {
                let length = mapping.range.end - mapping.range.start;
                assert!(mapping.resident.max(mapping.huge).max(mapping.swap) <= length);
            }
            assert!(mappings.is_sorted_by(|one, next| one.range.end <= next.range.start));
        }
        assert!((2_000..18_000).contains(&read), "{read}");
    }

    #[test]
    fn single_fields_are_read() {
        let status = b"Name:\tVmRSS: 7 kB\nVmSwap:\t 12 kB\nVmPTE: 99999999999999999999 kB\n";
        let fields = ["VmRSS", "VmSwap", "VmPTE"].map(|name| field_of(status, name));
        assert_eq!(fields, [None, Some(12 << 10), None]);
        assert_eq!(pages_of_statm(b"765 424 395 5 0 123 0\n"), Some(424));
        assert_eq!(pages_of_statm(b"765 x"), None);
    }
}
