use mem_profile::mem_profile;

#[mem_profile]
fn unknown_names(values: &[usize]) -> usize {
    let first = values.frist();
    for value in vlaues {
        println!("{value}");
    }
    match first {
        Some(one) => othre,
        None => Missing::new(),
    }
}

#[mem_profile]
fn unknown_macros(values: &[usize]) -> usize {
    let text = formatt!("{}", values.len());
    if text.is_empty() {
        todoo!()
    } else if text.len() == 1 {
        break 'nowhere;
    }
    // Neither the frame nor a guard can be named.
    __frame.line(0);
    __scope1.done();
    drop(__end)
}

fn main() {
    unknown_names(&[]);
    unknown_macros(&[]);
}
