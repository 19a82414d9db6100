//! One container of a rotation's unit: what runs, what replaces it, and all that is needed to have either of them again.

use serde::{Deserialize, Serialize};

use super::{Role, Terms};
use crate::model::{Container, ContainerId, Digest, ImageId, Platform, Reference, RestartPolicy, StopSignal, Target, is_tag_to_stay};

/// One container of the unit and what replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, which the one that serves has.
    pub name: String,
    /// The image as typed when it was created.
    pub reference: Reference,
    /// The digest that the reference pointed to when the rotation began; none: its image stays, and it is made anew for the sake of one that it requires.
    pub digest: Option<Digest>,
    /// The digest by which the old image was pulled, if the engine knew.
    pub old_digest: Option<Digest>,
    /// The platform of the old image, if it is another than the engine's own: then it must be asked for.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// The image that runs.
    pub old_image: ImageId,
    /// The new image, once pulled.
    pub new_image: Option<ImageId>,
    /// True if the new image was not on the engine when the rotation began: then it may go again if it is refused.
    pub is_pulled: bool,
    /// Where the tag pointed before it was moved; none if it was not there, neither when the rotation began nor then.
    pub tag_before: Option<ImageId>,
    /// The container that runs at the beginning.
    pub predecessor: ContainerId,
    /// It at the beginning: what a successor is compared with, and what it is re-created from if another hand removes it. Null once that is over.
    #[serde(rename = "document")]
    pub original: Container,
    /// Its restart policy at the beginning.
    pub policy: RestartPolicy,
    /// What it and its successor are stopped with, if not with their own signal.
    pub stop_signal: Option<StopSignal>,
    /// False if its HEALTHCHECK did not call it healthy at the beginning: then it need not be healthier to be taken back.
    pub was_healthy: bool,
    /// True if another tool finds it by label: then it is kept only until its successor has proved itself.
    pub is_tool_owned: bool,
    /// The container that replaces it, once seen.
    pub successor: Option<ContainerId>,
    /// Anonymous volumes that came into being with the successor.
    pub volumes_born: Vec<String>,
    /// How its policy judges it, if that is not said by the record's own terms: those are the first member's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// The file with the credentials for its image that a label of it named; the first member's stands in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_file: Option<String>,
}

impl Member {
    /// The container that is to be down while this one runs.
    pub fn other(&self, role: Role) -> Option<(&ContainerId, Role)> {
        match role {
            Role::Predecessor => self.successor.as_ref().map(|successor| (successor, Role::Successor)),
            Role::Successor => Some((&self.predecessor, Role::Predecessor)),
        }
    }

    /// The image to pull; none: its image stays.
    pub fn pull_reference(&self) -> Option<Reference> {
        self.digest.as_ref().map(|digest| self.reference.at_digest(digest))
    }

    /// What the engine knows the successor's image by.
    pub fn new_image_name(&self) -> String {
        self.pull_reference().map_or_else(|| self.old_image.as_str().to_owned(), |reference| reference.to_string())
    }

    /// True if it is started after this one, which its engine starts by its id before it (`podman run --requires`).
    pub fn requires(&self, other: &Self) -> bool {
        self.original.requires().contains(&other.original.id().as_str())
    }

    /// True if its unit was kept on the old image by a drop-in of ours when the rotation began.
    pub fn has_stayed(&self) -> bool {
        is_tag_to_stay(self.original.image_typed())
    }

    /// The tag that has to move; none if the reference has no tag.
    pub fn tag(&self) -> Option<&Reference> {
        matches!(self.reference.target(), Target::Tag(_)).then_some(&self.reference)
    }
}
