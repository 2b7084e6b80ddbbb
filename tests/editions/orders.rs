//! The compiler's own attributes, above and below `#[mem_profile]`: each still has its effect, and the
//! function is measured once.

#![deny(unfulfilled_lint_expectations)]

use crate::support::*;
use mem_profile::mem_profile;
use std::panic::Location;

/// The item with `#[mem_profile]` above another attribute, in `above`, and below it, in `below`.
macro_rules! both_orders {
    ($($attribute:meta),*; $($item:tt)*) => {
        pub(super) mod above {
            use super::*;
            #[mem_profile]
            $(#[$attribute])*
            $($item)*
        }
        pub(super) mod below {
            use super::*;
            $(#[$attribute])*
            #[mem_profile]
            $($item)*
        }
    };
}

fn calls(path: &str) -> u64 {
    let snapshot = mem_profile::snapshot();
    let found = snapshot.functions.iter().filter(|function| function.name.ends_with(path));
    found.map(|function| function.calls).sum()
}

mod caller {
    use super::*;
    both_orders! { track_caller, inline(never);
        pub(crate) fn line() -> u32 {
            let place = Location::caller();
            if place.line() == 0 { panic!("at {place}") } else { place.line() }
        }
    }
}

#[test]
fn track_caller() {
    keep_quiet();
    assert_eq!([caller::above::line(), caller::below::line()], [line!(); 2]);
    let message = panic_of(|| failing::above::fails("above"));
    assert!(message.contains(&format!("orders.rs:{}:", line!() - 1)), "{message}");
    let message = panic_of(|| failing::below::fails("below"));
    assert!(message.contains(&format!("orders.rs:{}:", line!() - 1)), "{message}");
    for order in ["above", "below"] {
        assert_eq!(calls(&format!("orders::caller::{order}::line")), 1);
        assert_eq!(calls(&format!("orders::failing::{order}::fails")), 1);
    }
}

mod failing {
    use super::*;
    both_orders! { track_caller, cold;
        pub(crate) fn fails(name: &str) {
            let owned = name.to_owned();
            panic!("{owned}");
        }
    }
}

mod important {
    use super::*;
    both_orders! { must_use = "it is a number", inline, cfg_attr(all(), doc = "A number.");
        pub(crate) fn number(text: &str) -> usize {
            let owned = text.to_owned();
            owned.len()
        }
    }
}

#[test]
fn must_use() {
    keep_quiet();
    #[expect(unused_must_use)]
    important::above::number("lint");
    #[expect(unused_must_use)]
    important::below::number("lint");
    assert_eq!(important::above::number("above"), important::below::number("below"));
    assert_eq!(calls("orders::important::above::number"), 2);
    assert_eq!(calls("orders::important::below::number"), 2);
}

mod old {
    use super::*;
    both_orders! { deprecated(note = "on purpose"), inline(always);
        pub(crate) fn number() -> usize {
            let pieces = vec![0_u8; 3];
            pieces.len()
        }
    }
}

#[test]
fn deprecated() {
    keep_quiet();
    #[expect(deprecated)]
    let above = old::above::number();
    #[expect(deprecated)]
    let below = old::below::number();
    assert_eq!((above, below), (3, 3));
    assert_eq!(calls("orders::old::above::number"), 1);
    assert_eq!(calls("orders::old::below::number"), 1);
}

#[cfg(target_arch = "x86_64")]
mod featured {
    use super::*;
    // Safe only where the feature is switched on.
    both_orders! { target_feature(enable = "sse4.2"), inline;
        pub(crate) fn checksum(bytes: &[u8]) -> u32 {
            let mut sum = u32::MAX;
            for byte in bytes {
                sum = std::arch::x86_64::_mm_crc32_u8(sum, *byte);
            }
            !sum
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn target_feature() {
    keep_quiet();
    if !std::is_x86_feature_detected!("sse4.2") {
        println!("skipped: there is no SSE 4.2");
        return;
    }
    // SAFETY: the feature was asked for above.
    let above = unsafe { featured::above::checksum(b"123456789") };
    // SAFETY: as above.
    let below = unsafe { featured::below::checksum(b"123456789") };
    // The check value of CRC-32C.
    assert_eq!((above, below), (0xe306_9283, 0xe306_9283));
    assert_eq!(calls("orders::featured::above::checksum"), 1);
    assert_eq!(calls("orders::featured::below::checksum"), 1);
}

mod conditional {
    use super::*;

    #[cfg_attr(all(), inline, mem_profile)]
    #[cfg_attr(any(), must_use, not_there)]
    pub(crate) fn twice_named(number: usize) -> usize {
        let pieces = vec![0_u8; number];
        pieces.len()
    }

    #[cfg_attr(any(), mem_profile)]
    #[cfg_attr(all(), track_caller)]
    pub(crate) fn switched_off() -> u32 {
        let place = Location::caller();
        place.line()
    }

    #[cfg_attr(all(), track_caller)]
    #[cfg_attr(all(), mem_profile(name = "renamed"))]
    pub(crate) fn named() -> u32 {
        let place = Location::caller();
        place.line()
    }
}

#[test]
fn cfg_attr() {
    keep_quiet();
    assert_eq!(conditional::twice_named(4), 4);
    assert_eq!([conditional::switched_off(), conditional::named()], [line!(); 2]);
    assert_eq!(calls("orders::conditional::twice_named"), 1);
    assert_eq!(calls("orders::conditional::switched_off"), 0);
    assert_eq!(calls("orders::conditional::named") + calls("renamed"), 1);
}
