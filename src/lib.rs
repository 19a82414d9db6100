//! `rotate` keeps containers on machines without Kubernetes up to date, safely.
//!
//! One line a room; `ARCHITECTURE.md` draws how they hang together.

/// What can be asked, and the answers, whoever does the work.
pub mod ask;
/// Child processes that do not outlive their use.
mod child;
/// What a person types and sees.
pub mod cli;
/// Time, as a seam.
pub mod clock;
/// `rotate.toml`, checked.
pub mod config;
/// The daemon's socket, both ends.
pub mod control;
/// One pass from inventory to outcome.
pub mod cycle;
/// What runs for years: the schedule, the queue, systemd.
pub mod daemon;
/// The only code that knows an engine's API.
pub mod engine;
/// Which boot and which process this is, and that nobody looks into it.
pub mod host;
/// «Stop, please», seen by every loop.
pub mod interrupt;
/// The words that travel between rooms.
pub mod model;
/// What is rotated, in which order, and why not; pure.
pub mod plan;
/// The wishes for one container: configuration and labels; pure.
pub mod policy;
/// What digest a reference points to now.
pub mod registry;
/// One rotation: record, observation, decision, loop.
pub mod rotation;
/// When a schedule fires, over every clock change; pure.
pub mod schedule;
/// Documents in, create request and comparison out; pure.
pub mod spec;
/// What outlives a process.
pub mod store;
/// Words for messages.
mod text;
/// Users of this host.
mod user;
