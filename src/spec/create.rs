//! The create request of a successor, from the predecessor's document and the two images.

use serde_json::{Map, Value, json};

use super::network::{endpoints, links};
use super::settings::operators;
use super::volumes::hand_over;
use super::{Images, field};

/// Where compose notes the image that it created a container from.
const COMPOSE_IMAGE: &str = "com.docker.compose.image";

/// The document is not one of a container.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// A part that every container has is not there.
    #[error("the engine's description of the container has no `{0}`")]
    Missing(&'static str),
}

/// Body of `POST /containers/create` for the successor (Docker API 1.41–1.51). Unknown fields are kept: engines ignore what they do not know,
/// and the comparison finds what they did not take.
///
/// `image` is what `Config.Image` shall be. Errors: [`SpecError::Missing`].
pub fn create_request(predecessor: &Value, images: Images<'_>, image: &str) -> Result<Value, SpecError> {
    let host_config = field(predecessor, "/HostConfig").as_object().ok_or(SpecError::Missing("HostConfig"))?;
    let config = predecessor.get("Config").filter(|c| c.is_object()).ok_or(SpecError::Missing("Config"))?;
    let mut body = operators(config, field(images.old, "/Config"));
    own_labels(&mut body, images);
    if is_hostname_generated(predecessor) {
        body.remove("Hostname");
    }
    body.insert("Image".into(), Value::from(image));
    body.insert("HostConfig".into(), Value::Object(requested_host_config(predecessor, host_config)));
    let endpoints = endpoints(predecessor);
    if !endpoints.is_empty() {
        body.insert("NetworkingConfig".into(), json!({ "EndpointsConfig": endpoints }));
    }
    Ok(Value::Object(body))
}

fn requested_host_config(predecessor: &Value, host_config: &Map<String, Value>) -> Map<String, Value> {
    let mut host_config = host_config.clone();
    links(&mut host_config);
    hand_over(predecessor, &mut host_config);
    host_config
}

/// Compose compares this label with the image that its file names; a stale one makes `up` create the container again.
///
/// The value is the image's id, or the digest of its platform manifest (compose since 5.4, facts 6.12); only the first is known here.
pub fn own_labels(config: &mut Map<String, Value>, images: Images<'_>) {
    let Some(label) = config.get_mut("Labels").and_then(|labels| labels.get_mut(COMPOSE_IMAGE)) else { return };
    if label == field(images.old, "/Id") {
        *label = field(images.new, "/Id").clone();
    }
}

/// The engine makes a hostname out of the first 12 digits of the id. With the host's own UTS namespace it shows the host's name, and refuses to
/// be told one.
pub fn is_hostname_generated(container: &Value) -> bool {
    let id = field(container, "/Id").as_str().unwrap_or_default();
    let hostname = field(container, "/Config/Hostname").as_str().unwrap_or_default();
    hostname.is_empty() || (hostname.len() == 12 && id.starts_with(hostname)) || shares_hostname(container)
}

/// True if the hostname is not the container's own.
fn shares_hostname(container: &Value) -> bool {
    let mode = |key: &str| field(container, &format!("/HostConfig/{key}")).as_str().unwrap_or_default();
    mode("UTSMode") == "host" || mode("NetworkMode").starts_with("container:")
}
