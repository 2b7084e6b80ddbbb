//! Runs one case by its name. A case asserts its figures itself.

mod budgets;
mod ends;
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
    ("dropped_while_it_waits", ends::dropped_while_it_waits),
    ("unwound_in_order", ends::unwound_in_order),
    ("ends_on_another_thread", ends::ends_on_another_thread),
    ("left_by_threads_that_end", ends::left_by_threads_that_end),
    ("reset_while_it_waits", ends::reset_while_it_waits),
    ("forked_while_it_waits", ends::forked_while_it_waits),
    ("killed_after_it_waited", ends::killed_after_it_waited),
    ("polls_of_tasks", ends::polls_of_tasks),
    ("blocks_and_panics", ends::blocks_and_panics),
    ("budgets_on_grown_stacks", budgets::budgets_on_grown_stacks),
    ("budgets_that_are_left", budgets::budgets_that_are_left),
    ("peaks_around_budgets_that_are_left", budgets::peaks_around_budgets_that_are_left),
];

fn main() {
    let wanted = std::env::args().nth(1).expect("the name of a case");
    let case = CASES.iter().find(|(name, _)| *name == wanted);
    let (_, run) = case.expect("a case of this name");
    run();
    figures::check_held();
    println!("{wanted}: as expected");
}
