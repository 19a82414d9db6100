//! `decide` and all that can come of it: from every combination of stage, aim and two containers, each as it is
//! usually found and with one thing about it that is not, and from the opening of a rotation with other hands
//! at every step, until it rests. The engine is a handful of rules for what each act does; what decides is the real thing.

mod case;
mod deeds;
mod hands;
mod look;
mod moment;
mod papers;
mod roam;
mod rules;
mod starts;
mod watched;

use std::panic;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use case::{CASES, Case, REQUIRED};
use roam::Roamer;

/// Works through the cases on as many threads as there are cores, and fails once all are done: each says what breaks in it.
fn in_all_cases(walk: impl Fn(&Case) -> (u64, u64, u16) + Sync + panic::RefUnwindSafe) {
    in_cases(&CASES, walk);
}

fn in_cases(cases: &[Case], walk: impl Fn(&Case) -> (u64, u64, u16) + Sync + panic::RefUnwindSafe) {
    let (queue, failed) = (Mutex::new(cases.to_vec()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(case) = queue.lock().expect("no panic").pop() else { return };
            let begun = Instant::now();
            match panic::catch_unwind(|| walk(&case)) {
                Ok((begins, decisions, longest)) => {
                    let seconds = begun.elapsed().as_secs_f64();
                    println!("{}: {begins} beginnings, {decisions} decisions, at most {longest} steps, {seconds:.1} s", case.name);
                }
                Err(_) => failed.lock().expect("no panic").push(case.name),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            // A run is as deep as it has steps, on frames that nothing has optimized.
            thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).expect("a thread");
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "in these cases: {failed:?}");
}

#[test]
fn from_every_two_containers_with_one_unusual_thing_it_comes_to_rest_and_two_could_never_run() {
    in_all_cases(|case| {
        let mut roamer = Roamer::<1>::new(*case, false);
        let (mut begins, mut longest) = (0, 0);
        starts::every(case, |moment| {
            begins += 1;
            longest = longest.max(roamer.roam(moment));
        });
        (begins, roamer.decisions, longest)
    });
}

#[test]
fn it_comes_to_rest_whatever_goes_wrong_once() {
    in_all_cases(|case| {
        let mut roamer = Roamer::<1>::new(*case, false);
        let (mut begins, mut longest) = (0, 0);
        starts::usual_ones(case, 1, |moment| {
            begins += 1;
            longest = longest.max(roamer.roam(moment));
        });
        (begins, roamer.decisions, longest)
    });
}

#[test]
fn an_opened_rotation_comes_to_rest_whatever_goes_wrong_and_whoever_meddles_three_times() {
    in_all_cases(|case| {
        let mut roamer = Roamer::<1>::new(*case, true);
        let longest = roamer.roam(starts::opening(case, 3));
        (1, roamer.decisions, longest)
    });
}

#[test]
fn two_containers_of_a_unit_come_to_rest_together() {
    in_all_cases(|case| {
        let mut roamer = Roamer::<2>::new(*case, true);
        let longest = roamer.roam(starts::opening(case, 1));
        (1, roamer.decisions, longest)
    });
}

/// Podman starts what is required, by its id, along with what requires it: after a boot, too.
#[test]
fn one_that_requires_the_other_never_starts_a_second_one_of_it() {
    in_cases(&REQUIRED, |case| {
        let mut roamer = Roamer::<2>::new(*case, true);
        let longest = roamer.roam(starts::opening(case, 2));
        (1, roamer.decisions, longest)
    });
}
