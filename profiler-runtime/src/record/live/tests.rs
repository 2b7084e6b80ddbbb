//! The table of paths, which only this test uses in its process.

use mem_profile_format::layout::paths::{END, OUTSIDE, UNATTRIBUTED};

use super::paths::{Line, MOST_PATHS, reserve, site_of};

/// The path of lines that call one another, each a function and a row.
fn path(lines: &[(i64, usize)]) -> u32 {
    lines.iter().fold(OUTSIDE, |caller, &(function, row)| site_of(caller, Line::new(function, row)))
}

fn assert_folds() {
    let (a, ab) = (path(&[(1, 5)]), path(&[(1, 5), (2, 7)]));
    assert_eq!(path(&[(1, 5), (2, 7), (1, 5)]), a, "a line that calls itself");
    assert_eq!(path(&[(1, 5), (2, 7), (1, 5), (2, 7)]), ab);
    // The innermost line stays what it is, in the place of the outer one of its function.
    assert_eq!(path(&[(1, 5), (2, 7), (1, 6)]), path(&[(1, 6)]));
    assert_eq!(path(&[(3, 0), (1, 5), (2, 7), (1, 6)]), path(&[(3, 0), (1, 6)]));
    assert_eq!(path(&[(3, 0), (1, 5), (2, 7), (2, 8)]), path(&[(3, 0), (1, 5), (2, 8)]));
    assert_ne!(path(&[(3, 0), (1, 5)]), a);
}

#[test]
fn each_line_has_a_path_as_long_as_there_are_any() {
    assert!(reserve());
    assert_folds();
    let outer = path(&[(1, 5)]);
    let is_nested = |row| site_of(outer, Line::new(9, row)) != site_of(OUTSIDE, Line::new(9, row));
    assert!(is_nested(0));
    let lines =
        |function| (0..END as usize).map(move |row| site_of(OUTSIDE, Line::new(function, row)));
    let many = lines(10).take_while(|&site| site < MOST_PATHS).count();
    assert!(many > MOST_PATHS as usize - 100);
    assert!(!is_nested(1), "all lines are outermost ones by now");
    assert_folds();
    let more = lines(11).take_while(|&site| site != UNATTRIBUTED).count();
    assert!(more > (END - MOST_PATHS) as usize - 100, "{more}");
    // What is there is found, and nothing else comes.
    assert_eq!(site_of(OUTSIDE, Line::new(11, more - 1)), END - 1);
    assert_eq!(path(&[(1, 5)]), outer);
    assert_eq!(path(&[(12, 1)]), UNATTRIBUTED);
    assert_folds();
}
