//! The health gate: has a container proved itself? Pure; looks at states and probes that others took.

mod failure;
mod late;
mod rules;
mod unchecked;
mod verdict;
mod watch;

pub use failure::GateFailure;
pub use late::{Late, late};
pub use rules::{GateRules, Proof};
pub use unchecked::is_unchecked;
pub use verdict::{Countdown, Verdict, countdown, verdict};
pub use watch::{Answer, Watch};
