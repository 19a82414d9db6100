//! A container whose processes run on after its engine has lost sight of them.
//!
//! After its own death (`kill -9`) on a host with much to do, Docker 26.1 called some «exited», again and again, whose processes it had started itself and
//! could not find again («cannot delete running task»). No call ends them: a stop answers 304, a kill 409, and they outlive a restart of dockerd. A start
//! does (seen on Docker 26.1 and 28.5: it clears what containerd has under the id, by force, before it starts anew), and then the engine knows its container.

use std::time::Duration;

use super::{ActError, PAUSE};
use crate::clock::Clock;
use crate::engine::{Engine, EngineError};
use crate::model::ContainerId;
use crate::rotation::{Member, Record, Role};

/// How often processes of a container that has ended are looked for: the kernel ends what the first one leaves, which takes a moment.
const LOOKS: u32 = 20;
/// How often it is started to be stopped: an engine with much to do loses it again.
const TIMES: u32 = 2;
/// From the start until a stop is heeded: for two seconds dockerd tries to clear away what it has just started, and loses it again if it is stopped then.
const KNOWN_AGAIN: Duration = Duration::from_secs(3);

/// Returns once no process of the container runs that is to be down while this one does.
///
/// What the engine has lost is started and stopped again: alone, as the one that is to start has not been asked for. A crash in between leaves what any
/// crash before the stop leaves. Errors with [`ActError::StillRuns`].
pub(super) async fn see_the_end_of_the_other(
    engine: &dyn Engine,
    clock: &dyn Clock,
    record: &Record,
    member: usize,
    role: Role,
) -> Result<(), ActError> {
    let Some(member) = record.members.get(member) else { return Ok(()) };
    let Some((other, role)) = super::other(member, role) else { return Ok(()) };
    let mut tried = String::new();
    for left in (0..=TIMES).rev() {
        if has_ended(engine, clock, other).await {
            return Ok(());
        }
        if left > 0 {
            let container = format!("{role} ({})", other.short());
            tracing::warn!(
                rotation = %record.id, container = %record.unit,
                "{}: the engine says that the {container} has ended, and its processes still run: it is started and stopped again, so that the engine knows it",
                record.unit
            );
            tried = match stop_anew(engine, clock, member, other).await {
                Ok(()) => " after it was started and stopped again".to_owned(),
                Err(error) => format!(" (it was to be started and stopped again: {error})"),
            };
        }
    }
    Err(ActError::StillRuns { other: format!("{role} ({})", other.short()), id: other.clone(), tried })
}

async fn has_ended(engine: &dyn Engine, clock: &dyn Clock, container: &ContainerId) -> bool {
    for _ in 0..LOOKS {
        if !engine.has_processes(container).await {
            return true;
        }
        clock.sleep(PAUSE).await;
    }
    false
}

async fn stop_anew(engine: &dyn Engine, clock: &dyn Clock, member: &Member, container: &ContainerId) -> Result<(), EngineError> {
    let started = engine.start(container).await;
    clock.sleep(KNOWN_AGAIN).await;
    let grace = engine.container(container.as_str()).await?.map_or(0, |container| container.stop_grace_seconds());
    engine.stop(container, grace, member.stop_signal.as_ref()).await?;
    started
}
