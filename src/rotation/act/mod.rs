//! Acts become calls of the engine.

mod error;
mod patience;
mod perform;

pub use error::ActError;
pub use patience::perform_patiently;
pub use perform::{pull_again, remove_drop_ins, remove_unnamed, unpin};
