#![deny(warnings, unused, unused_qualifications, let_underscore_drop, unused_lifetimes)]

use mem_profile::mem_profile;

#[must_use]
struct Important(usize);

#[mem_profile]
fn never_called(number: usize) -> usize {
    number
}

#[mem_profile]
fn variables(used: usize, parameter: usize, (left, right): (usize, usize)) -> usize {
    let local = 3;
    let mut mutable = 4;
    let mut assigned = 5;
    assigned = 6;
    for round in 0..used {
        let inside = 7;
        match mutable {
            0 => {
                let in_arm = 8;
            }
            other => {}
        }
    }
    if let Some(bound) = Some(used) {
        return mutable;
    } else if used > 3 {
        let in_branch = 4;
    }
    left
}

#[mem_profile]
fn unreachable(which: usize) -> usize {
    if which == 0 {
        return 1;
        println!("dead");
    }
    while which == 1 {
        break;
        println!("dead");
    }
    match which {
        2 => {
            panic!("stops");
            println!("dead")
        }
        2 => {}
        _ => (),
    }
    loop {
        std::process::exit(0);
        println!("dead");
    }
    which
}

#[mem_profile]
fn values(which: usize) -> Result<usize, String> {
    Important(which);
    which + 1;
    values(which);
    which == 2;
    (which);
    let closure = |number: usize| {
        let doubled = number * 2;
        Important(number);
        number
    };
    let _ = std::sync::Mutex::new(which).lock();
    let text = std::string::String::new();
    if (which > 2) {
        drop(&text);
    }
    loop {
        if which > 2 { break };;
    }
    Ok(closure(which))
}

#[mem_profile]
#[deprecated]
fn old<'unused>(number: usize) -> usize {
    let Number = number;
    unsafe { Number }
}

#[mem_profile]
async fn asynchronous(parameter: usize, mut mutable: usize, (left, mut right): (usize, usize)) -> usize {
    let local = 3;
    let mut number = left;
    std::future::ready(Important(number)).await;
    async { 3 };
    mutable
}

#[mem_profile]
#[allow(unused_variables)]
fn allowed(#[allow(unused_mut)] mut number: usize) {
    let local = 3;
    #[expect(unused_variables)]
    let expected = 4;
    #[expect(unused_mut)]
    let used = 4;
}

#[mem_profile]
async fn allowed_async(
    #[allow(unused_mut)] mut number: usize,
    #[expect(unused_variables)] expected: usize,
    #[expect(unused_variables)] used: usize,
    #[allow(unused_variables)] (left, right): (usize, usize),
) -> usize {
    number + used
}

fn main() {
    variables(1, 2, (3, 4));
    unreachable(1);
    values(1);
    old(3);
    allowed(1);
    drop(asynchronous(1, 2, (3, 4)));
    asynchronous(1, 2, (3, 4));
    allowed_async(1, 2, 3, (4, 5));
}
