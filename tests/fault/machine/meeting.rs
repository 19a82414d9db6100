//! Where cells wait for each other, so that one harm to the host meets each of them at its call.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The steps that all cells take together. In this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The containers are there.
    Ready,
    /// The agent is held at its call, or has ended without one.
    Held,
    /// The agent is dead, if the harm is to kill it.
    Dead,
    /// The harm is done.
    Struck,
}

const STEPS: usize = 4;
/// No step takes longer; a cell that does not come is not waited for.
const PATIENCE: Duration = Duration::from_secs(400);

pub struct Meeting {
    cells: usize,
    reached: Mutex<[usize; STEPS]>,
    changed: Condvar,
}

impl Meeting {
    pub fn of(cells: usize) -> Meeting {
        Meeting { cells, reached: Mutex::default(), changed: Condvar::new() }
    }

    fn reached(&self) -> MutexGuard<'_, [usize; STEPS]> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One cell has taken the step.
    pub fn reach(&self, step: Step) {
        self.reached()[step as usize] += 1;
        self.changed.notify_all();
    }

    /// All have, or the harm is done.
    pub fn reach_for_all(&self, step: Step) {
        self.reached()[step as usize] += self.cells;
        self.changed.notify_all();
    }

    pub fn is_reached(&self, step: Step) -> bool {
        self.reached()[step as usize] >= self.cells
    }

    /// Until all cells have taken it.
    pub fn wait(&self, step: Step) {
        let reached = self.reached();
        let all = self.changed.wait_timeout_while(reached, PATIENCE, |reached| reached[step as usize] < self.cells);
        drop(all);
    }
}

/// So many at a time.
pub struct Permits {
    all: usize,
    free: Mutex<usize>,
    changed: Condvar,
}

pub struct Permit<'a>(&'a Permits);

impl Permits {
    pub const fn of(all: usize) -> Permits {
        Permits { all, free: Mutex::new(all), changed: Condvar::new() }
    }

    pub fn count(&self) -> usize {
        self.all
    }

    pub fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.changed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
    }
}
