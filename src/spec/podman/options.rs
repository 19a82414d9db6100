//! The options of `podman run` and `podman create`: which take a value, and what becomes of each for a successor.
//!
//! Source: `podman create --help` of 4.3, 5.4 and 5.8. One that is not here is not guessed at: nobody knows where it ends.

use super::limits::is_limit;

/// What an option is to a successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The successor has it, too.
    Keep,
    /// It says how that one command was run, and nothing of the container.
    Drop,
    /// Names a variable, whose value may come from where the command was run.
    Env,
    /// Names a file that is read where the command is run.
    File,
    /// Says something in which a path may stand, after `=` or alone.
    Part,
    /// Names a group, or asks for those of whoever ran the command.
    Group,
    /// Limits a resource, as may have been changed since.
    Limit,
    /// Publishes a port, perhaps as one of the host's that Podman chose.
    Publish,
    /// Mounts a volume or a path, said in one word (`--volume`).
    Volume,
    /// The same, said in full (`--mount`).
    Mount,
    /// Names the pod, or a file with its id.
    Pod,
    /// Names a container that is started first.
    Requires,
    /// Cannot be said again; why.
    Hold(&'static str),
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// What becomes of it.
    pub becomes: Use,
    /// False if it is a switch: then what follows it is not its value.
    pub takes_value: bool,
}

const KEPT_SWITCHES: &str = "
    init interactive no-healthcheck no-hostname no-hosts oom-kill-disable privileged read-only read-only-tmpfs tty
    unsetenv-all volatile";
const DROPPED_SWITCHES: &str = "
    detach disable-content-trust help http-proxy no-trunc quiet replace sig-proxy tls-verify";

const KEPT: &str = "
    add-host annotation arch blkio-weight blkio-weight-device cap-add cap-drop cgroup-conf cgroup-parent cgroupns cgroups chrootdirs
    cpu-rt-period cpu-rt-runtime device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns dns-opt
    dns-option dns-search entrypoint env-merge expose gidmap gpus group-entry health-cmd health-interval health-log-destination
    health-max-log-count health-max-log-size health-on-failure health-retries health-start-period health-startup-cmd
    health-startup-interval health-startup-retries health-startup-success health-startup-timeout health-timeout hostname hostuser
    image-volume init-path ip ip6 ipc label link-local-ip log-driver mac-address memory-swappiness net network network-alias
    oom-score-adj os passwd-entry personality pid pids-limit platform rdt-class sdnotify seccomp-policy secret shm-size
    shm-size-systemd stop-signal stop-timeout storage-opt subgidname subuidname sysctl systemd timeout tmpfs tz uidmap ulimit umask
    unsetenv user userns uts variant workdir";
const DROPPED: &str = "
    attach authfile cert-dir  creds decryption-key detach-keys name pull retry retry-delay signature-policy";

/// They may name a file after these words.
const MAY_NAME_A_FILE: &str = "hosts-file security-opt log-opt device";
const WATCHED: &str = "a supervisor may watch that file for the container";
const FILES: &str = "files that were open where it was created cannot be handed over";
const HELD_SWITCHES: [(&str, &str); 6] = [
    ("env-host", "the environment of the shell that created it is not known"),
    ("passwd", "Podman's client takes it without a socket only"),
    ("publish-all", "the ports that Podman chose would be others"),
    ("rm", "Podman removes it when it stops"),
    ("rmi", "Podman removes its image when it stops"),
    ("rootfs", "it has no image"),
];
const HELD: [(&str, &str); 7] = [
    ("cidfile", WATCHED),
    ("conmon-pidfile", WATCHED),
    ("pidfile", WATCHED),
    ("init-ctr", "it runs before the others of its pod"),
    ("preserve-fd", FILES),
    ("preserve-fds", FILES),
    ("volumes-from", "volumes of another container cannot be told from its own"),
];

/// One letter, and the name that it stands for.
const LETTERS: [(char, &str); 15] = [
    ('P', "publish-all"),
    ('a', "attach"),
    ('c', "cpu-shares"),
    ('d', "detach"),
    ('e', "env"),
    ('h', "hostname"),
    ('i', "interactive"),
    ('l', "label"),
    ('m', "memory"),
    ('p', "publish"),
    ('q', "quiet"),
    ('t', "tty"),
    ('u', "user"),
    ('v', "volume"),
    ('w', "workdir"),
];

/// Older names that the client takes as well, and `--help` does not show (podman-compose has the first five until 1.3).
const ALIASES: [(&str, &str); 8] = [
    ("healthcheck-command", "health-cmd"),
    ("healthcheck-interval", "health-interval"),
    ("healthcheck-retries", "health-retries"),
    ("healthcheck-start-period", "health-start-period"),
    ("healthcheck-timeout", "health-timeout"),
    ("override-arch", "arch"),
    ("override-os", "os"),
    ("override-variant", "variant"),
];

/// The name by which the other functions here know an option.
pub fn today(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, today)| today)
}

/// The option of this name, if it is known.
pub fn known(name: &str) -> Option<Known> {
    let is_in = |names: &str| names.split_whitespace().any(|known| known == name);
    let held = |table: &[(&str, &'static str)]| table.iter().find(|(held, _)| *held == name).map(|(_, why)| Use::Hold(why));
    let switch = match name {
        _ if is_in(KEPT_SWITCHES) => Some(Use::Keep),
        _ if is_in(DROPPED_SWITCHES) => Some(Use::Drop),
        _ => held(&HELD_SWITCHES),
    };
    let valued = || match name {
        "env" => Some(Use::Env),
        "restart" => Some(Use::Drop), // given at the switch
        "group-add" => Some(Use::Group),
        _ if is_limit(name) => Some(Use::Limit),
        _ if is_in(MAY_NAME_A_FILE) => Some(Use::Part),
        "env-file" | "label-file" => Some(Use::File),
        "publish" => Some(Use::Publish),
        "pod" | "pod-id-file" => Some(Use::Pod),
        "requires" => Some(Use::Requires),
        "volume" => Some(Use::Volume),
        "mount" => Some(Use::Mount),
        _ if is_in(KEPT) => Some(Use::Keep),
        _ if is_in(DROPPED) => Some(Use::Drop),
        _ => held(&HELD),
    };
    match switch {
        Some(becomes) => Some(Known { becomes, takes_value: false }),
        None => valued().map(|becomes| Known { becomes, takes_value: true }),
    }
}

/// The name that a letter stands for.
pub fn name_of(letter: char) -> Option<&'static str> {
    LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_lists_is_a_whole_option() {
        let lists = [KEPT_SWITCHES, DROPPED_SWITCHES, KEPT, DROPPED, MAY_NAME_A_FILE];
        for word in lists.iter().flat_map(|list| list.split_whitespace()) {
            assert!(!word.starts_with('-') && !word.ends_with('-'), "{word}");
        }
        for name in ["cpu-rt-period", "health-startup-retries", "link-local-ip", "memory", "cpus"] {
            assert!(known(name).is_some_and(|known| known.takes_value), "{name}");
        }
    }
}
