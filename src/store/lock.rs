//! One writer on a host: a locked file in the state directory that names its holder.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock, fstat};

use super::error::is_passing;

/// A holder writes its process id right after it has the lock: how often, and how long after, one that was refused looks for it.
const LOOKS: u32 = 10;
const LOOK: Duration = Duration::from_millis(10);

/// The right to write the store and to rotate. Given back when dropped, or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is held by {}", .path.display(), Named(*.holder))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The other's process id, if it is known for sure.
        holder: Option<u32>,
    },
    /// The file cannot be used.
    #[error("cannot lock {}: {source}", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl LockError {
    /// True if it may go away without anybody's doing.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Held { .. } => true,
            Self::Io { source, .. } => is_passing(source),
        }
    }

    /// What is true now.
    pub fn state(&self) -> &'static str {
        "nothing was changed"
    }

    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Held { .. } => {
                "wait until it is done; `rotate status` reads beside it. A daemon holds it as long as it runs: leave out --config, --engine \
                 and --state-dir to ask that one"
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "run as root, or choose another directory with --state-dir"
            }
            Self::Io { .. } => "see that the directory exists, is writable, and lies on a local disk",
        }
    }
}

impl Lock {
    /// Takes the lock or says who has it; does not wait. Creates the directory if it is absent.
    pub fn take(state_dir: &Path) -> Result<Self, LockError> {
        let path = state_dir.join("lock");
        let failed = |source: io::Error| LockError::Io { path: path.clone(), source };
        super::schema::create_dir(state_dir).map_err(failed)?;
        let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let mut looks = 0;
        // Tried anew at each look: what ended meanwhile holds nothing.
        while let Err(errno) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if errno != rustix::io::Errno::WOULDBLOCK {
                return Err(failed(errno.into()));
            }
            let holder = holder(&path, &file);
            looks += 1;
            if holder.is_some() || looks == LOOKS {
                return Err(LockError::Held { path, holder });
            }
            sleep(LOOK);
        }
        // The lock is had; that a full disk takes no note of who has it must not keep a repair from going on.
        if let Err(error) = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id())) {
            tracing::warn!("cannot note in {} who holds it: {error}", path.display());
        }
        Ok(Self { _file: file })
    }
}

/// The process that the file names, if it is the one that has the lock. A process id that an earlier holder left there may be anybody's by now; and
/// what files a daemon has open only root may see.
fn holder(path: &Path, file: &File) -> Option<u32> {
    let pid = fs::read_to_string(path).ok()?.trim().parse::<u32>().ok()?;
    let inode = fstat(file).ok()?.st_ino;
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().any(|line| holds(line, pid, inode)).then_some(pid)
}

/// True of a line of /proc/locks (proc_locks(5)) such as `2: FLOCK  ADVISORY  WRITE 708 fd:01:13093 0 EOF`. Its device is not compared: file systems
/// with volumes of their own (btrfs, overlay) show another there than stat(2) does.
fn holds(line: &str, pid: u32, inode: u64) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, "FLOCK", _, _, by, of, ..] = fields[..] else { return false };
    by.parse() == Ok(pid) && of.rsplit(':').next().and_then(|text| text.parse().ok()) == Some(inode)
}

/// How a message names who has the lock.
struct Named(Option<u32>);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("another process"),
        }
    }
}
