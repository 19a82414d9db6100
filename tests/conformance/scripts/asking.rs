//! Questions that change nothing.

use crate::case::Case;
use crate::spec::Spec;
use crate::world::{Hand, Program};
use crate::{conforms, conforms_alone};

#[test]
fn a_container_is_found_by_its_name_and_its_whole_id_and_by_nothing_else_alike() {
    conforms("inspect", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        c.create("b", Spec::of("web:latest").named("a.old")).await;
        let (id, name) = (c.id("a"), c.world.name("a"));
        c.find("the id of a", id.as_str()).await;
        c.find("the short id of a", id.short()).await;
        c.find("the first two digits of the id of a", &id.as_str()[..2]).await;
        c.find("the name of a", &name).await;
        c.find("the beginning of a name", &name[..name.len() - 1]).await;
        c.find("a name that nobody has", &c.world.name("nobody")).await;
        c.rename("a", "c").await;
        c.find("the former name of a", &name).await;
        c.rename("b", "a").await;
        c.find("the former name of a, which b has now", &name).await;
    });
}

#[test]
fn a_registry_is_asked_and_a_command_is_run_alike() {
    conforms("ask", async |c: &mut Case| {
        c.have("web@v1", Program::Healthy).await;
        c.watch(&["web:latest"]);
        c.where_points("web:latest").await;
        c.publish("web@v2", Program::Healthy);
        c.where_points("web:latest").await;
        c.where_points("nothing:latest").await;
        c.create("a", Spec::of("web:latest")).await;
        c.run("a").await;
        c.start("a").await;
        c.run("a").await;
        c.stop("a").await;
        c.run("a").await;
        c.remove("a").await;
        c.run("a").await;
    });
}

#[test]
fn the_end_of_the_engine_is_noticed_alike() {
    conforms_alone("life", async |c: &mut Case| {
        for (what, hand) in [("restarts the engine", Hand::RestartEngine), ("kills the engine", Hand::KillEngine)] {
            let life = c.engine().life(&[]).await;
            c.tell("hold on to the life of the engine", &life).await;
            let Ok(life) = life else { continue };
            let life = c.goes_on("the engine", life).await;
            c.hand(what, hand).await;
            if let Some(life) = life {
                c.goes_on("the engine", life).await;
            }
        }
    });
}
