//! The symbols of a file by their addresses.

use object::{Object, ObjectSymbol, SymbolKind};

/// Functions, statics and thread-locals, each in the order of addresses.
#[derive(Default)]
pub(crate) struct Symbols<'a> {
    functions: Vec<Symbol<'a>>,
    statics: Vec<Symbol<'a>>,
    /// By their offsets in the thread-local block.
    thread_locals: Vec<Symbol<'a>>,
}

/// A named range of addresses of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol<'a> {
    pub(crate) start: u64,
    pub(crate) size: u64,
    /// As the linker knows it.
    pub(crate) name: &'a str,
}

impl<'a> Symbols<'a> {
    /// Of files that are one program: what was stripped from one may be in another.
    pub(super) fn new<'f>(files: impl Iterator<Item = &'f object::File<'a>>) -> Self
    where
        'a: 'f,
    {
        let mut symbols = Self::default();
        for file in files {
            for symbol in file.symbols().chain(file.dynamic_symbols()) {
                symbols.add(&symbol);
            }
        }
        for list in [&mut symbols.functions, &mut symbols.statics, &mut symbols.thread_locals] {
            list.sort_by_key(|symbol| (symbol.start, symbol.size));
            list.dedup();
        }
        symbols
    }

    fn add(&mut self, symbol: &object::Symbol<'a, '_>) {
        let list = match symbol.kind() {
            SymbolKind::Text => &mut self.functions,
            SymbolKind::Data => &mut self.statics,
            SymbolKind::Tls => &mut self.thread_locals,
            _ => return,
        };
        if let (false, Ok(name)) = (symbol.is_undefined(), symbol.name()) {
            list.push(Symbol { start: symbol.address(), size: symbol.size(), name });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    pub(crate) fn function(&self, address: u64) -> Option<Symbol<'a>> {
        find(&self.functions, address)
    }

    pub(crate) fn variable(&self, address: u64) -> Option<Symbol<'a>> {
        find(&self.statics, address)
    }

    pub(crate) fn thread_local(&self, offset: u64) -> Option<Symbol<'a>> {
        find(&self.thread_locals, offset)
    }
}

impl Symbol<'_> {
    /// The name without its hash: `app::REGISTRY`.
    pub(crate) fn demangled(&self) -> String {
        format!("{:#}", rustc_demangle::demangle(self.name))
    }

    /// Whether type arguments are in the name, and not only those of the definition (`Vec<T>`).
    pub(crate) fn has_arguments(&self) -> bool {
        self.name.starts_with("_R")
    }
}

/// The last symbol that begins before an address, if the address is in it.
fn find<'a>(symbols: &[Symbol<'a>], address: u64) -> Option<Symbol<'a>> {
    let behind = symbols.partition_point(|symbol| symbol.start <= address);
    let symbol = symbols[behind.checked_sub(1)?];
    // Some of assembly do not say how long they are.
    (address - symbol.start < symbol.size.max(1)).then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_the_symbol_that_has_it() {
        let symbol = |start, size, name| Symbol { start, size, name };
        let symbols = [
            symbol(0x10, 8, "a"),
            symbol(0x20, 0, "mark"),
            symbol(0x20, 16, "_ZN3app8REGISTRY17h0123456789abcdefE"),
        ];
        let name = |address| find(&symbols, address).map(|found| found.demangled());
        let found = [0xf, 0x10, 0x17, 0x18, 0x20, 0x2f, 0x30].map(name);
        let (a, registry) = (Some("a".to_owned()), Some("app::REGISTRY".to_owned()));
        let expected = [None, a.clone(), a, None, registry.clone(), registry, None];
        assert_eq!(found, expected);
    }
}
