//! `rotate` keeps containers on machines without Kubernetes up to date, safely.
//!
//! One line a room; `ARCHITECTURE.md` draws how they hang together.

/// The words that travel between rooms.
pub mod model;
