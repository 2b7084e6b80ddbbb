use mem_profile::{assert_budget, mem_profile};

#[mem_profile(max_peak = "64 MB", max_increment = 64, no_leak = true)]
fn wrong_values() {}

#[mem_profile(max_allocations = 10, max_allocations = 20)]
async fn doubled() {}

#[mem_profile(max_peak = "1 MiB")]
mod module {
    pub(crate) fn function() {}
}

#[mem_profile(process, no_leak, max_peak = "1 MiB")]
fn mixed() {}

#[mem_profile(process)]
fn without_limit() {}

#[mem_profile(process)]
impl Thing {}

struct Thing;

fn main() {
    mixed();
    without_limit();
    wrong_values();
    drop(doubled());
    module::function();
    assert_budget!({});
    assert_budget!(max_peek = "1 MiB", {});
    assert_budget!(max_peak = "1 XiB", {});
    assert_budget!(max_peak = "1 MiB", vec![1]);
    assert_budget!(no_leak, {}, {});
    assert_budget!();
    assert_budget!(process, no_leak, {});
    assert_budget!(process, {});
    assert_budget!(process = true, max_peak = "1 MiB", {});
}
