//! The driver: for a few seconds, inputs made from a corpus by a seed; each has to end soon, in little memory, and without a panic.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use std::{env, process, thread};

use fastrand::Rng;

use crate::memory::{Taken, measure};

/// Of processor time, for one input.
const MOST_TIME: Duration = Duration::from_secs(2);
/// Of any time: then the process is ended, since nothing else can end it.
const HANGS_AFTER: Duration = Duration::from_secs(120);
const SHOWN: usize = 4_000;

/// What one input may take: so many bytes for each of its own, and so many beside.
#[derive(Clone, Copy)]
pub struct Allowed {
    pub per_byte: usize,
    pub beside: usize,
}

/// Makes inputs and tries them. `ROTATE_FUZZ_SECONDS` (2): how long. `ROTATE_FUZZ_SEED`: this one input and no other.
pub fn fuzz<T: AsRef<[u8]>>(target: &str, allowed: Allowed, make: impl Fn(&mut Rng) -> T, mut try_one: impl FnMut(&T)) {
    if let Some(seed) = number("ROTATE_FUZZ_SEED") {
        println!("{}", shown(make(&mut Rng::with_seed(seed)).as_ref()));
        check(target, allowed, seed, &make, &mut try_one);
        return;
    }
    let first = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0));
    let time = Duration::from_secs(number("ROTATE_FUZZ_SECONDS").unwrap_or(2));
    let watch = Watch::begin(target, first);
    let begun = Instant::now();
    let (mut count, mut bytes, mut most, mut slowest) = (0, 0, 0, (Duration::ZERO, first));
    while begun.elapsed() < time {
        let seed = first.wrapping_add(count);
        watch.now(seed);
        let (length, taken) = check(target, allowed, seed, &make, &mut try_one);
        (count, bytes, most, slowest) = (count + 1, bytes + length, most.max(taken.bytes), slowest.max((taken.time, seed)));
    }
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / begun.elapsed().as_secs_f64();
    let length = bytes / usize::try_from(count).unwrap_or(1).max(1);
    let (longest, seed) = slowest;
    println!("{target}: {count} inputs of {length} bytes, {rate:.0} a second, at most {most} bytes and {longest:?} each (seed {seed})");
}

fn check<T: AsRef<[u8]>>(
    target: &str,
    allowed: Allowed,
    seed: u64,
    make: &impl Fn(&mut Rng) -> T,
    try_one: &mut impl FnMut(&T),
) -> (usize, Taken) {
    let input = make(&mut Rng::with_seed(seed));
    let (result, taken) = measure(|| panic::catch_unwind(AssertUnwindSafe(|| try_one(&input))));
    let length = input.as_ref().len();
    let most = length * allowed.per_byte + allowed.beside;
    let broken = match result {
        Err(_) => "it panicked".to_owned(),
        Ok(()) if taken.bytes > most => format!("it took {} bytes of memory, more than {most}", taken.bytes),
        Ok(()) if taken.time > MOST_TIME => format!("it took {:?}", taken.time),
        Ok(()) => return (length, taken),
    };
    panic!("{broken}; again with ROTATE_FUZZ_SEED={seed} cargo test --test fuzz {target}; on {length} bytes:\n{}", shown(input.as_ref()))
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn shown(input: &[u8]) -> String {
    let mut text = String::new();
    for piece in input[..input.len().min(SHOWN)].utf8_chunks() {
        text.push_str(piece.valid());
        text.extend(piece.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Ends the process if one input takes for ever.
struct Watch {
    seed: &'static AtomicU64,
    is_over: &'static AtomicBool,
}

impl Watch {
    fn begin(target: &str, first: u64) -> Self {
        let (target, seed, is_over) = (target.to_owned(), leak(AtomicU64::new(first)), leak(AtomicBool::new(false)));
        thread::spawn(move || {
            let (mut last, mut since) = (first, Instant::now());
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_secs(1));
                let now = seed.load(Ordering::Relaxed);
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() > HANGS_AFTER {
                    eprintln!("it hangs; again with ROTATE_FUZZ_SEED={now} cargo test --test fuzz {target}");
                    process::abort();
                }
            }
        });
        Self { seed, is_over }
    }

    fn now(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
