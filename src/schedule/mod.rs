//! When a schedule fires: crontab(5) in, instants out. Pure: reads no clock, and of files only the time zone database (`zone`).
//!
//! A schedule speaks of civil time, what a clock on the wall shows; the crate `cron` walks it, `jiff` says which instant that is. One rule covers both
//! clock changes: **a civil time fires at the first instant at which the clock shows it or something later.**
//!
//! - Clock put forward, 02:00 to 03:00: what was due from 02:00 to 02:59 fires once, together, at the instant at which the clock shows 03:00. With
//!   `30 2 * * *` the run comes 30 minutes "early" on the wall and is not lost; with `*/15 * * * *` four skipped times and 03:00 itself are one run.
//! - Clock put back, 03:00 to 02:00: what was due from 02:00 to 02:59 fires at the first pass and not again. `*/15 * * * *` is silent in the second
//!   pass, 75 minutes from 02:45 to 03:00.
//!
//! Hence each civil time counts once, and firings follow each other strictly, whatever a zone does: half hours (Lord Howe), whole days (Apia).

mod error;
mod expression;
mod field;
mod jitter;
mod next;
mod zone;

pub use error::{FieldError, ScheduleError};
pub use expression::Schedule;
pub use field::Field;
pub use jitter::jittered;
pub use zone::{ZoneError, zone, zone_in};
