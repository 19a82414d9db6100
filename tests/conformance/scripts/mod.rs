//! One file for each thing that a rotation relies on.

mod asking;
mod collisions;
mod images;
mod names;
mod outages;
mod policies;
mod removal;
mod starts;
mod stopping;
mod unanswered;
