//! The harness: real hosts (booted by `tests/run`), the agent as a real process, and what disturbs and watches both.
//!
//! It drives the binary and asks the engine; it does not know the library. A test crate takes it in with
//! `#[path = "../lab/mod.rs"] mod lab;`. One [`Scratch`] a test: it names what the test makes and removes it.
#![allow(dead_code)] // no test crate uses all of it

mod agent;
mod api;
mod crowd;
pub mod disk;
mod driver;
mod host;
mod http;
mod probe;
mod proxy;
mod registry;
mod running;
mod scratch;
mod secure_registry;
mod systemd;
pub mod trace;
mod unit;
mod wait;
mod want;

#[allow(unused_imports)]
pub use self::{
    agent::Agent,
    api::Api,
    crowd::{ManyTimes, crowd},
    driver::NetworkDriver,
    host::Host,
    http::{Head, Response, request},
    probe::{Probe, Report, ask},
    proxy::{Action, Fault, FaultProxy},
    registry::{Answer, FakeRegistry},
    running::{Outcome, Running},
    scratch::Scratch,
    secure_registry::{Authority, SecureRegistry},
    unit::Unit,
    wait::{wait_for, within},
    want::{A_USERS_ENGINE, COMPOSE, DOCKER, DOCKERS_API, KNOWS_WHO, ROOTS_ENGINE, Want, lacks, policy, policy_of},
};
