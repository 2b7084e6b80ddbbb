//! The calls that return to an address, by the debug information of its module.

use std::borrow::Cow;
use std::collections::HashMap;

use addr2line::demangle_auto;
use object::{Object, SymbolMap, SymbolMapName};

use crate::debug::{DebugFile, DebugFiles, Store};
use crate::graph::HeapGraph;
use crate::image::Image;
use crate::lines::within_package;

/// A call: of a function, at a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) function: String,
    /// Empty if it is not known.
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Finds calls.
pub(super) struct Calls<'a> {
    image: &'a Image,
    files: Option<DebugFiles<'a>>,
    /// Of modules by their biases.
    symbols: HashMap<u64, SymbolMap<SymbolMapName<'a>>>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(graph: &'a HeapGraph, store: &'a Store) -> Self {
        let files = graph.has_symbols.then(|| DebugFiles::new(&graph.image, store));
        Self { image: &graph.image, files, symbols: HashMap::new() }
    }

    /// The return addresses of a site, the innermost first.
    pub(super) fn addresses(&self, site: u32) -> Vec<u64> {
        self.image.site(site).iter().flat_map(|site| site.addresses()).collect()
    }

    /// The calls that return to an address, the outermost first: more than one if some were inlined.
    pub(super) fn at(&mut self, address: u64) -> Vec<Call> {
        let named = |function: &str| Call { function: function.to_owned(), ..Call::default() };
        if address == 0 {
            return vec![named("[recursion]")];
        }
        let symbols = &mut self.symbols;
        // The call is before the address to which it returns.
        let found = self.files.as_ref().and_then(|files| files.at(address - 1));
        let calls = found.map(|(file, place)| calls(file, place, symbols)).unwrap_or_default();
        match calls.is_empty() {
            true => vec![named(&self.offset(address))],
            false => calls,
        }
    }

    fn offset(&self, address: u64) -> String {
        match self.image.module_at(address) {
            Some(module) => {
                format!("{}+{:#x}", module.file_name(), address.wrapping_sub(module.bias))
            }
            None => format!("{address:#x}"),
        }
    }
}

fn calls<'a>(
    file: &DebugFile<'a>,
    place: u64,
    symbols: &mut HashMap<u64, SymbolMap<SymbolMapName<'a>>>,
) -> Vec<Call> {
    let symbols = symbols
        .entry(file.module.bias)
        .or_insert_with(|| file.symbols.as_ref().unwrap_or(&file.program).symbol_map());
    let symbol = || {
        let name = symbols.before(place)?.name();
        Some(demangle_auto(Cow::Borrowed(name), None).into_owned())
    };
    let mut calls = Vec::new();
    let mut frames = file.frames(place);
    while let Some(Ok(Some(frame))) = frames.as_mut().map(|frames| frames.next()) {
        let function = frame.function.as_ref().and_then(|name| name.demangle().ok());
        // With lines alone, a function into which nothing was inlined has no name but its symbol's.
        let function = function.map(Cow::into_owned).or_else(symbol);
        let location = frame.location.as_ref();
        let number = |of: Option<u32>| of.unwrap_or_default();
        let source = location.and_then(|it| it.file).map(within_package).unwrap_or_default();
        calls.extend(function.map(|function| Call {
            function,
            file: source.to_owned(),
            line: number(location.and_then(|it| it.line)),
            column: number(location.and_then(|it| it.column)),
        }));
    }
    if calls.is_empty() {
        calls.extend(symbol().map(|function| Call { function, ..Call::default() }));
    }
    calls.reverse();
    calls
}
