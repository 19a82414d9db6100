//! The harness itself: what the other tests stand on is tested first.

#[path = "../lab/mod.rs"]
mod lab;

mod host;
mod image;
mod probe;
mod proxy;
mod registry;
