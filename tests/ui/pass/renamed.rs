//! A crate that re-exports the profiler, under names of its own.
#![deny(warnings)]

mod facade {
    pub(crate) mod inner {
        pub(crate) use mem_profile as renamed;
    }
    pub(crate) use mem_profile::mem_profile as lines;
}

use facade::lines;

#[lines(crate = crate::facade::inner::renamed)]
fn function(values: &[usize]) -> usize {
    let doubled: Vec<_> = values.iter().map(|value| value * 2).collect();
    doubled.len()
}

#[lines(name = "by another name", crate = ::mem_profile)]
async fn named() -> usize {
    let word = String::from("word");
    word.len()
}

#[lines(crate = facade::inner::renamed)]
mod module {
    use super::facade;
    // In annotated blocks the attribute is recognised by its own name only.
    use mem_profile::mem_profile;

    pub(crate) struct Thing;

    impl Thing {
        pub(crate) fn method(&self) -> usize {
            let two = 2;
            two
        }

        #[mem_profile(skip)]
        pub(crate) fn skipped(&self) -> usize {
            3
        }
    }

    #[mem_profile(skip)]
    pub(crate) const fn constant() -> usize {
        4
    }
}

#[rustfmt::skip]
#[lines(skip,)]
struct Skipped;

fn main() {
    let _ = Skipped;
    drop(named());
    let thing = module::Thing;
    assert_eq!(function(&[1, 2]) + thing.method() + thing.skipped() + module::constant(), 11);
    let snapshot = facade::inner::renamed::snapshot();
    let names: Vec<_> = snapshot.functions.iter().map(|function| &*function.name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
