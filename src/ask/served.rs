//! Which engines are served, and where each of them listens.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{AskError, Records, SocketError, Where};
use crate::config::{Config, EngineChoice};
use crate::model::{EngineKind, EngineName, host_socket, user_of_place, user_socket, usual_engine};
use crate::store::{SqliteStore, Store, StoreError};
use crate::user::{self, User};

/// An engine that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// What it is called; none: it is the only one, wherever it was found.
    pub name: Option<EngineName>,
    /// Somebody expects it to answer. One of `podman:*` need not be there: a user who lingers may have no Podman.
    pub is_expected: bool,
    /// What was recorded before engines had names is its.
    pub is_heir: bool,
}

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is called, if it is at one of the usual places.
    pub name: Option<EngineName>,
    /// Its socket.
    pub socket: PathBuf,
    /// The user whose it is, by its name or by its place.
    pub user: Option<User>,
    /// It was asked for by its name.
    pub is_named: bool,
}

/// An engine that was named and is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwayError {
    /// No socket of the host's own.
    #[error("{}", nobody(.socket, *.is_left))]
    Off {
        /// Which program.
        kind: EngineKind,
        /// Its socket is there, and nobody listens: systemd leaves it there when it is turned off.
        is_left: bool,
        /// Where it should be.
        socket: PathBuf,
    },
    /// No socket of a user who is there.
    #[error("{}", nobody(.socket, *.is_left))]
    UserOff {
        /// Which program.
        kind: EngineKind,
        /// As above.
        is_left: bool,
        /// Whose.
        user: String,
        /// Where it should be.
        socket: PathBuf,
        /// The user's programs go on when the user logs out.
        lingers: bool,
    },
    /// A user who is not there, and nothing of whose runs.
    #[error("`{user}` is not logged in{}", if *.lingers { ", though that user lingers" } else { " and does not linger" })]
    NoSession {
        /// Who.
        user: String,
        /// The user's number.
        id: u32,
        /// systemd should have begun it.
        lingers: bool,
    },
    /// There is no such user.
    #[error("there is no user `{user}`")]
    NoUser {
        /// Who.
        user: String,
    },
    /// It cannot be said whether there is such a user.
    #[error("cannot learn who `{user}` is: {detail}")]
    Unknown {
        /// Who.
        user: String,
        /// What went wrong.
        detail: String,
    },
    /// A user whose engine another hand serves.
    #[error("`{user}` has a rotate of one's own, which serves it")]
    OwnRotate {
        /// Who.
        user: String,
    },
    /// Two names for one engine (the package `podman-docker` makes Docker's socket a link to Podman's).
    #[error("its socket is that of `{other}`")]
    Same {
        /// The other name.
        other: EngineName,
    },
}

fn nobody(socket: &Path, is_left: bool) -> String {
    let socket = socket.display();
    if is_left { format!("nobody listens at its socket {socket}") } else { format!("its socket {socket} does not exist") }
}

impl Served {
    /// True if an engine with this error is one that somebody expects to answer: not if another hand serves it.
    pub fn is_missed(&self, error: &AskError) -> bool {
        let is_others = matches!(error, AskError::Socket(SocketError::Away { why: AwayError::OwnRotate { .. }, .. }));
        self.is_expected && !is_others
    }
}

impl AwayError {
    /// Of a place at which nobody listens.
    pub(super) fn left(place: &Place) -> Option<Self> {
        let (kind, socket) = (place.name.as_ref()?.kind(), place.socket.clone());
        Some(match &place.user {
            None => Self::Off { kind, is_left: true, socket },
            Some(user) => Self::UserOff { kind, is_left: true, lingers: user::lingers(&user.name), user: user.name.clone(), socket },
        })
    }

    /// The command that turns it on, or what else to do.
    pub fn help(&self) -> String {
        match self {
            Self::Off { kind: EngineKind::Docker, .. } => "turn it on: `systemctl enable --now docker`".to_owned(),
            Self::Off { kind: EngineKind::Podman, .. } => "turn it on: `systemctl enable --now podman.socket`".to_owned(),
            Self::UserOff { kind, user, lingers, .. } => {
                let unit = if *kind == EngineKind::Podman { "podman.socket" } else { "docker" };
                let linger = if *lingers { String::new() } else { format!("`loginctl enable-linger {user}`, then ") };
                format!("turn it on: {linger}`systemctl --user --machine={user}@ enable --now {unit}`")
            }
            Self::NoSession { user, lingers: false, .. } => {
                format!("let that user's programs run without a login: `loginctl enable-linger {user}`")
            }
            Self::NoSession { id, lingers: true, .. } => format!("see `systemctl status user@{id}.service`"),
            Self::NoUser { .. } => "take it out of `engines`; what was recorded of it stays in the state directory".to_owned(),
            Self::Unknown { .. } => "see whether `getent passwd` answers".to_owned(),
            Self::OwnRotate { user } => {
                format!("leave it out of `engines`, or turn the other off: `systemctl --user --machine={user}@ disable --now rotate`")
            }
            Self::Same { .. } => "leave one of the two out of `engines`".to_owned(),
        }
    }
}

impl Where {
    /// The engines that are served, in the order in which they are. An engine that was named with `--engine` is the only one.
    ///
    /// Errors: the records of users who do not linger any more cannot be read.
    pub fn served(&self, config: &Config, records: &Records) -> Result<Vec<Served>, StoreError> {
        if config.engines.is_empty() || self.flag.as_deref().is_some_and(|flag| !flag.is_empty()) {
            return Ok(vec![Served { name: None, is_expected: true, is_heir: true }]);
        }
        let mut all: Vec<Served> = Vec::new();
        let mut add = |name: EngineName, is_expected: bool| match all.iter_mut().find(|served| served.name.as_ref() == Some(&name)) {
            Some(known) => known.is_expected |= is_expected,
            None => all.push(Served { name: Some(name), is_expected, is_heir: false }),
        };
        for choice in &config.engines {
            match choice {
                EngineChoice::One(name) => add(name.clone(), true),
                EngineChoice::OfUsers(kind) => {
                    let names = user::lingering().into_iter().filter_map(|user| format!("{}:{user}", kind.word()).parse().ok());
                    names.for_each(|name| add(name, false));
                    // Of a user who was deleted, or lingers no more, what is under way is not forgotten.
                    for name in records.engines()?.into_iter().filter(|name| name.kind() == *kind && name.user().is_some()) {
                        // Records that cannot be read keep no other engine from being served; their own is told whenever it is asked.
                        let is_left = |store: Arc<SqliteStore>| store.open_rotations().map_or(true, |open| !open.is_empty());
                        if records.of(Some(&name), false).map_or(true, is_left) {
                            add(name, true);
                        }
                    }
                }
            }
        }
        if let Some(heir) = heir(&all) {
            all[heir].is_heir = true;
        }
        Ok(all)
    }

    /// Where it listens. Changes nothing, and asks no engine.
    pub(super) async fn place(&self, served: &Served, others: &[Served], config: &Config) -> Result<Place, SocketError> {
        let Some(name) = &served.name else {
            let socket = self.socket(config)?;
            // Whoever typed it: that user is told what the engine is told.
            let user = match user_of_place(&socket).filter(|id| *id != rustix::process::geteuid().as_raw()) {
                Some(id) => Some(known(&id.to_string()).await.map_err(|why| SocketError::Owner { socket: socket.clone(), why })?),
                None => None,
            };
            return Ok(Place { name: usual_name(&socket).await, socket, user, is_named: false });
        };
        let away = |why| SocketError::Away { engine: name.clone(), why };
        let place = listens(name).await.map_err(away)?;
        // Before it in the list: of two names the first one counts.
        for other in others.iter().take_while(|other| *other != served).filter_map(|other| other.name.as_ref()) {
            let is_same = |found: Place| std::fs::canonicalize(found.socket).ok() == std::fs::canonicalize(&place.socket).ok();
            if listens(other).await.is_ok_and(is_same) {
                return Err(away(AwayError::Same { other: other.clone() }));
            }
        }
        Ok(place)
    }

    /// What the only engine is called, as far as that can be said without asking it.
    pub async fn only_name(&self, config: &Config) -> Option<EngineName> {
        usual_name(&self.socket(config).ok()?).await
    }
}

/// As the only one it would have been found first: Docker's before Podman's, the host's own before users'.
fn heir(all: &[Served]) -> Option<usize> {
    let rank = |served: &Served| served.name.as_ref().map(|name| (name.user().is_some(), name.kind()));
    (0..all.len()).min_by_key(|&at| (rank(&all[at]), at))
}

async fn usual_name(socket: &Path) -> Option<EngineName> {
    let (kind, user_id) = usual_engine(socket)?;
    let Some(id) = user_id else { return Some(EngineName::new(kind, None)) };
    let user = user::find(&id.to_string()).await.ok().flatten()?;
    format!("{}:{}", kind.word(), user.name).parse().ok()
}

/// The socket of an engine that was named. It is not known whether anybody listens there.
async fn listens(name: &EngineName) -> Result<Place, AwayError> {
    let kind = name.kind();
    let named = |socket, user| Place { name: Some(name.clone()), socket, user, is_named: true };
    let Some(user) = name.user() else {
        let socket = host_socket(kind);
        return if is_absent(&socket) { Err(AwayError::Off { kind, is_left: false, socket }) } else { Ok(named(socket, None)) };
    };
    let user = user.to_owned();
    let found = known(&user).await?;
    let (socket, lingers) = (user_socket(kind, found.id), user::lingers(&user));
    // Two hands at one engine would undo what the other does. systemd takes the socket away with its daemon.
    let is_ours = rustix::process::geteuid().as_raw() == found.id;
    if !is_ours && own_rotate(found.id).exists() {
        return Err(AwayError::OwnRotate { user });
    }
    if !is_absent(&socket) {
        return Ok(named(socket, Some(found)));
    }
    if is_absent(&PathBuf::from(format!("/run/user/{}", found.id))) {
        return Err(AwayError::NoSession { user, id: found.id, lingers });
    }
    Err(AwayError::UserOff { kind, is_left: false, user, socket, lingers })
}

/// A user who must be there, by name or by number.
async fn known(user: &str) -> Result<User, AwayError> {
    match user::find(user).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(AwayError::NoUser { user: user.to_owned() }),
        Err(error) => Err(AwayError::Unknown { user: user.to_owned(), detail: error.to_string() }),
    }
}

/// Where the daemon of a user's own listens (`systemd/user/rotate.service`).
fn own_rotate(user_id: u32) -> PathBuf {
    PathBuf::from(format!("/run/user/{user_id}/rotate/rotate.sock"))
}

/// What may not be looked at is there: whoever connects is told.
fn is_absent(path: &Path) -> bool {
    matches!(path.metadata(), Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Served> {
        let name = |text: &&str| Served { name: text.parse().ok(), is_expected: true, is_heir: false };
        names.iter().map(name).collect()
    }

    #[test]
    fn what_was_recorded_before_is_of_the_engine_that_was_found_first_then() {
        for (names, first) in [
            (&["podman", "docker"][..], "docker"),
            (&["podman:alice", "podman"], "podman"),
            (&["podman:bob", "podman:alice"], "podman:bob"),
            (&["docker:alice", "podman"], "podman"),
        ] {
            let all = named(names);
            let found = heir(&all).and_then(|at| all[at].name.clone()).map(|name| name.to_string());
            assert_eq!(found.as_deref(), Some(first), "{names:?}");
        }
    }

    #[tokio::test]
    async fn an_engine_in_a_users_runtime_directory_is_that_users_whoever_typed_it_and_nobodys_if_nobody_knows_the_user() {
        let whose = async |socket: &str| {
            let at = Where { flag: Some(format!("unix://{socket}")), docker_host: None, runtime_dir: None, prefers_users: false };
            let only = Served { name: None, is_expected: true, is_heir: true };
            at.place(&only, &[], &Config::default()).await.map(|place| place.user.map(|user| user.id))
        };
        // Nobody's.
        for place in ["podman/podman.sock", "docker.sock", "mine/any.sock", "/podman//podman.sock"] {
            assert_eq!(whose(&format!("/run/user/65534/{place}")).await, Ok(Some(65_534)), "{place}");
        }
        assert_eq!(whose("/var/run/user/65534/podman/podman.sock").await, Ok(Some(65_534)));
        let ours = rustix::process::geteuid().as_raw();
        for socket in ["/run/podman/podman.sock", "/var/run/docker.sock", "/srv/any.sock", &format!("/run/user/{ours}/docker.sock")] {
            assert_eq!(whose(socket).await, Ok(None), "{socket}");
        }
        let error = whose("/run/user/4294967000/podman/podman.sock").await.expect_err("there is no such user");
        assert_eq!(error.to_string(), "the engine at /run/user/4294967000/podman/podman.sock is a user's: there is no user `4294967000`");
    }

    #[test]
    fn an_engine_that_is_off_is_said_with_the_command_that_turns_it_on() {
        let (kind, user) = (EngineKind::Podman, "alice".to_owned());
        let socket = PathBuf::from("/run/user/1001/podman/podman.sock");
        let off = |lingers| AwayError::UserOff { kind, is_left: false, user: user.clone(), socket: socket.clone(), lingers };
        let turned_on = "`systemctl --user --machine=alice@ enable --now podman.socket`";
        assert_eq!(off(true).help(), format!("turn it on: {turned_on}"));
        assert_eq!(off(false).help(), format!("turn it on: `loginctl enable-linger alice`, then {turned_on}"));
        let gone = AwayError::NoSession { user: user.clone(), id: 1001, lingers: false };
        assert_eq!(gone.to_string(), "`alice` is not logged in and does not linger");
        assert!(gone.help().ends_with("`loginctl enable-linger alice`"));
        let host = AwayError::Off { kind, is_left: false, socket: host_socket(kind) };
        assert_eq!(host.help(), "turn it on: `systemctl enable --now podman.socket`");
        assert_eq!(host.to_string(), "its socket /run/podman/podman.sock does not exist");
    }
}
