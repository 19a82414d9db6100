//! Podman's own client as a child: `podman create` against the engine's socket, because only it reads its options as it reads them, and a look into
//! the store.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::child::Group;
use crate::engine::calls::refused;
use crate::engine::docker::CHANGE;
use crate::engine::{EngineError, LOOK};
use crate::model::ContainerId;
use crate::text::masked;
use crate::user::{self, User};

/// A create request for Podman, as [`crate::spec::create_request`] writes it.
#[derive(Deserialize)]
struct Request {
    /// All that comes after `podman create --name NAME`.
    #[serde(rename = "Arguments")]
    arguments: Vec<String>,
    /// Variables that arguments name without a value.
    #[serde(rename = "Environment")]
    environment: BTreeMap<String, String>,
}

/// A connection that ended before its answer (Go's words).
const LOST: [&str; 4] = ["EOF", "connection reset", "broken pipe", "deadline exceeded"];
/// The client itself did not understand.
const NOT_ASKED: [&str; 4] = ["unknown flag", "unknown shorthand", "invalid argument", "requires at least"];

/// Podman's client, speaking to one socket.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// For the engine at this socket.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Creates a container and does not start it. The child has none of our environment: an option may take its value from there.
    pub async fn create(&self, name: &str, request: &Value) -> Result<ContainerId, EngineError> {
        let call = format!("create container {name}");
        let request: Request = serde_json::from_value(request.clone())
            .map_err(|_| EngineError::Garbage { call: call.clone(), detail: "no create request for Podman".to_owned() })?;
        let owner = self.owner(&call).await?;
        let mut command = match &owner {
            Some(owner) => as_user(owner),
            None => bare(Command::new("podman")),
        };
        command.args(["create", "--name", name, "--pull=never"]).args(&request.arguments);
        if let Some(owner) = &owner {
            // Where its own settings are; all else it finds by who it is.
            command.env("HOME", &owner.home);
        }
        command.envs(&request.environment).env("CONTAINER_HOST", format!("unix://{}", self.socket.display()));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let answer = self.run(&call, command, CHANGE).await?;
        // With a warning there is more than one line.
        let id = answer.lines().last().unwrap_or_default().trim();
        match id.len() {
            64 => Ok(ContainerId::new(id)),
            _ => Err(EngineError::Garbage { call, detail: "it names no id".to_owned() }),
        }
    }

    /// Asks the client without its socket, in the store of whoever runs it; it can say there what it says nowhere else.
    pub(super) async fn ask_here(&self, call: &str, arguments: &[&str]) -> Result<String, EngineError> {
        const OWN: [&str; 6] = ["PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CONTAINERS_CONF"];
        let mut command = bare(Command::new("podman"));
        command.args(arguments).envs(OWN.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        self.run(call, command, LOOK).await
    }

    /// What it wrote, if it succeeded.
    async fn run(&self, call: &str, mut command: Command, deadline: Duration) -> Result<String, EngineError> {
        let mut group = Group(command.spawn().map_err(|error| not_started(call, &error))?);
        let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
        let said = async { tokio::try_join!(read(stdout), read(stderr)) };
        let lost = |detail: String| EngineError::Unanswered { call: call.to_owned(), detail };
        let said = tokio::time::timeout(deadline, said).await.map_err(|_| lost(format!("waited {} s", deadline.as_secs())))?;
        let (answer, complaint) = said.map_err(|error| lost(error.to_string()))?;
        let status = group.0.wait().await.map_err(|error| lost(error.to_string()))?;
        if status.success() { Ok(answer) } else { Err(self.failed(call, status.code(), &complaint)) }
    }

    fn failed(&self, call: &str, code: Option<i32>, complaint: &str) -> EngineError {
        if let Some(why) = complaint.trim().strip_prefix("setpriv: ") {
            let why = format!("{NOT_THAT_USER}: {why}");
            return refused(call, 403, &why);
        }
        let message = complaint.lines().rev().find_map(|line| line.strip_prefix("Error: ")).unwrap_or(complaint).trim();
        match code {
            None => EngineError::Unanswered { call: call.to_owned(), detail: "podman was killed".to_owned() },
            Some(_) if message.starts_with("unable to connect to Podman socket") => {
                EngineError::Unreachable { socket: self.socket.clone(), cause: io::Error::other(masked(message)) }
            }
            // The service went away in the middle: what it was asked may still be done.
            Some(_) if LOST.iter().any(|words| message.contains(words)) => {
                EngineError::Unanswered { call: call.to_owned(), detail: masked(message) }
            }
            Some(_) if message.contains("is already in use by") => refused(call, 409, message),
            Some(_) if NOT_ASKED.iter().any(|words| message.starts_with(words)) => refused(call, 400, message),
            Some(_) => refused(call, 500, message),
        }
    }

    /// Refuses what only the engine's own user may do: reading files of its store.
    pub(super) async fn check_owner(&self, call: &str) -> Result<(), EngineError> {
        match self.owner(call).await? {
            None => Ok(()),
            Some(owner) => {
                let why = format!("the socket {} is of another user: run rotate as that user (id {})", self.socket.display(), owner.id);
                Err(refused(call, 403, &why))
            }
        }
    }

    /// The user whose engine it is; none: we are.
    ///
    /// What is done with a user's socket is done as that user by the engine, and by the client as whoever runs it. Files that options name are read
    /// by the client: it must be able to read what that user may read, and nothing else.
    async fn owner(&self, call: &str) -> Result<Option<User>, EngineError> {
        let owner = match std::fs::metadata(&self.socket) {
            Ok(socket) if socket.uid() != rustix::process::geteuid().as_raw() => socket.uid(),
            // Without a socket the client says so.
            Ok(_) | Err(_) => return Ok(None),
        };
        match user::find(&owner.to_string()).await {
            Ok(Some(user)) => Ok(Some(user)),
            Ok(None) => Err(refused(call, 403, &format!("the socket {} is of user {owner}, whom nobody knows", self.socket.display()))),
            Err(error) => Err(refused(call, 500, &format!("cannot learn who user {owner} is: {error}"))),
        }
    }
}

/// With nothing of our environment, in no folder of ours, and as a group of its own.
fn bare(mut command: Command) -> Command {
    command.env_clear().current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Why a client could not be run as somebody else.
const NOT_THAT_USER: &str = "the socket is of another user, as whom podman has to be run: run rotate as that user or as root, or give its unit the \
                             drop-in podman-engines.conf";

/// Podman with the rights of this user, and none of ours: whoever it is run as may look into it.
fn as_user(user: &User) -> Command {
    let mut command = bare(Command::new("setpriv"));
    command.arg(format!("--reuid={}", user.id)).arg(format!("--regid={}", user.group));
    command.args(["--init-groups", "--inh-caps=-all", "--ambient-caps=-all", "--", "podman"]);
    command
}

fn not_started(call: &str, error: &io::Error) -> EngineError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no program `podman` (or, for the engine of another user, no `setpriv`) in $PATH, which creates containers for rotate"
                .to_owned()
        }
        _ => format!("podman cannot be run: {error}"),
    };
    refused(call, 400, &why)
}

/// All that a child writes there.
pub(super) async fn read(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> io::Result<String> {
    use tokio::io::AsyncReadExt;
    /// No id, no complaint is longer.
    const MOST_BYTES: u64 = 1 << 20;
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MOST_BYTES).read_to_end(&mut text).await?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
