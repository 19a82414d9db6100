//! Stop and start, of what runs and of what does not.

use rotate::model::RestartPolicy;

use crate::case::Case;
use crate::conforms;
use crate::others::Until;
use crate::spec::Spec;
use crate::world::{Hand, Program};

#[test]
fn stop_and_start_do_and_say_the_same_whatever_the_state() {
    conforms("stop_and_start", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        c.stop("a").await;
        c.start("a").await;
        c.start("a").await;
        c.stop("a").await;
        c.stop("a").await;
        c.start("a").await;
        let a = c.id("a");
        c.hand("kills a", Hand::Kill(a.clone())).await;
        c.hand("kills a, which does not run", Hand::Kill(a.clone())).await;
        c.stop("a").await;
        c.start("a").await;
        c.hand("stops a", Hand::Stop(a.clone())).await;
        c.hand("stops a again", Hand::Stop(a.clone())).await;
        c.hand("starts a", Hand::Start(a.clone())).await;
        c.hand("restarts a", Hand::Restart(a.clone())).await;
        c.stop("a").await;
        c.remove("a").await;
        c.start("a").await;
        c.stop("a").await;
        c.policy("a", RestartPolicy::Always).await;
    });
}

#[test]
fn one_that_ignores_the_signal_is_killed_after_its_grace_alike() {
    conforms("stubborn", async |c: &mut Case| {
        c.have("web@v1", Program::Stubborn).await;
        c.create("a", Spec::of("web:latest").grace_seconds(1).policy(RestartPolicy::Always)).await;
        c.start("a").await;
        c.stop("a").await;
        c.start("a").await;
        c.stop("a").await;
    });
}

#[test]
fn a_process_that_is_killed_from_outside_comes_back_by_its_policy_alike() {
    conforms("death", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        let policies = [
            ("no", RestartPolicy::No),
            ("on", RestartPolicy::OnFailure(3)),
            ("un", RestartPolicy::UnlessStopped),
            ("al", RestartPolicy::Always),
        ];
        for (handle, policy) in policies {
            c.create(handle, Spec::of("web:latest").policy(policy)).await;
            c.start(handle).await;
            let id = c.id(handle);
            c.hand(&format!("kills the process of {handle}"), Hand::Die(id)).await;
            c.until(handle, if policy == RestartPolicy::No { Until::AtRest } else { Until::RunsAgain }).await;
            c.stop(handle).await;
            c.start(handle).await;
        }
        // Taken away while it runs: the next death is the last.
        c.policy("al", RestartPolicy::No).await;
        let id = c.id("al");
        c.hand("kills the process of al", Hand::Die(id)).await;
        c.until("al", Until::AtRest).await;
        c.policy("al", RestartPolicy::Always).await;
        c.start("al").await;
        let id = c.id("al");
        c.hand("kills the process of al", Hand::Die(id)).await;
        c.until("al", Until::RunsAgain).await;
    });
}
