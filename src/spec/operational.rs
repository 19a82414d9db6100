//! The one table of what is of this instance only, and not of what was asked for: it is neither copied nor compared.

/// Path patterns, at most 25, none under `Config` or `HostConfig`. `*` is one part of a path, `**` any number of parts.
pub const OPERATIONAL: [&str; 24] = [
    "Id",
    "Created",
    "Name",
    "State.**",
    "RestartCount",
    "ExecIDs",
    "SizeRw",
    "SizeRootFs",
    "GraphDriver.Data.**",
    // Which of the image's manifests; `Image` is compared.
    "ImageManifestDescriptor.**",
    // Made at each start out of `HostConfig.SecurityOpt`, which is compared.
    "AppArmorProfile",
    "MountLabel",
    "ProcessLabel",
    // Sandbox, and the main network's addresses once more. `Networks` itself never counts as operational.
    "NetworkSettings.*",
    "NetworkSettings.Ports.**",
    "NetworkSettings.Networks.*.NetworkID",
    "NetworkSettings.Networks.*.EndpointID",
    "NetworkSettings.Networks.*.Gateway",
    "NetworkSettings.Networks.*.IPAddress",
    "NetworkSettings.Networks.*.IPPrefixLen",
    "NetworkSettings.Networks.*.IPv6Gateway",
    "NetworkSettings.Networks.*.GlobalIPv6Address",
    "NetworkSettings.Networks.*.GlobalIPv6PrefixLen",
    "NetworkSettings.Networks.*.DNSNames",
];

/// True if the path falls under the table.
pub(super) fn is_operational(path: &[&str]) -> bool {
    path != ["NetworkSettings", "Networks"] && OPERATIONAL.iter().any(|pattern| matches(pattern, path))
}

fn matches(pattern: &str, path: &[&str]) -> bool {
    let mut parts = path.iter();
    for want in pattern.split('.') {
        match (want, parts.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (want, Some(part)) if want == *part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}
