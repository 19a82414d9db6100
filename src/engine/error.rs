//! What can go wrong between us and an engine, told apart by what is known afterwards.

use std::io;
use std::path::PathBuf;

use super::api_version::{ApiVersion, HIGHEST_API, LOWEST_API};
use super::podman_version::LOWEST_PODMAN;

/// An engine call without a good answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The call never reached an engine: nothing changed.
    #[error("cannot reach the engine at {}: {}", .socket.display(), reason(.cause))]
    Unreachable {
        /// The socket that was tried.
        socket: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// Something answers there, but not as a container engine does.
    #[error("what answers at {} is not a container engine: {detail}", .socket.display())]
    NotAnEngine {
        /// The socket that was tried.
        socket: PathBuf,
        /// What it said or did.
        detail: String,
    },
    /// Something listens there, and does not say who it is: an engine that hangs, or goes away as it is asked.
    #[error("what listens at {} does not say who it is: {detail}", .socket.display())]
    Silent {
        /// The socket that was tried.
        socket: PathBuf,
        /// The deadline, or how the connection ended.
        detail: String,
    },
    /// An engine that this version does not drive.
    #[error("the engine at {} is {version} and speaks API {lowest} to {newest}, which rotate does not drive", .socket.display())]
    Unsupported {
        /// The socket that was tried.
        socket: PathBuf,
        /// Such as `Docker 19.03.1`.
        version: String,
        /// The oldest API that it speaks.
        lowest: ApiVersion,
        /// The newest API that it speaks.
        newest: ApiVersion,
    },
    /// The call was sent and not answered: it may have landed, or land later.
    #[error("no answer to «{call}»: {detail}")]
    Unanswered {
        /// What was asked, for people.
        call: String,
        /// The deadline, or how the connection ended.
        detail: String,
    },
    /// The engine answered with an error.
    #[error("the engine refused «{call}»: {message}")]
    Refused {
        /// What was asked, for people.
        call: String,
        /// What kind of refusal.
        refusal: Refusal,
        /// The status of the answer: from 500 on it is the engine that failed, and the next time it may not.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// The engine answered with something that cannot be read.
    #[error("cannot read the answer to «{call}»: {detail}")]
    Garbage {
        /// What was asked, for people.
        call: String,
        /// Where reading failed; never the answer itself, which may hold secrets.
        detail: String,
    },
}

/// Why an engine said no, as far as it matters what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No such container, image or volume.
    NotFound,
    /// Another container has the name.
    NameTaken,
    /// Another process or container has the port.
    PortTaken,
    /// No space left on a disk.
    NoSpace,
    /// The image's program does not exist or cannot be executed: the image's fault.
    NotExecutable,
    /// Anything else.
    Other,
}

impl Refusal {
    /// Reads the engine's answer (the wording of Docker 20.10–28.5, moby `daemon/start_unix.go` and `daemon/names.go`, and of Podman 5.4 with crun).
    pub fn read(status: u16, message: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|w| message.contains(w));
        if says(&["port is already allocated", "address already in use", "Address already in use"]) {
            Self::PortTaken
        } else if says(&["no space left on device", "disk quota exceeded"]) {
            Self::NoSpace
        // Podman calls it a failure of its own (500; seen on 4.3–5.8).
        } else if says(&["is already in use by"]) && (status == 409 || says(&["that name is already in use"])) {
            Self::NameTaken
        } else if says(&["exec: ", "exec format error", "executable file `"])
            && says(&["no such file", "not found", "permission denied", "is a directory", "exec format error", "ermission denied"])
        {
            Self::NotExecutable
        // The last is Podman's word for an image that is asked for by an id it does not know (500; seen on 5.8, after `podman system reset`).
        } else if status == 404 || says(&["cannot specify 64-byte hexadecimal strings"]) {
            Self::NotFound
        } else {
            Self::Other
        }
    }
}

impl EngineError {
    /// True if what was asked may still happen.
    pub fn may_land(&self) -> bool {
        matches!(self, Self::Unanswered { .. } | Self::Garbage { .. })
    }

    /// True if the engine failed at what it was asked, for a reason that may be over in a moment: «device or resource busy», a driver that is late.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Refused { refusal: Refusal::Other, status: 500.., .. })
    }

    /// True if no other call would be answered better. Any other error may be about the one container or image that was asked for: a driver of it
    /// hangs, or the engine's own notes of it are broken.
    pub fn is_of_the_engine(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotAnEngine { .. } | Self::Silent { .. } | Self::Unsupported { .. } => true,
            Self::Unanswered { .. } | Self::Refused { .. } | Self::Garbage { .. } => false,
        }
    }

    /// What is true now.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } | Self::NotAnEngine { .. } | Self::Unsupported { .. } => "the engine was not asked; nothing changed",
            Self::Silent { .. } => "nothing was asked of it but its version; nothing changed",
            Self::Unanswered { .. } | Self::Garbage { .. } => "the engine may still do what it was asked",
            Self::Refused { .. } => "the engine changed nothing by this call",
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Unreachable { cause, .. } => match cause.kind() {
                io::ErrorKind::PermissionDenied => {
                    "run as root, or as a member of the group that owns the socket (its members are root in effect)".into()
                }
                io::ErrorKind::NotFound => "start the engine, or name its socket with --engine unix:///path".into(),
                _ => "see whether the engine runs: `systemctl status docker` or `podman.socket`".into(),
            },
            Self::Silent { socket, .. } if socket.file_name().is_some_and(|name| name == "podman.sock") => {
                "Podman's service waits as long as another `podman` holds its store: see `ps -C podman` and the service's log (`journalctl -u podman`); rotate \
                 asks again in the next run"
                    .into()
            }
            Self::Silent { .. } => {
                "`docker version` must get an answer there: if it does not, the engine hangs; see its log (`journalctl -u docker`) or restart it"
                    .into()
            }
            Self::NotAnEngine { .. } => "name the engine's socket with --engine unix:///path".into(),
            Self::Unsupported { .. } => {
                format!("this version of rotate drives Docker by API {LOWEST_API} to {HIGHEST_API}, and Podman from {LOWEST_PODMAN} on")
            }
            Self::Unanswered { .. } | Self::Garbage { .. } => {
                "see whether the engine still answers (`docker ps`), then run rotate again: it looks first and goes on from there".into()
            }
            Self::Refused { refusal: Refusal::NoSpace, .. } => "make room on the engine's disk".into(),
            Self::Refused { refusal: Refusal::PortTaken, .. } => "find what took the port (`ss -ltnp`) and free it".into(),
            Self::Refused { .. } => "the engine's words say why; its log may say more".into(),
        }
    }
}

fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "there is no such socket".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::ConnectionRefused => "nothing listens there".into(),
        _ => cause.to_string(),
    }
}
