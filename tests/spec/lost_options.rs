//! One container with many options, and for each option what a create request looks like that has lost it.
//!
//! Plain data without a dependency, so that a test on an engine can take it too (`#[path]`): make [`NETWORKS`], two images with [`OLD_CONFIG`] and [`NEW_CONFIG`], run
//! `docker run -d` with every option's `args`, the old image and [`COMMAND`]; then create a successor from the request without the option's `pointers` and compare.

/// An option, and what is removed from the create request to lose it.
#[derive(Debug)]
pub struct LostOption {
    pub option: &'static str,
    /// As typed to `docker run`.
    pub args: &'static [&'static str],
    /// JSON pointers into the create request.
    pub pointers: &'static [&'static str],
}

const fn lost(option: &'static str, args: &'static [&'static str], pointers: &'static [&'static str]) -> LostOption {
    LostOption { option, args, pointers }
}

/// Arguments of `docker network create`.
pub const NETWORKS: [&[&str]; 2] = [&["--subnet", "10.56.1.0/24", "rich1"], &["--subnet", "10.56.2.0/24", "rich2"]];

/// The command after the image.
pub const COMMAND: [&str; 3] = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"];

/// The old image's config; it must have `/bin/busybox`.
pub const OLD_CONFIG: &str = r#"{"Env":["PATH=/bin","APP_VERSION=1","KEEP=image","GONE=1"],"Cmd":["/bin/busybox","sleep","1000"],"Entrypoint":null,
"Labels":{"version":"1","only.old":"x","shared":"image"},"ExposedPorts":{"80/tcp":{},"81/tcp":{}},"Volumes":{"/data":{},"/gone":{}},"WorkingDir":"/","StopSignal":"SIGTERM",
"Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Retries":2}}"#;

/// The new image's config.
pub const NEW_CONFIG: &str = r#"{"Env":["PATH=/bin:/sbin","APP_VERSION=2","KEEP=image2","BORN=1"],"Cmd":["/bin/busybox","sleep","2000"],"Entrypoint":["/bin/busybox","env"],
"Labels":{"version":"2","only.new":"y","shared":"image2"},"ExposedPorts":{"80/tcp":{},"82/tcp":{}},"Volumes":{"/data":{},"/born":{}},"WorkingDir":"/tmp","User":"0","StopSignal":"SIGINT",
"Healthcheck":{"Test":["CMD","true"],"Interval":20000000000,"Timeout":3000000000,"Retries":5}}"#;

/// The options. Those that stand in one list of the request are in the list's order.
pub const LOST: [LostOption; 47] = [
    lost("--hostname", &["--hostname", "rich"], &["/Hostname"]),
    lost("--domainname", &["--domainname", "example.org"], &["/Domainname"]),
    lost("--user", &["--user", "0:0"], &["/User"]),
    lost("--env", &["--env", "MODE=secret-one"], &["/Env/0"]),
    lost("--env over the image's", &["--env", "KEEP=secret-two"], &["/Env/1"]),
    lost("--label", &["--label", "com.example.team=blue"], &["/Labels/com.example.team"]),
    lost("--label over the image's", &["--label", "shared=mine"], &["/Labels/shared"]),
    lost("--workdir", &["--workdir", "/www"], &["/WorkingDir"]),
    lost("--entrypoint", &["--entrypoint", "/bin/busybox"], &["/Entrypoint"]),
    lost("the command", &[], &["/Cmd"]),
    lost("--tty", &["--tty"], &["/Tty"]),
    lost("--interactive", &["--interactive"], &["/OpenStdin"]),
    lost("--stop-signal", &["--stop-signal", "SIGQUIT"], &["/StopSignal"]),
    lost("--stop-timeout", &["--stop-timeout", "7"], &["/StopTimeout"]),
    lost("--health-cmd", &["--health-cmd", "test -d /www"], &["/Healthcheck/Test"]),
    lost("--health-interval", &["--health-interval", "11s"], &["/Healthcheck/Interval"]),
    lost("--expose", &["--expose", "9090"], &["/ExposedPorts/9090~1tcp"]),
    lost("--publish", &["--publish", "127.0.0.1:18080:80"], &["/HostConfig/PortBindings/80~1tcp"]),
    lost("--ip", &["--network", "name=rich1,ip=10.56.1.77,alias=front"], &["/NetworkingConfig/EndpointsConfig/rich1/IPAMConfig"]),
    lost("--network-alias", &[], &["/NetworkingConfig/EndpointsConfig/rich1/Aliases"]),
    lost("--mac-address", &["--mac-address", "02:42:0a:38:01:99"], &["/MacAddress", "/NetworkingConfig/EndpointsConfig/rich1/MacAddress"]),
    lost("a second --network", &["--network", "name=rich2,mac-address=00:16:3e:00:00:07"], &["/NetworkingConfig/EndpointsConfig/rich2"]),
    lost("mac-address of a second network", &[], &["/NetworkingConfig/EndpointsConfig/rich2/MacAddress"]),
    lost("--volume with a name", &["--volume", "rich:/named:ro"], &["/HostConfig/Binds/0"]),
    lost("--volume of a host path", &["--volume", "/etc:/host:ro"], &["/HostConfig/Binds/1"]),
    lost("an anonymous volume", &["--volume", "/anonymous"], &["/HostConfig/Binds/2"]),
    lost("--mount of a tmpfs", &["--mount", "type=tmpfs,dst=/mounted,tmpfs-size=1048576"], &["/HostConfig/Mounts/0"]),
    lost("--mount of an anonymous volume", &["--mount", "type=volume,dst=/unnamed"], &["/HostConfig/Mounts/1/Source"]),
    lost("--tmpfs", &["--tmpfs", "/run:size=1m"], &["/HostConfig/Tmpfs"]),
    lost("--cap-add", &["--cap-add", "NET_ADMIN"], &["/HostConfig/CapAdd"]),
    lost("--cap-drop", &["--cap-drop", "MKNOD"], &["/HostConfig/CapDrop"]),
    lost("--device", &["--device", "/dev/null:/dev/nothing:rw"], &["/HostConfig/Devices"]),
    lost("--ulimit", &["--ulimit", "nofile=1000:2000"], &["/HostConfig/Ulimits"]),
    lost("--sysctl", &["--sysctl", "net.core.somaxconn=1024"], &["/HostConfig/Sysctls"]),
    lost("--log-opt", &["--log-driver", "json-file", "--log-opt", "max-size=1m"], &["/HostConfig/LogConfig/Config"]),
    lost("--init", &["--init"], &["/HostConfig/Init"]),
    lost("--read-only", &["--read-only"], &["/HostConfig/ReadonlyRootfs"]),
    lost("--shm-size", &["--shm-size", "8m"], &["/HostConfig/ShmSize"]),
    lost("--add-host", &["--add-host", "db:192.0.2.1"], &["/HostConfig/ExtraHosts"]),
    lost("--dns", &["--dns", "192.0.2.53"], &["/HostConfig/Dns"]),
    lost("--group-add", &["--group-add", "7"], &["/HostConfig/GroupAdd"]),
    lost("--oom-score-adj", &["--oom-score-adj", "100"], &["/HostConfig/OomScoreAdj"]),
    lost("--security-opt", &["--security-opt", "no-new-privileges"], &["/HostConfig/SecurityOpt"]),
    lost("--restart", &["--restart", "on-failure:3"], &["/HostConfig/RestartPolicy"]),
    lost("--cgroupns", &["--cgroupns", "host"], &["/HostConfig/CgroupnsMode"]),
    lost("--ipc", &["--ipc", "shareable"], &["/HostConfig/IpcMode"]),
    lost("--annotation", &["--annotation", "org.example=1"], &["/HostConfig/Annotations"]),
];
