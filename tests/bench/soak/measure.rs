//! What the daemon holds, and what is on the engine.

use std::fmt;
use std::fs;

use crate::lab::{Scratch, Unit};

/// What the daemon holds.
#[derive(Debug, Clone)]
pub struct Held {
    pub pid: String,
    pub resident_kib: u64,
    /// Of these, what is not a page of the program's file: how many of those are in memory is the kernel's choice.
    pub own_kib: u64,
    pub files: usize,
    /// The database and its log.
    pub store_kib: u64,
}

impl Held {
    pub fn of(s: &Scratch, unit: &Unit<'_>) -> Held {
        let pid = unit.systemctl(&["show", "-P", "MainPID", "rotate"]);
        let read = |command: &str| String::from_utf8_lossy(&s.host.exec(&["sh", "-c", command]).stdout).into_owned();
        let status = read(&format!("cat /proc/{pid}/status"));
        let kib = |key: &str| -> u64 {
            let line =
                status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("the daemon does not run: {status}"));
            line.trim().trim_end_matches(" kB").parse().expect("a number")
        };
        let files = read(&format!("ls /proc/{pid}/fd")).lines().count();
        let sizes =
            ["rotate.db", "rotate.db-wal"].map(|name| fs::metadata(s.host.path("/var/lib/rotate").join(name)).map_or(0, |file| file.len()));
        Held { pid, resident_kib: kib("VmRSS:"), own_kib: kib("RssAnon:"), files, store_kib: sizes.iter().sum::<u64>() / 1024 }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Held { resident_kib, own_kib, files, store_kib, .. } = self;
        write!(f, "{resident_kib} KiB resident, {own_kib} of them its own, {files} open files, store {store_kib} KiB")
    }
}

/// How much there is of everything.
#[derive(Debug, PartialEq, Eq)]
pub struct Things {
    containers: usize,
    images: usize,
    networks: usize,
    volumes: usize,
}

pub fn engine(s: &Scratch) -> Things {
    let count = |args: &[&str]| s.host.docker(args).lines().count();
    Things {
        containers: count(&["ps", "-aq"]),
        images: count(&["images", "-a", "--format", "{{.Repository}}:{{.Tag}}"]),
        networks: count(&["network", "ls", "-q"]),
        volumes: count(&["volume", "ls", "-q"]),
    }
}

impl fmt::Display for Things {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} containers, {} images, {} networks, {} volumes", self.containers, self.images, self.networks, self.volumes)
    }
}
