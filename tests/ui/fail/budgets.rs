use mem_profile::{assert_budget, mem_profile};

#[mem_profile(max_peak = "64 MB", max_increment = 64, no_leak = true)]
fn wrong_values() {}

#[mem_profile(max_allocations = 10, max_allocations = 20)]
async fn doubled() {}

#[mem_profile(max_peak = "1 MiB")]
mod module {
    pub(crate) fn function() {}
}

fn main() {
    wrong_values();
    drop(doubled());
    module::function();
    assert_budget!({});
    assert_budget!(max_peek = "1 MiB", {});
    assert_budget!(max_peak = "1 XiB", {});
    assert_budget!(max_peak = "1 MiB", vec![1]);
    assert_budget!(no_leak, {}, {});
    assert_budget!();
}
