//! Where an engine that is served listens, and whose it is.

use std::io;
use std::path::{Path, PathBuf};

use super::{AwayError, Served, SocketError, Where};
use crate::config::Config;
use crate::model::{EngineName, host_socket, user_of_place, user_socket, usual_engine};
use crate::user::{self, User};

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

impl Place {
    /// Why nobody answers, where its socket was left.
    pub(super) fn left(&self) -> Option<AwayError> {
        let (kind, socket) = (self.name.as_ref()?.kind(), self.socket.clone());
        Some(match &self.user {
            None => AwayError::Off { kind, is_left: true, socket },
            Some(user) => AwayError::UserOff { kind, is_left: true, lingers: user::lingers(&user.name), user: user.name.clone(), socket },
        })
    }
}

impl Where {
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
}
