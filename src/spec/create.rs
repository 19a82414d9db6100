//! The create request of a successor: what the user set, and nothing that came from the old image or from the old container itself.

use serde_json::{Map, Value, json};

use super::carried;
use super::config::user_config;
use super::document::{Container, Images, SpecError, list, text, texts};
use super::{network, podman};

/// Writes the body of `POST /containers/create` for the successor of `predecessor`. Pure.
///
/// Takes `GET /containers/{id}/json` of the predecessor and `GET /images/{id}/json` of both images, as sent. `image` becomes `Image`: the reference as typed on the
/// predecessor, or `repository@digest` in a dry run. Fields this function does not know are copied as they are.
///
/// - What equals the old image's default is left out, so that the engine puts the new image's in its place.
/// - Anonymous volumes are handed over by name. With `nocopy`, because an engine fills an empty volume from the image already when the container is created
///   (seen on Docker 26.1.5), and the predecessor still runs on it.
/// - For Podman it is the command line of its client, or a document for libpod's own create ([`podman::create_request`]).
/// - All networks are in the one request; for Docker below API 1.44, which takes one only, see [`super::leave_main_network`].
///
/// Errors: [`SpecError`] if a document is not what its name promises, if the engine could not start the predecessor again, or if something of it cannot be asked for.
pub fn create_request(predecessor: &Value, images: Images<'_>, image: &str) -> Result<Value, SpecError> {
    let container = Container::checked(predecessor)?;
    check_image("old", images.old)?;
    check_image("new", images.new)?;
    if podman::is_libpod(predecessor) {
        return podman::create_request(container, images, image);
    }
    network::check_networks(container)?;
    let mut body = user_config(container, images);
    check_copied_credentials(container, &body)?;
    body.insert("Image".into(), image.into());
    network::put_mac_address(&mut body, container);
    body.insert("HostConfig".into(), host_config(container));
    body.insert("NetworkingConfig".into(), json!({ "EndpointsConfig": network::endpoints(container) }));
    Ok(Value::Object(body))
}

/// What keeps a container from being asked for again, whatever its image: as much as its document alone tells. Pure.
pub fn cannot_repeat(predecessor: &Value) -> Option<SpecError> {
    let check =
        |container| if podman::is_libpod(predecessor) { podman::check_command(container) } else { network::check_networks(container) };
    Container::checked(predecessor).and_then(check).err()
}

fn check_image(which: &'static str, image: &Value) -> Result<(), SpecError> {
    match image {
        document if text(&document["Id"]).is_empty() => Err(SpecError::NotAnImage { which, missing: "Id" }),
        document if document["Config"].is_object() || document["Config"].is_null() => Ok(()),
        _ => Err(SpecError::NotAnImage { which, missing: "Config" }),
    }
}

/// Refuses a container into whose own files the client has copied credentials, which no document shows: `docker run --use-api-socket` mounts the engine's socket, writes
/// `/run/secrets/docker/config.json` and points `DOCKER_CONFIG` there (seen on Docker 28.5.2). Without credentials it only mounts the socket.
fn check_copied_credentials(container: Container<'_>, config: &Map<String, Value>) -> Result<(), SpecError> {
    let is_set = config.get("Env").is_some_and(|env| texts(env).any(|variable| variable == "DOCKER_CONFIG=/run/secrets/docker"));
    let is_mounted = container.mounts().any(|mount| text(&mount["Destination"]).starts_with("/run/secrets"));
    let has_socket = list(&container.host()["Mounts"]).iter().any(|mount| mount["Target"] == "/var/run/docker.sock");
    if is_set && has_socket && !is_mounted {
        let why = "--use-api-socket copied credentials into the container's own files, and a new container would not have them";
        return Err(SpecError::CannotCarry { field: "Config.Env.DOCKER_CONFIG", why });
    }
    Ok(())
}

/// `HostConfig` as it is, with the parts that create wants in another shape than inspect shows.
fn host_config(container: Container<'_>) -> Value {
    let mut host = container.host().as_object().cloned().unwrap_or_default();
    carried::put_into(&mut host, container);
    put_links(&mut host, container);
    Value::Object(host)
}

/// Inspect says `/db:/web/alias`, create wants `db:alias`.
fn put_links(host: &mut Map<String, Value>, container: Container<'_>) {
    let links: Vec<Value> = texts(&container.host()["Links"]).map(|link| typed_link(link).into()).collect();
    if !links.is_empty() {
        host.insert("Links".into(), Value::Array(links));
    }
}

fn typed_link(link: &str) -> String {
    let Some((child, alias)) = link.split_once(':') else { return link.to_owned() };
    let alias = alias.rsplit_once('/').map_or(alias, |(_, alias)| alias);
    format!("{}:{alias}", child.trim_start_matches('/'))
}
