//! An act, done with patience where the engine fails at it for a moment.

use std::time::Duration;

use super::ActError;
use super::perform::perform;
use crate::clock::Clock;
use crate::engine::{Engine, EngineError, PullWatcher, Refusal};
use crate::rotation::{Act, Goal, Keyring, Record, Stage};

/// How often an act that brings to rest is asked for again, if the engine failed at it.
const AGAIN: u32 = 3;
/// Between two times.
const PAUSE: Duration = Duration::from_millis(500);

/// Does one act, and does not take the engine's first failure for its last word where nothing but the act helps: on the way back, where the service is
/// down, and where what is spare is cleared away, which no later run would come back for. Nor a name that is late, whichever way it goes.
pub async fn perform_patiently(
    engine: &dyn Engine,
    clock: &dyn Clock,
    record: &Record,
    act: &Act,
    keyring: &dyn Keyring,
    pulls: &PullWatcher<'_>,
) -> Result<(), ActError> {
    let comes_to_rest = record.stage == Stage::Kept || matches!(record.goal, Goal::Back { .. });
    let mut left = AGAIN;
    loop {
        match perform(engine, record, act, keyring, pulls).await {
            Err(ActError::Engine(error)) if left > 0 && (comes_to_rest && error.may_pass() || is_name_late(record, act, &error)) => {
                tracing::warn!(rotation = %record.id, container = %record.unit, "{}: {error}; it is asked again", record.unit);
                left -= 1;
                clock.sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// True if the engine refuses a name because of the member's other container, which it had shown under another one before this was asked: Docker 26.1
/// with containerd's store, on a loaded host, told the old name for 50 ms after it had answered the rename and shown the new one.
fn is_name_late(record: &Record, act: &Act, error: &EngineError) -> bool {
    let (Act::Rename { member, role, .. }, EngineError::Refused { refusal: Refusal::NameTaken, message, .. }) = (act, error) else {
        return false;
    };
    let member = record.members.get(*member);
    member.and_then(|member| member.other(*role)).is_some_and(|(other, _)| message.contains(other.as_str()))
}
