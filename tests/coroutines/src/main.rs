//! Runs one case by its name. What a case says of figures it asserts.

mod figures;
mod in_order;
mod left;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const CASES: &[(&str, fn())] = &[
    ("a_recursion_on_grown_stacks", in_order::recursion_on_grown_stacks),
    ("a_signal_handler_with_a_stack", in_order::signal_handler_with_a_stack),
    ("a_generator_by_itself", in_order::generator_by_itself),
    ("a_generator_among_allocations", left::generator_among_allocations),
    ("generators_inside_of_each_other", left::generators_inside_of_each_other),
    ("coroutines_in_turns", left::coroutines_in_turns),
    ("coroutines_on_several_threads", left::coroutines_on_several_threads),
];

fn main() {
    let wanted = std::env::args().nth(1).expect("the name of a case");
    let case = CASES.iter().find(|(name, _)| *name == wanted);
    let (_, run) = case.expect("a case of this name");
    run();
    println!("{wanted}: as expected");
}
