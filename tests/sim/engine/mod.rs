//! A container engine in memory, as small as it can be: what rotations depend on, and nothing else. It is believed only as far as
//! `tests/conformance` shows that it answers as real engines do.
//!
//! Time stands still until [`Simulation::pass`] moves it. A call is done at once or refused; what may happen to a call on its way is not known here.

#![allow(dead_code, unused_imports, reason = "each crate that includes it uses a part")]

mod api;
mod build;
mod create;
mod document;
mod flavour;
mod hands;
mod host;
mod images;
mod life;
mod outage;
mod shelf;
mod spec;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rotate::model::{Digest, Platform};

pub use build::{Build, Ends};
pub use flavour::Flavour;
pub use host::{Collision, Container, Host, Refused};
pub use spec::Spec;

/// One host with its engine, and the registry that it pulls from.
pub struct Simulation {
    platform: Platform,
    flavour: Flavour,
    host: Mutex<Host>,
}

impl Simulation {
    /// A host on which nothing is. `seed`: of ids and names that the engine makes up.
    pub fn new(flavour: Flavour, seed: u64) -> Self {
        let platform = Platform::new("linux", "amd64", "").expect("a platform");
        Self { platform, flavour, host: Mutex::new(Host::new(flavour, seed)) }
    }

    /// Everything that is on it, to look at and to lay hands on. Not across an `await`.
    pub fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the time: processes end, are restarted, become healthy.
    pub fn pass(&self, time: Duration) {
        self.host().pass(time);
    }

    /// Puts an image into the registry under `reference` (`registry.sim/web:latest`); its tag moves there.
    pub fn publish(&self, reference: &str, build: Build) -> Digest {
        self.host().shelf.publish(reference, build)
    }

    /// `docker run -d`: pulls by tag if the engine does not have the image, creates, starts. Returns the id.
    pub fn run(&self, spec: &Spec) -> Result<String, Refused> {
        self.host().run(spec)
    }
}
