//! Who the container is: names, user, environment, labels, command, its terminal and its end.

use crate::case::{Group, rotated};
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 1] = [Group {
    before: &["printf 'FROM_FILE=a b\\nALSO=1\\n' > /tmp/{env}", "printf 'from.file=a b\\n' > /tmp/{label}"],
    command: &["sh", "-c", "trap 'exit 0' USR1; while :; do sleep 0.1; done"],
    inside: &[
        ("hostname", "mine"),
        ("cat /proc/sys/kernel/domainname", "example.org"),
        ("id -u; id -g; id -G", "3\n4\n4 7"),
        ("pwd", "/tmp"),
        ("env | grep -v APP_VERSION | /bin/busybox sort", "ALSO=1\nAPP_MODE=a=b\nFROM_FILE=a b"),
        ("test -t 0 || cat /proc/1/stat | cut -d' ' -f 7 | grep -v '^0$'; echo 1", "1"),
        ("/bin/busybox tr '\\0' ' ' </proc/1/cmdline", "/sbin/docker-init -- /bin/busybox sh -c trap"),
    ],
    cases: &[
        rotated("--name", &[], &[]),
        rotated("--hostname", &["--hostname", "mine"], &["/Config/Hostname"]),
        rotated("--domainname", &["--domainname", "example.org"], &["/Config/Domainname"]),
        rotated("--user", &["--user", "3:4"], &["/Config/User"]),
        rotated("--group-add", &["--group-add", "7"], &["/HostConfig/GroupAdd"]),
        rotated("--workdir", &["--workdir", "/tmp"], &["/Config/WorkingDir"]),
        rotated("--env", &["--env", "APP_MODE=a=b"], &["/Config/Env/APP_MODE"]),
        rotated("--env-file", &["--env-file", "/tmp/{env}"], &["/Config/Env/FROM_FILE", "/Config/Env/ALSO"]),
        rotated("--label", &["--label", "mine=", "--label", "with=a=b,c"], &["/Config/Labels/mine", "/Config/Labels/with"]),
        rotated("--label-file", &["--label-file", "/tmp/{label}"], &["/Config/Labels/from.file"]),
        rotated("--annotation", &["--annotation", "org.example.mine=1"], &["/HostConfig/Annotations"]),
        rotated("--entrypoint", &["--entrypoint", "/bin/busybox"], &["/Config/Entrypoint", "/Config/Cmd"]),
        rotated("--tty", &["--tty"], &["/Config/Tty"]),
        rotated("--interactive", &["--interactive"], &["/Config/OpenStdin", "/Config/StdinOnce"]),
        rotated("--attach", &["--attach", "stdin", "--attach", "stdout"], &["/Config/AttachStdin", "/Config/AttachStderr"]),
        rotated("--stop-signal", &["--stop-signal", "SIGUSR1"], &["/Config/StopSignal"]),
        rotated("--stop-timeout", &["--stop-timeout", "7"], &["/Config/StopTimeout"]),
        rotated("--restart", &["--restart", "on-failure:3"], &["/HostConfig/RestartPolicy"]),
        rotated("--init", &["--init"], &["/HostConfig/Init"]),
        rotated("--runtime", &["--runtime", "io.containerd.runc.v2"], &["/HostConfig/Runtime"]),
        rotated("--isolation", &["--isolation", "default"], &["/HostConfig/Isolation"]),
        rotated("--read-only", &["--read-only"], &["/HostConfig/ReadonlyRootfs"]),
    ],
    ..Group::PLAIN
}];

#[test]
fn names_user_environment_and_command_survive_two_rotations() {
    walk(&scratch("identity"), &GROUPS[0]);
}
