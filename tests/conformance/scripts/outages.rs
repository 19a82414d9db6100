//! The engine goes away and comes back, with its host or without: what runs then, and what does not.

use rotate::model::RestartPolicy::{self, Always, No, OnFailure, UnlessStopped};

use crate::case::Case;
use crate::conforms_alone;
use crate::others::Until;
use crate::spec::Spec;
use crate::world::{Hand, Program};

const POLICIES: [(&str, RestartPolicy); 4] = [("no", No), ("on", OnFailure(3)), ("un", UnlessStopped), ("al", Always)];
/// Those that ran before an outage, were stopped before it, were killed before it.
const RUNNING: [&str; 7] = ["no.runs", "on.runs", "un.runs", "al.runs", "on.ignores", "al.ignores", "al.later"];
const STOPPED: [&str; 3] = ["on.stopped", "un.stopped", "al.stopped"];
const KILLED: [&str; 2] = ["un.killed", "al.killed"];
const AT_REST: [&str; 3] = ["on.ended", "on.failed", "no.failed"];

/// Containers with every policy and every past.
async fn prepare(c: &mut Case) {
    c.have("web@v1", Program::Serves).await;
    c.have("stubborn@v1", Program::Stubborn).await;
    c.have("ends@v1", Program::Ends).await;
    c.have("fails@v1", Program::Fails).await;
    c.have("missing@v1", Program::Missing).await;
    let policy = |handle: &str| POLICIES.iter().find(|(name, _)| handle.starts_with(name)).map_or(No, |(_, policy)| *policy);
    for handle in RUNNING.iter().chain(&STOPPED).chain(&KILLED).chain(&["un.made", "al.made"]) {
        let image = if handle.ends_with("ignores") { "stubborn:latest" } else { "web:latest" };
        let policy = if *handle == "al.later" { No } else { policy(handle) };
        c.create(handle, Spec::of(image).policy(policy).grace_seconds(1)).await;
    }
    // By itself: well, and given up.
    c.create("on.ended", Spec::of("ends:latest").policy(OnFailure(3))).await;
    c.create("on.failed", Spec::of("fails:latest").policy(OnFailure(1))).await;
    c.create("no.failed", Spec::of("fails:latest")).await;
    c.create("al.loops", Spec::of("fails:latest").policy(Always)).await;
    c.create("al.missing", Spec::of("missing:latest").policy(Always)).await;
    c.start("al.missing").await;
    // As a rotation leaves the old one, and as it gives the policy back.
    for (handle, policy) in [("disarmed", Always), ("rearmed.al", Always), ("rearmed.un", UnlessStopped)] {
        c.create(handle, Spec::of("web:latest").policy(policy)).await;
        c.start(handle).await;
        c.stop(handle).await;
        c.policy(handle, No).await;
        if handle != "disarmed" {
            c.policy(handle, policy).await;
        }
    }
}

/// All as it was, whatever an outage has made of it.
async fn begin(c: &mut Case) {
    for handle in RUNNING.iter().chain(&STOPPED).chain(&KILLED).chain(&AT_REST).chain(&["al.loops"]) {
        c.start(handle).await;
    }
    for handle in STOPPED {
        c.stop(handle).await;
    }
    for handle in KILLED {
        c.hand(&format!("kills {handle}"), Hand::Kill(c.id(handle))).await;
    }
    // It came while it ran.
    c.policy("al.later", Always).await;
    settle(c).await;
}

/// Waits for what comes and goes.
async fn settle(c: &mut Case) {
    c.until("al.loops", Until::Loops).await;
    for handle in AT_REST {
        c.until(handle, Until::AtRest).await;
    }
    c.until("al.runs", Until::Running).await;
    c.until("al.later", Until::Running).await;
}

#[test]
fn an_outage_of_the_engine_or_its_host_leaves_the_same_containers_running_alike() {
    conforms_alone("outages", async |c: &mut Case| {
        let outages =
            [("kills the engine", Hand::KillEngine), ("restarts the engine", Hand::RestartEngine), ("cuts the power", Hand::CutPower)];
        c.looks(false);
        prepare(c).await;
        for (what, hand) in outages {
            c.looks(false);
            begin(c).await;
            c.looks(true);
            c.look().await;
            c.hand(what, hand).await;
            settle(c).await;
        }
        // What an outage has started is stopped as ever.
        c.stop("al.stopped").await;
        c.stop("al.loops").await;
        c.stop("un.runs").await;
    });
}

#[test]
fn what_two_containers_share_is_won_alike_over_a_restart() {
    conforms_alone("shared", async |c: &mut Case| {
        c.have("web@v1", Program::WithVolume).await;
        c.create("old", Spec::of("web:latest").policy(Always).port(18083)).await;
        c.start("old").await;
        c.mark("old:/data", "of old").await;
        c.create("new", Spec::of("web:latest").policy(Always).port(18083).volume("old:/data", "/data")).await;
        c.stop("old").await;
        c.policy("old", No).await;
        c.rename("old", "kept").await;
        c.rename("new", "old").await;
        c.hand("restarts the engine before the new one is started", Hand::RestartEngine).await;
        c.start("new").await;
        c.hand("restarts the engine", Hand::RestartEngine).await;
        c.until("new", Until::Running).await;
        c.start("old").await;
    });
}
