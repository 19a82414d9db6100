//! The real loop on a simulated engine, under seeds: whatever dies at whatever call, one container runs under the name in the end.
//!
//! Each seed is a host of its own: one or two containers, an engine, what is asked for, what goes wrong at which call, and who else lays hands on
//! it. Everything but engine, store, registry and clock is the product. A seed that fails is told step by step, and replays:
//!
//!     ROTATE_SIM_SEED=286 cargo test --test sim -- --nocapture whatever
//!
//! A hundred thousand of them: `ROTATE_SIM_SEEDS=100000 cargo test --profile sim --test sim -- --nocapture whatever`; the rate is printed.

mod driver;
mod engine;
mod found;
mod lost;
mod outage;
mod unwritten;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A third of a seed's time went to the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As many as an unoptimised build plays in a few seconds.
const SEEDS: u64 = 200;
/// So many failures are enough.
const ENOUGH: usize = 20;

#[test]
fn a_seed_plays_the_same_story_again() {
    // Among them stormy ones, and one in which a probe's answer and a deadline come at the same moment.
    for seed in (0..60).chain([613]) {
        let (story, again) = (driver::story(seed), driver::story(seed));
        let differs = story.iter().zip(&again).find(|(one, other)| one != other);
        assert!(differs.is_none() && story.len() == again.len(), "seed {seed}: {differs:#?}");
    }
}

#[test]
fn whatever_dies_one_container_runs_under_the_name_in_the_end() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (first, end) = match number("ROTATE_SIM_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("ROTATE_SIM_SEEDS").unwrap_or(SEEDS)),
    };
    let (began, next) = (Instant::now(), AtomicU64::new(first));
    let wrong = Mutex::new(Vec::new());
    let play_some = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || wrong.lock().expect("the list").len() >= ENOUGH {
                return;
            }
            let what = match catch_unwind(AssertUnwindSafe(|| driver::play(seed, false))) {
                Ok(Ok(())) => continue,
                Ok(Err((what, _))) => what,
                Err(_) => "it panics".to_owned(),
            };
            wrong.lock().expect("the list").push((seed, what));
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(play_some))));
    let (seconds, seeds) = (began.elapsed().as_secs_f64(), end - first);
    println!("{seeds} seeds in {seconds:.1} s on {threads} threads: {:.0} a second", seeds as f64 / seconds);
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    if let Some((seed, what)) = wrong.first() {
        let story = match driver::play(*seed, true) {
            Ok(()) => vec!["it does not happen again".to_owned()],
            Err((_, story)) => story,
        };
        let others: Vec<_> = wrong.iter().skip(1).map(|(seed, what)| format!("seed {seed}: {what}")).collect();
        panic!("seed {seed}: {what}\n{}\n{}", story.join("\n"), others.join("\n"));
    }
    if number("ROTATE_SIM_SEED").is_some() {
        driver::play(first, true).expect("it went well before");
    }
}
