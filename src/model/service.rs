//! A unit of systemd that makes a container anew at each start (Quadlet, `podman generate systemd --new`), and how it stands at one look. A «unit» is
//! another thing in this program, hence the name.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DropIn, Manager, is_tag_to_stay};

/// Options of `podman kube play` whose paths are nothing that is played.
const OF_OTHER_OPTIONS: [&str; 5] = ["--authfile", "--cert-dir", "--context-dir", "--creds", "--seccomp-profile-root"];

/// The label by which Podman notes which unit of systemd it was run by.
pub const SERVICE_LABEL: &str = "PODMAN_SYSTEMD_UNIT";

/// One such unit, as far as a rotation has to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Such as `web.service`.
    pub name: String,
    /// What keeps it, and the units that fetch its image, from pulling by themselves, once it is written.
    pub drop_ins: Vec<DropIn>,
    /// Units that a restart of it stops, and that ran before.
    #[serde(default)]
    pub dependents: Vec<String>,
    /// True if those are to be noted again before it is restarted: what was noted is as old as the proof.
    #[serde(default)]
    pub is_to_note: bool,
    /// Those of them that were not up again when all else was done.
    #[serde(default)]
    pub down: Vec<String>,
    /// Whose it is.
    #[serde(default)]
    pub manager: Manager,
    /// The file that it was made from, where a generator made it.
    #[serde(default)]
    pub source: Option<PathBuf>,
    /// True if they were there before.
    #[serde(default)]
    pub was_pinned: bool,
    /// True if they could not be removed when nothing was to be kept away any more: that is for a later run.
    #[serde(default)]
    pub leaves_drop_ins: bool,
    /// Other containers that each of its starts makes anew, and that were well before.
    #[serde(default)]
    pub siblings: Vec<String>,
}

/// What systemd does with a unit (systemd.unit(5), `ActiveState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activity {
    /// It is up.
    Active,
    /// On its way up, or waiting to be restarted.
    Activating,
    /// On its way down.
    Deactivating,
    /// Down, and nothing was wrong.
    #[default]
    Inactive,
    /// Down after a failure.
    Failed,
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
        })
    }
}

/// One look at a unit of systemd.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceState {
    /// Its name.
    pub name: String,
    /// `loaded`, `not-found`, `masked`, …
    pub load: String,
    /// What it does.
    pub activity: Activity,
    /// True if it has been asked for something that is not done yet.
    pub has_job: bool,
    /// How its last run ended: `success`, `exit-code`, `timeout`, `start-limit-hit`, …
    pub result: String,
    /// The exit code of its last main process; none if there is none yet, or a signal ended it.
    pub exit_code: Option<i64>,
    /// How often systemd restarted it by itself since somebody started it.
    pub restarts: u64,
    /// When it was last started, in microseconds of the host's clock that runs since its boot; 0: not as far as systemd remembers.
    pub last_start: u64,
    /// True if its files say something else than what systemd goes by.
    pub is_edited: bool,
    /// True if systemd may be asked to start and to stop it.
    pub takes_orders: bool,
    /// Whom it runs as, by name or number; empty: whoever its manager runs as.
    pub user: String,
    /// The file that it was made from, where a generator made it.
    pub source: Option<PathBuf>,
    /// The commands that start it, as systemd writes them.
    pub start: String,
    /// The commands before that.
    pub before_start: String,
    /// The commands after its end.
    pub after_stop: String,
    /// How long it may take to stop; none: for ever.
    pub stop_timeout: Option<Duration>,
    /// Units that a restart of it stops or restarts.
    pub dependents: Vec<String>,
    /// Units that are stopped when it is, and not started with it (`PropagatesStopTo=`, systemd 249).
    pub stops: Vec<String>,
    /// Units without which it is not started.
    pub requires: Vec<String>,
    /// What it [`ServiceState::plays`]; none: nothing, or nobody could read it.
    pub played: Option<Played>,
    /// True if [`ServiceState::may_pull_by_arguments`], and its file has no `Pull=` for that.
    pub pulls_by_arguments: bool,
}

/// What files of Kubernetes say that a unit plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// True if an `imagePullPolicy` stands in there that may pull, for whichever container.
    pub is_pulling: bool,
    /// All images in there, as typed, those of what runs only at the start as well; one that stands there twice is there twice.
    pub images: Vec<String>,
    /// When somebody changed them last, or put them there.
    pub edited_at: Timestamp,
}

impl ServiceState {
    /// A unit that does not exist.
    pub fn absent(name: String) -> Self {
        Self { name, load: "not-found".to_owned(), ..Self::default() }
    }

    /// True if systemd may have a unit of this name that makes containers (systemd.unit(5)).
    pub fn may_be_called(name: &str) -> bool {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        name.len() < 256
            && name.strip_suffix(".service").is_some_and(|stem| !stem.is_empty() && !stem.starts_with('-'))
            && name.chars().all(is_allowed)
    }

    /// True if there is such a unit, and it can be started.
    pub fn is_loaded(&self) -> bool {
        self.load == "loaded"
    }

    /// True if it is on its way to something.
    pub fn is_busy(&self) -> bool {
        self.has_job || matches!(self.activity, Activity::Activating | Activity::Deactivating)
    }

    /// True if it is down and its start has to wait for units that come up before it.
    pub fn waits_for_others(&self) -> bool {
        self.has_job && matches!(self.activity, Activity::Inactive | Activity::Failed)
    }

    /// Units that its stop, or its failure, takes down.
    pub fn go_down_with_it(&self) -> impl Iterator<Item = &String> {
        self.dependents.iter().chain(&self.stops)
    }

    /// True if it pulls at each start what a registry has.
    pub fn pulls(&self) -> bool {
        let has_option = || self.pull_policies().iter().any(|(_, policy)| is_pull(policy));
        if self.is_of("image") { self.start.contains(" pull ") } else { has_option() }
    }

    /// True if no `Pull=` of ours keeps it from that. Of several options for `podman run` the last counts: Quadlet writes `Pull=` as two words, and after it
    /// what stands in `PodmanArgs=`.
    pub fn pulls_regardless(&self) -> bool {
        let policies = self.pull_policies();
        let is_last = |(is_one_word, policy): &(bool, &str)| is_pull(policy) && (*is_one_word || policies.len() > 1);
        self.pulls_by_arguments || policies.last().is_some_and(is_last)
    }

    /// True if it pulls by one option of two words: `Pull=always` becomes one, and so does `PodmanArgs=--pull always`. Only its file tells which.
    pub fn may_pull_by_arguments(&self) -> bool {
        self.is_of("container") && matches!(self.pull_policies().as_slice(), [(false, policy)] if is_pull(policy))
    }

    /// When it pulls, as its command says it in this order; true: in one word (`--pull=always`).
    fn pull_policies(&self) -> Vec<(bool, &str)> {
        let mut policies = Vec::new();
        let mut words = self.start.split_whitespace().peekable();
        while let Some(word) = words.next() {
            match word.strip_prefix("--pull") {
                Some("") => policies.push((false, words.peek().copied().unwrap_or_default())),
                Some(rest) => policies.extend(rest.strip_prefix('=').map(|policy| (true, policy))),
                None => {}
            }
        }
        policies
    }

    /// True if it starts from a tag of ours, not from its own.
    pub fn stays(&self) -> bool {
        self.start.split_whitespace().any(is_tag_to_stay)
    }

    /// True if it runs `podman run` for a container of this name.
    pub fn makes(&self, container: &str) -> bool {
        let words: Vec<&str> = self.start.split_whitespace().collect();
        let is_named = words.windows(2).any(|two| two == ["--name", container]) || words.contains(&format!("--name={container}").as_str());
        is_named && words.contains(&"run")
    }

    /// The file that it makes pods of, as Kubernetes would (`podman kube play`); of several the last.
    pub fn plays(&self) -> Option<&str> {
        self.played_words()?.next_back()
    }

    /// All files that are played (several from Podman 5.7 on), and maps of settings for them.
    pub fn played_files(&self) -> Vec<&str> {
        let mut before = "";
        let mut files = Vec::new();
        for word in self.played_words().into_iter().flatten() {
            let path = word.strip_prefix("--configmap=").unwrap_or(word);
            if path.starts_with('/') && !OF_OTHER_OPTIONS.contains(&before) {
                files.push(path);
            }
            before = word;
        }
        files
    }

    /// True if it builds images at each start, also those that are there (podman-kube-play(1)).
    pub fn builds(&self) -> bool {
        self.played_words().into_iter().flatten().any(|word| word == "--build" || word == "--build=true")
    }

    /// True if a stop of it removes the volumes of what it plays (`KubeDownForce=`).
    pub fn drops_volumes(&self) -> bool {
        self.after_stop.split_once(" kube down ").is_some_and(|(_, down)| {
            down.split(" ;").next().into_iter().flat_map(str::split_whitespace).any(|word| word == "--force" || word == "--force=true")
        })
    }

    fn played_words(&self) -> Option<impl DoubleEndedIterator<Item = &str>> {
        let (_, played) = self.start.split_once(" kube play ")?;
        Some(played.split(" ;").next()?.split_whitespace())
    }

    /// True if Quadlet made it out of a file of this kind.
    pub fn is_of(&self, extension: &str) -> bool {
        self.source.as_deref().and_then(Path::extension).is_some_and(|found| found == extension)
    }
}

/// True if such a policy pulls although the image is there (podman-run(1)). Podman knows each word in two ways of writing it, and one more (`ParsePullPolicy`).
fn is_pull(policy: &str) -> bool {
    ["always", "newer", "ifnewer"].iter().any(|word| policy.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_unit_of_systemd_is_not_asked_for() {
        for name in ["web.service", "podman-compose@a_b.service", "a\\x2db:c.service"] {
            assert!(ServiceState::may_be_called(name), "{name}");
        }
        for name in ["", ".service", "web", "web.target", "--help.service", "a b.service", "a/b.service", "é.service"] {
            assert!(!ServiceState::may_be_called(name), "{name}");
        }
    }

    #[test]
    fn a_unit_that_pulls_is_known_by_every_word_that_podman_takes_for_it() {
        let is_pulling = |option: &str| {
            let start = format!("/usr/bin/podman run --name web {option} quay.io/a:1");
            ServiceState { start, ..ServiceState::default() }.pulls()
        };
        for word in ["always", "Always", "newer", "Newer", "ifnewer", "IfNewer"] {
            assert!(is_pulling(&format!("--pull {word}")) && is_pulling(&format!("--pull={word}")), "{word}");
        }
        for word in ["never", "Never", "missing", "Missing", "ifnotpresent", "IfNotPresent"] {
            assert!(!is_pulling(&format!("--pull {word}")) && !is_pulling(&format!("--pull={word}")), "{word}");
        }
    }
}
