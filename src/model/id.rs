//! Ids as newtypes, so that a container, an image and a rotation cannot be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as the engine or the store gave it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The whole text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first 12 hex digits, as engines show an id to people.
            pub fn short(&self) -> &str {
                let hex = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
                hex.get(..12).unwrap_or(hex)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A container's id: 64 hex digits, given by the engine, never used twice.
    ContainerId
}
id! {
    /// An image's id as the engine gives it: the config's digest in Docker's classic store, the index's in containerd's.
    ImageId
}
id! {
    /// A rotation's id: six hex digits, part of every name that the rotation gives to a container or an image.
    RotationId
}
