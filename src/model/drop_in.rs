//! Files of ours beside those of a unit of systemd: what keeps it from pulling, or on an image.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A file of ours beside a unit's own, which keeps it from pulling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropIn {
    /// The unit that it is for.
    pub unit: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What the unit is.
    pub kind: DropInKind,
}

/// The repository of our tags for units that are kept on an image.
pub const TO_STAY: &str = "localhost/rotate/unit";

/// Our tag for the unit of this container, while that is kept on an image by a drop-in.
pub fn tag_to_stay(container: &str) -> String {
    format!("{TO_STAY}:{container}")
}

/// True if an image was typed as such a tag: nobody else does.
pub fn is_tag_to_stay(typed: &str) -> bool {
    typed.strip_prefix(TO_STAY).is_some_and(|rest| rest.starts_with(':'))
}

/// What a unit that pulls is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropInKind {
    /// Quadlet's, of a `.container` file.
    Container,
    /// Quadlet's, of an `.image` file.
    Image,
}

impl DropIn {
    /// What keeps a unit on an image, whatever the tag in its own file points to: to Quadlet. None for what fetches images.
    pub fn text_to_stay(&self, image: &str) -> Option<String> {
        let is_one = self.kind == DropInKind::Container;
        is_one.then(|| {
            format!(
                "# Written by rotate: a newer image has not proved itself in this unit, and others go on with it under the same tag.\n\
                 # rotate removes it when a newer one has.\n[Container]\nImage={image}\nPull=never\n"
            )
        })
    }

    /// What it says: to Quadlet for a container (podman-systemd.unit(5)), to systemd for an image.
    pub fn text(&self) -> String {
        let says = match self.kind {
            DropInKind::Container => "[Container]\nPull=never\n",
            DropInKind::Image => "[Service]\nExecStart=\nExecStart=/bin/true\n",
        };
        format!(
            "# Written by rotate: without it this unit would pull, at its next start, an image that has not proved itself here.\n\
             # rotate removes it when a newer image has.\n{says}"
        )
    }
}
