//! Makes the socket: for the group `rotate`, and never in place of one at which somebody listens.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::ask::{Exit, Problem};

/// No socket.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody answers there.
    #[error("another daemon listens at {}", .0.display())]
    InUse(PathBuf),
    /// Something else has the name.
    #[error("{} is there and is no socket", .0.display())]
    NoSocket(PathBuf),
    /// The system said no.
    #[error("cannot listen at {}: {source}", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl ListenError {
    /// As it is shown.
    pub fn problem(&self) -> Problem {
        let (help, exit) = match self {
            Self::InUse(_) => ("stop the other one first, or name another socket with --socket", Exit::Busy),
            Self::NoSocket(_) => ("move it away, or name another socket with --socket", Exit::Configuration),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => (
                "under systemd, `RuntimeDirectory=rotate` makes the directory; else run as root, or name another socket with --socket",
                Exit::NotPermitted,
            ),
            Self::Io { .. } => {
                ("see that the directory exists and can be written, or name another socket with --socket", Exit::Configuration)
            }
        };
        Problem { error: self.to_string(), state: "nothing was changed".to_owned(), help: help.to_owned(), exit }
    }
}

/// True if somebody listens at `path`. Does not wait for one whom too many want to speak to.
pub async fn is_answered(path: &Path) -> bool {
    match UnixStream::connect(path).await {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// Listens at `path`. What a dead daemon left there is replaced. Whoever may write the socket may rotate: its owner and its group (0660).
///
/// The caller holds the state directory's lock, so that two daemons of one host do not meet here.
pub async fn listen(path: &Path) -> Result<UnixListener, ListenError> {
    let failed = |source| ListenError::Io { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NoSocket(path.to_owned())),
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => return Err(ListenError::InUse(path.to_owned())),
            Err(source) if source.kind() == io::ErrorKind::WouldBlock => return Err(ListenError::InUse(path.to_owned())),
            Err(source) if source.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(failed)?,
            Err(source) => return Err(failed(source)),
        },
        Err(source) if source.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(failed(source)),
    }
    // Nobody else may write it before its rights are set: bound under a name of its own, then moved to where it is looked for.
    // A socket's path has 107 bytes at most (unix(7)): this one, and so that of its first name, which is no longer.
    SocketAddr::from_pathname(path).map_err(failed)?;
    let fresh = path.with_file_name(".new");
    let _ = fs::remove_file(&fresh);
    let listener = UnixListener::bind(&fresh).map_err(failed)?;
    let mode = fs::Permissions::from_mode(0o660);
    fs::set_permissions(&fresh, mode).and_then(|()| fs::rename(&fresh, path)).map_err(failed)?;
    Ok(listener)
}
