//! What is to be rotated, in which order, and for everything else why not. Pure: opens no socket.

mod along;
mod candidate;
mod drop_ins;
mod freshness;
mod hold;
mod kube;
mod made_by;
mod order;
mod pods;
mod reason;
mod reason_text;
mod service;
mod shared_tag;
mod ties;
mod unready;

pub use along::{Along, NotAlong, join, required_first};
pub use candidate::{Candidate, Skipped, Survey, Unanswered, is_listed, is_named, select};
pub use drop_ins::drop_ins;
pub use freshness::{Known, freshness, old_enough_at};
pub use hold::given_name;
pub use made_by::MadeBy;
pub use order::{Plan, Planned, order};
pub use reason::{Owner, PodTie, Reason};
pub use shared_tag::{SharedTags, listed};
pub use unready::{Unplayable, Unready};
