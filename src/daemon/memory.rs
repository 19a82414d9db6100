//! Gives back to the host what a pass has freed.

/// The allocator keeps freed memory for the next allocation: five megabytes after a pass over fifty containers, until the next pass a day later.
///
/// Source: malloc_trim(3), of glibc. Other C libraries (musl) give back by themselves.
#[cfg(target_env = "gnu")]
pub fn give_back() {
    #[allow(unsafe_code)]
    // SAFETY: it may be called at any time by any thread (malloc_trim(3): MT-Safe), and takes no pointer.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Nothing to do.
#[cfg(not(target_env = "gnu"))]
pub fn give_back() {}
