//! What others write, changed at random: documents of engines, labels, files, answers of registries, requests and answers at the socket. Nothing
//! panics, and nothing takes time or memory without bound. No engine. See `fuzz.rs` for how long, and how to try one input again.

mod credentials;
mod documents;
#[allow(clippy::module_inception)]
mod fuzz;
mod memory;
mod mutate;
mod registry;
mod socket;
mod texts;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;
