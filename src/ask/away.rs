//! Why an engine that was named is not there, and what turns it on.

use std::path::{Path, PathBuf};

use crate::model::{EngineKind, EngineName};

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

impl AwayError {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host_socket;

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
