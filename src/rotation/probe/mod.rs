//! Probes: the operator's own question to a container, asked while the gate or a later look waits. What the answers mean is decided in `gate`.

mod address;
mod ask;
mod command;
mod connect;
mod http;
mod prober;

pub use ask::ask;
pub use prober::{Prober, Sample};
