//! Words for messages: foreign text made fit for them, and what a person may have meant.

mod quote;
mod suggest;

pub(crate) use quote::quoted;
pub(crate) use suggest::{did_you_mean, list, nearest};
