//! The same scripts on the simulated engine and on a real one: every answer and every state must be the same. The simulation counts only if it passes.
//!
//! What engines truly do differently is the simulation's flavour, and a script is never cut short for it.
//! `ROTATE_TRANSCRIPTS=DIR` keeps every transcript of a real engine as `DIR/ENGINE/SCRIPT.txt`, and `ROTATE_RECORDED=DIR/ENGINE` takes
//! them for the engine afterwards: so the simulation can be worked on without one.

#[path = "../lab/mod.rs"]
mod lab;

#[allow(dead_code)]
#[path = "../sim/driver/mod.rs"]
mod driver;
#[path = "../sim/engine/mod.rs"]
mod engine;

mod case;
mod others;
mod real;
mod scripts;
mod simulated;
mod spec;
mod symbols;
mod transcript;
mod view;
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use case::Case;
use lab::{Host, Scratch};
use real::Real;
use simulated::Simulated;
use transcript::Transcript;

/// Runs a script beside others. Panics with the first difference and all that led to it.
#[track_caller]
pub fn conforms(script: &str, act: impl AsyncFn(&mut Case)) {
    match recorded() {
        Some(dir) => check_recorded(script, &dir, act),
        None => check(script, Scratch::new(Host::shared(), script), act),
    }
}

/// The same for one that disturbs the whole host.
#[track_caller]
pub fn conforms_alone(script: &str, act: impl AsyncFn(&mut Case)) {
    match recorded() {
        Some(dir) => check_recorded(script, &dir, act),
        None => check(script, Scratch::alone(Host::shared(), script), act),
    }
}

/// Where transcripts of an engine were kept earlier, if they are to be taken for it.
fn recorded() -> Option<PathBuf> {
    std::env::var_os("ROTATE_RECORDED").map(PathBuf::from)
}

#[track_caller]
fn check_recorded(script: &str, dir: &Path, act: impl AsyncFn(&mut Case)) {
    let engine = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = fs::read_to_string(dir.join(format!("{script}.txt"))).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    compare(&engine, script, &Transcript::read(&engine, &text), act);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[track_caller]
fn check(script: &str, scratch: Scratch, act: impl AsyncFn(&mut Case)) {
    let engine = scratch.host.engine().to_owned();
    let runtime = runtime();
    let real = runtime.block_on(async {
        let mut case = Case::new(Rc::new(Real::new(scratch).await));
        act(&mut case).await;
        case.transcript
    });
    keep(&engine, script, &real);
    compare(&engine, script, &real, act);
}

#[track_caller]
fn compare(engine: &str, script: &str, real: &Transcript, act: impl AsyncFn(&mut Case)) {
    let simulated = Simulated::of(engine);
    let stage = simulated.stage();
    let played = driver::run(&stage, async {
        let mut case = Case::new(Rc::new(simulated));
        act(&mut case).await;
        case.transcript
    });
    let simulated = played.unwrap_or_else(|| panic!("{script}: the simulation has stopped: {:?}", stage.state().failure));
    keep(engine, &format!("{script}.simulated"), &simulated);
    if let Some(difference) = real.difference(&simulated) {
        panic!("{script} is not the same on {engine} and on its simulation:\n{difference}");
    }
}

fn keep(engine: &str, script: &str, transcript: &Transcript) {
    if let Ok(dir) = std::env::var("ROTATE_TRANSCRIPTS") {
        let dir = Path::new(&dir).join(engine);
        let kept = fs::create_dir_all(&dir).and_then(|()| fs::write(dir.join(format!("{script}.txt")), transcript.print()));
        kept.unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    }
}
