//! Every option of the host's own client: set to something that is not its default, rotated twice, and still there. What the engine says is compared,
//! and, where it matters, what the container itself sees.

#[path = "../lab/mod.rs"]
mod lab;

mod case;
mod cases;
mod documents;
mod help;
mod image_defaults;
mod instance;
mod refused;
mod remapped;
mod settings;
mod shared_volumes;
mod volumes;
mod walk;

use lab::{Host, Scratch};

pub fn scratch(test: &str) -> Scratch {
    Scratch::new(Host::shared(), test)
}

/// For a test that changes the engine itself.
pub fn scratch_alone(test: &str) -> Scratch {
    Scratch::alone(Host::shared(), test)
}
