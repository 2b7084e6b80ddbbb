use mem_profile::mem_profile;

#[mem_profile(nme = "misspelt")]
fn unknown() -> usize {
    1
}

#[mem_profile(name = "first", name = "second")]
fn doubled() {}

#[mem_profile(crate = mem_profile, skip, crate = ::mem_profile, skip)]
fn doubled_path_and_skip() {}

#[mem_profile(name = 3)]
fn number() {}

#[mem_profile(name = concat!("a", "b"))]
fn computed() {}

#[mem_profile(name)]
fn valueless() {}

#[mem_profile(name("parenthesised"))]
fn parenthesised() {}

#[mem_profile("bare")]
fn bare() {}

#[mem_profile(crate = "mem_profile")]
fn quoted_path() {}

#[mem_profile(skip = true)]
fn skip_value() {}

#[mem_profile(skip(lines))]
fn skip_arguments() {}

#[mem_profile(skip name = "x")]
fn no_comma() {}

struct Thing;

#[mem_profile(name = "thing")]
impl Thing {
    fn method(&self) -> usize {
        1
    }
}

#[mem_profile(name = "named")]
trait Named {
    fn name(&self) -> usize {
        1
    }
}

#[mem_profile(name = "module")]
mod module {
    pub(crate) fn function() {}
}

#[mem_profile(unknown, name = 1, name = "once", other(1, 2), name = "twice")]
const fn all_at_once() {}

impl Named for Thing {}

fn main() {
    doubled();
    doubled_path_and_skip();
    number();
    computed();
    valueless();
    parenthesised();
    bare();
    quoted_path();
    skip_value();
    skip_arguments();
    no_comma();
    module::function();
    all_at_once();
    println!("{}", unknown() + Thing.method() + Thing.name());
}
