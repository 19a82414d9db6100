//! Who has which name.

use crate::case::Case;
use crate::conforms;
use crate::spec::Spec;
use crate::world::{Hand, Program};

#[test]
fn a_name_is_taken_given_away_and_free_again_alike() {
    conforms("names", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        c.create("b", Spec::of("web:latest").named("a")).await;
        c.create("b", Spec::of("web:latest")).await;
        c.rename("b", "a").await;
        c.rename("b", "b").await;
        c.start("a").await;
        c.rename("a", "a.old").await;
        c.rename("b", "a").await;
        c.rename("a", "b").await;
        c.start("b").await;
        c.rename("b", "no/name").await;
        c.rename("b", "=x").await;
        c.create("c", Spec::of("web:latest").named("=y")).await;
        c.stop("b").await;
        c.remove("b").await;
        c.rename("a", "a").await;
        c.rename("b", "anything").await;
        c.create("d", Spec::of("web:latest").named("b")).await;
        let a = c.id("a");
        c.hand("renames a to c", Hand::Rename(a.clone(), c.world.name("c"))).await;
        c.hand("removes a, running, by force", Hand::Remove { container: a, is_forced: true, with_volumes: false }).await;
        c.create("e", Spec::of("web:latest").named("c")).await;
    });
}
