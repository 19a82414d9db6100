//! One rotation: a record of what is meant, a look at what is, one pure function that decides the next step, and the loop that takes it.
//!
//! There is no recovery code: a new process reads the record and goes on with the same loop. The room does not know what started it.

mod act;
mod apply;
mod decide;
mod failure;
mod gate;
mod in_full;
mod keyring;
mod lifeline;
mod lost;
mod member;
mod memory;
mod observe;
mod observe_service;
mod observed;
mod pair;
mod probe;
mod progress;
mod record;
mod replacement;
mod run;
mod run_error;
mod service_view;
mod step;
mod terms;
mod unwritten;
mod waiting;
mod way;
mod withdrawal;
mod write;

pub use act::{ActError, pull_again, remove_drop_ins, remove_unnamed, unpin};
pub use decide::decide;
pub use failure::{Failure, StuckReason};
pub use gate::{Answer, Countdown, GateFailure, GateRules, Late, Proof, Verdict, Watch, countdown, is_unchecked, late, verdict};
pub use in_full::in_full;
pub use keyring::Keyring;
pub use member::Member;
pub use observe::seen_late;
pub use observed::{ContainerView, ImagesView, MemberView, Observed, Refused};
pub use probe::ask;
pub use progress::{Doing, Progress, Watcher};
pub use record::{Goal, Opening, Outcome, Purpose, Record, Stage};
pub use replacement::Replacement;
pub use run::{Ended, Rotation};
pub use run_error::RunError;
pub use service_view::{Dependent, ServiceView, Sibling};
pub use step::{Act, Change, Role, Step};
pub use terms::Terms;
pub use unwritten::Unwritten;
pub use way::{Way, has_left, left_by};
pub use withdrawal::Withdrawal;
