//! Drives whole passes of the real loop on the simulated engine under one seed: what goes wrong when, who lays hands on the host, and what must
//! hold whatever happens.

mod chance;
mod check;
mod clock;
mod fault;
mod hand;
mod line;
mod play;
mod process;
mod registry;
mod scenario;
mod store;
mod world;

pub use fault::{Fault, What};
pub use play::{Wrong, play, play_scripted};
pub use scenario::Scenario;
