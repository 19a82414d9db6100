//! What the daemon takes: the size of the program, the time until it is ready, and its memory at rest beside fifty containers. Run by `tests/bench/run`.

#[path = "../lab/mod.rs"]
mod lab;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use lab::{Host, Scratch, crowd, within};

const REFERENCES: usize = 20;
const CONTAINERS: usize = 50;
const ROUNDS: usize = 5;
const CONFIG: &str = "select = \"all\"\nschedule = \"0 0 1 1 *\"\n";
/// Megabytes of a million bytes, as downloads are told.
const LARGEST_PROGRAM: u64 = 10_000_000;
const MOST_MEMORY_KIB: u64 = 9 * 1024;
const READY_WITHIN: Duration = Duration::from_millis(100);

fn main() {
    let s = Scratch::alone(Host::shared(), "footprint");
    crowd(&s, s.host.registry(), REFERENCES, CONTAINERS);
    let program = fs::metadata(env!("CARGO_BIN_EXE_rotate")).expect("it is built").len();
    println!("program: {program} bytes (less than {LARGEST_PROGRAM})");

    let mut ready = Vec::new();
    let mut memory = 0;
    for _ in 0..ROUNDS {
        let notify = s.dir().join("notify.sock");
        let _ = fs::remove_file(&notify);
        let listener = UnixDatagram::bind(&notify).expect("a socket can be made in /tmp");
        let socket = s.dir().join("rotate.sock").display().to_string();
        let began = Instant::now();
        let agent = s.agent().config(CONFIG).env("NOTIFY_SOCKET", &notify.display().to_string());
        let running = agent.spawn(&["daemon", "--socket", &socket]);
        let mut told = [0; 4096];
        loop {
            let length = listener.recv(&mut told).expect("it tells");
            if String::from_utf8_lossy(&told[..length]).contains("READY=1") {
                break;
            }
        }
        ready.push(began.elapsed());
        let outcome = s.agent().run(&["--socket", &socket, "now", "--json"]).exits(0);
        let seen = outcome.json()["containers"].as_array().map_or(0, Vec::len);
        assert!(seen >= CONTAINERS, "{seen} seen");
        // What helper threads held is given back when they have ended.
        let pid = running.pid();
        let is_at_rest = || fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|tasks| tasks.count() == 1).then_some(());
        within(Duration::from_secs(60), is_at_rest).expect("helper threads end");
        memory = memory.max(resident_kib(pid));
        running.kill();
    }
    ready.sort();
    let ready = ready[ready.len() / 2];
    println!("ready: {} ms (within {})", ready.as_millis(), READY_WITHIN.as_millis());
    println!("memory: {memory} KiB resident (less than {MOST_MEMORY_KIB}) after a run over {CONTAINERS} containers");
    assert!(program < LARGEST_PROGRAM && ready < READY_WITHIN && memory < MOST_MEMORY_KIB);
}

fn resident_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel tells it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
