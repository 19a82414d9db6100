//! A reason in words: why not, and what a person can do about it.

use std::fmt;

use super::reason::{Owner, PodTie, Reason};

impl Reason {
    /// What a person can do about it, where that is not plain.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotSelected => Some("add the label rotate.enable=true, or name it: `rotate now NAME`".into()),
            Self::OnHold(hold) => Some(format!("`rotate release {}` ends it", hold.name)),
            Self::BadLabel(error) => Some(error.help()),
            Self::Unresolved { help, .. } | Self::Blocked { help, .. } => Some(help.clone()),
            Self::ProbeNotMade { .. } => {
                Some("run rotate as root on the engine's host, or choose another probe: `rotate.health.exec` runs in the container".into())
            }
            Self::Unchecked => Some(
                "Podman leaves it to timers of systemd: run it where they are, without DISABLE_HC_SYSTEMD; or give it a probe that rotate makes itself, \
                 such as the label rotate.health.exec"
                    .into(),
            ),
            Self::Refused { .. } => Some("it is tried again when the tag moves, or with `rotate now --retry NAME`".into()),
            Self::RunsRefused { .. } => Some(
                "`rotate refused --forget NAME` if it is well by now; else `rotate history NAME` names the image that ran before it".into(),
            ),
            Self::WatchOnly { .. } => Some("`rotate now NAME` rotates it".into()),
            Self::MinAge { .. } => Some("`rotate now --any-age NAME` does not wait".into()),
            Self::NoAnswer { .. } => {
                Some("a driver of it may hang, or the engine's own notes of it are broken; see the engine's log".into())
            }
            Self::InPod(PodTie::Last) => Some("give the pod another exit policy: `podman pod create --exit-policy continue`".into()),
            Self::InPod(PodTie::LastThatRuns { .. }) => Some(
                "start the others, or let the pod go on without members: `ExitPolicy=continue` in its .pod file (Podman 5.6), before that \
                 `PodmanArgs=--exit-policy=continue`"
                    .into(),
            ),
            Self::StopSignal { .. } => Some("create it with --stop-signal instead of Watchtower's label".into()),
            Self::RemovedOnExit => Some("create it without --rm".into()),
            Self::OwnedByUnit { unit, why, manager } => why.help(unit, manager),
            Self::OwnerUnknown { .. } => {
                Some("the next run asks again; `systemctl show` must answer where rotate runs, as the engine's user".into())
            }
            Self::SharesTag { why, .. } => {
                let own = "give one of the two another tag";
                Some(why.help().map_or_else(|| own.to_owned(), |help| format!("{help}; or {own}")))
            }
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
            Self::NotRepeatable { .. } => Some("create it anew without that, or opt it out: `rotate.enable=false`".into()),
            Self::Stuck => Some("see `rotate status`".into()),
            Self::RequiredBy { by, why } => why.help(by),
            Self::UpToDate
            | Self::OptedOut
            | Self::NotRunning
            | Self::Paused
            | Self::Restarting
            | Self::InPod(PodTie::Infra | PodTie::MadeThroughApi)
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
            Self::OwnedByUnit { unit, why, .. } => write!(f, "held: it belongs to {unit}: {why}"),
            Self::OwnerUnknown { message } => {
                write!(f, "held: whether a unit of systemd starts it by its name is not known: {message}")
            }
            Self::InPod(PodTie::Infra) => f.write_str("held: it holds a pod together"),
            Self::InPod(PodTie::MadeThroughApi) => {
                f.write_str("held: a member of a pod that was made through Podman's API, where its settings cannot be told from the pod's")
            }
            Self::InPod(PodTie::Last) => {
                f.write_str("held: its pod stops with it (exit policy `stop`), and no other member runs that would not be stopped with it")
            }
            Self::InPod(PodTie::LastThatRuns { unit }) => {
                write!(
                    f,
                    "held: its pod stops with it (exit policy `stop`), no other member runs, and {unit} would not bring back all as it is now"
                )
            }
            Self::Requires { other } => {
                write!(f, "held: it requires (--requires) `{other}`, which does not run, and which Podman would start with its successor")
            }
            Self::RequiredBy { by, why } => write!(f, "held: `{by}` requires it (--requires), {why}"),
            Self::SharesTag { with, why } => write!(f, "held: the next start of `{with}` would bring the same tag, and that one is {why}"),
            Self::FixedRestartPolicy => {
                f.write_str("held: its restart policy cannot be changed, so a stopped one could come back (Podman before 5.4)")
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
            Self::Unresolved { message, .. } | Self::Blocked { message, .. } => write!(f, "held: {message}"),
            Self::ProbeNotMade { message } => write!(f, "held: its probe cannot be made: {message}"),
            Self::Unchecked => f.write_str("held: nothing ever came of its HEALTHCHECK, which a new container would have to pass"),
            Self::Refused { digest, why } => write!(f, "held: {} is refused here: {why}", digest.short()),
            Self::RunsRefused { digest, why } => write!(f, "runs what is refused here, {}: {why}", digest.short()),
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
            Self::NotRepeatable { message } => write!(f, "held: {message}"),
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
