//! Why a container is not rotated, as data.

use jiff::Timestamp;

use super::{NotAlong, Unready};
use crate::model::{Digest, Hold, Manager, StopSignal};
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
    /// A unit of systemd owns it (Quadlet, `podman generate systemd`), and cannot be restarted with a new image.
    OwnedByUnit {
        /// Such as `web.service`.
        unit: String,
        /// Why it cannot.
        why: Unready,
        /// Whose it is.
        manager: Manager,
    },
    /// A unit of systemd may start it by its name, and nobody could say whether one does.
    OwnerUnknown {
        /// Why.
        message: String,
    },
    /// It holds a pod together, or is a member that cannot be replaced in it.
    InPod(PodTie),
    /// It was told to start after another (`podman run --requires`), which does not run.
    Requires {
        /// The other one.
        other: String,
    },
    /// Another was told to start after it, would start it by its id, and cannot be made anew along with it.
    RequiredBy {
        /// The other one.
        by: String,
        /// Why it cannot.
        why: NotAlong,
    },
    /// A unit of systemd starts from the same tag, and its container is to stay as it is.
    SharesTag {
        /// Its container.
        with: String,
        /// On whose word.
        why: Box<Reason>,
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
    /// Its engine does not pull from where its image is (`registries.conf`), so that nobody was asked.
    Blocked {
        /// What blocks it.
        message: String,
        /// What to do.
        help: String,
    },
    /// Its probe cannot be made from here.
    ProbeNotMade {
        /// Why.
        message: String,
    },
    /// Nothing ever came of its HEALTHCHECK, and nothing would of a successor's.
    Unchecked,
    /// What the reference points to failed here before.
    Refused {
        /// The digest.
        digest: Digest,
        /// Why it was refused.
        why: String,
    },
    /// What runs is what failed here before: another hand, or a boot, has started it all the same.
    RunsRefused {
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
    /// What it was created with cannot be asked for again.
    NotRepeatable {
        /// What, and why.
        message: String,
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

/// What a container is to its pod, so that it is not replaced there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodTie {
    /// What the members share is its own.
    Infra,
    /// A member that no command made: which of its settings are the pod's is not told.
    MadeThroughApi,
    /// The last member that runs, of a pod that stops with it.
    Last,
    /// The same where systemd would make the pod anew, and with it more than this member.
    LastThatRuns {
        /// The pod's unit.
        unit: String,
    },
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
            Self::OwnedByUnit { why, .. } => why.code(),
            Self::OwnerUnknown { .. } => "owned_by_unit",
            Self::InPod(_) => "in_pod",
            Self::Requires { .. } => "requires",
            Self::RequiredBy { .. } => "required_by",
            Self::SharesTag { .. } => "shares_tag",
            Self::FixedRestartPolicy => "fixed_restart_policy",
            Self::PinnedByDigest => "pinned_by_digest",
            Self::PinnedById => "pinned_by_id",
            Self::BadReference { .. } => "bad_reference",
            Self::NoDigest => "no_digest",
            Self::ImageGone { .. } => "image_gone",
            Self::ImageBlank => "image_blank",
            Self::UnknownRestartPolicy => "unknown_restart_policy",
            Self::Unresolved { .. } => "unresolved",
            Self::Blocked { .. } => "blocked",
            Self::ProbeNotMade { .. } => "probe_not_made",
            Self::Unchecked => "unchecked",
            Self::Refused { .. } => "refused",
            Self::RunsRefused { .. } => "runs_refused",
            Self::WatchOnly { .. } => "watch_only",
            Self::MinAge { .. } => "min_age",
            Self::StopSignal { .. } => "stop_signal",
            Self::NotRepeatable { .. } => "not_repeatable",
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
        matches!(
            self,
            Self::NoAnswer { .. }
                | Self::OwnerUnknown { .. }
                | Self::Unresolved { .. }
                | Self::ProbeNotMade { .. }
                | Self::ImageGone { message: Some(_) }
        )
    }

    /// True if a person should see it without having asked why.
    pub fn is_notable(&self) -> bool {
        !matches!(self, Self::UpToDate | Self::NotSelected | Self::NotRunning)
    }
}
