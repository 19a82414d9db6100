//! The daemon's socket, both ends: HTTP/1.1 and JSON over a Unix socket, so that `curl` can drive it. `docs/socket.md` describes it.

mod client;
mod line;
mod listener;
mod server;

pub use client::{Client, ClientError};
pub use listener::{ListenError, is_answered, listen};
pub use server::{Desk, Server, serve};

/// Where the daemon listens if nobody says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/rotate/rotate.sock";
