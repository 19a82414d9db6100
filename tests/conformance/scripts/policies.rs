//! What a restart policy does when nobody starts anything.

use rotate::model::RestartPolicy::{self, Always, No, OnFailure, UnlessStopped};

use crate::case::Case;
use crate::conforms;
use crate::others::Until;
use crate::spec::Spec;
use crate::world::{Hand, Program};

const ALL: [(&str, RestartPolicy); 4] = [("no", No), ("on", OnFailure(2)), ("un", UnlessStopped), ("al", Always)];

#[test]
fn one_that_fails_at_once_is_restarted_and_given_up_alike() {
    conforms("failing", async |c: &mut Case| {
        c.have("web@v1", Program::Fails).await;
        for (handle, policy) in ALL {
            c.create(handle, Spec::of("web:latest").policy(policy)).await;
            c.start(handle).await;
            c.until(handle, if matches!(policy, No | OnFailure(_)) { Until::AtRest } else { Until::Loops }).await;
        }
        // A start by hand counts from zero again.
        c.start("on").await;
        c.until("on", Until::AtRest).await;
        c.remove("al").await;
        c.stop("al").await;
        c.start("al").await;
        c.until("al", Until::Loops).await;
        // In the middle of a loop a policy is refused or taken as luck has it; after a stop it is taken.
        c.stop("al").await;
        c.policy("al", No).await;
        c.start("al").await;
        c.until("al", Until::AtRest).await;
        let un = c.id("un");
        c.hand("stops un", Hand::Stop(un.clone())).await;
        c.hand("starts un", Hand::Start(un)).await;
        c.until("un", Until::Loops).await;
        c.stop("un").await;
        c.remove("un").await;
    });
}

#[test]
fn one_that_ends_well_at_once_is_restarted_alike() {
    conforms("ending", async |c: &mut Case| {
        c.have("web@v1", Program::Ends).await;
        for (handle, policy) in ALL {
            c.create(handle, Spec::of("web:latest").policy(policy)).await;
            c.start(handle).await;
            c.until(handle, if matches!(policy, No | OnFailure(_)) { Until::AtRest } else { Until::Loops }).await;
            c.stop(handle).await;
        }
    });
}

#[test]
fn a_policy_is_changed_alike_whatever_the_state() {
    conforms("policies", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        for policy in [Always, OnFailure(0), OnFailure(3), UnlessStopped, No] {
            c.policy("a", policy).await;
        }
        c.start("a").await;
        for policy in [Always, OnFailure(3), UnlessStopped, No, Always] {
            c.policy("a", policy).await;
        }
        c.stop("a").await;
        c.policy("a", No).await;
        c.policy("a", Always).await;
        c.remove("a").await;
        c.policy("a", No).await;
    });
}
