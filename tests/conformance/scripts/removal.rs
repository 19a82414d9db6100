//! Removing containers, and what is left of their volumes.

use crate::case::Case;
use crate::spec::Spec;
use crate::world::{Hand, Program};
use crate::{conforms, conforms_alone};

fn remove(c: &Case, handle: &str, is_forced: bool, with_volumes: bool) -> Hand {
    Hand::Remove { container: c.id(handle), is_forced, with_volumes }
}

#[test]
fn what_runs_is_not_removed_and_what_is_absent_is_no_error_alike() {
    conforms("remove", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        c.remove("a").await;
        c.remove("a").await;
        c.create("b", Spec::of("web:latest")).await;
        c.start("b").await;
        c.remove("b").await;
        c.hand("removes b, which runs", remove(c, "b", false, false)).await;
        c.stop("b").await;
        c.remove("b").await;
        c.create("c", Spec::of("web:latest")).await;
        c.start("c").await;
        c.hand("removes c by force", remove(c, "c", true, false)).await;
        c.hand("removes c, which is gone", remove(c, "c", false, false)).await;
        c.rename("c", "c.old").await;
    });
}

#[test]
fn anonymous_volumes_outlive_their_container_and_are_handed_over_alike() {
    conforms("volumes", async |c: &mut Case| {
        c.have("web@v1", Program::WithVolume).await;
        c.create("a", Spec::of("web:latest")).await;
        c.start("a").await;
        c.mark("a:/data", "of a").await;
        // A successor by name, as a rotation makes it; and one that gets a volume of its own.
        c.create("b", Spec::of("web:latest").volume("a:/data", "/data")).await;
        c.create("d", Spec::of("web:latest")).await;
        c.remove_volume("a:/data").await;
        c.stop("a").await;
        c.start("b").await;
        c.start("a").await;
        c.stop("a").await;
        c.remove("a").await;
        c.remove_volume("a:/data").await;
        c.hand("removes b by force and with its volumes", remove(c, "b", true, true)).await;
        c.remove("d").await;
        c.remove_volume("a:/data").await;
        c.remove_volume("a:/data").await;
        c.remove_volume("d:/data").await;
        c.create("e", Spec::of("web:latest")).await;
        c.hand("removes e with its volumes", remove(c, "e", false, true)).await;
    });
}

#[test]
fn named_volumes_are_made_shared_and_kept_alike() {
    conforms("named_volumes", async |c: &mut Case| {
        c.have("web@v1", Program::WithVolume).await;
        c.create("a", Spec::of("web:latest").volume("data", "/data").volume("more", "/more")).await;
        c.mark("data", "of a").await;
        c.create("b", Spec::of("web:latest").volume("data", "/data")).await;
        c.start("a").await;
        c.start("b").await;
        c.stop("a").await;
        c.hand("removes a with its volumes", remove(c, "a", false, true)).await;
        c.remove_volume("data").await;
        c.remove_volume("more").await;
        c.stop("b").await;
        c.remove_volume("data").await;
        c.remove("b").await;
        c.remove_volume("data").await;
        c.remove_volume("data").await;
    });
}

#[test]
fn a_prune_of_containers_takes_what_does_not_run_alike() {
    conforms_alone("container_prune", async |c: &mut Case| {
        c.have("web@v1", Program::WithVolume).await;
        for handle in ["never", "past", "runs"] {
            c.create(handle, Spec::of("web:latest").policy(rotate::model::RestartPolicy::Always)).await;
        }
        c.start("past").await;
        c.stop("past").await;
        c.start("runs").await;
        c.hand("prunes containers", Hand::PruneContainers).await;
        c.remove("past").await;
        c.start("past").await;
        c.create("again", Spec::of("web:latest").named("past").volume("past:/data", "/data")).await;
    });
}
