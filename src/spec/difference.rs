//! One difference between predecessor and successor, and the rules that can explain one.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// A leaf that differs, or that is not as foretold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where: `Config.StopSignal`.
    pub path: String,
    /// The predecessor's value; null if it has none.
    pub old: Value,
    /// The successor's value; null if it has none.
    pub new: Value,
    /// Why it may differ; none: nothing explains it.
    pub explained_by: Option<Rule>,
}

/// Why a leaf may differ. Each is a function of the two images, the two values, and the two containers' ids, names and mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It is the new image's id.
    NewImage,
    /// The operator did not set it, and it is the new image's default.
    ImageDefault,
    /// It follows from the container's own id or name.
    OwnIdentity,
    /// An anonymous volume of the predecessor, handed over by name.
    VolumeHandedOver,
    /// The new image declares a volume where the predecessor has none.
    VolumeOfImage,
    /// It is empty until the container is started.
    NotStarted,
}

/// Below these, values may be secrets: only the place is shown.
const NEVER_SHOWN: [&str; 6] = ["Config.Env", "Config.Cmd", "Config.Entrypoint", "Config.Healthcheck", "Config.Labels", "Args"];

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if !NEVER_SHOWN.iter().any(|secret| self.path.starts_with(secret)) {
            write!(f, ": {} -> {}", shown(&self.old), shown(&self.new))?;
        }
        match self.explained_by {
            Some(rule) => write!(f, " ({rule})"),
            None => f.write_str(" (nothing explains it)"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NewImage => "the new image",
            Self::ImageDefault => "a default of the new image",
            Self::OwnIdentity => "follows from its own id or name",
            Self::VolumeHandedOver => "the same volume, handed over by name",
            Self::VolumeOfImage => "a volume that the new image declares",
            Self::NotStarted => "empty until it is started",
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}
