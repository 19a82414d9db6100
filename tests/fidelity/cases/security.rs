//! What the container may do: capabilities, devices, limits of its processes, kernel settings.

use crate::case::{Group, rotated};
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 2] = [
    Group {
        inside: &[
            ("ulimit -Sn; ulimit -Hn; ulimit -c", "100\n200\n0"),
            ("cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range", "1024"),
            ("grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/self/status", "NoNewPrivs:\t1"),
            ("cat /proc/1/oom_score_adj", "100"),
            ("ls -l /dev/mine | /bin/busybox awk '{print $1, $5, $6}'", "1, 7"),
        ],
        cases: &[
            rotated("--cap-add", &["--cap-add", "NET_ADMIN"], &["/HostConfig/CapAdd"]),
            rotated("--cap-drop", &["--cap-drop", "MKNOD", "--cap-drop", "CHOWN"], &["/HostConfig/CapDrop"]),
            rotated(
                "--security-opt",
                &["--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined", "--security-opt", "label=disable"],
                &["/HostConfig/SecurityOpt"],
            ),
            rotated("--device", &["--device", "/dev/full:/dev/mine:r"], &["/HostConfig/Devices"]),
            rotated("--device-cgroup-rule", &["--device-cgroup-rule", "c 42:* rmw"], &["/HostConfig/DeviceCgroupRules"]),
            rotated("--ulimit", &["--ulimit", "nofile=100:200", "--ulimit", "core=0"], &["/HostConfig/Ulimits"]),
            rotated(
                "--sysctl",
                &["--sysctl", "net.core.somaxconn=1024", "--sysctl", "net.ipv4.ip_local_port_range=2000 3000"],
                &["/HostConfig/Sysctls"],
            ),
            rotated("--oom-score-adj", &["--oom-score-adj", "100"], &["/HostConfig/OomScoreAdj"]),
        ],
        ..Group::PLAIN
    },
    Group {
        inside: &[("grep -E 'CapEff|Seccomp:' /proc/self/status", "Seccomp:\t0"), ("ls /dev/full /dev/tty", "/dev/full")],
        cases: &[rotated("--privileged", &["--privileged"], &["/HostConfig/Privileged", "/HostConfig/SecurityOpt"])],
        ..Group::PLAIN
    },
];

#[test]
fn capabilities_devices_and_limits_survive_two_rotations() {
    walk(&scratch("security"), &GROUPS[0]);
}

#[test]
fn a_privileged_container_stays_privileged() {
    let s = scratch("privileged");
    // Docker 20.10 gives every capability that the kernel has, also those that a test host was not given itself. There it is proved on documents.
    if !s.host.docker(&["version", "--format", "{{.Server.Version}}"]).starts_with("20.10.") {
        walk(&s, &GROUPS[1]);
    }
}
