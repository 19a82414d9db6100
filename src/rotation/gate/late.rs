//! What becomes of a successor after its proof, while its predecessor is still kept. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, GateRules, Proof, Watch};
use crate::model::{Ending, Health, RestartPolicy, State, Status};
use crate::rotation::{ContainerView, GateFailure};

/// From so many restarts on, the last one a short while ago, it is a loop.
pub(super) const LOOP: u64 = 3;
/// Exit codes with which a runtime says that it could not run the program (docker-run(1), exit status).
const NOT_RUN: std::ops::RangeInclusive<i64> = 125..=128;
/// ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS (signal(7), x86 and ARM): what a program earns by itself and no hand sends.
const CRASHES: [i64; 7] = [4, 5, 6, 7, 8, 11, 31];
/// Between two looks while a probe is under way.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What one look at a successor says after its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Late {
    /// It is well.
    Well,
    /// Nothing to conclude: a person stopped it, or it started a short while ago and may still become well.
    Unclear,
    /// A probe has to say; look again at this time.
    Ask {
        /// Time since the process began.
        until: Duration,
    },
    /// It failed.
    Failed(GateFailure),
    /// It may have failed, or a person stopped it: that is told, and nothing follows from it.
    Suspected(GateFailure),
}

/// Judges one look. `at` and `now` are of this look.
///
/// A container's document does not show whether a person stopped it, so an exit is a failure only where it cannot be taken for a person's doing
/// (see [`died`]), or where the engine remembers that it was none.
pub fn late(view: &ContainerView, policy: RestartPolicy, at: Timestamp, now: Duration) -> Late {
    let (rules, state) = (&view.gate, &view.state);
    let is_young = state.started_at.is_some_and(|since| at.duration_since(since).unsigned_abs() < rules.deadline);
    let restarted = |code| Late::Failed(GateFailure::Restarted { times: state.restart_count.max(1), code });
    match state.status {
        Status::Created | Status::Paused | Status::Dead => Late::Unclear,
        Status::Exited if state.oom_killed && state.exit_code != 0 => Late::Failed(GateFailure::OutOfMemory),
        Status::Exited if died(policy, state) => Late::Failed(GateFailure::Exited { code: state.exit_code }),
        Status::Exited if may_have_died(policy, state) => match view.ending {
            Ending::ByItself => Late::Failed(GateFailure::Exited { code: state.exit_code }),
            Ending::Unknown => Late::Suspected(GateFailure::Exited { code: state.exit_code }),
            Ending::ByHand => Late::Unclear,
        },
        Status::Exited if rules.is_oneshot && state.exit_code == 0 => Late::Well,
        Status::Exited => Late::Unclear,
        Status::Restarting => restarted(Some(state.exit_code)),
        Status::Running if is_young && state.restart_count >= LOOP => restarted(None),
        Status::Running if is_young && state.restart_count > 0 => Late::Unclear,
        Status::Running => running(rules, state, view.watch.as_ref(), is_young, now),
    }
}

/// Under `always` and `unless-stopped` the engine restarts what exits: what stays down was stopped by hand. Under `on-failure` it gives up after
/// the allowed number. Under `no` only a signal that no hand sends is beyond doubt.
fn died(policy: RestartPolicy, state: &State) -> bool {
    let code = state.exit_code;
    match policy {
        _ if NOT_RUN.contains(&code) => true,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => false,
        RestartPolicy::OnFailure(most) => code != 0 && most > 0 && state.restart_count >= u64::from(most),
        RestartPolicy::No => CRASHES.contains(&(code - 128)),
    }
}

/// Programs end with a code of their own when they crash, and some when they are asked to end. 0, 143 and 137 are what `docker stop` makes of a program.
fn may_have_died(policy: RestartPolicy, state: &State) -> bool {
    policy == RestartPolicy::No && (1..128).contains(&state.exit_code)
}

fn running(rules: &GateRules, state: &State, watch: Option<&Watch>, is_young: bool, now: Duration) -> Late {
    // A host that has just booted starts everything at once: what it has time for at the gate, it has time for here.
    let failed = |why| if is_young { Late::Unclear } else { Late::Failed(why) };
    let soon = Late::Ask { until: now.saturating_add(LOOK_EVERY) };
    match (rules.proof, state.health, watch.map(|watch| (&watch.probed, watch.last()))) {
        (Proof::Running, _, _) => Late::Well,
        (Proof::Healthcheck { .. }, Some(Health::Unhealthy), _) => failed(GateFailure::Unhealthy),
        (Proof::Healthcheck { .. }, Some(Health::Starting), _) => Late::Unclear,
        (Proof::Healthcheck { .. }, Some(Health::Healthy) | None, _) => Late::Well,
        (Proof::Probe { .. }, _, Some((_, Some(Answer::Well)))) => Late::Well,
        (Proof::Probe { .. }, _, Some((_, Some(Answer::NotMade(_))))) => Late::Unclear,
        (Proof::Probe { retries }, _, Some((probed, Some(Answer::Unwell(last))))) if probed.failures >= retries => {
            failed(GateFailure::Probe { times: retries, last: last.clone() })
        }
        (Proof::Probe { .. }, _, Some((_, Some(Answer::Unwell(_)) | None)) | None) => soon,
    }
}
