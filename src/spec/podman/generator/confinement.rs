//! What the container may do, and how much of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Source, Spec};
use crate::spec::document::{SpecError, list, text, texts};

/// Paths that every Podman from 4.3 to 5.8 hides from a container that is not privileged.
const HIDDEN: [&str; 8] = [
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/sys/firmware",
];
/// What one of them hides beside those.
const HIDDEN_BY_SOME: [&str; 4] = ["/proc/timer_stats", "/sys/fs/selinux", "/sys/devices/virtual/powercap", "/proc/interrupts"];
/// What `/proc` is mounted with if nobody says otherwise.
const PROC: [&str; 3] = ["nosuid", "noexec", "nodev"];

pub fn put(source: &Source<'_>, spec: &mut Spec) -> Result<(), SpecError> {
    let (config, host) = (source.container.config(), source.container.host());
    spec.put("privileged", host["Privileged"].clone());
    spec.put("groups", host["GroupAdd"].clone());
    spec.put("cap_add", host["CapAdd"].clone());
    spec.put("cap_drop", host["CapDrop"].clone());
    let asked = |what: &str| config["Annotations"][format!("io.podman.annotations.{what}")].clone();
    spec.put("seccomp_profile_path", asked("seccomp"));
    spec.put("apparmor_profile", asked("apparmor"));
    spec.copy(source, &["selinux_opts", "label_nested"]);
    spec.put("no_new_privileges", texts(&host["SecurityOpt"]).any(|option| option == "no-new-privileges"));
    spec.put("read_only_filesystem", host["ReadonlyRootfs"].clone());
    let mounts = || list(&source.runtime["mounts"]).iter();
    // A read-only container has a `/tmp` that it may write to by them; another would lose what its image has there.
    spec.put("read_write_tmpfs", host["ReadonlyRootfs"] == true && mounts().any(|mount| mount["destination"] == "/var/tmp"));
    // With the host's processes, a user's container has a bind of the host's there: its options are no wish, and as one they would replace all others.
    let proc = mounts()
        .find(|mount| mount["destination"] == "/proc" && mount["type"] == "proc")
        .map_or(&[] as &[Value], |mount| list(&mount["options"]));
    spec.put("procfs_opts", proc.iter().filter(|option| !PROC.contains(&text(option))).cloned().collect::<Vec<_>>());
    if host["Privileged"] != true {
        put_masks(source, spec)?;
    }
    spec.put("sysctl", source.runtime["linux"]["sysctl"].clone());
    spec.put("personality", source.runtime["linux"]["personality"].clone());
    spec.put("oom_score_adj", source.runtime["process"]["oomScoreAdj"].clone());
    spec.put("cgroup_parent", host["CgroupParent"].clone());
    if host["Cgroups"] == "disabled" {
        spec.put("cgroups_mode", "disabled");
    }
    spec.put("r_limits", process_limits(source));
    let mut limits = source.generator["resource_limits"].as_object().cloned().unwrap_or_default();
    // Those are asked for by devices and rules.
    limits.shift_remove("devices");
    spec.put("resource_limits", limits);
    Ok(())
}

/// Which of Podman's own were to be seen is told only if it is all of them.
fn put_masks(source: &Source<'_>, spec: &mut Spec) -> Result<(), SpecError> {
    let masked = &source.runtime["linux"]["maskedPaths"];
    if texts(&source.container.host()["SecurityOpt"]).any(|option| option == "unmask=all") {
        spec.put("unmask", json!(["ALL"]));
        return Ok(());
    }
    if HIDDEN.iter().any(|path| texts(masked).all(|masked| masked != *path)) {
        let why = "paths that Podman hides were to be seen, and those that a later one hides cannot be told from them";
        return Err(SpecError::CannotCarry { field: "HostConfig.SecurityOpt", why });
    }
    let asked: BTreeSet<&str> = texts(masked).filter(|path| !HIDDEN.contains(path) && !HIDDEN_BY_SOME.contains(path)).collect();
    spec.put("mask", asked.into_iter().map(Value::from).collect::<Vec<_>>());
    Ok(())
}

/// All that it has: nobody can tell what was asked for from what it got.
fn process_limits(source: &Source<'_>) -> Vec<Value> {
    // -1 stands for the greatest number, and is refused.
    let number = |value: &Value| value.as_i64().map_or(value.clone(), |number| number.cast_unsigned().into());
    let limit = |limit: &Value| {
        let fields = [
            ("type", text(&limit["Name"]).trim_start_matches("RLIMIT_").into()),
            ("soft", number(&limit["Soft"])),
            ("hard", number(&limit["Hard"])),
        ];
        Value::from(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<String, Value>>())
    };
    list(&source.container.host()["Ulimits"]).iter().map(limit).collect()
}
