//! Every deadline, on the product's own code and in time that passes quickly: peers that accept and never answer, answer a byte a minute, or close in
//! the middle. Needs no engine.

mod client;
mod daemon;
mod engine;
#[allow(dead_code)] // of records only
#[path = "../decide/make.rs"]
mod make;
mod peer;
mod programs;
mod registry;
mod switch;
mod time;
mod watched;
