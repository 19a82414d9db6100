//! Processes of a container as the kernel knows them, whatever its engine says of it (cgroups(7)).

use std::fs;
use std::path::{Path, PathBuf};

/// Where the kernel shows them, if the engine is on this host.
pub(super) const ROOT: &str = "/sys/fs/cgroup";
/// Of version 1, beside which version 2 may be there: the trees in which each process has a place.
const OF_VERSION_1: [&str; 2] = ["unified", "systemd"];
/// Deeper than any engine puts a container: those of users and pods, on a host that is a container itself.
const DEPTH: usize = 16;

/// True if a process is in a cgroup that an engine made for this container (`docker-ID.scope`, `docker/ID`, `libpod-ID.scope`). What cannot be read is
/// taken for empty.
pub(super) fn has_processes(root: &Path, id: &str) -> bool {
    let is_version_2 = root.join("cgroup.controllers").exists();
    let trees: Vec<PathBuf> = if is_version_2 { vec![root.to_owned()] } else { OF_VERSION_1.iter().map(|tree| root.join(tree)).collect() };
    !id.is_empty() && trees.iter().any(|tree| has_processes_below(tree, id, DEPTH))
}

fn has_processes_below(folder: &Path, id: &str, depth: usize) -> bool {
    folders(folder).any(|below| {
        let name = below.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Podman's monitor has a place of its own, and outlives its container for a moment; a health check of it is a service of systemd.
        let is_its = name.contains(id) && !name.contains("conmon") && !name.ends_with(".service");
        is_its && is_populated(&below, depth) || depth > 0 && has_processes_below(&below, id, depth - 1)
    })
}

fn is_populated(folder: &Path, depth: usize) -> bool {
    let has_own = fs::read_to_string(folder.join("cgroup.procs")).is_ok_and(|processes| !processes.trim().is_empty());
    has_own || depth > 0 && folders(folder).any(|below| is_populated(&below, depth - 1))
}

fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_has_processes_wherever_its_engine_puts_them_and_its_monitor_is_none() {
        let id = "7e77f405242bf951aa6f18dd173949a08aecd24614d77f7d1ae1adb7c230d56a";
        let version_2 = [
            ("system.slice/docker-ID.scope", "12\n", true),
            ("docker/ID", "12\n", true),
            ("docker/ID", "", false),
            ("user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container", "12\n", true),
            ("machine.slice/libpod-conmon-ID.scope", "12\n", false),
            ("system.slice/ID-1f2e.service", "12\n", false),
            ("system.slice/docker-0.scope", "12\n", false),
        ];
        for (version_1, above) in [(false, ""), (true, "unified/"), (true, "systemd/")] {
            for (path, processes, expected) in version_2 {
                let root = tempfile::tempdir().expect("a folder can be made");
                let folder = root.path().join(format!("{above}{}", path.replace("ID", id)));
                fs::create_dir_all(&folder).expect("folders can be made");
                fs::write(folder.join("cgroup.procs"), processes).expect("a file can be written");
                if !version_1 {
                    fs::write(root.path().join("cgroup.controllers"), "").expect("a file can be written");
                }
                assert_eq!(has_processes(root.path(), id), expected, "{above}{path} {processes:?}");
            }
        }
    }
}
