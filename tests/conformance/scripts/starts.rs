//! Starts that fail, and health.

use rotate::model::RestartPolicy;

use crate::case::Case;
use crate::conforms;
use crate::others::Until;
use crate::spec::Spec;
use crate::world::{Hand, Program};

#[test]
fn one_whose_program_is_missing_is_left_behind_alike() {
    conforms("missing", async |c: &mut Case| {
        c.have("web@v1", Program::Missing).await;
        c.create("a", Spec::of("web:latest").policy(RestartPolicy::Always)).await;
        c.start("a").await;
        c.start("a").await;
        c.stop("a").await;
        c.policy("a", RestartPolicy::No).await;
        c.rename("a", "a.failed").await;
        c.hand("starts a", Hand::Start(c.id("a"))).await;
        c.remove("a").await;
    });
}

#[test]
fn a_health_check_passes_and_fails_alike() {
    conforms("health", async |c: &mut Case| {
        c.have("good@v1", Program::Healthy).await;
        c.have("sick@v1", Program::Sick).await;
        c.have("none@v1", Program::Serves).await;
        for (handle, image, verdict) in [("g", "good:latest", Until::Healthy), ("s", "sick:latest", Until::Unhealthy)] {
            c.create(handle, Spec::of(image)).await;
            c.start(handle).await;
            c.until(handle, verdict).await;
            c.stop(handle).await;
            c.start(handle).await;
            c.until(handle, verdict).await;
            c.hand("kills it", Hand::Kill(c.id(handle))).await;
        }
        c.create("n", Spec::of("none:latest")).await;
        c.start("n").await;
        c.stop("n").await;
    });
}
