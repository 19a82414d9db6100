//! Words for messages: foreign text made fit for them, without secrets, and what a person may have meant.

mod mask;
mod quote;
mod suggest;

pub(crate) use mask::masked;
pub(crate) use quote::quoted;
pub(crate) use suggest::{did_you_mean, list, nearest};
