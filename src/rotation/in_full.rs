//! A container that takes the predecessor's place in a record: it is kept there with all that it may be created from again.

use super::Change;
use crate::engine::{Engine, EngineError};
use crate::model::Container;

/// The same container, with what its engine knows beyond its document. What cannot be read keeps no rotation from being gone on with.
///
/// Errors: the engine itself does not answer.
pub async fn in_full(engine: &dyn Engine, found: Container) -> Result<Container, EngineError> {
    if !found.is_made_through_api() {
        return Ok(found);
    }
    match engine.container_in_full(found.id().as_str()).await {
        Ok(full) => Ok(full.unwrap_or(found)),
        Err(error) if error.is_of_the_engine() => Err(error),
        Err(error) => {
            tracing::warn!(container = %found.name(), "{}: it could not be made anew if it were removed: {error}", found.name());
            Ok(found)
        }
    }
}

/// A change with the container that it puts into the record.
pub(super) async fn change_in_full(engine: &dyn Engine, change: Change) -> Result<Change, EngineError> {
    match change {
        Change::TakeForPredecessor { member, found } => Ok(Change::TakeForPredecessor { member, found: in_full(engine, found).await? }),
        other => Ok(other),
    }
}
