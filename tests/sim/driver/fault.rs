//! What can go wrong at a call, and when it does.

use std::time::Duration;

use super::chance::Chance;
use super::hand::Hand;

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum What {
    /// `kill -9` of the agent before the call reaches the engine.
    CrashBefore,
    /// `kill -9` after the engine has acted.
    CrashAfter,
    /// `kill -9` while the engine is at it: it lands so much later.
    CrashWhile(Duration),
    /// The engine says 500 and does nothing.
    Refuse,
    /// A rename is refused because of the other container, though that one has given the name away: the engine is behind its own answer.
    NameIsLate,
    /// The connection ends before the answer; done or not.
    Cut { is_done: bool },
    /// It takes so long; beyond its deadline it is unanswered and lands all the same.
    Slow(Duration),
    /// The engine is restarted, or killed, which may lose what it has just started; the call was done before or not.
    Engine { is_killed: bool, loses: bool, is_done: bool, away: Duration },
    /// The engine is restarted, and the call waits for it: systemd holds its socket. It is the new one that answers.
    Renewed { away: Duration },
    /// Power cut; the call was done before or not. The agent starts so long after the engine.
    Power { is_done: bool },
    /// SIGTERM.
    Term,
    /// The host's clock jumps by so many seconds.
    Jump(i64),
    /// Another hand.
    Hand(Hand),
    /// The store takes no write for the next so many.
    Full(usize),
    /// `kill -9` at the next write to the store, before or after it.
    CrashAtSave { is_written: bool },
}

/// When it goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// At the call of this number from the beginning of the weather; of those that change something only, or of all.
    pub at: usize,
    pub only_changes: bool,
    pub what: What,
}

/// What goes wrong under one seed.
pub fn draw(chance: &mut Chance, hands: &[Hand], is_stormy: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let most = if is_stormy { 7 } else { 3 };
    for _ in 0..=chance.below(most) {
        let only_changes = !chance.one_in(3);
        let at = if only_changes { chance.below(26) } else { chance.below(160) };
        let what = what(chance, hands);
        // One crash seldom comes alone.
        if matches!(what, What::CrashBefore | What::CrashAfter) && chance.one_in(4) {
            faults.push(Fault { at: at + 1, only_changes, what: what.clone() });
        }
        faults.push(Fault { at, only_changes, what });
    }
    faults
}

fn what(chance: &mut Chance, hands: &[Hand]) -> What {
    if !hands.is_empty() && chance.one_in(3) {
        return What::Hand(chance.pick(hands));
    }
    let is_done = chance.one_in(2);
    match chance.below(17) {
        0 | 1 => What::CrashBefore,
        2 | 3 => What::CrashAfter,
        4 => What::CrashWhile(chance.between(100, 40_000)),
        5 | 6 => What::Refuse,
        7 => What::Cut { is_done },
        8 => What::Slow(chance.between(100, 100_000)),
        9 => What::Slow(chance.between(30_000, 500_000)),
        10 => What::Engine { is_killed: chance.one_in(2), loses: chance.one_in(2), is_done, away: chance.between(100, 20_000) },
        11 => What::Power { is_done },
        12 => What::Term,
        13 => What::Jump(i64::try_from(chance.below(200_000)).unwrap_or(0) - 100_000),
        14 => What::Full(1 + chance.below(3)),
        15 => What::Renewed { away: chance.between(100, 20_000) },
        _ => What::CrashAtSave { is_written: is_done },
    }
}
