//! A state directory that stops taking writes, at any write of a rotation: nothing new is begun, and what is begun is brought to rest.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{FAST, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Outcome, Scratch, trace};

fn stale(s: &Scratch, image: &str) -> String {
    s.push("web", "ok:v1");
    let old = s.run("web", &["--restart", "always"]);
    s.push("web", image);
    old
}

/// A run of which a system call fails for good.
struct Failing {
    outcome: Outcome,
    /// It came so far.
    has_failed: bool,
    /// The engine was asked to change something.
    has_begun: bool,
}

/// From its nth call on, a system call fails with this error.
fn run_with(s: &Scratch, call: &str, error: &str, n: u32) -> Failing {
    let file = s.dir().join("trace");
    let proxy = FaultProxy::start(&s.host.socket());
    let agent = s.agent().engine(&proxy.socket()).config(FAST).under(trace::failing(call, error, n, &file));
    let outcome = agent.run(&["now", &s.name("web")]);
    assert!(outcome.status.is_some() && !outcome.stderr.contains("panicked"), "{outcome}");
    let has_failed = fs::read_to_string(file).expect("strace wrote a file").contains("(INJECTED)");
    Failing { outcome, has_failed, has_begun: proxy.count() > 0 }
}

/// Success is what serves anew; anything else is told with its state and what to do, and of what was begun by the container's name.
#[track_caller]
fn is_told(s: &Scratch, outcome: &Outcome, is_new: bool, has_begun: bool) {
    if outcome.status == Some(0) {
        assert!(is_new, "no success: {outcome}");
        return;
    }
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let is_block = |three: &&[&str]| three.iter().zip(["error: ", "state: ", "help: "]).all(|(line, word)| line.starts_with(word));
    let blocks: Vec<&[&str]> = lines.windows(3).filter(is_block).collect();
    let name = s.name("web");
    let has_row = outcome.stdout.lines().any(|line| line.starts_with(&name));
    let is_named = has_row || blocks.iter().any(|block| block[..2].iter().any(|line| line.contains(&format!("`{name}`"))));
    assert!(!blocks.is_empty() && (is_named || !has_begun), "it does not tell what failed, how things stand and what to do: {outcome}");
}

/// Fails at each `step`th call, until a run needs none of them; then the disk is well again, and the next run ends it.
fn at_every_call(call: &str, error: &str, image: &str, step: usize) {
    for (cases, n) in (1..).step_by(step).enumerate() {
        let s = scratch(&format!("{call}-{n}"));
        let old = stale(&s, image);
        let Failing { outcome, has_failed, has_begun } = run_with(&s, call, error, n);
        let said = outcome.to_string();
        let web = look(&s, &s.name("web"));
        assert!(web.is_running && web.policy == "always", "{call} {n}: {web:?}\n{said}");
        // What fails when all is recorded, as the log is moved into the file at the end, is nobody's trouble.
        let is_recorded = || said.contains("rotated in") && s.rotate(&["history", &s.name("web")]).stdout.contains("rotated");
        let is_said = ["state:", "error:", "warning:"].iter().any(|word| said.contains(word));
        assert!(!has_failed || is_said || is_recorded(), "not said: {call} {n}\n{said}");
        is_told(&s, &outcome, web.id != old && image.starts_with("ok"), has_begun);
        let again = s.agent().config(FAST).run(&["now", &s.name("web")]);
        let context = format!("{image}, {call} fails with {error} from {n} on\n{said}\n{again}");
        let (web, is_new) = (look(&s, &s.name("web")), image.starts_with("ok"));
        assert!(
            web.is_running && web.policy == "always" && (web.id != old) == is_new && web.image == tagged(&s, "web"),
            "{web:?} {context}"
        );
        assert_eq!(leftovers(&s).len(), usize::from(is_new), "{:?} {context}", leftovers(&s));
        if !has_failed {
            println!("{image}: {call} fails with {error} from each of {cases} calls on");
            assert!(cases >= 4, "{cases}");
            return;
        }
    }
}

#[test]
fn a_state_directory_that_turns_read_only_at_any_write_of_an_update_costs_no_service() {
    at_every_call("pwrite64", "EROFS", "ok:v2", 9);
}

#[test]
fn a_disk_that_fails_at_any_sync_of_a_sick_image_costs_no_service() {
    at_every_call("fdatasync,fsync", "EIO", "sick:v2", 4);
}

/// A small disk, 4 MiB, that can be filled to its last byte.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(s: &Scratch) -> Self {
        let path = s.state_dir();
        fs::create_dir_all(&path).expect("a folder");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&path).status().expect("mount");
        assert!(done.success());
        Self(path)
    }

    /// What was held back goes, too: somebody's log has eaten it.
    fn fill(path: &std::path::Path) {
        let _ = fs::remove_file(path.join("reserve"));
        let filler = format!("of={}", path.join("filler").display());
        let filled = Command::new("dd").args(["if=/dev/zero", &filler, "bs=4k"]).output().expect("dd");
        assert!(!filled.status.success(), "the disk is full now");
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).expect("it is full");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_without_a_byte_left_lets_what_was_begun_come_to_rest_unrecorded() {
    for image in ["ok:v2", "sick:v2"] {
        let s = scratch("no-byte");
        let old = stale(&s, image);
        let disk = SmallDisk::mount(&s);
        let proxy = FaultProxy::start(&s.host.socket());
        let path = disk.0.clone();
        proxy.at_path("/stop", 1, Fault::Before(Action::Run(Box::new(move || SmallDisk::fill(&path)))));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]);
        let web = look(&s, &s.name("web"));
        assert!(web.is_running && (web.id != old) == image.starts_with("ok"), "{web:?} {outcome}");
        assert!(outcome.stderr.contains("no space left"), "{outcome}");
        is_told(&s, &outcome, web.id != old, true);
        disk.free();
        let again = s.agent().config(FAST).run(&["now", &s.name("web")]);
        let web = look(&s, &s.name("web"));
        assert!(web.is_running && (web.id != old) == image.starts_with("ok"), "{web:?} {outcome} {again}");
        assert_eq!(leftovers(&s).len(), usize::from(image.starts_with("ok")), "{outcome} {again}");
    }
}

#[test]
fn a_run_after_a_kill_finds_no_byte_left_and_brings_the_service_back_all_the_same() {
    // With the index that readers share, as a kill leaves it, and without one, for which there is no room.
    for has_index in [true, false] {
        let s = scratch("no-byte-later");
        let old = stale(&s, "ok:v2");
        let disk = SmallDisk::mount(&s);
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at_path("/start", 1, Fault::Before(Action::Kill));
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]);
        assert!(s.host.try_inspect(&s.name("web")).is_some_and(|web| web["State"]["Running"] == false));
        if !has_index {
            fs::remove_file(disk.0.join("rotate.db-shm")).expect("a kill leaves it");
        }
        SmallDisk::fill(&disk.0);
        s.push("other", "ok:v1");
        let other = s.run("other", &[]);
        s.push("other", "ok:v2");
        let again = s.agent().config(FAST).run(&["now", &s.name("web"), &s.name("other")]);
        let web = look(&s, &s.name("web"));
        assert!(web.is_running && web.id != old, "{has_index}: {web:?} {again}");
        assert_eq!(look(&s, &s.name("other")).id, other, "nothing new is begun: {again}");
        assert!(again.stderr.contains("no space left") && again.status != Some(0), "{again}");
        is_told(&s, &again, true, true);
        disk.free();
        s.agent().config(FAST).run(&["now", &s.name("web"), &s.name("other")]).exits(0);
        assert_eq!(look(&s, &s.name("web")), web);
        assert_eq!(leftovers(&s).len(), 2, "both are kept");
    }
}
