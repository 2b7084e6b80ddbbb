//! Types that no compiler makes: one within itself, a name for itself, and arrays longer than memory.

#![crate_name = "app"]

use std::arch::global_asm;

#[unsafe(no_mangle)]
static PLACE: [u64; 4] = [0; 4];

// Tags, attributes and forms by their numbers in DWARF 4.
global_asm!(
    r#"
    .macro abbreviation number, tag, children
        .uleb128 \number, \tag
        .byte \children
    .endm
    .macro attributes all:vararg
        .uleb128 \all, 0, 0
    .endm
    .macro variable name, type, place
        .uleb128 2
        .asciz "\name"
        .4byte \type - unit
        .uleb128 9
        .byte 3
        .8byte \place
    .endm

    .pushsection .debug_abbrev,"",@progbits
abbreviations:
    abbreviation 1, 0x11, 1 # A unit.
    .uleb128 0, 0
    abbreviation 2, 0x34, 0 # A variable: name, type, location.
    attributes 0x03, 0x08, 0x49, 0x13, 0x02, 0x18
    abbreviation 3, 0x13, 1 # A structure: name, size.
    attributes 0x03, 0x08, 0x0b, 0x0f
    abbreviation 4, 0x0d, 0 # A member: name, type, offset.
    attributes 0x03, 0x08, 0x49, 0x13, 0x38, 0x0f
    abbreviation 5, 0x16, 0 # Another name: name, type.
    attributes 0x03, 0x08, 0x49, 0x13
    abbreviation 6, 0x01, 1 # An array: type.
    attributes 0x49, 0x13
    abbreviation 7, 0x21, 0 # Its dimension: count.
    attributes 0x37, 0x0f
    abbreviation 8, 0x24, 0 # A number: name, size, encoding.
    attributes 0x03, 0x08, 0x0b, 0x0b, 0x3e, 0x0b
    .byte 0
    .popsection

    .pushsection .debug_info,"",@progbits
unit:
    .4byte unit_end - unit_version
unit_version:
    .2byte 4
    .4byte abbreviations
    .byte 8
    .uleb128 1
    variable ENDLESS, endless, PLACE
    variable CIRCLE, circle, PLACE+8
    variable HUGE, huge, PLACE+16
endless:
    .uleb128 3
    .asciz "Endless"
    .uleb128 16
    .uleb128 4
    .asciz "again"
    .4byte again - unit
    .uleb128 8
    .byte 0
again:
    .uleb128 5
    .asciz "Again"
    .4byte endless - unit
circle:
    .uleb128 5
    .asciz "Circle"
    .4byte circle - unit
huge:
    .uleb128 6
    .4byte large - unit
    .uleb128 7
    .uleb128 0xffffffffffffffff
    .byte 0
large:
    .uleb128 6
    .4byte number - unit
    .uleb128 7
    .uleb128 0xffffffffffffffff
    .byte 0
number:
    .uleb128 8
    .asciz "usize"
    .byte 8, 7
    .byte 0
unit_end:
    .popsection
    "#
);

fn main() {
    std::hint::black_box(&PLACE);
}
