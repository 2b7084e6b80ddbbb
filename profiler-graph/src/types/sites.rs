//! What the stacks of sites say, by the debug information of the modules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::function::module_of;
use super::stack::of_stack;
use crate::debug::{DebugFiles, Function, TypeEntry};
use crate::image::{Image, Site};
use crate::lines::own_line;
use crate::walk::How;

/// What is known of a site.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteFacts {
    /// The innermost line of the program's own; without one, the innermost function.
    pub(crate) line: Option<String>,
    /// The name of the type of its blocks.
    pub(crate) kind: Option<String>,
    /// Where the type of the values in its blocks is described, and how these lie there.
    pub(crate) values: Option<Values>,
}

type Values = (TypeEntry, How);

/// Reads stacks. Most of them have most of their addresses in common.
pub(crate) struct Sites<'f, 'a> {
    files: &'f DebugFiles<'a>,
    known: RefCell<HashMap<u64, Rc<[Function<'f>]>>>,
}

impl<'f, 'a> Sites<'f, 'a> {
    pub(crate) fn new(files: &'f DebugFiles<'a>) -> Self {
        Self { files, known: RefCell::default() }
    }

    /// The facts of all sites.
    pub(crate) fn of_image(&self, image: &Image) -> Vec<SiteFacts> {
        let sites = (0..image.site_count() as u32).filter_map(|number| image.site(number));
        sites.map(|site| self.of_stack(site.addresses())).collect()
    }

    /// The facts of a site by its return addresses, the innermost first.
    fn of_stack(&self, addresses: impl Iterator<Item = u64>) -> SiteFacts {
        // The standard library's functions up to the first other one, each with its address.
        let (mut library, mut is_library) = (Vec::new(), true);
        let (mut line, mut own_function) = (None, None);
        for address in addresses.filter(|&address| address != 0) {
            // The call is before the address to which it returns.
            let functions = self.functions(address - 1);
            line = line.or_else(|| functions.iter().find_map(|it| own_line(it.location?)));
            own_function = own_function.or_else(|| functions.iter().find_map(own_path));
            if is_library {
                is_library = functions.iter().all(|function| module_of(function).is_some());
                library.push((address - 1, functions));
            }
            if line.is_some() && !is_library {
                break;
            }
        }
        let (kind, values) = self.kind_of(&library).unzip();
        SiteFacts { line: line.or(own_function), kind, values: values.flatten() }
    }

    fn kind_of(&self, levels: &[(u64, Rc<[Function<'f>]>)]) -> Option<(String, Option<Values>)> {
        let all = levels.iter().flat_map(|(address, functions)| {
            functions.iter().map(move |function| (*address, function))
        });
        let (addresses, functions): (Vec<u64>, Vec<_>) = all.unzip();
        let found = of_stack(&functions)?;
        let values = found.values.and_then(|(index, how)| {
            Some((self.files.first_argument(addresses[index], functions[index])?, how))
        });
        Some((found.name, values))
    }

    /// The names of the functions on the stack of a site, the innermost first.
    pub(crate) fn functions_of(&self, site: &Site<'_>) -> Vec<String> {
        let addresses = site.addresses().filter(|&address| address != 0);
        let levels = addresses.map(|address| self.functions(address - 1));
        let named = levels
            .flat_map(|level| level.iter().map(|it| it.title().to_owned()).collect::<Vec<_>>());
        named.filter(|name| !name.is_empty()).collect()
    }

    fn functions(&self, address: u64) -> Rc<[Function<'f>]> {
        let mut known = self.known.borrow_mut();
        let found = known.entry(address).or_insert_with(|| match self.files.at(address) {
            Some((file, place)) => file.functions(place).into(),
            None => Rc::from([Function::default()]),
        });
        found.clone()
    }
}

/// The name of a function that is not of the standard library.
fn own_path(function: &Function<'_>) -> Option<String> {
    let is_own = function.path.contains("::") && module_of(function).is_none();
    is_own.then(|| function.path.clone())
}
