//! Which boot and which process this is, so that what was seen before is not taken for evidence now; and that nobody looks into it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use jiff::Timestamp;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// Credentials of registries and environments of containers pass through this process: from here on no core dump is made of it, and only root
/// may look into its memory. A child begins anew (prctl(2), PR_SET_DUMPABLE).
pub fn keep_memory_private() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        eprintln!("warning: a core dump of this process would hold what is in its memory: {error}");
    }
}

/// A text that changes with every boot of the host.
///
/// The kernel's boot id and the start time of PID 1: a host in a container keeps the kernel's id over its own boots.
pub fn boot() -> io::Result<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let stat = fs::read_to_string("/proc/1/stat")?;
    // proc(5): field 22, counted from after the command, which may hold spaces.
    let start = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)).unwrap_or_default();
    Ok(format!("{}/{start}", id.trim()))
}

/// When the kernel started, by today's clock (proc(5), `/proc/stat`); none if it does not say.
pub fn booted_at() -> Option<Timestamp> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Timestamp::from_second(seconds.trim().parse().ok()?).ok()
}

/// A text that no other process of this program has had.
pub fn agent() -> io::Result<String> {
    Ok(format!("{}-{:016x}", std::process::id(), getrandom::u64().map_err(io::Error::from)?))
}

/// A number that differs from host to host, and is the same after each start: from machine-id(5), else a random one.
pub fn seed() -> io::Result<u64> {
    match fs::read_to_string("/etc/machine-id") {
        Ok(id) if !id.trim().is_empty() => {
            let mut hasher = DefaultHasher::new();
            id.trim().hash(&mut hasher);
            Ok(hasher.finish())
        }
        _ => getrandom::u64().map_err(io::Error::from),
    }
}

/// Six random hex digits, for a rotation's id.
pub fn random_id() -> io::Result<String> {
    Ok(format!("{:06x}", getrandom::u32().map_err(io::Error::from)? & 0x00ff_ffff))
}
