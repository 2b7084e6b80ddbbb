//! The sentences about a suspect. Names are apart from words, since each format marks them in its own way.

use mem_profile_format::report::percent;

use super::suspect::{Group, Point, Suspect};
use crate::ask::Chain;
use crate::class::Class;
use crate::text::{count, name, size};

/// Words and names in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(pub(super) Vec<Part>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// In the language of this program.
    Text(String),
    /// Of the program that was captured, safe to show.
    Name(String),
}

impl Words {
    fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    fn name(mut self, text: &str) -> Self {
        self.0.push(Part::Name(name(text)));
        self
    }

    fn at(self, location: &str, more: u64) -> Self {
        let found = self.text(", allocated at ").name(location);
        match more {
            0 => found,
            more => found.text(format!(" and {}", count(more, "more place"))),
        }
    }

    /// Without marks.
    pub(super) fn plain(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) | Part::Name(text) => text.clone(),
        };
        self.0.iter().map(text).collect()
    }
}

/// A suspect in one line: what retains how much.
pub(super) fn headline(suspect: &Suspect, bytes: u64) -> Words {
    let start = match suspect.count {
        1 => Words::default().name(&suspect.name).text(" retains "),
        count => Words::default().text(format!("{count} × ")).name(&suspect.name).text(" retain "),
    };
    let share = percent(suspect.retained, bytes);
    start.text(format!("{}, {share} of the heap", size(suspect.retained)))
}

/// A suspect in sentences.
pub(super) fn sentences(suspect: &Suspect) -> Vec<Words> {
    let mut sentences = vec![identity(suspect)];
    sentences.extend(holder(suspect));
    sentences.extend(suspect.within.as_ref().map(part_of));
    sentences.extend(accumulation(suspect));
    sentences.extend(most(suspect));
    sentences.push(freed(suspect));
    sentences
}

fn identity(suspect: &Suspect) -> Words {
    let bytes = size(suspect.bytes);
    let start = match suspect.count {
        1 => format!("It is a block of {bytes} at {:#x}", suspect.address),
        _ => format!("They have {bytes} themselves"),
    };
    let words = Words::default().text(start).at(&suspect.location, 0).text(".");
    match suspect.count == 1 || suspect.class == Class::Lost {
        true => words,
        false => words.text(" No other block alone holds one of them."),
    }
}

fn holder(suspect: &Suspect) -> Option<Words> {
    let whom = if suspect.count == 1 { "it" } else { "them" };
    let words = Words::default();
    match suspect.class {
        Class::Lost => {
            return Some(words.text(format!("Nothing holds {whom}, so the memory is lost.")));
        }
        _ if suspect.holders.is_empty() && suspect.within.is_some() => return None,
        _ if suspect.holders.is_empty() && suspect.count == 1 => {
            return Some(words.text("Several blocks hold it together."));
        }
        _ => {}
    }
    let mut words = words;
    for (place, holder) in suspect.holders.iter().enumerate() {
        let comma = match place {
            0 => "",
            place if place + 1 == suspect.holders.len() && suspect.more_holders == 0 => " and ",
            _ => ", ",
        };
        words = words.text(comma).name(holder);
    }
    if suspect.holders.is_empty() {
        let class = match suspect.class {
            Class::Stack => "Only stacks hold",
            Class::Unseen => "Only memory that was not seen holds",
            _ => "Statics and thread-locals hold",
        };
        return Some(words.text(format!("{class} {whom}.")));
    }
    if suspect.more_holders > 0 {
        words = words.text(format!(" and {}", count(suspect.more_holders, "more word")));
    }
    let is_one = suspect.holders.len() == 1 && suspect.more_holders == 0;
    let verb = if is_one { "holds" } else { "hold" };
    let only = match suspect.class {
        Class::Stack => ", and nothing but stacks does",
        Class::Unseen => ", and nothing that was seen does",
        _ => "",
    };
    Some(words.text(format!(" {verb} it{only}.")))
}

fn part_of(within: &Point) -> Words {
    let retained = size(within.retained);
    let start = format!("It is part of the {retained} that ");
    Words::default()
        .text(start)
        .name(&within.name)
        .text(format!(" at {:#x} retains.", within.address))
}

fn accumulation(suspect: &Suspect) -> Option<Words> {
    let mut words = Words::default();
    if let Some(point) = &suspect.accumulates {
        let retained = size(point.retained);
        words = words.text(format!("{retained} of it accumulate in ")).name(&point.name);
        words = words.at(&point.location, 0).text(". ");
    }
    if suspect.linked > 0 {
        let name = suspect.accumulates.as_ref().map_or(&suspect.name, |point| &point.name);
        let start = match suspect.accumulates {
            Some(_) => "This",
            None => "It",
        };
        let words = words.text(format!("{start} begins a list or tree of {} × ", suspect.linked));
        return Some(words.name(name).text("."));
    }
    let Some(elements) = &suspect.elements else {
        return (!words.0.is_empty()).then_some(words);
    };
    let Group { name, location, more_locations, blocks, retained, .. } = elements;
    let start = match suspect.accumulates {
        Some(_) => "That holds",
        None => "It holds",
    };
    let words = words.text(format!("{start} {blocks} × ")).name(name);
    let words = words.at(location, *more_locations);
    let verb = if *blocks == 1 { "retains" } else { "retain" };
    Some(words.text(format!(", which {verb} {}.", size(*retained))))
}

fn most(suspect: &Suspect) -> Option<Words> {
    let most = suspect.most.as_ref()?;
    let is_itself = most.name == suspect.name && most.blocks == suspect.count;
    let is_known = suspect.elements.as_ref().is_some_and(|elements| {
        (&elements.name, elements.blocks, elements.retained)
            == (&most.name, most.blocks, most.bytes)
    });
    if is_itself || is_known {
        return None;
    }
    let words =
        Words::default().text(format!("Most bytes are in {} × ", most.blocks)).name(&most.name);
    Some(words.at(&most.location, most.more_locations).text(format!(": {}.", size(most.bytes))))
}

fn freed(suspect: &Suspect) -> Words {
    let freed = format!("{} in {}", size(suspect.retained), count(suspect.blocks, "block"));
    Words::default().text(match (suspect.class, suspect.count) {
        (Class::Lost, _) => format!("{freed} are lost with it."),
        (_, 1) => format!("Dropping it would free {freed}."),
        _ => format!("Dropping them would free {freed}."),
    })
}

/// The way to one of the blocks as steps, the holder first; none if it says nothing new.
pub(super) fn steps(suspect: &Suspect) -> Vec<String> {
    let is_telling = |chain: &&Chain| chain.holder.is_some() || chain.links.len() > 1;
    let Some(chain) = suspect.example.as_ref().filter(is_telling) else { return Vec::new() };
    let holder = chain.holder.as_deref().map_or_else(|| chain.class.to_string(), name);
    let links = chain.links.iter().map(|link| link.to_string().trim_start().to_owned());
    std::iter::once(holder).chain(links).collect()
}
