//! Images that a rotation pulled and that nobody came back for.
//!
//! A rotation that is given up for a reason that may pass (a full disk, an engine that failed) leaves what it pulled for the next attempt. Once the tag
//! points elsewhere there is none.

use super::{Cycle, CycleError};
use crate::model::{Container, Digest, ImageId, Reference};
use crate::rotation::{self, Member, Outcome};

/// What the last rotation of a unit left.
pub(super) struct Left {
    reference: Reference,
    digest: Digest,
    /// None: it died before it could say what it had pulled.
    image: Option<ImageId>,
}

impl Left {
    /// True if it is what is wanted now: pulled by us, though it is there already.
    pub fn is(&self, digest: &Digest) -> bool {
        self.digest == *digest
    }
}

impl Cycle<'_> {
    /// What the last rotation of this unit pulled and did not keep, if it did so.
    pub(super) fn left_by_the_last(&self, container: &Container) -> Result<Option<Left>, CycleError> {
        let last = self.store.history(Some(container.name()), 1)?.into_iter().next();
        let Some(last) = last.filter(|last| matches!(last.outcome, Some(Outcome::TurnedBack { .. }))) else { return Ok(None) };
        let member = last.members.into_iter().find(|member| member.name == container.name());
        let pulled = member.filter(|member| member.is_pulled);
        Ok(pulled.and_then(|Member { reference, digest, new_image: image, .. }| Some(Left { reference, digest: digest?, image })))
    }

    /// Removes it, unless it has a name by now, or a container. What does not work now is a few bytes on a disk, and told.
    pub(super) async fn remove_left_image(&self, left: &Left) {
        let name = left.reference.at_digest(&left.digest);
        let removed = match &left.image {
            Some(image) => rotation::remove_unnamed(self.engine, image).await,
            None => match self.engine.image(&name.to_string()).await {
                Ok(Some(image)) => rotation::remove_unnamed(self.engine, &image.id()).await,
                Ok(None) => Ok(false),
                Err(error) => Err(error),
            },
        };
        match removed {
            Ok(true) => tracing::info!("removed the image {name}, which a rotation had pulled and given up"),
            Ok(false) => {}
            Err(error) => tracing::warn!("the image {name}, which a rotation had pulled and given up, stays: {error}"),
        }
    }
}
