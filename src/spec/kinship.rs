//! Whether one container was made after another, where nothing but their descriptions can tell.

use serde_json::Value;

use super::{Images, compare, podman};

/// True if the newer one differs by nothing but what the two images explain. It may have run since it was made, and may have been disarmed.
pub fn is_made_after(old: &Value, new: &Value, images: Images<'_>) -> bool {
    let (old, mut new) = (&without_generated_hostname(old), without_generated_hostname(new));
    if let Some((at, policy)) = new.pointer_mut("/HostConfig/RestartPolicy").zip(old.pointer("/HostConfig/RestartPolicy")) {
        *at = policy.clone();
    }
    forget_generated_macs(old, &mut new);
    compare(old, &new, images).iter().all(|difference| difference.explained_by.is_some())
}

/// What Podman writes into the environment once a container has run: the first twelve digits of its id, if nobody named a host.
fn without_generated_hostname(container: &Value) -> Value {
    let mut container = container.clone();
    let generated = container["Id"].as_str().and_then(|id| id.get(..12)).map(|short| format!("HOSTNAME={short}"));
    if let Some(env) = container.pointer_mut("/Config/Env").and_then(Value::as_array_mut) {
        env.retain(|line| line.as_str() != generated.as_deref());
    }
    container
}

/// The comparison is made for one that never ran, and so has no address yet. Podman has another one for each start, which looks like any that was asked for.
fn forget_generated_macs(old: &Value, new: &mut Value) {
    let networks = new.pointer_mut("/NetworkSettings/Networks").and_then(Value::as_object_mut);
    for (name, endpoint) in networks.into_iter().flatten() {
        let before = &old["NetworkSettings"]["Networks"][name.as_str()]["MacAddress"];
        if let Some(mac) = endpoint.get_mut("MacAddress").filter(|mac| *mac != before) {
            *mac = if podman::is_libpod(old) { before.clone() } else { Value::from("") };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As an earlier copy of the store has the old one, and the engine the new one after its start (Podman 5.4).
    #[test]
    fn two_that_run_on_podman_have_each_an_address_of_its_own() {
        let running = |id: &str, mac: &str, user: &str| {
            json!({
                "Id": id, "OCIRuntime": "crun", "State": { "StartedAt": "2026-01-01T10:00:00Z" }, "Config": { "User": user },
                "NetworkSettings": { "Networks": { "podman": { "MacAddress": mac } } },
            })
        };
        let (old, images) = (running("0123456789ab", "42:95:7c:5b:65:7d", ""), Images { old: &Value::Null, new: &Value::Null });
        assert!(is_made_after(&old, &running("ba9876543210", "4a:52:69:52:ac:30", ""), images));
        assert!(!is_made_after(&old, &running("ba9876543210", "4a:52:69:52:ac:30", "me"), images));
    }
}
