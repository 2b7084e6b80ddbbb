//! Functions that the loader runs.

/// Has the loader run a function before `main`, or as soon as it has loaded the library. Code that nobody
/// names is linked all the same.
#[doc(hidden)]
#[macro_export]
macro_rules! __run_before_main {
    ($function:path) => {
        #[used]
        #[cfg_attr(all(unix, not(target_vendor = "apple")), unsafe(link_section = ".init_array"))]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
        #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
        static BEFORE_MAIN: extern "C" fn() = $function;
    };
}
