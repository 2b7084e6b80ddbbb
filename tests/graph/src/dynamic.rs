//! A library that is loaded while the program runs.

use std::ffi::{CStr, CString, c_void};

/// An open library.
pub struct Library(*mut c_void);

impl Library {
    /// The one that the program's last argument names.
    pub fn open() -> Self {
        let path = CString::new(std::env::args().next_back().expect("a library")).expect("no zero");
        // SAFETY: the library does nothing when it is loaded.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        Self(library)
    }

    /// The address of a function.
    pub fn function(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the library is open.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null(), "{name:?}");
        function
    }

    /// Unloads it.
    ///
    /// # Safety
    /// Nothing of it is used any more.
    pub unsafe fn close(self) {
        // SAFETY: the library is open.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}
