//! Cells beside each other on one host: they wait more than they work.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError},
    thread,
};

use super::cell::Cell;
use super::found::Found;
use super::meeting::Permits;
use super::stage::Stage;
use crate::lab::Host;

/// Runs all cells, each with a permit; what came of each, in no order.
pub fn pool(host: &'static Host, cells: Vec<Cell>, permits: &Permits, tell: impl Fn(Cell, Found) + Sync) {
    let queue = Mutex::new(cells.into_iter());
    thread::scope(|scope| {
        for _ in 0..permits.count() {
            scope.spawn(|| {
                loop {
                    let _permit = permits.take();
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(cell) = next else { return };
                    tell(cell, quietly(|| alone(host, cell)));
                }
            });
        }
    });
}

/// For a cell that does no harm to the whole host.
fn alone(host: &'static Host, cell: Cell) -> Found {
    let mut stage = Stage::new(host, cell);
    stage.cut(|| {}, || false);
    stage.heal()
}

/// What a helper of the lab gives up over is a finding, too.
pub fn quietly(cell: impl FnOnce() -> Found) -> Found {
    panic::catch_unwind(AssertUnwindSafe(cell)).unwrap_or_else(|why| {
        let text = why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Found { problems: vec![text.unwrap_or_else(|| "a panic".to_owned())], ..Found::default() }
    })
}
