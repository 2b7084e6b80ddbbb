//! Bodies that once behaved differently with the attribute.

use crate::bodies::check;
use crate::compile::Compiler;
use crate::generator::Body;

fn body(name: &str, is_async: bool, text: &str) -> Body {
    let text = format!("#[mem_profile::mem_profile]\n{text}");
    Body { name: name.to_owned(), is_async, seed: 0, text }
}

/// Before edition 2024, temporaries of a body's tail are dropped after the locals: they were freed outside
/// of the function's frame, as if the function had kept them.
const VALUE: &str = "fn value(_depth: u32, _first: u32, _given: Noisy) -> u32 {
    entered();
    let one = Noisy::new(1);
    Noisy::new(2).id() ^ one.id()
}";

/// They were dropped after the parameters of an async function, which were locals by then.
const ASYNC_VALUE: &str =
    "async fn async_value(_depth: u32, _first: u32, given: Noisy) -> Option<u32> {
    entered();
    let one = Noisy::new(1);
    pause().await;
    Some(Noisy::new(2).id() ^ one.id() ^ given.id())
}";

#[test]
fn temporaries_of_tails_are_dropped_before_parameters_and_inside_the_frame() {
    let bodies = [body("value", false, VALUE), body("async_value", true, ASYNC_VALUE)];
    for edition in ["2021", "2024"] {
        let wrong = check(&Compiler::new(), edition, &format!("values-{edition}"), &bodies);
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}
