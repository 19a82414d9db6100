//! Calls whose answer nobody waits for: they go on, and land.

use rotate::model::RestartPolicy::{Always, No};

use crate::case::Case;
use crate::others::Until;
use crate::spec::Spec;
use crate::world::{Hand, Lost, Program};
use crate::{conforms, conforms_alone};

#[test]
fn a_stop_whose_client_is_gone_goes_on_and_the_next_one_waits_for_it_alike() {
    conforms("lost_stop", async |c: &mut Case| {
        c.have("web@v1", Program::Stubborn).await;
        c.create("a", Spec::of("web:latest").policy(Always).grace_seconds(6)).await;
        c.start("a").await;
        c.lose("a stop of a", Lost::Stop(c.id("a"))).await;
        c.policy("a", No).await;
        c.stop("a").await;
        c.start("a").await;
        c.lose("a stop of a", Lost::Stop(c.id("a"))).await;
        c.until("a", Until::AtRest).await;
        c.start("a").await;
    });
}

#[test]
fn a_start_whose_client_is_gone_goes_on_and_the_next_one_waits_for_it_alike() {
    conforms_alone("lost_start", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.hand("prepares a runtime that can be held up", Hand::PrepareHold).await;
        c.create("a", Spec::of("web:latest").can_be_held()).await;
        c.hand("holds up all starts", Hand::HoldStarts).await;
        c.lose("a start of a", Lost::Start(c.id("a"))).await;
        c.start_over("a").await;
    });
}

#[test]
fn a_start_beside_a_stop_that_is_on_its_way_is_told_that_it_runs_and_it_stops_alike() {
    conforms("start_beside_stop", async |c: &mut Case| {
        c.have("web@v1", Program::Stubborn).await;
        c.create("a", Spec::of("web:latest").policy(Always).grace_seconds(6)).await;
        c.start("a").await;
        c.lose("a stop of a", Lost::Stop(c.id("a"))).await;
        c.start("a").await;
        c.rename("a", "a.old").await;
        c.remove("a").await;
        c.until("a", Until::AtRest).await;
        c.start("a").await;
    });
}

#[test]
fn a_stop_beside_a_start_that_is_on_its_way_waits_for_it_and_stops_it_alike() {
    conforms_alone("stop_beside_start", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.hand("prepares a runtime that can be held up", Hand::PrepareHold).await;
        c.create("a", Spec::of("web:latest").policy(Always).can_be_held()).await;
        c.hand("holds up all starts", Hand::HoldStarts).await;
        c.lose("a start of a", Lost::Start(c.id("a"))).await;
        c.stop_over("a").await;
        c.until("a", Until::Started).await;
        c.stop("a").await;
    });
}
