//! Profiles for `go tool pprof`.

use std::time::Duration;

use super::*;
use crate::names::symbols::Symbols;
use crate::report::pprof::build;
use mem_profile_names::{Frame, Origin};
use mem_profile_pprof::Builder;

/// Names of each stack's frames, or their addresses, the innermost first, with its live bytes.
fn stacks(builder: &Builder) -> Vec<(String, i64)> {
    let profile = &builder.profile;
    let text = |index: i64| profile.string_table[index as usize].clone();
    let location = |id: &u64| {
        let location = &profile.location[*id as usize - 1];
        assert_eq!(location.id, *id);
        let names = location
            .line
            .iter()
            .map(|line| text(profile.function[line.function_id as usize - 1].name));
        let names = names.collect::<Vec<_>>().join("+");
        if names.is_empty() { format!("{:#x}", location.address) } else { names }
    };
    let stack = |sample: &mem_profile_pprof::Sample| {
        let names: Vec<_> = sample.location_id.iter().map(location).collect();
        (names.join(" "), sample.value[3])
    };
    profile.sample.iter().map(stack).collect()
}

fn frame(function: &str, origin: Origin) -> Frame {
    let mut frame = Frame::without_line(function.to_owned(), "tool");
    frame.origin = origin;
    frame
}

/// The standard library's frame, one that it was inlined into, and one of only the standard library.
fn named() -> Snapshot {
    let mut data = full().data().clone();
    data.addresses.push(Address { address: 0x31, module: Some(0), is_own: true });
    data.traces[0].frames = vec![2, 0, 1];
    let std = |name| frame(name, Origin::Standard);
    let user = |name| frame(name, Origin::User);
    let symbols = Symbols::of_frames([
        vec![std("reserve"), user("inner")],
        vec![std("push"), user("outer"), std("call")],
        vec![frame("alloc", Origin::Profiler)],
    ]);
    Snapshot::of(data).with_names(symbols)
}

#[test]
fn a_profile_by_addresses_looks_up_no_name() {
    let mut data = full().data().clone();
    data.addresses.push(Address { address: RECURSION, module: None, is_own: false });
    data.addresses.push(Address { address: 0x31, module: Some(0), is_own: true });
    data.traces[0].frames = vec![3, 0, 2, 1];
    let snapshot = Snapshot::of(data);
    let profile = build(&snapshot, Measure::Allocated, PprofFrames::Addresses);
    let expected = [
        ("0xf [recursion] 0x1f", 150),
        ("0x1f [callers not found]", 50),
        ("[truncated: the tables were full]", 100),
    ];
    assert_eq!(stacks(&profile), expected.map(|(stack, bytes)| (stack.to_owned(), bytes)));
    assert!(!snapshot.has_names());
    let (shown, mapping) = (profile.profile.default_sample_type, &profile.profile.mapping[0]);
    assert_eq!(profile.profile.string_table[shown as usize], "alloc_space");
    assert!(!mapping.has_functions && !mapping.has_line_numbers);
    let named = build(&snapshot, Measure::Live, PprofFrames::All).profile;
    assert_eq!(named.string_table[named.default_sample_type as usize], "inuse_space");
    assert!(named.mapping[0].has_functions && snapshot.has_names());
}

#[test]
fn each_stack_is_there_once_with_the_locations_that_are_used() {
    let mut data = full().data().clone();
    let again = Trace { thread: 1, ..data.traces[0].clone() };
    let change = |live_bytes| Trace { frames: vec![2], live_bytes, ..Trace::default() };
    data.traces.extend([again, change(5), change(-5)]);
    let address = |address| Address { address, module: Some(0), is_own: false };
    data.addresses.extend([0x30, 0x40].map(address));
    let snapshot = Snapshot::of(data).with_duration(Duration::from_secs(3));
    let builder = build(&snapshot, Measure::Live, PprofFrames::Addresses);
    let expected = [
        ("0xf 0x1f", 300),
        ("0x1f [callers not found]", 50),
        ("[truncated: the tables were full]", 100),
    ];
    assert_eq!(stacks(&builder), expected.map(|(stack, bytes)| (stack.to_owned(), bytes)));
    let profile = builder.profile;
    assert_eq!(profile.sample[0].value, [2, 300, 2, 300]);
    assert_eq!((profile.location.len(), profile.duration_nanos), (5, 3_000_000_000));
}

#[test]
fn readers_that_subtract_profiles_tell_marks_apart_and_find_comments() {
    let mut data = full().data().clone();
    data.traces.push(Trace { reach: Reach::NoStack, frames: vec![], ..data.traces[2].clone() });
    let builder = build(&Snapshot::of(data), Measure::Live, PprofFrames::Addresses);
    let profile = &builder.profile;
    let marks = profile.location.iter().filter(|location| !location.line.is_empty());
    assert_eq!(marks.map(|mark| mark.address).collect::<Vec<_>>(), [1, 2, 3]);
    // The key of each comment is there, which has one byte.
    let comments: Vec<u8> = profile.comment.iter().flat_map(|&it| [13 << 3, it as u8]).collect();
    let bytes = builder.encode();
    assert!(comments.len() == 6 && bytes.windows(6).any(|part| part == comments));
}

#[test]
fn figures_are_on_the_line_that_asked_the_standard_library() {
    let names = |frames| {
        let all = stacks(&build(&named(), Measure::Live, frames));
        all.into_iter().map(|(stack, _)| stack).collect::<Vec<_>>()
    };
    let all = names(PprofFrames::All);
    assert_eq!(all[0], "reserve+inner push+outer+call");
    assert_eq!(all[1], "push+outer+call [callers not found]");
    let inner = names(PprofFrames::WithoutStandard);
    assert_eq!(inner[0], "inner push+outer+call");
    assert_eq!(inner[1], "outer+call [callers not found]");
    assert_eq!(inner[2], "[truncated: the tables were full]");
}
