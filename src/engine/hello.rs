//! The first question to an engine: who it is, and which API version to speak with it.

use std::path::Path;
use std::time::Duration;

use hyper::Method;
use serde_json::Value;

use super::EngineError;
use super::api_version::{ApiVersion, LOWEST_API};
use super::connect::{Connector, Delivery};
use super::podman_version::PodmanVersion;
use crate::model::Platform;

/// Whoever does not say its version within this time hangs.
pub const HELLO: Duration = Duration::from_secs(10);

/// How long one who waits so long for a look waits for the first answer. Podman's service is started by the first call to its socket, and goes
/// away again a few seconds after the last one: it is not to be taken for one that hangs, even by whoever is in a hurry.
pub fn time_for_hello(socket: &Path, patience: Duration) -> Duration {
    let is_started_by_a_call = socket.file_name().is_some_and(|name| name == "podman.sock");
    if is_started_by_a_call { HELLO } else { patience.min(HELLO) }
}

/// Who answered.
pub struct Hello {
    /// Such as `Docker 26.1.5 (API 1.45)`.
    pub version: String,
    /// What both speak.
    pub api: ApiVersion,
    /// Of the program, if it is Podman.
    pub podman: Option<PodmanVersion>,
    /// The platform whose images it takes unless asked for another.
    pub platform: Platform,
}

/// Asks without an API version, of which none is settled yet.
///
/// Errors: [`EngineError::Unreachable`], [`EngineError::Silent`] (nothing whole comes back within `patience`),
/// [`EngineError::NotAnEngine`], [`EngineError::Unsupported`].
pub async fn hello(connector: &Connector, patience: Duration) -> Result<Hello, EngineError> {
    let socket = connector.socket();
    let not_an_engine = |detail: String| EngineError::NotAnEngine { socket: socket.to_owned(), detail };
    let silent = |detail: String| EngineError::Silent { socket: socket.to_owned(), detail };
    let answer = tokio::time::timeout(patience, connector.call(Method::GET, "/version", None)).await;
    let (status, body) = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(Delivery::NotDelivered(cause))) => return Err(EngineError::Unreachable { socket: socket.to_owned(), cause }),
        Ok(Err(Delivery::Lost(error))) if !error.is_parse() => return Err(silent(format!("the connection ended ({error})"))),
        Ok(Err(other)) => return Err(not_an_engine(other.to_string())),
        Err(_) => return Err(silent(format!("no answer within {} s", patience.as_secs()))),
    };
    let document: Value = serde_json::from_slice(&body).map_err(|_| not_an_engine(format!("it answered {status} and no JSON")))?;
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let newest: ApiVersion =
        text("/ApiVersion").parse().map_err(|()| not_an_engine(format!("it answered {status} and names no API version")))?;
    let lowest = text("/MinAPIVersion").parse().unwrap_or(LOWEST_API);
    let name = match text("/Components/0/Name") {
        "Engine" | "" => "Docker",
        "Podman Engine" => "Podman",
        other => other,
    };
    let version = format!("{name} {}", text("/Version"));
    let podman = (name == "Podman").then(|| text("/Version").parse().ok());
    let Some(api) = ApiVersion::settle(lowest, newest).filter(|_| podman != Some(None)) else {
        return Err(EngineError::Unsupported { socket: socket.to_owned(), version, lowest, newest });
    };
    let podman = podman.flatten();
    let version = format!("{version} (API {newest})");
    let platform = Platform::new(text("/Os"), text("/Arch"), "")
        .ok_or_else(|| not_an_engine("it names no operating system and no architecture".to_owned()))?;
    Ok(Hello { version, api, podman, platform })
}

/// True if the engine refused a call for the version in its path.
///
/// Docker 20.10–28.5, moby `api/server/middleware/version.go`: «client version 1.43 is too old. Minimum supported API version is 1.44, …».
pub fn is_about_version(message: &str) -> bool {
    message.contains("client version") && (message.contains("is too old") || message.contains("is too new"))
}
