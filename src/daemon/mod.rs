//! What runs for years: one pass at a time, woken by the schedule, by what is kept, or by a question at the socket. It rotates nothing by itself.

mod agenda;
mod agendas;
mod desk;
mod error;
mod memory;
mod metrics;
mod pass;
mod posts;
mod pulse;
mod run;
mod standby;
mod standing;
mod systemd;
mod tell;
mod timetable;

use agendas::Agendas;

pub use agenda::{Agenda, Moment, Outcome, Pass};
pub use error::DaemonError;
pub use run::{Start, run};
pub use timetable::Timetable;
