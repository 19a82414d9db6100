//! Limits of memory and processors: as the command asked for them, or as a later `podman update` has set them.

use serde_json::Value;

use crate::spec::document::Container;

/// Those that inspect shows, by their options.
const SHOWN: [(&str, &str); 8] = [
    ("cpu-period", "CpuPeriod"),
    ("cpu-quota", "CpuQuota"),
    ("cpu-shares", "CpuShares"),
    ("cpuset-cpus", "CpusetCpus"),
    ("cpuset-mems", "CpusetMems"),
    ("memory", "Memory"),
    ("memory-reservation", "MemoryReservation"),
    ("memory-swap", "MemorySwap"),
];
/// It is shown as a period and a quota.
const CPUS: &str = "cpus";

/// True if the option sets a limit.
pub fn is_limit(option: &str) -> bool {
    option == CPUS || SHOWN.iter().any(|(of, _)| *of == option)
}

/// True if inspect shows what the option asks for.
pub fn is_shown(container: Container<'_>, option: &str) -> bool {
    let option = if option == CPUS { "cpu-quota" } else { option };
    shown(container).any(|(of, _)| of == option)
}

/// What inspect shows, by options; not what is 0 or no text, which it shows where there is no limit.
pub fn shown(container: Container<'_>) -> impl Iterator<Item = (&'static str, String)> {
    SHOWN.into_iter().filter_map(move |(option, field)| match &container.host()[field] {
        Value::Number(limit) => Some((option, limit.to_string())).filter(|(_, limit)| limit != "0"),
        Value::String(set) => Some((option, set.clone())).filter(|(_, set)| !set.is_empty()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}
