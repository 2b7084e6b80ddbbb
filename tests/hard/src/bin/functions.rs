//! A thousand annotated functions: ten modules of ten modules of ten functions.
#![allow(missing_docs)]

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

macro_rules! leaves {
    ($($name:ident)*) => {
        $(#[mem_profile::mem_profile]
        #[inline(never)]
        fn $name() -> Vec<u8> { vec![1; 10] })*
        pub(crate) fn call() -> usize { 0 $(+ $name().len())* }
    };
}

macro_rules! modules {
    ($names:tt) => { leaves! { m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 } };
    ($names:tt $_level:ident $($rest:ident)*) => { modules! { @ $names $names $($rest)* } };
    (@ ($($name:ident)*) $names:tt $($rest:ident)*) => {
        modules! { # $names ($($rest)*) $($name)* }
        pub(crate) fn call() -> usize { 0 $(+ $name::call())* }
    };
    (# $names:tt $rest:tt $($name:ident)*) => { $(modules! { % $name $names $rest })* };
    (% $name:ident $names:tt ($($rest:ident)*)) => {
        mod $name { modules! { $names $($rest)* } }
    };
}

mod all {
    modules! { (m0 m1 m2 m3 m4 m5 m6 m7 m8 m9) level level }
}

fn main() {
    println!("{}", all::call());
}
