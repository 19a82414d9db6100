//! Options that mount something. That data stays with them is shown in `volumes.rs` and `shared_volumes.rs`.

use crate::case::{Group, rotated};
use crate::help;
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 2] = [
    Group {
        before: &["mkdir -p /tmp/{bind}", "docker create --name {other} -v {shared}:/shared -v /anonymous {image}"],
        inside: &[
            ("mount | grep -E ' (/named|/short|/bound|/mounted|/scratch|/shared|/anonymous) ' | /bin/busybox wc -l", "7"),
            ("mount | grep ' /bound '", "ro"),
            ("mount | grep -E ' /(mounted|scratch) '", "size=1024k"),
        ],
        cases: &[
            rotated(
                "--volume",
                &["--volume", "{vol}:/named:nocopy", "--volume", "/tmp/{bind}:/short:ro,rslave"],
                &["/HostConfig/Binds", "/Mounts/~1named", "/Mounts/~1short"],
            ),
            rotated("--volume-driver", &["--volume-driver", "local"], &["/HostConfig/VolumeDriver"]),
            rotated(
                "--mount",
                &[
                    "--mount",
                    "type=bind,src=/tmp/{bind},dst=/bound,readonly,bind-propagation=rslave",
                    "--mount",
                    "type=tmpfs,dst=/mounted,tmpfs-size=1m,tmpfs-mode=700",
                ],
                &["/HostConfig/Mounts", "/Mounts/~1bound"],
            ),
            rotated("--tmpfs", &["--tmpfs", "/scratch:size=1m,exec"], &["/HostConfig/Tmpfs"]),
            rotated(
                "--volumes-from",
                &["--volumes-from", "{other}:ro"],
                &["/HostConfig/VolumesFrom", "/Mounts/~1shared", "/Mounts/~1anonymous"],
            ),
        ],
        ..Group::PLAIN
    },
    Group {
        inside: &[("ls /var/run/docker.sock", "/var/run/docker.sock")],
        cases: &[rotated("--use-api-socket", &["--use-api-socket"], &["/HostConfig/Mounts"])],
        ..Group::PLAIN
    },
];

#[test]
fn mounts_of_every_kind_survive_two_rotations() {
    walk(&scratch("storage"), &GROUPS[0]);
}

#[test]
fn the_engines_socket_stays_mounted() {
    if help::options().contains("--use-api-socket") {
        walk(&scratch("apisocket"), &GROUPS[1]);
    }
}
