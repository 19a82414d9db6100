//! From a create request to a container: the merge with the image's settings, volumes, networks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rotate::model::{RestartPolicy, Status};
use serde_json::{Map, Value, json};

use super::host::{Container, Host, Mount, Refused};

impl Host {
    /// `POST /containers/create`. Returns the id.
    pub(super) fn create(&mut self, name: &str, request: &Value) -> Result<String, Refused> {
        let typed = text(&request["Image"]);
        let image = self.images.find(typed).ok_or_else(|| Refused::new(404, format!("No such image: {typed}")))?;
        let build = self.images.build(&image).map(Arc::clone).ok_or_else(|| Refused::new(404, format!("No such image: {typed}")))?;
        self.check_name(name)?;
        let networks = self.endpoints(request)?;
        let id = self.fresh_id();
        let mut host = request["HostConfig"].clone();
        let policy = policy(&host["RestartPolicy"])?;
        if let Some(host) = host.as_object_mut() {
            host.remove("RestartPolicy");
        }
        let config = merged(request, &build.config(), &id);
        let mounts = self.mounts(&host, &config)?;
        let container = Container {
            id: id.clone(),
            name: name.to_owned(),
            created: self.at(),
            image,
            build,
            config,
            host,
            policy,
            networks,
            mounts,
            status: Status::Created,
            exit_code: 0,
            error: String::new(),
            started_at: None,
            finished_at: None,
            began: Duration::ZERO,
            restart_count: 0,
            is_stopped_by_hand: false,
            is_lost: false,
            health: None,
            process: 0,
            described: RefCell::default(),
        };
        self.containers.insert(id.clone(), container);
        Ok(id)
    }

    fn endpoints(&self, request: &Value) -> Result<BTreeMap<String, Value>, Refused> {
        let mode = match text(&request["HostConfig"]["NetworkMode"]) {
            "" | "default" => "bridge",
            mode => mode,
        };
        let asked = request["NetworkingConfig"]["EndpointsConfig"].as_object().cloned().unwrap_or_default();
        if asked.len() > 1 && !self.flavour.takes_all_networks {
            let names: Vec<&str> = asked.keys().map(String::as_str).collect();
            return Err(Refused::new(400, format!("Container cannot be connected to network endpoints: {}", names.join(", "))));
        }
        let mut networks: BTreeMap<String, Value> = asked.into_iter().collect();
        networks.entry(mode.to_owned()).or_insert_with(|| json!({ "IPAMConfig": null }));
        Ok(networks)
    }

    /// `POST /networks/{network}/connect`, of a container that does not run: that there is no such network is found at its start.
    pub(super) fn connect(&mut self, container: &str, network: &str, endpoint: &Value) -> Result<(), Refused> {
        let found = self.get(container)?;
        if found.networks.contains_key(network) {
            return Err(Refused::new(403, format!("endpoint with name {} already exists in network {network}", found.name)));
        }
        found.networks.insert(network.to_owned(), endpoint.clone());
        Ok(())
    }

    fn mounts(&mut self, host: &Value, config: &Value) -> Result<Vec<Mount>, Refused> {
        let mut mounts: Vec<Mount> = Vec::new();
        for bind in host["Binds"].as_array().into_iter().flatten().map(text) {
            let mut parts = bind.split(':');
            let (Some(first), second, mode) = (parts.next(), parts.next(), parts.next().unwrap_or_default()) else { continue };
            let (volume, destination) = match second {
                Some(destination) => (Some(first), destination),
                None => (None, first),
            };
            mounts.push(self.mount(volume, destination, mode));
        }
        for entry in host["Mounts"].as_array().into_iter().flatten().filter(|entry| entry["Type"] == "volume") {
            let source = Some(text(&entry["Source"])).filter(|source| !source.is_empty());
            mounts.push(self.mount(source, text(&entry["Target"]), "z"));
        }
        for (declared, _) in config["Volumes"].as_object().into_iter().flatten() {
            if mounts.iter().all(|mount| mount.destination != *declared) {
                mounts.push(self.mount(None, declared, ""));
            }
        }
        for mount in &mounts {
            self.volumes.entry(mount.volume.clone()).or_default();
        }
        Ok(mounts)
    }

    /// Without a name it is a volume of its own.
    fn mount(&mut self, volume: Option<&str>, destination: &str, mode: &str) -> Mount {
        let is_writable = mode.split(',').all(|bit| bit != "ro");
        let is_own = volume.is_none();
        let volume = volume.map_or_else(|| self.fresh_id(), str::to_owned);
        Mount { volume, destination: destination.to_owned(), mode: mode.to_owned(), is_writable, is_own }
    }
}

fn policy(request: &Value) -> Result<RestartPolicy, Refused> {
    let most = request["MaximumRetryCount"].as_u64().and_then(|most| u32::try_from(most).ok()).unwrap_or(0);
    RestartPolicy::from_parts(text(&request["Name"]), most).map_err(|error| Refused::new(400, error.to_string()))
}

/// `Config` of the container: what the request says, and the image's defaults where it says nothing (moby v26.1.5, `daemon/commit.go`, `merge`).
fn merged(request: &Value, image: &Value, id: &str) -> Value {
    let is_set = |value: &Value| !(value.is_null() || *value == "" || value.as_array().is_some_and(Vec::is_empty));
    let mut config: Map<String, Value> = request.as_object().cloned().unwrap_or_default();
    config.remove("HostConfig");
    config.remove("NetworkingConfig");
    let has_entrypoint = config.get("Entrypoint").is_some_and(is_set);
    for field in ["User", "WorkingDir", "StopSignal", "Entrypoint", "Cmd", "OnBuild"] {
        let is_image_s = !(config.get(field).is_some_and(is_set) || field == "Cmd" && has_entrypoint);
        if is_image_s && image.get(field).is_some() {
            config.insert(field.to_owned(), image[field].clone());
        }
    }
    if config.get("Entrypoint").is_some_and(|entrypoint| *entrypoint == json!([""])) {
        config.insert("Entrypoint".to_owned(), Value::Null);
    }
    for field in ["Labels", "ExposedPorts", "Volumes", "Healthcheck"] {
        let mut map: Map<String, Value> = image[field].as_object().cloned().unwrap_or_default();
        map.extend(config.get(field).and_then(Value::as_object).cloned().unwrap_or_default());
        if !map.is_empty() || field == "Labels" {
            config.insert(field.to_owned(), map.into());
        } else {
            config.remove(field);
        }
    }
    let name = |variable: &Value| text(variable).split('=').next().unwrap_or_default().to_owned();
    let asked = config.get("Env").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_asked = |variable: &Value| asked.iter().any(|other| name(other) == name(variable));
    let added: Vec<Value> = image["Env"].as_array().into_iter().flatten().filter(|variable| !is_asked(variable)).cloned().collect();
    config.insert("Env".to_owned(), asked.iter().cloned().chain(added).collect());
    let hostname = config.get("Hostname").map(text).filter(|name| !name.is_empty()).unwrap_or(&id[..12]).to_owned();
    config.insert("Hostname".to_owned(), hostname.into());
    config.into()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
