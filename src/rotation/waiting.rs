//! How long something waited, of which only looks tell that it does. Pure.

use std::time::Duration;

/// The sum of all waits so far. One lasts from the first look that finds it to the last; between two of them nothing was waited for.
#[derive(Debug, Default)]
pub struct Waiting {
    /// When the last look found it waiting; none if that found it at something else.
    last: Option<Duration>,
    total: Duration,
}

impl Waiting {
    /// Takes in one look, which is later than those before.
    pub fn look(&mut self, now: Duration, is_waiting: bool) {
        if let Some(last) = self.last.filter(|_| is_waiting) {
            self.total = self.total.saturating_add(now.saturating_sub(last));
        }
        self.last = is_waiting.then_some(now);
    }

    /// The sum.
    pub fn total(&self) -> Duration {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds and what a look found then; how many of them count.
    fn check(looks: &[(u64, bool)], expected: u64) {
        let mut waiting = Waiting::default();
        for (now, is_waiting) in looks {
            waiting.look(Duration::from_secs(*now), *is_waiting);
        }
        assert_eq!(waiting.total(), Duration::from_secs(expected), "{looks:?}");
    }

    #[test]
    fn only_the_time_between_two_looks_that_both_find_it_waiting_counts() {
        check(&[], 0);
        check(&[(5, false), (6, false)], 0);
        check(&[(5, true)], 0);
        check(&[(5, true), (9, true), (12, true)], 7);
        check(&[(5, true), (9, true), (12, false), (90, false)], 4);
        // It waits from 5 to 9, gets up, and waits once more from 60 to 63: not for all of the 58 s.
        check(&[(5, true), (9, true), (12, false), (60, true), (63, true)], 7);
        check(&[(5, true), (9, false), (12, true)], 0);
    }
}
