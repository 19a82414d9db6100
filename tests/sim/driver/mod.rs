//! Drives whole passes of the real loop on the simulated engine under one seed: what goes wrong when, who lays hands on the host, and what must
//! hold whatever happens.

mod calls;
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

#[allow(unused_imports)] // each crate that includes it uses a part
pub use self::{
    clock::{run, sleep},
    fault::{Fault, What},
    hand::Hand,
    line::Line,
    play::{Game, Wrong, play, play_scripted, story},
    process::{Order, Passed},
    scenario::{Ask, Scenario},
    store::Disk,
    world::World,
};
