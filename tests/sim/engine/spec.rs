//! What a person types at `docker run`.

use rotate::model::RestartPolicy;
use serde_json::{Map, Value, json};

/// The options of `docker run -d`.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: String,
    pub image: String,
    pub policy: RestartPolicy,
    /// `-v name:/path`.
    pub volumes: Vec<(String, String)>,
    /// `-p port:80`.
    pub port: Option<String>,
    /// `--network`, each with `--ip`.
    pub networks: Vec<(String, Option<String>)>,
    pub labels: Vec<(String, String)>,
    pub env: Vec<String>,
}

impl Spec {
    /// True if compose finds it by label.
    pub fn is_composed(&self) -> bool {
        self.labels.iter().any(|(label, _)| label == "com.docker.compose.project")
    }

    /// Of a container with nothing but a name and an image.
    pub fn new(name: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            policy: RestartPolicy::No,
            volumes: Vec::new(),
            port: None,
            networks: Vec::new(),
            labels: Vec::new(),
            env: Vec::new(),
        }
    }

    /// The create request that the client makes of it; networks beyond the first are connected afterwards.
    pub fn request(&self) -> Value {
        let (policy, most) = self.policy.parts();
        let labels: Map<_, _> = self.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        let binds: Vec<String> = self.volumes.iter().map(|(name, path)| format!("{name}:{path}")).collect();
        let mode = self.networks.first().map_or("bridge", |(name, _)| name.as_str());
        let ports: Map<_, _> = self.port.iter().map(|port| ("80/tcp".to_owned(), json!([{ "HostIp": "", "HostPort": port }]))).collect();
        let exposed: Map<_, _> = ports.keys().map(|port| (port.clone(), json!({}))).collect();
        let endpoints: Map<_, _> = self.networks.iter().take(1).map(|network| (network.0.clone(), Self::endpoint(network))).collect();
        json!({
            "Image": self.image, "Env": self.env, "Labels": labels, "ExposedPorts": exposed,
            "HostConfig": {
                "Binds": binds, "NetworkMode": mode, "PortBindings": ports,
                "RestartPolicy": { "Name": policy, "MaximumRetryCount": most }, "AutoRemove": false,
            },
            "NetworkingConfig": { "EndpointsConfig": endpoints },
        })
    }

    /// What is configured on one endpoint.
    pub fn endpoint((_, address): &(String, Option<String>)) -> Value {
        match address {
            Some(address) => json!({ "IPAMConfig": { "IPv4Address": address } }),
            None => json!({ "IPAMConfig": null }),
        }
    }
}
