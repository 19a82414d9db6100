//! A difference between predecessor and successor, and the rule that allows it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// One leaf in which the engine's two descriptions differ.
///
/// Values that may hold secrets are never in it: there `old` and `new` are `"(hidden)"`, or null where there is no value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `Config.Env.PATH`, `HostConfig.PortBindings[80/tcp][0].HostPort`; an entry of a set goes by what tells it apart.
    pub path: String,
    /// The predecessor's value; null if it has none.
    pub old: Value,
    /// The successor's value; null if it has none.
    pub new: Value,
    /// Why the two may differ. None: the successor is not the predecessor with a new image.
    pub explained_by: Option<Rule>,
}

/// Why a successor may differ. Each is a function of the two images, the two values, and the two containers' ids, names and mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `Image` was the old image's id and is the new image's.
    NewImage,
    /// Under `Config`: the old value is what the old image says, the new value what the new image says. Per variable, label, port, volume and health field.
    ImageDefault,
    /// `Path` and `Args` are the successor's entrypoint and command, in that order.
    CommandLine,
    /// The value was made from the container's id: host name, alias, the container's files on the host.
    OwnId,
    /// A link holds the container's own name, and is otherwise the same.
    OwnName,
    /// The numbers of a user namespace are those that the engine chose for the successor, as many as before.
    OwnNumbers,
    /// An anonymous volume of the predecessor is mounted by its name at the same place.
    CarriedVolume,
    /// The new image declares a volume where the predecessor mounts nothing.
    DeclaredVolume,
    /// A generated MAC address, not there before the start; or a configured one, not shown while stopped.
    MacAddress,
    /// Compose's label named the old image and names the new one.
    ComposeImage,
    /// It is given when the successor takes its predecessor's place.
    AtSwitch,
    /// The engine writes the same in two ways.
    SameMeaning,
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "(hidden)";

/// Where values may hold secrets, there and below. An image's own defaults are no secret, save in the environment.
const SECRET: [&[&str]; 12] = [
    &["Config", "StartupHealthCheck"],
    &["Config", "Annotations"],
    &["HostConfig", "Annotations"],
    &["Config", "CreateCommand"],
    &["Config", "Env"],
    &["Config", "Cmd"],
    &["Config", "Entrypoint"],
    &["Config", "Healthcheck"],
    &["Config", "Labels"],
    &["Args"],
    &["HostConfig", "LogConfig", "Config"],
    &["HostConfig", "Mounts"],
];

impl Difference {
    /// Takes the leaf's values, hiding them where they may be secrets.
    pub(super) fn new(path: &[&str], old: Value, new: Value, explained_by: Option<Rule>) -> Self {
        let is_public = matches!(explained_by, Some(Rule::ImageDefault | Rule::ComposeImage | Rule::CarriedVolume))
            && !path.starts_with(&["Config", "Env"]);
        let is_secret = !is_public && SECRET.iter().any(|secret| path.starts_with(secret) || secret.starts_with(path));
        let shown = |value: Value| if is_secret && !value.is_null() { HIDDEN.into() } else { value };
        Self { path: super::path::to_text(path), old: shown(old), new: shown(new), explained_by }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, old, new, explained_by } = self;
        match (old, new) {
            (old, new) if explained_by.is_none() && old == new && old != HIDDEN => write!(f, "{path} is not what the new image says")?,
            (Value::Null, new) if new == HIDDEN => write!(f, "{path} was added")?,
            (Value::Null, new) => write!(f, "{path}: {new} was added")?,
            (old, Value::Null) if old == HIDDEN => write!(f, "{path} is gone")?,
            (old, Value::Null) => write!(f, "{path}: {old} is gone")?,
            (old, new) if old == HIDDEN || new == HIDDEN => write!(f, "{path} changed")?,
            (old, new) => write!(f, "{path}: {old} became {new}")?,
        }
        match explained_by {
            Some(rule) => write!(f, " ({rule})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NewImage => "the new image",
            Self::ImageDefault => "the new image's default",
            Self::CommandLine => "follows from entrypoint and command",
            Self::OwnId => "made from the container's id",
            Self::OwnName => "holds the container's own name",
            Self::OwnNumbers => "the engine chooses them for each container",
            Self::CarriedVolume => "the anonymous volume is kept, mounted by its name",
            Self::DeclaredVolume => "a volume that the new image declares",
            Self::MacAddress => "the address is given at start",
            Self::ComposeImage => "compose's note of the image",
            Self::AtSwitch => "given when it takes its place",
            Self::SameMeaning => "the same, written otherwise",
        })
    }
}
