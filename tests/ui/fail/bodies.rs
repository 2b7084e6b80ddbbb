use mem_profile::mem_profile;

trait Named {
    #[mem_profile]
    fn name(&self) -> String;

    #[mem_profile]
    async fn later(&self) -> String;
}

struct Thing;

impl Named for Thing {
    fn name(&self) -> String {
        String::new()
    }

    async fn later(&self) -> String {
        self.name()
    }
}

unsafe extern "C" {
    #[mem_profile]
    pub safe fn abs(number: i32) -> i32;
}

#[mem_profile]
#[unsafe(naked)]
extern "C" fn naked() {
    core::arch::naked_asm!("")
}

fn main() {
    println!("{} {}", Thing.name(), abs(-1));
    drop(Thing.later());
    naked();
}
