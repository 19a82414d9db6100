//! Why a container is not rotated, as data.

use std::fmt;

use jiff::Timestamp;

use crate::model::{Digest, Hold, StopSignal};
use crate::policy::PolicyError;

/// Why not.
#[derive(Debug, Clone)]
pub enum Reason {
    /// Its reference points to what runs.
    UpToDate,
    /// It has no `rotate.enable=true`, and `select` is not `all`.
    NotSelected,
    /// `rotate.enable=false`.
    OptedOut,
    /// A person holds it as it is: `rotate hold`.
    OnHold(Hold),
    /// A label of it cannot be read.
    BadLabel(PolicyError),
    /// The engine lists it and tells nothing of it, or of its image.
    NoAnswer {
        /// What it said instead.
        message: String,
    },
    /// It does not run.
    NotRunning,
    /// It is paused.
    Paused,
    /// The engine is restarting it.
    Restarting,
    /// Made with `--rm`: the engine removes it when it stops, so that nothing could be rolled back to.
    RemovedOnExit,
    /// It lives in a namespace of another container.
    SharesNamespace {
        /// The other one.
        with: String,
    },
    /// Another container lives in a namespace of it.
    LendsNamespace {
        /// The other one.
        to: String,
    },
    /// It is `--link`ed to another.
    LinkedTo {
        /// The other one.
        other: String,
    },
    /// Another is `--link`ed to it.
    LinkedFrom {
        /// The other one.
        other: String,
    },
    /// A cluster manager owns it and would fight back.
    Owned(Owner),
    /// A unit of systemd creates it anew at each start (Quadlet, `podman generate systemd`).
    OwnedByUnit {
        /// Such as `web.service`.
        unit: String,
    },
    /// It is a member of a pod.
    InPod,
    /// It was told to start after another (`podman run --requires`), which it keeps by its id.
    Requires {
        /// The other's id.
        other: String,
    },
    /// Its restart policy would have to be changed, which its engine cannot.
    FixedRestartPolicy,
    /// Created from a digest.
    PinnedByDigest,
    /// Created from a bare image id.
    PinnedById,
    /// Its image name cannot be read.
    BadReference {
        /// As it stands in the container.
        typed: String,
    },
    /// The engine knows no digest of what runs, or one of an image made here that its registry does not have: built or loaded here, so that a
    /// registry's image of this name may be a stranger's.
    NoDigest,
    /// The engine has no image of its id any more: nobody can tell its settings from the image's, or go back to it.
    ImageGone {
        /// Why it could not be pulled again, if that was tried.
        message: Option<String>,
    },
    /// The engine shows nothing of its image, so that nobody can tell its settings from the image's.
    ImageBlank,
    /// A restart policy that this version does not know.
    UnknownRestartPolicy,
    /// The registry gave no digest.
    Unresolved {
        /// What happened.
        message: String,
        /// What to do.
        help: String,
    },
    /// Its probe cannot be made from here.
    ProbeNotMade {
        /// Why.
        message: String,
    },
    /// What the reference points to failed here before.
    Refused {
        /// The digest.
        digest: Digest,
        /// Why it was refused.
        why: String,
    },
    /// There is something newer, and it is watched only.
    WatchOnly {
        /// The newer digest.
        digest: Digest,
    },
    /// What the reference points to has not been seen there for `min_age`.
    MinAge {
        /// The digest.
        digest: Digest,
        /// When it will have been; none if no run has seen it yet.
        until: Option<Timestamp>,
    },
    /// It wants to be stopped with a signal that its engine cannot use.
    StopSignal {
        /// The signal.
        signal: StopSignal,
    },
    /// Its last rotation waits for a person.
    Stuck,
    /// A container of a rotation that this state directory does not know.
    Orphan {
        /// The name that it belongs to.
        of: String,
        /// True if a container of that name runs: then nothing is down.
        is_served: bool,
    },
    /// Looks like what another updater left behind.
    Leftover,
}

/// Who else manages containers here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Docker Swarm.
    Swarm,
    /// Kubernetes.
    Kubernetes,
    /// HashiCorp Nomad.
    Nomad,
}

impl Reason {
    /// The reason as one word for programs; stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::NotSelected => "not_selected",
            Self::OptedOut => "opted_out",
            Self::OnHold(_) => "on_hold",
            Self::BadLabel(_) => "bad_label",
            Self::NoAnswer { .. } => "no_answer",
            Self::NotRunning => "not_running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::RemovedOnExit => "removed_on_exit",
            Self::SharesNamespace { .. } => "shares_namespace",
            Self::LendsNamespace { .. } => "lends_namespace",
            Self::LinkedTo { .. } => "linked_to",
            Self::LinkedFrom { .. } => "linked_from",
            Self::Owned(_) => "owned",
            Self::OwnedByUnit { .. } => "owned_by_unit",
            Self::InPod => "in_pod",
            Self::Requires { .. } => "requires",
            Self::FixedRestartPolicy => "fixed_restart_policy",
            Self::PinnedByDigest => "pinned_by_digest",
            Self::PinnedById => "pinned_by_id",
            Self::BadReference { .. } => "bad_reference",
            Self::NoDigest => "no_digest",
            Self::ImageGone { .. } => "image_gone",
            Self::ImageBlank => "image_blank",
            Self::UnknownRestartPolicy => "unknown_restart_policy",
            Self::Unresolved { .. } => "unresolved",
            Self::ProbeNotMade { .. } => "probe_not_made",
            Self::Refused { .. } => "refused",
            Self::WatchOnly { .. } => "watch_only",
            Self::MinAge { .. } => "min_age",
            Self::StopSignal { .. } => "stop_signal",
            Self::Stuck => "stuck",
            Self::Orphan { .. } => "orphan",
            Self::Leftover => "leftover",
        }
    }

    /// True if a service may be down because of it.
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Orphan { is_served: false, .. })
    }

    /// True if something that was asked gave no answer, so that nobody knows whether there is something to do: not to be passed over in silence.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::Unresolved { .. } | Self::ProbeNotMade { .. } | Self::ImageGone { message: Some(_) })
    }

    /// True if a person should see it without having asked why.
    pub fn is_notable(&self) -> bool {
        !matches!(self, Self::UpToDate | Self::NotSelected | Self::NotRunning)
    }

    /// What a person can do about it, where that is not plain.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotSelected => Some("add the label rotate.enable=true, or name it: `rotate now NAME`".into()),
            Self::OnHold(hold) => Some(format!("`rotate release {}` ends it", hold.name)),
            Self::BadLabel(error) => Some(error.help()),
            Self::Unresolved { help, .. } => Some(help.clone()),
            Self::ProbeNotMade { .. } => {
                Some("run rotate as root on the engine's host, or choose another probe: `rotate.health.exec` runs in the container".into())
            }
            Self::Refused { .. } => Some("it is tried again when the tag moves, or with `rotate now --retry NAME`".into()),
            Self::WatchOnly { .. } => Some("`rotate now NAME` rotates it".into()),
            Self::MinAge { .. } => Some("`rotate now --any-age NAME` does not wait".into()),
            Self::NoAnswer { .. } => {
                Some("a driver of it may hang, or the engine's own notes of it are broken; see the engine's log".into())
            }
            Self::StopSignal { .. } => Some("create it with --stop-signal instead of Watchtower's label".into()),
            Self::RemovedOnExit => Some("create it without --rm".into()),
            Self::OwnedByUnit { .. } => Some("`podman auto-update` does, if it has the label io.containers.autoupdate".into()),
            Self::FixedRestartPolicy => Some("upgrade Podman, or create it with --restart=no".into()),
            Self::NoDigest => Some("pull it from a registry once, and create the container from that".into()),
            Self::ImageGone { message: None } => Some("`rotate now` pulls it again by its digest, and goes on".into()),
            Self::ImageGone { message: Some(_) } => Some("create it anew, from what its tag points to now".into()),
            Self::ImageBlank => Some(
                "remove it, the stopped containers whose image is gone (`docker ps -a` shows those by id) and the image; then pull and \
                 create it anew"
                    .into(),
            ),
            Self::Orphan { of, is_served: true } => Some(format!("if `{of}` is well, remove it by hand")),
            Self::Orphan { of, is_served: false } => Some(format!(
                "`rotate now {of}` takes it over where the containers prove what they are; else rename it to `{of}`, give it its \
                     restart policy back (it ends its name) and start it"
            )),
            Self::Stuck => Some("see `rotate status`".into()),
            Self::UpToDate
            | Self::OptedOut
            | Self::NotRunning
            | Self::Paused
            | Self::Restarting
            | Self::InPod
            | Self::Requires { .. }
            | Self::SharesNamespace { .. }
            | Self::LendsNamespace { .. }
            | Self::LinkedTo { .. }
            | Self::LinkedFrom { .. }
            | Self::Owned(_)
            | Self::PinnedByDigest
            | Self::PinnedById
            | Self::BadReference { .. }
            | Self::UnknownRestartPolicy
            | Self::Leftover => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpToDate => f.write_str("up to date"),
            Self::NotSelected => f.write_str("not selected"),
            Self::OptedOut => f.write_str("held by its own label: it is not to be enabled"),
            Self::OnHold(hold) => hold.fmt(f),
            Self::BadLabel(error) => write!(f, "held: {error}"),
            Self::NoAnswer { message } => write!(f, "held: the engine tells nothing of it: {message}"),
            Self::NotRunning => f.write_str("does not run"),
            Self::Paused => f.write_str("held: it is paused"),
            Self::Restarting => f.write_str("held: the engine is restarting it"),
            Self::RemovedOnExit => f.write_str("held: made with --rm, so nothing could be rolled back to"),
            Self::SharesNamespace { with } => write!(f, "held: it shares a namespace of `{with}`"),
            Self::LendsNamespace { to } => write!(f, "held: `{to}` shares a namespace of it"),
            Self::LinkedTo { other } => write!(f, "held: it is linked (--link) to `{other}`"),
            Self::LinkedFrom { other } => write!(f, "held: `{other}` is linked (--link) to it"),
            Self::Owned(owner) => write!(f, "held: owned by {owner}"),
            Self::OwnedByUnit { unit } => write!(f, "held: it belongs to {unit}, and rotate does not restart units yet"),
            Self::InPod => f.write_str("held: it is a member of a pod"),
            Self::Requires { other } => write!(f, "held: it requires another container (--requires), {other}"),
            Self::FixedRestartPolicy => {
                f.write_str("held: its restart policy cannot be changed, so a stopped one could come back (Podman before 5.1)")
            }
            Self::PinnedByDigest => f.write_str("held: pinned by digest"),
            Self::PinnedById => f.write_str("held: created from an image id, which no registry can be asked for"),
            Self::BadReference { typed } => write!(f, "held: `{typed}` is not an image reference"),
            Self::NoDigest => f.write_str("held: its image was built or loaded here; a registry's image of that name may be another"),
            Self::ImageGone { message: None } => f.write_str("waits: the engine has dropped its image, whose tag moved away"),
            Self::ImageGone { message: Some(message) } => {
                write!(f, "held: the engine has dropped its image, whose tag moved away, and it cannot be pulled again: {message}")
            }
            Self::ImageBlank => {
                f.write_str("held: the engine shows nothing of its image, of which a part is missing from the engine's store")
            }
            Self::UnknownRestartPolicy => f.write_str("held: its restart policy is one that rotate does not know"),
            Self::Unresolved { message, .. } => write!(f, "held: {message}"),
            Self::ProbeNotMade { message } => write!(f, "held: its probe cannot be made: {message}"),
            Self::Refused { digest, why } => write!(f, "held: {} is refused here: {why}", digest.short()),
            Self::WatchOnly { digest } => write!(f, "newer: {} (watch only)", digest.short()),
            Self::MinAge { digest, until: Some(until) } => {
                write!(f, "waits until {}: {} is younger than `min_age`", until.strftime("%Y-%m-%d %H:%M:%SZ"), digest.short())
            }
            Self::MinAge { digest, until: None } => {
                write!(f, "waits: {} is new; `min_age` counts from the first `rotate now` that sees it", digest.short())
            }
            Self::StopSignal { signal } => {
                write!(f, "held: it is to be stopped with {signal}, which its engine cannot (Docker before 23, Podman)")
            }
            Self::Stuck => f.write_str("held: its last rotation waits for a person"),
            Self::Orphan { of, is_served } => {
                let down = if *is_served { String::new() } else { format!(", and no `{of}` runs") };
                write!(f, "made by a rotation of `{of}` that this state directory does not know{down}; not touched")
            }
            Self::Leftover => f.write_str("looks like a leftover of another updater; not touched"),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Swarm => "Docker Swarm",
            Self::Kubernetes => "Kubernetes",
            Self::Nomad => "Nomad",
        })
    }
}
