//! What is on the disk when an act goes to the engine: shown by the system calls in their order, and by every directory that a power cut can
//! leave of them. The test hosts' own power cuts keep the page cache and show nothing of this.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rotate::rotation::{Goal, Record, Stage};
use rotate::store::{SqliteStore, Store};

use super::{FAST, leftovers, look, scratch};
use crate::lab::Scratch;
use crate::lab::disk::{Disk, Files, files, materialize};
use crate::lab::trace;

/// Rebuilt when they are needed.
const LEFT_OUT: [&str; 2] = ["-shm", "lock"];

/// A whole `rotate now` with all that it asked of the kernel.
struct Traced {
    disk: Disk,
    /// Changing requests to the engine: at which call each was sent, as `METHOD /path?query`.
    acts: Vec<(usize, String)>,
}

impl Traced {
    fn run(s: &Scratch, command: &[&str], code: i32) -> Self {
        let (before, file) = (files(&s.state_dir(), &LEFT_OUT), s.dir().join("trace"));
        let mut args = command.to_vec();
        let web = s.name("web");
        args.push(&web);
        s.agent().config(FAST).under(trace::command(&file)).run(&args).exits(code);
        let calls = trace::read(&file);
        let disk = Disk::new(&s.state_dir(), before, &calls, &LEFT_OUT);
        let acts: Vec<_> = calls.iter().enumerate().filter_map(|(n, call)| Some((n, call.request()?))).collect();
        assert!(acts.len() > 4, "{acts:?}");
        Self { disk, acts }
    }

    /// Where the nth act is whose request has `part` in it.
    #[track_caller]
    fn act(&self, part: &str, nth: usize) -> usize {
        let found = self.acts.iter().filter(|(_, request)| request.contains(part)).nth(nth);
        found.unwrap_or_else(|| panic!("no {part} {nth}: {:?}", self.acts)).0
    }

    fn syncs_between(&self, from: usize, to: usize) -> usize {
        (from..to).filter(|call| self.disk.is_sync(*call)).count()
    }
}

/// What a store tells of the one rotation that was begun in it last; none if it knows none.
fn told(store: &SqliteStore) -> Option<Record> {
    store.history(None, 1).expect("records").pop()
}

/// A word that grows with what is known, and so can be compared.
fn progress(record: &Option<Record>) -> String {
    record
        .as_ref()
        .map_or_else(|| "none".to_owned(), |r| format!("{} {:?} {:?} {:?} {}", r.id, r.stage, r.goal, r.members[0].successor, r.starts))
}

/// The least that a record must say once this act has been sent, else the act is unknown to whoever comes next.
fn is_known(record: &Option<Record>, acts: &[&str]) -> Result<(), String> {
    let Some(record) = record else { return if acts.is_empty() { Ok(()) } else { Err("no record".into()) } };
    let has = |part: &str| acts.iter().any(|act| act.contains(part));
    let stops = acts.iter().filter(|act| act.contains("/stop")).count();
    // Of a removal the record must say that it ends: back, or with a successor that has proved itself.
    let goes = acts.iter().any(|act| act.starts_with("DELETE /containers"));
    let is_back = matches!(record.goal, Goal::Back { .. });
    let requirements = [
        (has("/containers/create"), record.stage >= Stage::Creating, "create is sent, and the stage is an earlier one"),
        (stops >= 1, record.stage >= Stage::Switching, "stop is sent, and the stage is an earlier one"),
        (has("/start"), record.starts >= 1 && record.members[0].successor.is_some(), "start is sent, and not counted"),
        (stops >= 2, is_back, "the new one is stopped, and the goal is forward"),
        (goes, is_back || record.stage >= Stage::Kept, "a container is removed, and the record does not say why"),
    ];
    requirements.iter().find(|(is_sent, is_said, _)| *is_sent && !is_said).map_or(Ok(()), |(_, _, what)| Err(format!("{what}: {record}")))
}

/// A container whose image is replaced by this one.
fn stale(s: &Scratch, image: &str) {
    s.push("web", "ok:v1");
    s.run("web", &["--restart", "always"]);
    s.push("web", image);
}

#[track_caller]
fn check_order(traced: &Traced) {
    for (n, (at, request)) in traced.acts.iter().enumerate() {
        assert_eq!(traced.disk.unsynced_writes(*at), 0, "all that was written is on the disk before {request} is sent");
        let record = tell(&traced.disk.durable(*at)).unwrap_or_else(|e| panic!("when {request} is sent: {e}"));
        let sent: Vec<&str> = traced.acts[..=n].iter().map(|(_, request)| request.as_str()).collect();
        if let Err(what) = is_known(&record, &sent) {
            panic!("what is on the disk when {request} is sent: {what}");
        }
    }
    let (stop, start) = (traced.act("/stop", 0), traced.act("/start", 0));
    assert_eq!(traced.syncs_between(stop, start), 0, "a service that is down waits for no disk");
}

#[test]
fn each_act_of_an_update_is_on_the_disk_before_it_is_sent_and_none_is_written_within_the_switch() {
    let s = scratch("order");
    stale(&s, "ok:v2");
    let traced = Traced::run(&s, &["now"], 0);
    check_order(&traced);
    assert!(traced.syncs_between(0, traced.act("/stop", 0)) > 0);
}

#[test]
fn each_act_of_a_sick_image_is_on_the_disk_before_it_is_sent_and_none_is_written_within_either_switch() {
    let s = scratch("order-back");
    stale(&s, "sick:v2");
    let old = look(&s, &s.name("web"));
    let traced = Traced::run(&s, &["now"], 1);
    check_order(&traced);
    let (stop, start) = (traced.act("/stop", 1), traced.act("/start", 1));
    assert_eq!(traced.syncs_between(stop, start), 0, "nor does it on the way back");
    assert!(traced.syncs_between(traced.act("/start", 0), stop) > 0, "the way back is written before it is gone");
    assert_eq!((look(&s, &s.name("web")), leftovers(&s)), (old, Vec::new()));
}

/// Many cuts leave the same directory: each is opened once.
#[derive(Default)]
struct Told(HashMap<u64, Result<Option<Record>, String>>);

impl Told {
    fn tell(&mut self, files: &Files) -> Result<Option<Record>, String> {
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        self.0.entry(hasher.finish()).or_insert_with(|| tell(files)).clone()
    }
}

fn tell(files: &Files) -> Result<Option<Record>, String> {
    let dir = materialize(files);
    SqliteStore::open(dir.path()).map(|store| told(&store)).map_err(|error| error.to_string())
}

/// Every directory that a power cut can leave opens, tells what the last sync or a later write said, and knows of every act that was sent.
#[track_caller]
fn check_cuts(traced: &Traced) {
    let disk = &traced.disk;
    let (mut store, mut synced, mut cuts) = (Told::default(), 0, 0);
    let mut whole = Vec::new();
    for end in 0..=disk.len() {
        if end > 0 && disk.is_sync(end - 1) {
            synced = end - 1;
        }
        if end < disk.len() && !disk.is_change(end) && !traced.acts.iter().any(|(at, _)| *at + 1 == end) && end > 0 {
            whole.push(whole[end - 1]);
            continue;
        }
        let state = progress(&store.tell(&disk.whole(end)).unwrap_or_else(|e| panic!("killed before call {end}: {e}")));
        whole.push(state.leak() as &str);
        let sent: Vec<&str> = traced.acts.iter().filter(|(at, _)| *at < end).map(|(_, request)| request.as_str()).collect();
        for (k, cut) in disk.cuts(end).iter().enumerate() {
            cuts += 1;
            let record = store.tell(cut).unwrap_or_else(|e| panic!("power cut {k} before call {end}: {e}"));
            let state = progress(&record);
            assert!(
                whole[synced..].contains(&state.as_str()),
                "power cut {k} before call {end}: {state} is none of {:?}",
                &whole[synced..]
            );
            if let Err(what) = is_known(&record, &sent) {
                panic!("power cut {k} before call {end}, after {:?}: {what}", sent.last());
            }
        }
    }
    println!("{cuts} power cuts at {} calls leave {} directories", disk.len(), store.0.len());
    assert!(store.0.len() > 100, "{}", store.0.len());
}

#[test]
fn a_power_cut_at_any_call_of_an_update_leaves_a_store_that_knows_of_every_act() {
    let s = scratch("cuts");
    stale(&s, "ok:v2");
    check_cuts(&Traced::run(&s, &["now"], 0));
    // And with what is known from before, on the way back that a person asks for.
    check_cuts(&Traced::run(&s, &["rollback"], 0));
}

#[test]
fn a_power_cut_at_any_call_of_a_sick_image_leaves_a_store_that_knows_of_every_act() {
    let s = scratch("cuts-back");
    stale(&s, "sick:v2");
    check_cuts(&Traced::run(&s, &["now"], 1));
}
