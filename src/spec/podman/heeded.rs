//! Which variables are not only the container's, because Podman's client would go by them, too.

/// Variables that Podman's client, a library of it, Go or the C library goes by when it creates a container, by their names alone: `DOCKER_HOST` is
/// one, and `DOCKER_INFLUXDB_INIT_PASSWORD` a secret of the container's. None of these holds a secret.
///
/// Proxies are none: the client speaks to a socket of the host, and their addresses may have a password in them. What `conmon`, the runtime and the
/// network's programs read is the engine's, which is another process.
///
/// Source: `os.Getenv` and `getenv` of Podman 4.3.1, 5.4.2, 5.8.2 and its main branch of May 2026, with what is built in of containers/common, image,
/// storage and buildah (container-libs since); Go's package runtime, «Environment Variables»; mallopt(3), environ(7).
pub(super) const HEEDED: &[&str] = &[
    // The client, and the part in C that runs before it.
    "CONTAINER_CONNECTION",
    "CONTAINER_HOST",
    "CONTAINER_SSHKEY",
    "DOCKER_HOST",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "PODMAN_BINARY",
    "PODMAN_CONNECTIONS_CONF",
    "PODMAN_IGNORE_CGROUPSV1_WARNING",
    "PODMAN_NO_PAUSE_PROCESS",
    "PODMAN_PREEXEC_HOOKS_DIR",
    "PODMAN_SYSTEMD_UNIT",
    "PODMAN_USERNS",
    "_PODMAN_PAUSE",
    "container",
    // Its libraries.
    "BUILDAH_FORMAT",
    "BUILDAH_HISTORY",
    "BUILDAH_ISOLATION",
    "BUILDAH_LAYERS",
    "BUILDAH_NOPIVOT",
    "BUILDAH_RUNTIME",
    "BUILD_REGISTRY_SOURCES",
    "CONTAINERS_CONF",
    "CONTAINERS_CONF_OVERRIDE",
    "CONTAINERS_HELPER_BINARY_DIR",
    "CONTAINERS_MACHINE_PROVIDER",
    "CONTAINERS_POLICY_JSON",
    "CONTAINERS_REGISTRIES_CONF",
    "CONTAINERS_REGISTRIES_CONF_OVERRIDE",
    "CONTAINERS_SSH_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_STORAGE_CONF_OVERRIDE",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DOCKER_API_VERSION",
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "REGISTRIES_CONFIG_PATH",
    "REGISTRY_AUTH_FILE",
    "STORAGE_DRIVER",
    "STORAGE_OPTS",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "_CONTAINERS_OVERLAY_DISABLE_IDMAP",
    "_CONTAINERS_ROOTLESS_GID",
    "_CONTAINERS_ROOTLESS_UID",
    "_CONTAINERS_USERNS_CONFIGURED",
    // Go.
    "GOCOVERDIR",
    "GODEBUG",
    "GOGC",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "GORACE",
    "GOTRACEBACK",
    "HOME",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "TZDIR",
    "ZONEINFO",
    // The C library.
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "LOCPATH",
    "MALLOC_ARENA_MAX",
    "MALLOC_ARENA_TEST",
    "MALLOC_CHECK_",
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_PERTURB_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
    "NLSPATH",
];

/// True of the above, and of whatever is addressed to the program that loads others: those are its own alone, and it knows more with each version.
pub(super) fn is_heeded(name: &str) -> bool {
    name.starts_with("LD_") || HEEDED.contains(&name)
}
