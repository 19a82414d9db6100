//! A container as the engine describes it (Docker API 1.41–1.51, ContainerInspect), as far as rotations read it.
//!
//! Most of it never changes, and is made once.

use std::sync::Arc;

use rotate::model::{Health, Status};
use serde_json::{Map, Value, json};

use super::host::{Container, Host};

const NEVER: &str = "0001-01-01T00:00:00Z";
/// Of a container that was started.
const FILES: [(&str, &str); 4] =
    [("HostsPath", "hosts"), ("HostnamePath", "hostname"), ("ResolvConfPath", "resolv.conf"), ("LogPath", "json.log")];

/// What was told of a container last.
#[derive(Debug, Clone, Default)]
pub(super) struct Description {
    /// Null before the first time.
    document: Arc<Value>,
    is_current: bool,
}

impl Description {
    /// What it tells may have changed.
    pub fn outdate(&mut self) {
        self.is_current = false;
    }
}

impl Host {
    /// `GET /containers/{container}/json`.
    pub fn document(&self, container: &str) -> Option<Arc<Value>> {
        let found = self.find(container)?;
        let mut described = found.described.borrow_mut();
        if !described.is_current {
            let document = Arc::make_mut(&mut described.document);
            if document.is_null() {
                *document = lasting(found);
            }
            self.describe(found, document);
            described.is_current = true;
        }
        Some(Arc::clone(&described.document))
    }

    /// Puts what changes into its document.
    fn describe(&self, c: &Container, document: &mut Value) {
        let (policy, most) = c.policy.parts();
        document["State"] = state(c);
        document["Name"] = format!("/{}", c.name).into();
        document["RestartCount"] = c.restart_count.into();
        for (path, file) in FILES {
            let is_there = c.started_at.is_some();
            document[path] = if is_there { format!("/var/lib/docker/containers/{}/{file}", c.id).into() } else { "".into() };
        }
        document["HostConfig"]["RestartPolicy"] = json!({ "Name": policy, "MaximumRetryCount": most });
        document["NetworkSettings"]["Networks"] = self.networks_of(c);
    }

    fn networks_of(&self, c: &Container) -> Value {
        let of = |(name, endpoint): (&String, &Value)| {
            let address = if c.is_running() { self.address(c, name) } else { String::new() };
            let numbers: Vec<u8> = address.split('.').filter_map(|part| part.parse().ok()).collect();
            let mac = match numbers[..] {
                [a, b, c, d] => format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}"),
                _ => String::new(),
            };
            let mut shown = endpoint.clone();
            shown["MacAddress"] = mac.into();
            shown["NetworkID"] = if c.started_at.is_some() { format!("net-{name}").into() } else { "".into() };
            shown["EndpointID"] = "".into();
            shown["IPAddress"] = address.into();
            (name.clone(), shown)
        };
        c.networks.iter().map(of).collect::<Map<_, _>>().into()
    }

    /// The address that a container has in a network while it runs: its own, or one that follows from its id.
    pub(super) fn address(&self, c: &Container, network: &str) -> String {
        if let Some(own) = c.networks.get(network).and_then(|endpoint| endpoint.pointer("/IPAMConfig/IPv4Address")?.as_str()) {
            return own.to_owned();
        }
        match self.networks.get(network).map(String::as_str) {
            None | Some("") => String::new(),
            // Those that users choose are below.
            Some(net) => format!("{net}.{}", 100 + u64::from_str_radix(&c.id[..8], 16).unwrap_or(0) % 150),
        }
    }
}

/// What stays as it is from the create on, and a place for all else.
fn lasting(c: &Container) -> Value {
    let line = || ["Entrypoint", "Cmd"].into_iter().flat_map(|part| c.config[part].as_array().into_iter().flatten());
    let mut document = json!({
        "Id": c.id, "Created": c.created.to_string(), "Path": line().next(), "Args": line().skip(1).collect::<Vec<_>>(),
        "State": null, "Image": c.image, "Name": null, "RestartCount": null,
        "HostsPath": null, "HostnamePath": null, "ResolvConfPath": null, "LogPath": null,
        "Platform": "linux", "HostConfig": null, "Config": null, "Mounts": null, "NetworkSettings": { "Networks": null },
    });
    // Moved to their places, which `json!` would copy them to.
    document["HostConfig"] = c.host.clone();
    document["Config"] = c.config.clone();
    document["Mounts"] = mounts(c);
    document
}

fn state(c: &Container) -> Value {
    let status = match c.status {
        Status::Created => "created",
        Status::Running => "running",
        Status::Paused => "paused",
        Status::Restarting => "restarting",
        Status::Exited => "exited",
        Status::Dead => "dead",
    };
    let at = |at: Option<jiff::Timestamp>| at.map_or_else(|| NEVER.to_owned(), |at| at.to_string());
    let mut state = json!({
        "Status": status, "Running": c.is_active(), "Paused": c.status == Status::Paused, "Restarting": c.status == Status::Restarting,
        "OOMKilled": false, "Dead": c.status == Status::Dead, "Pid": if c.is_running() { 4711 } else { 0 }, "ExitCode": c.exit_code,
        "Error": c.error, "StartedAt": at(c.started_at), "FinishedAt": at(c.finished_at),
    });
    if let Some(health) = c.health {
        let word = match health {
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        };
        state["Health"] = json!({ "Status": word });
    }
    state
}

fn mounts(c: &Container) -> Value {
    let of = |mount: &super::host::Mount| {
        json!({
            "Type": "volume", "Name": mount.volume, "Source": format!("/var/lib/docker/volumes/{}/_data", mount.volume),
            "Destination": mount.destination, "Driver": "local", "Mode": mount.mode, "RW": mount.is_writable, "Propagation": "",
        })
    };
    c.mounts.iter().map(of).collect()
}
