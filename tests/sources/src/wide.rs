//! A file with wide characters. 宽字符 🦀

use mem_profile::mem_profile;

/// 測定する関数。
#[mem_profile] /* 🦀🦀 */ //x 1
pub fn 測定(单词: &str) -> usize { /* “anführung” */
    let é = "👩‍👩‍👧‍👦 family"; /* ‏עברית‏ */ let ñ = é.chars().count(); //x 1
    /* 漢字 */ for 字 in 单词.chars() { //x 4
        let _大 = 字.len_utf8(); //x 3
    } //x 3
    ñ + é.len() //x 1
} //x 1
