//! Many cells on one host, each brought to its call and held there by its own proxy; then one harm to the host for all of them.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::cell::Cell;
use super::found::Found;
use super::harm::Harm;
use super::meeting::{Meeting, Permits, Step};
use super::pool::quietly;
use super::stage::Stage;
use crate::lab::Host;

/// Does one harm to all of these cells at once; all are of that harm.
pub fn batch(host: &'static Host, harm: Harm, cells: &[Cell], at_once: usize, tell: impl Fn(Cell, Found) + Sync) {
    let meeting = Arc::new(Meeting::of(cells.len()));
    let permits = Permits::of(at_once);
    let failure = OnceLock::new();
    thread::scope(|scope| {
        for cell in cells {
            let (meeting, permits, failure, tell) = (Arc::clone(&meeting), &permits, &failure, &tell);
            scope.spawn(move || {
                let mut found = quietly(|| one(host, *cell, &meeting, permits));
                found.problems.extend(failure.get().into_iter().flatten().map(|why| format!("{}: {why}", harm.words())));
                tell(*cell, found);
            });
        }
        meeting.wait(Step::Held);
        if harm.cuts_power() {
            meeting.wait(Step::Dead);
        }
        let struck = quietly(|| {
            harm.strike(host);
            Found::default()
        });
        drop(failure.set(struck.problems));
        meeting.reach_for_all(Step::Struck);
    });
}

/// A cell's place at the meeting: whatever happens to it, nobody waits for it in vain.
struct Seat {
    meeting: Arc<Meeting>,
    /// How many steps it has taken.
    taken: AtomicUsize,
    /// It came to its call when the harm was over, which did nothing to it.
    is_late: AtomicBool,
}

impl Seat {
    /// Takes all steps up to this one that it has not taken yet.
    fn take(&self, step: Step) {
        for next in [Step::Ready, Step::Held, Step::Dead] {
            let is_due =
                next <= step && self.taken.compare_exchange(next as usize, next as usize + 1, Ordering::SeqCst, Ordering::SeqCst).is_ok();
            if is_due {
                self.meeting.reach(next);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.take(Step::Dead);
    }
}

fn one(host: &'static Host, cell: Cell, meeting: &Arc<Meeting>, permits: &Permits) -> Found {
    let seat = Arc::new(Seat { meeting: Arc::clone(meeting), taken: AtomicUsize::new(0), is_late: AtomicBool::new(false) });
    let permit = permits.take();
    let mut stage = Stage::new(host, cell);
    drop(permit);
    seat.take(Step::Ready);
    meeting.wait(Step::Ready);

    let mut permit = Some(permits.take());
    let held = {
        let (seat, meeting) = (Arc::clone(&seat), Arc::clone(meeting));
        move || {
            seat.is_late.store(meeting.is_reached(Step::Struck), Ordering::SeqCst);
            seat.take(Step::Held);
            meeting.wait(Step::Struck);
        }
    };
    stage.cut(held, || {
        if seat.taken.load(Ordering::SeqCst) > Step::Held as usize {
            permit = None; // it waits now
        }
        cell.harm.cuts_power() && meeting.is_reached(Step::Held)
    });
    drop(permit);
    seat.take(Step::Dead);
    meeting.wait(Step::Struck);
    if cell.harm.cuts_power() {
        stage.come_up(); // for all at once: a daemon asks less often the longer there is no engine
    }
    let _permit = permits.take();
    let mut found = stage.heal();
    if seat.is_late.load(Ordering::SeqCst) {
        found.problems.push("it came to its call only after the harm".to_owned());
    }
    found
}
