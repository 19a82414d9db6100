//! What a process can have seen of a container, as the gate's own watches.

use std::time::Duration;

use rotate::model::Status;
use rotate::rotation::{Answer, Watch};

use super::look::NOW;
use super::moment::Seen;
use crate::make::state;

/// After so many failures a probe counts.
pub const RETRIES: u32 = 3;
const LONG: Duration = Duration::from_secs(20);
const TOO_LONG: Duration = Duration::from_secs(400);

/// The watch that has come to this, of a container that a probe asks or that only has to run.
pub fn watched(has_probe: bool, seen: Seen) -> Option<Watch> {
    let look = |watch: &mut Watch, at, status| watch.look(at, &state(status));
    let begin = |age, is_started_by_us| Watch::begin(NOW - age, is_started_by_us);
    let mut watch = begin(LONG, false);
    match seen {
        Seen::Nothing => return None,
        Seen::Begun => {
            watch = begin(Duration::ZERO, false);
            look(&mut watch, NOW, Status::Paused);
        }
        Seen::Started => watch = begin(Duration::ZERO, true),
        Seen::Fresh => {
            watch = begin(Duration::ZERO, true);
            look(&mut watch, NOW, Status::Running);
        }
        Seen::Proved | Seen::Unwell => {
            look(&mut watch, NOW - LONG, Status::Running);
            if has_probe {
                watch.take(NOW - LONG, NOW - LONG, Answer::Well);
            }
            if seen == Seen::Unwell {
                (0..RETRIES).for_each(|_| watch.take(NOW, NOW, Answer::Unwell("503".into())));
            }
        }
        Seen::Stalled => {
            look(&mut watch, NOW - LONG, Status::Running);
            look(&mut watch, NOW, Status::Exited);
        }
        Seen::Restarted => {
            look(&mut watch, NOW - LONG, Status::Running);
            look(&mut watch, NOW, Status::Restarting);
        }
        Seen::Overdue => {
            watch = begin(TOO_LONG, true);
            look(&mut watch, NOW - TOO_LONG, if has_probe { Status::Running } else { Status::Paused });
        }
    }
    Some(watch)
}
