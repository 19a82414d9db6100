//! What runs in the container, under which names, and how it is stopped and logged.

use serde_json::{Map, Value, json};

use super::{Source, Spec};
use crate::spec::document::{SpecError, entries, list, text, texts};
use crate::spec::podman::difference::is_default;
use crate::spec::podman::search_path;
use crate::spec::tree::variable_name;

/// Annotations of Podman that follow from other fields of a request. The rest of its own (`seccomp`, `label`, `userns`, on 5.8 `pids-limit`) the
/// client sends, and inspect shows by them what was asked for.
const FOLLOWING: [&str; 7] = ["init", "privileged", "publish-all", "autoremove", "autoremove-image", "volumes-from", "cid-file"];

pub fn put(source: &Source<'_>, spec: &mut Spec) -> Result<(), SpecError> {
    let (config, host) = (source.container.config(), source.container.host());
    let typed = |field: &str| source.typed.get(field).cloned().unwrap_or_default();
    for (field, shown) in [("entrypoint", "Entrypoint"), ("command", "Cmd"), ("labels", "Labels"), ("user", "User")] {
        spec.put(field, typed(shown));
    }
    if host["UTSMode"] != "host" {
        spec.put("hostname", typed("Hostname"));
    }
    if !is_default(source.images.old, "WorkingDir", &config["WorkingDir"]) {
        spec.put("work_dir", config["WorkingDir"].clone());
    }
    // As the Docker-compatible API always asks for.
    spec.put("create_working_dir", true);
    spec.put("env", environment(source));
    spec.put("unsetenv", unset(source));
    spec.put("annotations", annotations(source));
    spec.put("terminal", config["Tty"].clone());
    spec.put("stdin", config["OpenStdin"].clone());
    spec.put("stop_signal", stop_signal(source)?);
    spec.put("stop_timeout", config["StopTimeout"].clone());
    spec.put("timeout", config["Timeout"].clone());
    spec.put("timezone", config["Timezone"].clone());
    // Without a word of it Podman takes that of `containers.conf`; the Docker-compatible API has none.
    spec.0.insert("umask".to_owned(), text(&source.generator["umask"]).into());
    spec.put("manage_password", config["Passwd"].clone());
    spec.put("sdnotifyMode", config["sdNotifyMode"].clone());
    spec.put("init", host["Init"].clone());
    spec.put("oci_runtime", source.container.0["OCIRuntime"].clone());
    spec.put("systemd", systemd(source));
    spec.put("log_configuration", log(source)?);
    // Given at the switch: `podman-restart.service` starts also what was never started.
    spec.put("restart_policy", "no");
    spec.copy(source, &["hostusers", "passwd_entry", "group_entry", "raw_image_name", "use_image_hostname"]);
    Ok(())
}

/// The variables that somebody set: not the old image's, nor those that Podman gives to each container.
fn environment(source: &Source<'_>) -> Map<String, Value> {
    let (config, image) = (source.container.config(), &source.images.old["Config"]["Env"]);
    let is_given = |name: &str, value: &str| match name {
        "container" => value == "podman",
        "HOSTNAME" => value == text(&config["Hostname"]),
        "TERM" => value == "xterm" && config["Tty"] == true,
        "PATH" => value == search_path::OWN,
        _ => false,
    };
    let is_typed = |(name, value): &(&String, &Value)| {
        let (value, whole) = (text(value), format!("{name}={}", text(value)));
        !is_given(name, value) && texts(image).all(|variable| variable != whole)
    };
    entries(&source.generator["env"]).filter(is_typed).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The old image's variables that the container was to have none of.
fn unset(source: &Source<'_>) -> Vec<String> {
    let has = |name: &str| source.generator["env"].get(name).is_some();
    texts(&source.images.old["Config"]["Env"]).map(variable_name).filter(|name| !has(name)).map(str::to_owned).collect()
}

fn annotations(source: &Source<'_>) -> Map<String, Value> {
    let is_given = |name: &str| match name.strip_prefix("io.podman.annotations.") {
        Some(own) => FOLLOWING.contains(&own),
        None if ["io.container.manager", "org.opencontainers.image.stopSignal"].contains(&name) => true,
        None => ["org.systemd.property.", "io.kubernetes.cri-o."].iter().any(|start| name.starts_with(start)),
    };
    let all = entries(&source.container.config()["Annotations"]).filter(|(name, _)| !is_given(name));
    all.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// As a number, which Podman notes at each start.
fn stop_signal(source: &Source<'_>) -> Result<Option<u64>, SpecError> {
    let config = source.container.config();
    if is_default(source.images.old, "StopSignal", &config["StopSignal"]) {
        return Ok(None);
    }
    let noted = text(&config["Annotations"]["org.opencontainers.image.stopSignal"]).parse();
    let unknown = |_| SpecError::CannotCarry { field: "Config.StopSignal", why: "its number is not noted" };
    noted.map(Some).map_err(unknown)
}

/// Podman takes the mode from the command unless it is told; a new image may have another command.
fn systemd(source: &Source<'_>) -> &'static str {
    let container = source.container;
    let mut line = std::iter::once(&container.0["Path"]).chain(list(&container.0["Args"])).map(text);
    let is_init = ["/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init"].map(Some).contains(&line.next());
    let is_systemd = is_init || text(&container.0["Path"]).rsplit('/').next() == Some("systemd");
    match (container.config()["SystemdMode"] == true, is_systemd) {
        (true, false) => "always",
        (false, true) => "false",
        (true, true) | (false, false) => "true",
    }
}

/// A file of the container's own is found by Podman itself; one that somebody named is named again.
fn log(source: &Source<'_>) -> Result<Value, SpecError> {
    let log = &source.container.host()["LogConfig"];
    let size = size(text(&log["Size"]))?;
    let path = Some(text(&log["Path"])).filter(|path| !path.contains(source.container.id())).unwrap_or_default();
    let options = if text(&log["Tag"]).is_empty() { Value::Null } else { json!({ "tag": log["Tag"] }) };
    Ok(json!({ "driver": log["Type"], "path": path, "size": size, "options": options }))
}

/// `1MB`, `10.49MB`, as Podman writes it, to four digits.
fn size(text: &str) -> Result<u64, SpecError> {
    const UNITS: [(&str, f64); 5] = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1.0)];
    let unknown = SpecError::CannotCarry { field: "HostConfig.LogConfig.Size", why: "it cannot be read" };
    if text.is_empty() || text.starts_with('-') {
        return Ok(0);
    }
    let found = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?.parse::<f64>().ok()?, factor)));
    match found {
        Some((number, factor)) if (0.0..1e6).contains(&number) => Ok((number * factor).round() as u64),
        _ => Err(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_log_s_size_is_read_as_podman_writes_it() {
        for (text, bytes) in [("1MB", 1_000_000), ("10.49MB", 10_490_000), ("512B", 512), ("1.5kB", 1500), ("0B", 0), ("-1B", 0), ("", 0)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert!(size("many").is_err());
    }
}
