//! One cell: what is rotated, what is done to it and when, and who heals it.

use super::harm::Harm;
use super::scenario::Scenario;

/// Who brings to an end what the harm left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Healer {
    /// `rotate now`; so was what the harm was done to.
    Now,
    /// The daemon under systemd, by itself.
    Daemon,
}

impl Healer {
    pub fn name(self) -> &'static str {
        match self {
            Healer::Now => "now",
            Healer::Daemon => "daemon",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub scenario: &'static Scenario,
    pub harm: Harm,
    /// Counted from 1.
    pub k: usize,
    pub healer: Healer,
    /// How often it was tried in vain: see [`Found::is_void`](super::found::Found).
    pub voids: usize,
}
