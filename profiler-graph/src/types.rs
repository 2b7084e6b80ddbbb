//! What a block is: the name of its type, and where it was allocated.

mod function;
mod short;
mod sites;
mod stack;

use std::collections::HashMap;

use mem_profile_format::glob;

use crate::image::{Image, SiteState};

pub(crate) use self::short::short_name;
pub(crate) use self::sites::{SiteFacts, Sites};

/// A type, by its place in the list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind(pub(crate) u32);

/// The name of a type that is not known.
const UNKNOWN: &str = "unknown";

/// The types of all blocks, by their sites.
///
/// A block's type is its label; without one, what the functions say that allocated it; without that, the line;
/// without that, unknown.
#[derive(Debug, Default)]
pub(crate) struct Types {
    names: Vec<String>,
    known: HashMap<String, Kind>,
    /// The type of blocks of each site.
    of_site: Vec<Kind>,
    /// Whether that is a type or a label, and not only a line.
    is_typed: Vec<bool>,
    /// Where each site is: a line, or an offset in a module.
    locations: Vec<String>,
}

impl Types {
    /// Of labels alone, and of what is known of each site.
    pub(crate) fn new(image: &Image, facts: &[SiteFacts]) -> Self {
        let mut types = Self::default();
        for number in 0..image.site_count() as u32 {
            let Some(site) = image.site(number) else { continue };
            let addresses: Vec<_> = site.addresses().collect();
            let facts = facts.get(number as usize);
            let line = facts.and_then(|facts| facts.line.as_deref());
            let kind = facts.and_then(|facts| facts.kind.as_deref());
            let is_typed = site.label.or(kind).is_some();
            let kind = types.add(site.label.or(kind).or(line).unwrap_or(UNKNOWN));
            types.of_site.push(kind);
            types.is_typed.push(is_typed);
            let location = line.map(str::to_owned);
            let location = location.unwrap_or_else(|| offset(image, &addresses, site.state));
            types.locations.push(location);
        }
        types
    }

    /// The type of a name.
    pub(crate) fn add(&mut self, name: &str) -> Kind {
        if let Some(&kind) = self.known.get(name) {
            return kind;
        }
        let kind = Kind(self.names.len() as u32);
        self.names.push(name.to_owned());
        self.known.insert(name.to_owned(), kind);
        kind
    }

    pub(crate) fn kind(&self, site: u32) -> Kind {
        self.of_site[site as usize]
    }

    pub(crate) fn name(&self, kind: Kind) -> &str {
        &self.names[kind.0 as usize]
    }

    /// Whether the type has a name.
    pub(crate) fn is_known(&self, kind: Kind) -> bool {
        self.name(kind) != UNKNOWN
    }

    /// Whether the stack or a label of a site says what its blocks are.
    pub(crate) fn is_typed(&self, site: u32) -> bool {
        self.is_typed[site as usize]
    }

    pub(crate) fn location(&self, site: u32) -> &str {
        &self.locations[site as usize]
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

/// Where a site is in its module, if no line is known.
fn offset(image: &Image, addresses: &[u64], state: SiteState) -> String {
    let innermost = addresses.iter().find(|&&address| address != 0);
    let place = |&address: &u64| match image.module_at(address) {
        Some(module) => {
            format!("{}+{:#x}", module.file_name(), address.wrapping_sub(module.bias))
        }
        None => format!("{address:#x}"),
    };
    innermost.map(place).unwrap_or_else(|| {
        let known = match state {
            SiteState::Truncated => "a stack for which there was no room",
            _ => "no stack",
        };
        known.to_owned()
    })
}

/// A pattern for names of types or lines: `*` stands for any characters, `?` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Compares with whole names.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(glob::collapsed(pattern))
    }

    /// Whether the pattern stands for this name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        glob::matches(&self.0, name)
    }
}

impl From<&str> for Pattern {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}
