//! Images that containers run and the engine has dropped: pulled again by digest, so that their containers can be compared, pinned and gone back to.

use std::collections::BTreeSet;

use super::{Cycle, CycleError, Request};
use crate::clock::with_signs_of_life;
use crate::model::{Container, Digest, Image, ImageId, Reference};
use crate::plan::{self, Reason, Survey};
use crate::rotation;

impl Cycle<'_> {
    /// Looks again for what the engine has dropped of the images that are wanted (Docker 26.1 with containerd's store, once an image's last tag has moved
    /// away: another hand pulled it). A registry that does not have such an image any more holds its containers, with what it said.
    pub(super) async fn restore(&self, mut survey: Survey, request: &Request) -> Result<Survey, CycleError> {
        let dropped = dropped(&survey, &plan::select(&survey, self.config, &request.names));
        if dropped.is_empty() {
            return Ok(survey);
        }
        let has_digest_ids = self.engine.info().await?.has_digest_ids;
        for (image, reference) in dropped {
            let digest = image.as_str().parse::<Digest>().ok().filter(|_| has_digest_ids);
            match self.pull_again(&image, &reference, digest).await {
                Ok(found) => survey.images.extend(found.map(|found| (image, found))),
                Err(message) => survey.lost.extend([(image, message)]),
            }
        }
        Ok(survey)
    }

    async fn pull_again(&self, image: &ImageId, reference: &Reference, digest: Option<Digest>) -> Result<Option<Image>, String> {
        let digest = digest.ok_or("its digest is not known")?;
        tracing::info!(image = %image, "pull {reference} again as {}, which the engine has dropped", digest.short());
        let reference = reference.at_digest(&digest);
        let pull = rotation::pull_again(self.engine, &reference, image, self);
        with_signs_of_life(self.clock, pull).await.map_err(|error| error.to_string())?;
        self.engine.image(image.as_str()).await.map_err(|error| error.to_string())
    }
}

/// Each image once, with a reference that was typed for it.
fn dropped(survey: &Survey, (candidates, skipped): &(Vec<plan::Candidate>, Vec<plan::Skipped>)) -> BTreeSet<(ImageId, Reference)> {
    let without_digest = candidates.iter().filter(|candidate| !candidate.image.has_digest()).map(|candidate| candidate.container.name());
    let gone = skipped.iter().filter(|skipped| matches!(skipped.reason, Reason::ImageGone { .. })).map(|skipped| skipped.name.as_str());
    let names: BTreeSet<&str> = without_digest.chain(gone).collect();
    let containers = survey.containers.iter().filter(|container| names.contains(container.name()));
    let of = |container: &Container| Some((container.image_id(), container.image_typed().parse().ok()?));
    containers.filter_map(of).collect()
}
