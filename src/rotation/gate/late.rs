//! What becomes of a successor after its proof, while its predecessor is still kept. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, GateRules, Proof, Watch};
use crate::model::{Container, Health, RestartPolicy, State, Status};
use crate::rotation::{GateFailure, Record};

/// From so many restarts on, the last one a short while ago, it is a loop.
const LOOP: u64 = 3;
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
}

/// What is wrong now with the container that has the name, as far as its state shows it; what only a probe can tell, as the last run saw it.
pub fn seen_late(record: &Record, container: &Container, at: Timestamp) -> Option<GateFailure> {
    let member = record.members.iter().find(|member| member.successor.as_ref() == Some(&container.id()))?;
    let rules = GateRules::of(container, &record.terms, true);
    match late(&rules, member.policy, &container.state(), None, at, Duration::ZERO) {
        Late::Failed(why) => Some(why),
        Late::Well => None,
        Late::Unclear | Late::Ask { .. } => record.late.clone(),
    }
}

/// Judges one look. `at` and `now` are of this look.
///
/// No engine tells whether a person stopped a container (Docker's inspect does not show it), so an exit is a failure only where it cannot be
/// taken for a person's doing: see [`died`].
pub fn late(rules: &GateRules, policy: RestartPolicy, state: &State, watch: Option<&Watch>, at: Timestamp, now: Duration) -> Late {
    let is_young = state.started_at.is_some_and(|since| at.duration_since(since).unsigned_abs() < rules.deadline);
    let restarted = |code| Late::Failed(GateFailure::Restarted { times: state.restart_count.max(1), code });
    match state.status {
        Status::Created | Status::Paused | Status::Dead => Late::Unclear,
        Status::Exited if state.oom_killed && state.exit_code != 0 => Late::Failed(GateFailure::OutOfMemory),
        Status::Exited if died(policy, state) => Late::Failed(GateFailure::Exited { code: state.exit_code }),
        Status::Exited if rules.is_oneshot && state.exit_code == 0 => Late::Well,
        Status::Exited => Late::Unclear,
        Status::Restarting => restarted(Some(state.exit_code)),
        Status::Running if is_young && state.restart_count >= LOOP => restarted(None),
        Status::Running if is_young && state.restart_count > 0 => Late::Unclear,
        Status::Running => running(rules, state, watch, is_young, now),
    }
}

/// Under `always` and `unless-stopped` the engine restarts what exits: what stays down was stopped by hand. Under `on-failure` it gives up after
/// the allowed number. Under `no` an exit code of 0, or of a signal that a hand sends (`docker stop`: 143, 137), may be a person's.
fn died(policy: RestartPolicy, state: &State) -> bool {
    let code = state.exit_code;
    let is_crash = code != 0 && (code < 128 || CRASHES.contains(&(code - 128)));
    match policy {
        _ if NOT_RUN.contains(&code) => true,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => false,
        RestartPolicy::OnFailure(most) => code != 0 && most > 0 && state.restart_count >= u64::from(most),
        RestartPolicy::No => is_crash,
    }
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
