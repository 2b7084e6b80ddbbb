//! The calls that return to an address, by the debug information of its module.

use crate::debug::{DebugFile, DebugFiles, Function, Store};
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
}

impl<'a> Calls<'a> {
    pub(super) fn new(graph: &'a HeapGraph, store: &'a Store) -> Self {
        let files = graph.has_symbols.then(|| DebugFiles::new(&graph.image, store));
        Self { image: &graph.image, files }
    }

    /// The return addresses of a site, the innermost first.
    pub(super) fn addresses(&self, site: u32) -> Vec<u64> {
        self.image.site(site).iter().flat_map(|site| site.addresses()).collect()
    }

    /// The calls that return to an address, the outermost first: more than one if some were inlined.
    pub(super) fn at(&self, address: u64) -> Vec<Call> {
        let named = |function: &str| Call { function: function.to_owned(), ..Call::default() };
        if address == 0 {
            return vec![named("[recursion]")];
        }
        // The call is before the address to which it returns.
        let found = self.files.as_ref().and_then(|files| files.at(address - 1));
        let calls = found.map(|(file, place)| calls(file, place)).unwrap_or_default();
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

fn calls(file: &DebugFile<'_>, place: u64) -> Vec<Call> {
    let functions = file.functions(place);
    let named = functions.iter().rev().filter(|function| !function.title().is_empty());
    let call = |function: &Function<'_>| {
        let (source, line) = function.location.unwrap_or_default();
        let file = within_package(source).to_owned();
        Call { function: function.title().to_owned(), file, line, column: function.column }
    };
    named.map(call).collect()
}
