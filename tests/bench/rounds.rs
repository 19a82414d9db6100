//! Rounds of two ways to the same end that alternate on one host, their table, and the ratio of their medians.

use std::time::Duration;

use super::by_hand::median;

const ROUNDS: usize = 10;

/// Whether a goal was reached; else by how much not.
pub type Goal = Result<(), String>;

/// One round measures how long the service was down by rotate, and by hand: rotate's median is to be at most `at_most` times the other.
pub fn compare(at_most: f64, against: &str, round: impl Fn(usize) -> (Duration, Duration)) -> Goal {
    println!("round   rotate     bare");
    let all: Vec<(Duration, Duration)> = (0..ROUNDS)
        .map(|number| {
            let (ours, bare) = round(number);
            println!("{number:>5} {:>5} ms {:>5} ms", ours.as_millis(), bare.as_millis());
            (ours, bare)
        })
        .collect();
    let (ours, bare): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let (ours, bare) = (median(ours), median(bare));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("median {:>4} ms {:>5} ms   ratio {ratio:.2} (at most {at_most:.2})", ours.as_millis(), bare.as_millis());
    if ratio <= at_most { Ok(()) } else { Err(format!("{ratio:.2} times {against}, at most {at_most:.2}")) }
}

/// At the end, when all is measured. Panics with the goals that were not reached.
pub fn reached(goals: impl IntoIterator<Item = Goal>) {
    let missed: Vec<String> = goals.into_iter().filter_map(Result::err).collect();
    assert!(missed.is_empty(), "not reached: {}", missed.join("; "));
}
