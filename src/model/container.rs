//! A container as the engine describes it: the whole document, and typed readings of the few fields that decisions need.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{ContainerId, Health, ImageId, RestartPolicy, State, Status};

/// Where a document has what its engine knows beyond it.
pub const NOTES: &str = "RotateNotes";

/// Where it stands in `HostConfig` whose namespace a container shares, as `container:ID`; the latter three are Podman's.
pub const NAMESPACE_MODES: [&str; 6] = ["NetworkMode", "IpcMode", "PidMode", "UTSMode", "UsernsMode", "CgroupMode"];

/// The engine's description of a container, as sent; nothing is dropped (Docker API 1.41–1.51, ContainerInspect; libpod 4.3–5.8). Copies
/// share it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub struct Container(Arc<Value>);

impl From<Value> for Container {
    fn from(document: Value) -> Self {
        Self::new(document)
    }
}

impl Serialize for Container {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

/// What it is called, and nothing of what is in it: environments hold secrets.
impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Container({} {})", self.id().short(), self.name())
    }
}

/// An address of a container in one of its networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment {
    /// Its own.
    pub address: IpAddr,
    /// The way out of that network.
    pub gateway: Option<IpAddr>,
}

impl Container {
    /// Wraps the engine's answer to `GET /containers/{id}/json`.
    pub fn new(document: impl Into<Arc<Value>>) -> Self {
        Self(document.into())
    }

    /// The document as sent.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// True if the document is libpod's: no other engine names the runtime like this.
    pub fn is_of_podman(&self) -> bool {
        self.0.get("OCIRuntime").is_some()
    }

    /// Made through an API of Podman: there is no command that it could be made by again.
    pub fn is_made_through_api(&self) -> bool {
        self.is_of_podman() && self.config()["CreateCommand"].as_array().is_none_or(Vec::is_empty)
    }

    /// The same document, with what its engine knows beyond it under [`NOTES`].
    pub fn with_notes(&self, notes: Value) -> Self {
        let mut document = self.document().clone();
        if let Value::Object(fields) = &mut document {
            fields.insert(NOTES.to_owned(), notes);
        }
        Self::new(document)
    }

    fn config(&self) -> &Value {
        &self.0["Config"]
    }

    fn host(&self) -> &Value {
        &self.0["HostConfig"]
    }

    /// The engine's id.
    pub fn id(&self) -> ContainerId {
        ContainerId::new(text(&self.0["Id"]))
    }

    /// Its name without the leading slash.
    pub fn name(&self) -> &str {
        text(&self.0["Name"]).trim_start_matches('/')
    }

    /// The image that it runs.
    pub fn image_id(&self) -> ImageId {
        ImageId::new(text(&self.0["Image"]))
    }

    /// The image as typed when it was created: a reference, or an image id.
    pub fn image_typed(&self) -> &str {
        text(&self.config()["Image"])
    }

    /// Its labels, the image's included.
    pub fn labels(&self) -> BTreeMap<String, String> {
        labels(&self.0)
    }

    /// One of its labels, the image's included.
    pub fn label(&self, label: &str) -> Option<&str> {
        self.config()["Labels"][label].as_str()
    }

    /// The saved restart policy; none if it is one that this program does not know.
    pub fn restart_policy(&self) -> Option<RestartPolicy> {
        let policy = &self.host()["RestartPolicy"];
        let most = policy["MaximumRetryCount"].as_u64().unwrap_or(0);
        RestartPolicy::from_parts(text(&policy["Name"]), u32::try_from(most).ok()?).ok()
    }

    /// Made with `--rm`: the engine removes it as soon as it stops.
    pub fn is_removed_on_exit(&self) -> bool {
        self.host()["AutoRemove"].as_bool().unwrap_or(false)
    }

    /// Seconds that the engine waits for it to stop before it kills; 10 is the engine's default.
    pub fn stop_grace_seconds(&self) -> u64 {
        match self.config()["StopTimeout"].as_i64() {
            // -1 waits for ever; no program can.
            Some(seconds) => u64::try_from(seconds).unwrap_or(3600),
            None => 10,
        }
    }

    /// Containers (ids or names) of which it shares a namespace.
    pub fn shares_namespace_of(&self) -> Vec<&str> {
        NAMESPACE_MODES.iter().filter_map(|mode| text(&self.host()[*mode]).strip_prefix("container:")).collect()
    }

    /// The id of the pod that it is a member of, or holds together (libpod).
    pub fn pod(&self) -> Option<&str> {
        Some(text(&self.0["Pod"])).filter(|pod| !pod.is_empty())
    }

    /// The same, but what it requires by the first id of a pair it requires by the second.
    pub fn requiring(&self, instead: impl Iterator<Item = (ContainerId, ContainerId)>) -> Self {
        let mut document = self.document().clone();
        let Some(required) = document.get_mut("Dependencies").and_then(Value::as_array_mut) else { return self.clone() };
        let instead: Vec<_> = instead.collect();
        for at in required {
            if let Some((_, id)) = instead.iter().find(|(id, _)| at.as_str() == Some(id.as_str())) {
                *at = Value::from(id.as_str());
            }
        }
        Self::new(document)
    }

    /// True if it holds a pod together: what its members share is its own (libpod).
    pub fn is_infra(&self) -> bool {
        ["IsInfra", "IsService"].iter().any(|is| self.0[*is].as_bool().unwrap_or(false))
    }

    /// Ids of containers that must run before it, and that its engine does not remove while it is there (libpod).
    pub fn requires(&self) -> Vec<&str> {
        self.0["Dependencies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Its process, as the engine's host counts; none if it does not run.
    pub fn pid(&self) -> Option<u32> {
        let pid = self.0["State"]["Pid"].as_u64()?;
        u32::try_from(pid).ok().filter(|pid| *pid > 0)
    }

    /// True if it has no network of its own.
    pub fn has_host_network(&self) -> bool {
        text(&self.host()["NetworkMode"]) == "host"
    }

    /// Its addresses, network by network, IPv4 first; none while it does not run.
    pub fn attachments(&self) -> Vec<Attachment> {
        let networks = self.0["NetworkSettings"]["Networks"].as_object();
        let read = |network: &Value, key: &str| network.get(key).and_then(Value::as_str)?.parse::<IpAddr>().ok();
        let of = |network: &Value, address: &str, gateway: &str| {
            Some(Attachment { address: read(network, address)?, gateway: read(network, gateway) })
        };
        let both = |network: &Value| [of(network, "IPAddress", "Gateway"), of(network, "GlobalIPv6Address", "IPv6Gateway")];
        networks.into_iter().flatten().flat_map(|(_, network)| both(network)).flatten().collect()
    }

    /// Names of the containers that it is `--link`ed to.
    pub fn linked_to(&self) -> Vec<&str> {
        let links = self.host()["Links"].as_array().map(Vec::as_slice).unwrap_or_default();
        links.iter().filter_map(Value::as_str).filter_map(|link| link.split(':').next()).map(|name| name.trim_start_matches('/')).collect()
    }

    /// True if its HEALTHCHECK was made since it was last started, whatever came of it.
    pub fn was_checked(&self) -> bool {
        Health::was_checked(&self.0)
    }

    /// The HEALTHCHECK in force: merged by the engine from the image and the create request; none if there is none or it is `NONE`.
    pub fn healthcheck(&self) -> Option<&Value> {
        let check = &self.config()["Healthcheck"];
        let kind = check["Test"][0].as_str()?;
        // Podman does not run one whose interval is 0; Docker writes that for its default.
        let is_off = self.0.get("OCIRuntime").is_some() && check["Interval"].as_u64().unwrap_or(0) == 0;
        (kind != "NONE" && !is_off).then_some(check)
    }

    /// What it is doing.
    pub fn status(&self) -> Status {
        match text(&self.0["State"]["Status"]) {
            "created" | "configured" | "initialized" => Status::Created,
            "running" | "stopping" => Status::Running,
            "paused" => Status::Paused,
            "restarting" => Status::Restarting,
            "exited" | "stopped" => Status::Exited,
            _ => Status::Dead,
        }
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        text(&self.0["Created"]).parse().ok()
    }

    /// See [`State::started_at`].
    pub fn started_at(&self) -> Option<Timestamp> {
        self.time("StartedAt")
    }

    /// When its last process ended; none while one runs or if none ever did (the engine says year 1).
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.time("FinishedAt").filter(|_| !self.status().is_active())
    }

    fn time(&self, of: &str) -> Option<Timestamp> {
        let at: Option<Timestamp> = text(&self.0["State"][of]).parse().ok();
        at.filter(|at| *at > Timestamp::UNIX_EPOCH)
    }

    /// Its state at this look.
    pub fn state(&self) -> State {
        let state = &self.0["State"];
        State {
            status: self.status(),
            exit_code: state["ExitCode"].as_i64().unwrap_or(0),
            oom_killed: state["OOMKilled"].as_bool().unwrap_or(false),
            started_at: self.started_at(),
            restart_count: self.0["RestartCount"].as_u64().unwrap_or(0),
            health: Health::of(&self.0),
        }
    }
}

/// A text, or nothing where there is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Those of a container or an image.
pub(super) fn labels(document: &Value) -> BTreeMap<String, String> {
    let Some(labels) = document["Config"]["Labels"].as_object() else { return BTreeMap::new() };
    labels.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
