//! What a script wants of a new container, and the create request that says so to an engine.

use rotate::model::RestartPolicy;
use serde_json::{Map, Value, json};

use crate::world::World;

/// The runtime of containers whose starts can be held up, where there are runtimes.
pub const HELD_RUNTIME: &str = "held";

/// A container to be made. Names are the script's own.
#[derive(Debug, Clone)]
pub struct Spec {
    image: String,
    name: Option<String>,
    policy: RestartPolicy,
    volumes: Vec<(String, String)>,
    networks: Vec<(String, Option<String>)>,
    port: Option<u16>,
    grace_seconds: Option<u64>,
    can_be_held: bool,
}

impl Spec {
    /// Of an image, as [`crate::case::Case::image`] takes it.
    pub fn of(image: &str) -> Self {
        let (image, policy) = (image.to_owned(), RestartPolicy::No);
        Self { image, name: None, policy, volumes: Vec::new(), networks: Vec::new(), port: None, grace_seconds: None, can_be_held: false }
    }

    /// Under another name than the script calls it by.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub fn policy(mut self, policy: RestartPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A volume (`data`, or the anonymous one of another container: `old:/data`) at a place.
    pub fn volume(mut self, volume: &str, place: &str) -> Self {
        self.volumes.push((volume.to_owned(), place.to_owned()));
        self
    }

    pub fn network(mut self, network: &str) -> Self {
        self.networks.push((network.to_owned(), None));
        self
    }

    pub fn address(mut self, network: &str, address: &str) -> Self {
        self.networks.push((network.to_owned(), Some(address.to_owned())));
        self
    }

    /// A port of the host that leads to port 80.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// How long it may take to stop.
    pub fn grace_seconds(mut self, seconds: u64) -> Self {
        self.grace_seconds = Some(seconds);
        self
    }

    /// Its starts are among those that [`crate::world::Hand::HoldStarts`] holds up.
    pub fn can_be_held(mut self) -> Self {
        self.can_be_held = true;
        self
    }

    /// The image, as the script calls it.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// Volumes and their places, as the script calls them.
    pub fn volumes(&self) -> &[(String, String)] {
        &self.volumes
    }

    /// The name, or else what the script calls it.
    pub fn name_or<'a>(&'a self, handle: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(handle)
    }

    /// The body of `POST /containers/create`.
    pub fn request(&self, world: &dyn World, image: &str, volume: impl Fn(&str) -> String) -> Value {
        let (policy, most) = self.policy.parts();
        let binds: Vec<String> = self.volumes.iter().map(|(name, place)| format!("{}:{place}", volume(name))).collect();
        let mut host = json!({ "RestartPolicy": { "Name": policy, "MaximumRetryCount": most }, "Binds": binds });
        if let Some(port) = self.port {
            host["PortBindings"] = json!({ "80/tcp": [{ "HostIp": "", "HostPort": port.to_string() }] });
        }
        if let Some((network, _)) = self.networks.first() {
            host["NetworkMode"] = world.name(network).into();
        }
        let endpoints: Map<String, Value> =
            self.networks.iter().map(|(name, address)| (world.name(name), endpoint(address.as_deref()))).collect();
        if self.can_be_held {
            host["Runtime"] = HELD_RUNTIME.into();
        }
        let mut request = json!({ "Image": image, "HostConfig": host, "NetworkingConfig": { "EndpointsConfig": endpoints } });
        if let Some(seconds) = self.grace_seconds {
            request["StopTimeout"] = seconds.into();
        }
        request
    }
}

/// The settings of one endpoint.
pub fn endpoint(address: Option<&str>) -> Value {
    address.map_or_else(|| json!({}), |address| json!({ "IPAMConfig": { "IPv4Address": address } }))
}
