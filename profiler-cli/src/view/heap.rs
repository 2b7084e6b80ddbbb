//! Renders answers about a captured heap as text.

use std::fmt::Display;

use mem_profile_format::report::{Unit, printable_line};
use mem_profile_graph::{
    Arrow, Chain, FieldWaste, Growth, NodeKind, Picture, Rows, Sum, TypeSum, Waste,
};

/// Which way a tree goes from the blocks that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To what they hold.
    Down,
    /// To who holds them.
    Up,
}

/// A table of types.
pub(crate) fn types(types: &Rows<TypeSum>) -> String {
    let row = |kind: &TypeSum| {
        let Sum { blocks, bytes, retained, .. } = kind.sum;
        [size(bytes), size(retained), blocks.to_string(), printable_line(&kind.name)]
    };
    let titles = ["bytes", "retained", "blocks", "type"];
    table(titles, types.rows.iter().map(row).collect()) + &more(types)
}

/// A row a line; `nothing` where there is none.
pub(crate) fn rows<T: Display>(rows: &Rows<T>, nothing: &str) -> String {
    if rows.rows.is_empty() && rows.more == 0 {
        return format!("{nothing}\n");
    }
    let lines: String = rows.rows.iter().map(|row| format!("{row}\n")).collect();
    lines + &more(rows)
}

/// Blocks, and the chains that hold them.
pub(crate) fn chains(sum: Sum, chains: &[Chain], more: usize) -> String {
    let mut text = format!("{sum}\n");
    chains.iter().for_each(|chain| text += &format!("  {chain}\n"));
    if more > 0 {
        text += &format!("… {more} more; --top all shows them\n");
    }
    text
}

/// How much all containers use, and the fields with the most that is not used.
pub(crate) fn waste(waste: &Waste, fields: &Rows<FieldWaste>) -> String {
    let (reserved, used) = (size(waste.reserved), size(waste.used));
    let containers = waste.containers;
    let mut text =
        format!("{containers} containers of known types: {reserved} reserved, {used} used\n");
    let row = |field: &FieldWaste| {
        let name = format!("{}: {} ×{}", field.field, field.name, field.containers);
        [size(field.wasted()), size(field.reserved), size(field.used), printable_line(&name)]
    };
    if !fields.rows.is_empty() {
        let titles = ["not used", "reserved", "used", "field"];
        text += &format!("\n{}", table(titles, fields.rows.iter().map(row).collect()));
    }
    text + &more(fields)
}

/// Growth by type and by place.
pub(crate) fn growth(types: &Rows<Growth>, sites: &Rows<Growth>) -> String {
    let row = |growth: &Growth| {
        let sign = if growth.bytes > 0 { "+" } else { "" };
        let bytes = format!("{sign}{}", Unit::Auto.format(growth.bytes.into(), 1));
        let blocks = format!("{:+}", growth.blocks);
        [bytes, size(growth.bytes_now), blocks, printable_line(&growth.name)]
    };
    let list = |grown: &Rows<Growth>, of: &str| {
        if grown.rows.is_empty() && grown.more == 0 {
            return format!("no {of} has grown or shrunk\n");
        }
        let titles = ["growth", "bytes now", "blocks", of];
        table(titles, grown.rows.iter().map(row).collect()) + &more(grown)
    };
    format!("{}\n{}", list(types, "type"), list(sites, "place"))
}

/// A picture as a tree: each node once, and where it comes again its name alone.
pub(crate) fn tree(picture: &Picture, direction: Direction) -> String {
    let mut next = vec![Vec::new(); picture.nodes.len()];
    for arrow in &picture.arrows {
        match direction {
            Direction::Down => next[arrow.from].push((arrow.to, arrow)),
            Direction::Up => next[arrow.to].push((arrow.from, arrow)),
        }
    }
    let sign = if direction == Direction::Down { "→" } else { "←" };
    let asked = picture.nodes.iter().enumerate().filter(|(_, node)| node.kind == NodeKind::Asked);
    // The last is the next one: no recursion, however deep it is.
    let mut open: Vec<_> = asked.map(|(number, _)| (number, None, 0_usize)).collect();
    open.reverse();
    let mut is_shown = vec![false; picture.nodes.len()];
    let mut text = String::new();
    while let Some((number, arrow, depth)) = open.pop() {
        let node = &picture.nodes[number];
        text += &"  ".repeat(depth);
        if depth > 0 {
            text += &format!("{sign} ");
        }
        text += &printable_line(&node.name);
        let is_again = std::mem::replace(&mut is_shown[number], true) && !next[number].is_empty();
        if is_again {
            text += " (above)";
        } else if !node.detail.is_empty() {
            text += &format!(", {}", printable_line(&node.detail));
        }
        text += &arrow.map(pointers).unwrap_or_default();
        text.push('\n');
        if !is_again {
            let below = next[number].iter().rev();
            open.extend(below.map(|&(number, arrow)| (number, Some(arrow), depth + 1)));
        }
    }
    text
}

/// By how many pointers and by which field an arrow leads on.
fn pointers(arrow: &Arrow) -> String {
    let count = match arrow.pointers {
        1 => String::new(),
        count => format!(", by {count} pointers"),
    };
    let field = match &*arrow.field {
        "" => String::new(),
        field => format!(", field {}", printable_line(field)),
    };
    let weak = if arrow.holds { "" } else { ", weak" };
    format!("{count}{field}{weak}")
}

fn table(titles: [&str; 4], mut rows: Vec<[String; 4]>) -> String {
    rows.insert(0, titles.map(str::to_owned));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [one, two, three] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let line =
        |[a, b, c, name]: &[String; 4]| format!("{a:>one$}  {b:>two$}  {c:>three$}  {name}\n");
    rows.iter().map(line).collect()
}

fn more<T>(rows: &Rows<T>) -> String {
    if rows.more == 0 {
        return String::new();
    }
    let bytes = rows.more_bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    format!("… {} more{bytes}; --top all shows them\n", rows.more)
}

fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

/// Each exceeded limit, and how many there are.
pub(crate) fn verdict(exceeded: &[String], limits: usize) -> String {
    let mut text: String = exceeded
        .iter()
        .map(|sentence| format!("\u{1b}[1;31mexceeded\u{1b}[0m: {sentence}\n"))
        .collect();
    text += &match (exceeded.len(), limits) {
        (0, 1) => "mem-profile: the limit is kept\n".to_owned(),
        (0, _) => format!("mem-profile: all {limits} limits are kept\n"),
        (count, _) => format!("mem-profile: {count} of {limits} limits exceeded\n"),
    };
    text
}
