//! Layouts that a formatter would change.

use mem_profile::mem_profile;

/// On one line.
#[mem_profile] pub fn one_line(number: usize) -> usize { let next = number + 1; next * 2 } //x 1

/// With everything on lines of its own.
#[mem_profile] //x 1
#[allow(clippy::let_and_return)]
#[
    must_use
]
pub
fn
spread
<
    T,
>
(
    value
    :
    T,
)
    ->
    T
{
    let kept //x 1
        =
        value
    ;
    kept //x 1
} //x 1

/// With other attributes before and after, and documentation between.
#[inline]
#[mem_profile( //x 1
    name = "plain, under another name",
)]
/// More documentation.
#[must_use]
pub fn renamed(number: usize) -> usize {
    let next = number + 1; /* //x 1
    a comment over several lines
    */ let other = next * 2; //x 1
    other //x 1
} //x 1

/// Two functions begin on the same line.
#[mem_profile] pub fn first_of_two() -> usize { 1 } /** Is the second one. */ #[mem_profile] pub fn second_of_two() -> usize { //x 1
    2 //x 1
}
