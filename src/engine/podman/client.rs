//! Podman's own client as a child: `podman create` against the engine's socket, because only it reads its options as it reads them, and a look into
//! the store.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use super::errand::{errand, word};
use super::owner::{Owner, as_user_with, bare, not_started, not_that_user};
use super::said::{self, Said};
use crate::engine::calls::refused;
use crate::engine::docker::CHANGE;
use crate::engine::{EngineError, LOOK};
use crate::model::ContainerId;
use crate::text::masked;

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
    pub(super) owner: Owner,
}

impl Client {
    /// For the engine of this owner.
    ///
    /// What is done with a user's socket is done as that user by the engine, and by the client as whoever runs it. Files that options name are read
    /// by the client: it must be able to read what that user may read, and nothing else.
    pub fn new(owner: Owner) -> Self {
        Self { owner }
    }

    /// Creates a container and does not start it. The child has none of our environment: an option may take its value from there.
    pub async fn create(&self, name: &str, request: &Value) -> Result<ContainerId, EngineError> {
        let call = format!("create container {name}");
        let request: Request = serde_json::from_value(request.clone())
            .map_err(|_| EngineError::Garbage { call: call.clone(), detail: "no create request for Podman".to_owned() })?;
        let (host, path) = (format!("unix://{}", self.owner.socket().display()), std::env::var("PATH").unwrap_or_default());
        // After those of the request, whatever it names.
        let ours = [("CONTAINER_HOST", host.as_str()), ("PATH", path.as_str())];
        let asked = request.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<(&str, &str)> = asked.chain(ours).collect();
        let mut command = match self.owner.another(&call).await? {
            Some(user) => as_user_with(&user, "podman", &variables),
            None => {
                let mut command = bare("podman");
                command.envs(variables);
                command
            }
        };
        command.args(["create", "--name", name, "--pull=never"]).args(&request.arguments);
        let answer = self.run(&call, command, CHANGE).await?;
        // With a warning there is more than one line.
        let id = answer.lines().last().unwrap_or_default().trim();
        match id.len() {
            64 => Ok(ContainerId::new(id)),
            _ => Err(EngineError::Garbage { call, detail: "it names no id".to_owned() }),
        }
    }

    /// Asks the client without its socket, in the store of whoever's engine it is; it can say there what it says nowhere else.
    pub(super) async fn ask_here(&self, call: &str, arguments: &[&str]) -> Result<String, EngineError> {
        const OWN: [&str; 6] = ["PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CONTAINERS_CONF"];
        if let Some(user) = self.owner.another(call).await? {
            // Without root it makes namespaces, which the unit of the daemon may not.
            let words = std::iter::once(&"podman").chain(arguments).map(|argument| word(argument));
            let said = errand(&user, call, &words.collect::<Vec<_>>().join(" "), LOOK).await?;
            return self.done(call, said);
        }
        let mut command = bare("podman");
        command.args(arguments).envs(OWN.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        self.run(call, command, LOOK).await
    }

    /// What it wrote, if it succeeded.
    async fn run(&self, call: &str, command: Command, deadline: Duration) -> Result<String, EngineError> {
        let said = said::run(call, command, deadline, |error| not_started(call, 400, "podman", error)).await?;
        self.done(call, said)
    }

    fn done(&self, call: &str, said: Said) -> Result<String, EngineError> {
        if said.code == Some(0) { Ok(said.answer) } else { Err(self.failed(call, said.code, &said.complaint)) }
    }

    fn failed(&self, call: &str, code: Option<i32>, complaint: &str) -> EngineError {
        if let Some(error) = not_that_user(call, complaint) {
            return error;
        }
        let message = complaint.lines().rev().find_map(|line| line.strip_prefix("Error: ")).unwrap_or(complaint).trim();
        match code {
            None => EngineError::Unanswered { call: call.to_owned(), detail: "podman was killed".to_owned() },
            Some(_) if message.starts_with("unable to connect to Podman socket") => {
                EngineError::Unreachable { socket: self.owner.socket().to_owned(), cause: io::Error::other(masked(message)) }
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
}
