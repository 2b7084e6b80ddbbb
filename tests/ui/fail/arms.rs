// Without the attribute, this error is on the whole `match`; with it, on the arm that causes it.
use mem_profile::mem_profile;

#[mem_profile]
fn returns_local() -> &'static str {
    let text = String::from("local");
    match text.as_str() {
        "a" => "a",
        other => other,
    }
}

fn main() {
    returns_local();
}
