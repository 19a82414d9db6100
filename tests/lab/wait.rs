//! Waiting for a condition, never for luck.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Asks every 20 ms until there is an answer. Panics after `limit` and says what was waited for.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    match within(limit, &mut ask) {
        Some(answer) => answer,
        None => panic!("waited {limit:?} in vain: {what}"),
    }
}

/// Asks every 20 ms until there is an answer, at most for `limit`, and always once more at its end.
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let last = Instant::now() >= end;
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if last {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
