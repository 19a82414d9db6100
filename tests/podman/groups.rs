//! Options of `podman run` that go into one container, which is rotated twice; and of the others, where they are played or why nowhere.

use super::wants::{CONTROLLERS, NEWER_OPTIONS, Want};

/// One container. `{dir}` is a folder of the test on the host, `{net}`, `{data}` and `{secret}` are its own names.
pub struct Group {
    pub wants: Option<&'static Want>,
    /// Commands of Podman before it is made.
    pub before: &'static [&'static [&'static str]],
    pub options: &'static [&'static str],
    /// What stands after the image.
    pub command: &'static [&'static str],
    /// Shell lines in the container, and a part of what each prints, before and after.
    pub inside: &'static [(&'static str, &'static str)],
    /// Files that stay.
    pub marks: &'static [&'static str],
}

const PLAIN: Group = Group { wants: None, before: &[], options: &[], command: &[], inside: &[], marks: &["/data/mark"] };
/// Who is not root in there cannot serve port 80.
const SLEEP: &[&str] = &["sleep 100000"];

/// The long-known ones.
pub const MANY: Group = Group {
    before: &[&["network", "create", "--subnet", "10.91.7.0/24", "{net}"]],
    options: &[
        "-e",
        "A=b c",
        "--network",
        "{net}:ip=10.91.7.9,mac=02:00:00:00:07:09,alias=other",
        "-v",
        "{data}:/named:ro",
        "-v",
        "/anon",
        "--mount",
        "type=volume,dst=/long",
        "--mount",
        "type=bind,src={dir},dst=/bound",
        "--tmpfs",
        "/scratch:size=1m",
        "-p",
        "80",
        "-p",
        "127.0.0.1::81/udp",
        "--ulimit",
        "nofile=100:200",
        // As soon as any is given, 4.3 raises this one, which the lab's machine may not allow.
        "--ulimit",
        "nproc=20000:20000",
        "--sysctl",
        "net.ipv4.ip_forward=1",
        "--cap-add",
        "NET_ADMIN",
        "--cap-drop=CHOWN",
        "--stop-signal",
        "USR1",
        "--stop-timeout=3",
        "--health-cmd",
        "true",
        "--health-interval=3s",
        "--health-on-failure=kill",
        "--add-host",
        "other.lan:1.2.3.4",
        "--dns",
        "9.9.9.9",
        "--hostname",
        "web.lan",
        "--log-driver",
        "k8s-file",
        "--annotation",
        "mine=yes",
        "--secret",
        "{secret},type=env,target=TOKEN",
        "--shm-size",
        "2m",
        "--security-opt",
        "no-new-privileges",
        "--group-add",
        "7",
        "--device",
        "/dev/null:/dev/other",
        "--umask",
        "0027",
        "--init",
        "--label",
        "mine=too",
        "--user",
        "0:0",
        "-w",
        "/anon",
        "--oom-score-adj",
        "300",
    ],
    marks: &["/anon/mark", "/long/mark", "/data/mark"],
    ..PLAIN
};

/// The host's namespaces.
pub const HOST: Group = Group {
    options: &["--pid=host", "--ipc=host", "--uts=host", "--cgroupns=host", "--network=none"],
    inside: &[("cat /proc/1/comm", "systemd")],
    ..PLAIN
};

/// How many there are, in one range or in several.
pub const UIDS: &str = "n=0; while read -r _ _ c; do n=$((n + c)); done </proc/self/uid_map; echo $n";
const GIDS: &str = "n=0; while read -r _ _ c; do n=$((n + c)); done </proc/self/gid_map; echo $n";

/// Numbers of its own.
pub const NUMBERS: Group =
    Group { options: &["--uidmap=0:0:2000", "--gidmap=0:0:2000"], inside: &[(UIDS, "2000"), (GIDS, "2000")], ..PLAIN };

pub const PRIVILEGED: Group = Group { options: &["--privileged"], ..PLAIN };

/// Nothing in it lasts.
pub const SEALED: Group = Group {
    options: &[
        "--read-only",
        "--read-only-tmpfs=false",
        "--tmpfs=/scratch:size=1m,mode=1777",
        "--image-volume=tmpfs",
        "--shm-size=3m",
        "--no-healthcheck",
    ],
    inside: &[
        ("touch /x 2>&1; true", "Read-only"),
        ("mount", "on /data type tmpfs"),
        ("mount", "on /scratch type tmpfs"),
        ("/bin/busybox df -k /dev/shm", "3072"),
    ],
    marks: &[],
    ..PLAIN
};

/// What runs in it, with which variables, and how it is looked after.
pub const ENTRY: Group = Group {
    options: &[
        r#"--entrypoint=["/bin/busybox","sh","-c"]"#,
        "--unsetenv=APP_VERSION",
        "--env-merge=PATH=${PATH}:/mine",
        "--tz=local",
        "--interactive",
        "--tty",
        "--health-cmd=true",
        "--health-interval=3s",
        "--health-retries=4",
        "--health-timeout=7s",
        "--health-start-period=2s",
        "--stop-timeout=1",
    ],
    command: SLEEP,
    inside: &[("echo v=$APP_VERSION.", "v=."), ("echo $PATH", "/bin:/mine")],
    ..PLAIN
};

/// Who it is in there, and what that one may.
pub const IDENTITY: Group = Group {
    options: &[
        "--user=1234:1235",
        "--passwd-entry=mine:x:1234:1235::/:/bin/sh",
        "--hostuser=op",
        "--group-add=9",
        "--workdir=/www",
        "--cap-drop=all",
        "--security-opt=seccomp=unconfined",
        "--security-opt=mask=/proc/cpuinfo",
        "--stop-timeout=1",
    ],
    command: SLEEP,
    inside: &[("cat /etc/passwd", "mine:x:1234"), ("id -g", "1235"), ("id -G", "9")],
    marks: &[],
    ..PLAIN
};

/// One network, said by options of their own.
pub const NETWORK: Group = Group {
    before: &[&["network", "create", "--subnet", "10.91.8.0/24", "{net}"]],
    options: &[
        "--network={net}",
        "--network-alias=other",
        "--ip=10.91.8.9",
        "--mac-address=02:00:00:00:08:09",
        "--expose=9000",
        "--dns=9.9.9.9",
        "--dns-option=ndots:3",
        "--dns-search=mine.lan",
        "--add-host=other.lan:1.2.3.4",
    ],
    inside: &[
        ("cat /etc/resolv.conf", "mine.lan"),
        ("cat /etc/resolv.conf", "ndots:3"),
        ("cat /etc/hosts", "other.lan"),
        ("ip addr", "10.91.8.9/24"),
        ("ip addr", "02:00:00:00:08:09"),
    ],
    ..PLAIN
};

/// What is around it: who starts it, stops it and writes down what it says.
pub const AROUND: Group = Group {
    options: &[
        "--init",
        "--init-path=/usr/bin/catatonit",
        "--systemd=false",
        "--sdnotify=ignore",
        "--log-driver=k8s-file",
        "--log-opt=max-size=1mb",
        "--stop-signal=KILL",
        "--timeout=100000",
        "--seccomp-policy=default",
        "--os=linux",
        "--no-hosts",
        "--chrootdirs=/www",
    ],
    inside: &[("cat /proc/1/comm", "init"), ("test -s /www/etc/resolv.conf && echo there", "there")],
    ..PLAIN
};

pub const CGROUPS: Group = Group { options: &["--cgroup-parent=rotate.slice", "--cgroups=no-conmon", "--replace"], ..PLAIN };

pub const NEWER: Group = Group {
    wants: Some(&NEWER_OPTIONS),
    options: &[
        "--user=0:1235",
        "--group-entry=mine:x:1235:",
        "--hosts-file=none",
        "--no-hostname",
        "--shm-size-systemd=1m",
        "--personality=LINUX32",
        "--health-startup-cmd=true",
        "--health-startup-interval=1s",
        "--health-startup-timeout=7s",
        "--health-log-destination=local",
        "--health-max-log-count=3",
        "--health-max-log-size=100",
    ],
    inside: &[("cat /etc/group", "mine:x:1235:")],
    ..PLAIN
};

pub const LIMITED: Group = Group {
    wants: Some(&CONTROLLERS),
    options: &[
        "--memory=64m",
        "--memory-reservation=32m",
        "--memory-swap=128m",
        "--cgroup-conf=memory.high=60000000",
        "--cpu-period=50000",
        "--cpu-quota=25000",
        "--cpu-shares=300",
        "--cpuset-cpus=0",
        "--cpuset-mems=0",
        "--pids-limit=100",
    ],
    ..PLAIN
};

pub const ALL: [&Group; 12] =
    [&MANY, &HOST, &NUMBERS, &PRIVILEGED, &SEALED, &ENTRY, &IDENTITY, &NETWORK, &AROUND, &CGROUPS, &NEWER, &LIMITED];

/// Options that tests of their own play.
pub const ELSEWHERE: [(&str, &str); 8] = [
    ("fidelity", "cpus restart"),
    ("shell", "http-proxy"),
    ("users_options", "userns env-file"),
    ("health", "health-startup-retries health-startup-success"),
    ("pods", "pod"),
    ("ownership", "requires"),
    ("users_options, held", "cidfile"),
    ("ownership, held", "rm"),
];

/// Options that no container of a test has, and why.
pub const NOWHERE: [(&str, &str); 14] = [
    (
        "of the one run of the client, and left out (`spec::podman`'s own tests)",
        "attach authfile cert-dir creds decryption-key detach-keys disable-content-trust help name no-trunc pull quiet retry retry-delay \
         signature-policy tls-verify",
    ),
    (
        "held by its name (`spec::podman`'s own tests)",
        "conmon-pidfile env-host init-ctr pidfile preserve-fd preserve-fds publish-all rmi rootfs volumes-from",
    ),
    ("says which image is pulled, and nothing of the container", "arch platform variant"),
    ("a controller of cgroup v1 alone", "cpu-rt-period cpu-rt-runtime memory-swappiness oom-kill-disable"),
    (
        "the lab's hosts have neither the controller nor a disk of their own",
        "blkio-weight blkio-weight-device device-read-bps device-read-iops device-write-bps device-write-iops",
    ),
    ("the lab's hosts have no such device", "gpus rdt-class"),
    ("the lab's hosts have no file system with quotas", "storage-opt"),
    ("a user's engine refuses it; `api` has one of root's", "device-cgroup-rule"),
    ("names a range of /etc/subuid, in place of `--uidmap`", "subuidname subgidname"),
    ("names a pod, which is said by its id (`spec::podman`'s own tests)", "pod-id-file"),
    ("said and compared as `--ip`", "ip6"),
    ("said and compared as `--unsetenv`", "unsetenv-all"),
    ("read and compared as `--env-file`", "label-file"),
    ("a store that a crash may spoil, and hidden", "volatile"),
];
