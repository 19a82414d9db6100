//! Namespaces: the host's, and its own.

use crate::case::{Group, rotated};
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 2] = [
    Group {
        // Port 80 is the host's then.
        command: &["while :; do sleep 0.1; done"],
        inside: &[("ip -o link show docker0 | grep -c docker0", "1"), ("cat /proc/1/comm", "systemd"), ("hostname", "")],
        cases: &[
            rotated("--network", &["--network", "host"], &["/HostConfig/NetworkMode", "/Networks/host"]),
            rotated("--pid", &["--pid", "host"], &["/HostConfig/PidMode"]),
            rotated("--ipc", &["--ipc", "host"], &["/HostConfig/IpcMode"]),
            rotated("--uts", &["--uts", "host"], &["/HostConfig/UTSMode"]),
            rotated("--userns", &["--userns", "host"], &["/HostConfig/UsernsMode"]),
            rotated("--cgroupns", &["--cgroupns", "host"], &["/HostConfig/CgroupnsMode"]),
            rotated("--stop-timeout", &["--stop-timeout", "1"], &["/Config/StopTimeout"]),
        ],
        ..Group::PLAIN
    },
    Group {
        inside: &[("/bin/busybox df -k /dev/shm", " 10240 ")],
        cases: &[
            rotated("--ipc", &["--ipc", "shareable"], &["/HostConfig/IpcMode"]),
            rotated("--shm-size", &["--shm-size", "10m"], &["/HostConfig/ShmSize"]),
            rotated("--cgroup-parent", &["--cgroup-parent", "rotatetest.slice"], &["/HostConfig/CgroupParent"]),
        ],
        ..Group::PLAIN
    },
];

#[test]
fn the_hosts_namespaces_stay_the_hosts() {
    walk(&scratch("hostns"), &GROUPS[0]);
}

#[test]
fn a_namespace_that_may_be_shared_and_its_memory_survive_two_rotations() {
    walk(&scratch("shareable"), &GROUPS[1]);
}
