//! How much memory a thread takes, and how much processor time: what is fuzzed may take neither without bound.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Counts what each thread has taken and not given back, and the most that it ever had.
pub struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn change(bytes: isize) {
    // A thread that ends has no counters any more.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).unwrap_or(isize::MAX)
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        change(size(layout));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        change(-size(layout));
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What one piece of work took.
pub struct Taken {
    /// The most that it held at once, in bytes.
    pub bytes: usize,
    /// Time of this thread's processor.
    pub time: Duration,
}

/// Does it and measures this thread.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let held = HELD.get();
    MOST.set(held);
    let begun = processor_time();
    let result = work();
    let time = processor_time().saturating_sub(begun);
    (result, Taken { bytes: usize::try_from(MOST.get() - held).unwrap_or(0), time })
}

fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
