//! What every user of a machine can read: the arguments of its processes, those of the lab's hosts among them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

/// Does this, and reads the arguments of all processes again and again meanwhile, each as one text. It misses what is over within a few milliseconds.
pub fn seen_during(act: impl FnOnce()) -> BTreeSet<String> {
    // Dropped with the act, also where that panics.
    let (act_goes_on, is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let act_goes_on = act_goes_on;
        let reader = scope.spawn(move || {
            let mut seen = BTreeSet::new();
            while is_over.try_recv() == Err(TryRecvError::Empty) {
                seen.extend(all());
                thread::sleep(Duration::from_millis(1));
            }
            seen
        });
        act();
        drop(act_goes_on);
        reader.join().expect("it only reads")
    })
}

fn all() -> impl Iterator<Item = String> {
    let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    // A process that is gone by now has none.
    let arguments = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    arguments.map(|arguments| String::from_utf8_lossy(&arguments).replace('\0', " "))
}
