//! What an image is made for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Operating system, architecture and, for some architectures, variant, as the OCI image specification writes them: `linux/arm64/v8`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Platform(String);

impl Platform {
    /// From its parts; none without operating system and architecture.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Option<Self> {
        let parts = [os, architecture, variant].map(str::to_lowercase);
        match &parts {
            [os, architecture, _] if os.is_empty() || architecture.is_empty() => None,
            [os, architecture, variant] if variant.is_empty() => Some(Self(format!("{os}/{architecture}"))),
            parts => Some(Self(parts.join("/"))),
        }
    }

    /// As an engine takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if one engine runs both unless told otherwise: operating system and architecture are the same.
    pub fn is_like(&self, other: &Self) -> bool {
        let two = |platform: &Self| platform.0.split('/').take(2).map(str::to_owned).collect::<Vec<_>>();
        two(self) == two(other)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
