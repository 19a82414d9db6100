//! The decision function alone: every combination of what two containers can look like, and the gate on scripted looks. No engine.

mod decided;
mod doubt;
mod gate;
mod invariant;
mod late;
mod make;
mod one_hand;
mod probe;
mod replaced;
mod service;
mod steps;
mod stuck;
mod whole;
