//! What about a unit of systemd keeps its container from being rotated, as data and in words.

use std::fmt;

use crate::model::{Deed, Manager, SERVICE_LABEL};

/// What keeps a unit of systemd from being restarted with a new image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unready {
    /// systemd cannot be asked, so that nobody knows whether there is such a unit.
    Unknown {
        /// Why, as far as it was said.
        message: Option<String>,
    },
    /// It has failed.
    Failed,
    /// It is on its way up or down.
    Busy,
    /// It is down, though a container of it runs.
    Down,
    /// It is masked.
    Masked,
    /// Its files were changed, and systemd does not know yet.
    Edited,
    /// It may not be started or stopped by hand.
    NoOrders,
    /// It does not make this container by `podman run`: a pod's.
    OtherKind,
    /// It starts this container by its name or id, and knows it by its id: another one it would not find, or would not stop.
    StartsByName,
    /// It makes a container of this name at each start, and this one has no label that says so.
    MakesByName,
    /// It removes what has this name.
    RemovesByName,
    /// It is the system's, runs as the user whose engine it is, and starts, makes or removes this container by its name.
    OfSystem,
    /// It makes this container and all else in a file of Kubernetes anew: `.kube`, `podman kube play`.
    Plays {
        /// The file.
        file: String,
        /// What is in the way.
        why: Unplayable,
    },
    /// A restart of it restarts its pod's unit, and so all members.
    TakesPodAlong {
        /// The pod's unit.
        pod: String,
    },
    /// It pulls by itself at each start, and nothing of ours can keep it from that.
    Pulls,
}

/// Why a file of Kubernetes is not to be played again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplayable {
    /// This image of it is `latest`, which is pulled where no `imagePullPolicy` says otherwise.
    Latest {
        /// As it stands there.
        image: String,
    },
    /// A policy in there has it pull.
    Pulls,
    /// It names no such image.
    Unnamed {
        /// As Podman shows it.
        image: String,
    },
    /// Its images are built at each start.
    Builds,
    /// A stop of it removes the volumes.
    DropsVolumes,
    /// The tag of this container points to another image than it runs.
    Moved {
        /// That container.
        of: String,
    },
    /// It cannot be read, so that nobody knows whether it pulls.
    Unread,
    /// A person has written there since.
    Edited,
    /// Another container of it has the same image: both would be new, and one proved.
    SharesImage {
        /// That container.
        with: String,
    },
}

/// Why a unit that does so with a container by its name keeps it from being rotated: it would do so with the successor.
impl From<Deed> for Unready {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Start => Self::StartsByName,
            Deed::Make => Self::MakesByName,
            Deed::Remove => Self::RemovesByName,
        }
    }
}

impl Unready {
    /// As one word for programs; stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. }
            | Self::OtherKind
            | Self::StartsByName
            | Self::MakesByName
            | Self::RemovesByName
            | Self::OfSystem
            | Self::TakesPodAlong { .. }
            | Self::Plays {
                why:
                    Unplayable::Unread
                    | Unplayable::Unnamed { .. }
                    | Unplayable::SharesImage { .. }
                    | Unplayable::Moved { .. }
                    | Unplayable::DropsVolumes,
                ..
            } => "owned_by_unit",
            Self::Failed => "unit_failed",
            Self::Busy => "unit_busy",
            Self::Down => "unit_down",
            Self::Masked => "unit_masked",
            Self::Edited | Self::Plays { why: Unplayable::Edited, .. } => "unit_edited",
            Self::NoOrders => "unit_takes_no_orders",
            Self::Pulls | Self::Plays { why: Unplayable::Latest { .. } | Unplayable::Pulls | Unplayable::Builds, .. } => "unit_pulls",
        }
    }

    /// What a person can do about it.
    pub fn help(&self, unit: &str, manager: &Manager) -> Option<String> {
        let systemctl = manager.systemctl();
        match self {
            Self::Unknown { .. } => {
                Some("run rotate where `systemctl` reaches the manager of this unit: on the host, as the engine's user".into())
            }
            Self::Failed => Some(format!("see `{systemctl} status {unit}`; `{systemctl} restart {unit}` brings it up again")),
            Self::Busy | Self::Down => Some(format!("see `{systemctl} status {unit}`")),
            Self::Masked => Some(format!("`{systemctl} unmask {unit}`")),
            Self::Edited => Some(format!("`{systemctl} daemon-reload`, and restart it if the change is wanted")),
            Self::OtherKind => Some("`podman auto-update` takes it, if its job is proof enough".into()),
            Self::StartsByName => Some("let the unit make its container: by a .container file, or `podman generate systemd --new`".into()),
            Self::MakesByName => Some(format!(
                "have {unit} label its container (`{SERVICE_LABEL}`): by a .container file, or `podman generate systemd --new`"
            )),
            Self::RemovesByName => Some(format!("take that out of {unit}, or have the unit that makes the container do it")),
            Self::OfSystem => Some("let the user's own systemd have it: by a .container file in ~/.config/containers/systemd".into()),
            Self::Pulls => Some(
                "leave the pull to rotate: without it, or as `Pull=` in a .container file (from Podman 5.0 on), the unit can be rotated"
                    .into(),
            ),
            Self::Plays { why, file } => Some(match why {
                Unplayable::Latest { .. } => format!("name another tag in {file}, and `{systemctl} restart {unit}`"),
                Unplayable::Pulls => format!("leave that policy out of {file}, and `{systemctl} restart {unit}`"),
                Unplayable::Unnamed { image } => format!("if `{image}` is another name of what is meant there, `podman untag` it"),
                Unplayable::Builds => format!("leave `--build` out of {unit}"),
                Unplayable::DropsVolumes => format!("leave `KubeDownForce=` out of the file of {unit}"),
                Unplayable::Moved { .. } => format!("`{systemctl} restart {unit}`, if that image is wanted"),
                Unplayable::Unread => format!("let whoever runs rotate, or the engine's user, read {file}"),
                Unplayable::Edited => format!("`{systemctl} restart {unit}`, if the change is wanted"),
                Unplayable::SharesImage { .. } => format!("give each of its containers in {file} a tag of its own, and restart {unit}"),
            }),
            Self::TakesPodAlong { pod } => Some(format!("let {pod} only want (`Wants=`) {unit}, not require it")),
            Self::NoOrders => None,
        }
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { message: None } => f.write_str("systemd cannot be asked about it"),
            Self::Unknown { message: Some(message) } => write!(f, "systemd cannot be asked about it: {message}"),
            Self::Failed => f.write_str("it has failed"),
            Self::Busy => f.write_str("it is starting or stopping"),
            Self::Down => f.write_str("it is down, though its container runs"),
            Self::Masked => f.write_str("it is masked"),
            Self::Edited => f.write_str("its files were changed and not reloaded"),
            Self::NoOrders => f.write_str("it may not be started or stopped by hand"),
            Self::OtherKind => f.write_str("it does not make this container by `podman run`"),
            Self::StartsByName => f.write_str("it starts this container (`podman start`), and no other one"),
            Self::MakesByName => f.write_str("each start of it makes another container of this name (`podman run`)"),
            Self::RemovesByName => f.write_str("it removes the container of this name (`podman rm`), whichever that is"),
            Self::OfSystem => {
                f.write_str("it is a unit of the system's that has this container in hand by its name as that user (`User=`)")
            }
            Self::Pulls => f.write_str("it pulls at each start what nobody has proved"),
            Self::TakesPodAlong { pod } => write!(f, "a restart of it restarts {pod}, and all other members of the pod"),
            Self::Plays { file, why } => {
                write!(f, "each start makes all that is in {file} anew, ")?;
                match why {
                    Unplayable::Latest { image } => write!(f, "and pulls `{image}`, unless an `imagePullPolicy` in there says otherwise"),
                    Unplayable::Pulls => f.write_str("and an `imagePullPolicy` in there has it pull what nobody has proved"),
                    Unplayable::Unnamed { image } => write!(f, "and does not name `{image}`, which Podman shows for it"),
                    Unplayable::Builds => f.write_str("and builds its images, which nobody has proved"),
                    Unplayable::DropsVolumes => f.write_str("after a stop that removes its volumes (`--force`)"),
                    Unplayable::Moved { of } => write!(f, "and brings `{of}` another image than it runs, which nobody has proved"),
                    Unplayable::Unread => f.write_str("and nobody can read there whether it pulls"),
                    Unplayable::Edited => f.write_str("which somebody has changed since its start"),
                    Unplayable::SharesImage { with } => {
                        write!(f, "and `{with}` with the same image, of which no more than one would prove itself")
                    }
                }
            }
        }
    }
}
